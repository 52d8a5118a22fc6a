//! `cargo manage findstatic`.

use manage::collectstatic::Sources;
use manage::findstatic::{Args, run};
use portico::config::StaticDir;

use super::{Folder, Script, whole, why};

fn sources(folder: &Folder) -> Sources {
    let source = |name: &str, prefix: &str| StaticDir { path: folder.path(name), prefix: prefix.to_owned() };
    Sources { source: vec![source("a", ""), source("b", "css")] }
}

fn folder() -> Folder {
    let folder = Folder::new();
    for file in ["a/css/site.css", "a/js/site.js", "b/site.css"] {
        std::fs::create_dir_all(folder.path(file).parent().unwrap()).unwrap();
        folder.file(file, "");
    }
    folder
}

#[test]
fn every_file_of_a_name_is_told_the_one_that_is_collected_first() {
    let folder = folder();
    let args = Args { names: vec!["css/site.css".into()], sources: sources(&folder), ..Args::default() };
    let (first, second) = (folder.path("a/css/site.css"), folder.path("b/site.css"));
    let mut script = Script::nobody(&[]);
    assert!(whole(&run(&args, &mut script)));
    assert_eq!(script.said(), format!("Found css/site.css here:\n  {}\n  {}", first.display(), second.display()));
    let mut script = Script::nobody(&[]);
    assert!(whole(&run(&Args { first: true, verbose: 1, ..args }, &mut script)));
    assert!(script.said().starts_with("Looking in:\n"), "{}", script.said());
    assert!(script.said().contains("b as css/\n"), "{}", script.said());
    assert!(script.said().ends_with(&format!("here:\n  {}", first.display())), "{}", script.said());
}

#[test]
fn a_name_that_nothing_has_or_that_is_none_fails_in_words() {
    let folder = folder();
    let run_for = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let mut script = Script::nobody(&[]);
        (run(&Args { names, sources: sources(&folder), ..Args::default() }, &mut script), script)
    };
    let (outcome, script) = run_for(&["js/site.js", "css/other.css", "x.css"]);
    assert!(script.said().contains("Found js/site.js here:"), "{}", script.said());
    assert_eq!(why(outcome), "no folder of static files has css/other.css, x.css");
    for asked in ["css/SITE.css", "css/stie.css", "site.css"] {
        let told = format!("no folder of static files has {asked} (perhaps it is css/site.css)");
        assert_eq!(why(run_for(&[asked]).0), told);
    }
    for bad in ["../a/js/site.js", "/etc/hosts", ""] {
        assert!(why(run_for(&[bad]).0).contains("no name of a static file"), "{bad}");
    }
    std::os::unix::fs::symlink("/etc/hostname", folder.path("a/out.txt")).unwrap();
    let (outcome, script) = run_for(&["out.txt"]);
    assert!(why(outcome).contains("out.txt"));
    assert!(script.warned().contains("leads out of"), "{}", script.warned());
}
