//! `cargo manage collectstatic` as its user has it: what it asks, says and leaves.

use std::fs;

use manage::collectstatic::{Args, Places, Sources, run};
use portico::config::StaticDir;
use tempfile::TempDir;

use super::*;

/// A folder with `static/`, and the arguments that collect from it.
fn project() -> (TempDir, Args) {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [("css/site.css", "a{b:url(x.svg)}".repeat(30)), ("css/x.svg", "<svg/>".to_owned())] {
        let path = folder.path().join("static").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let source = vec![StaticDir { path: folder.path().join("static"), prefix: String::new() }];
    let places = Places { sources: Sources { source }, output: Some(folder.path().join("out")) };
    let args = Args { places, no_cache: true, compress_max_bytes: 1 << 20, ..Args::default() };
    (folder, args)
}

async fn told(args: &Args, mut script: Script) -> (Result<String, String>, String) {
    let outcome = run(args, &mut script).await;
    let said = script.said();
    (outcome.map(|_| said).map_err(|failure| failure.message().to_owned()), script.warned())
}

#[tokio::test]
async fn it_says_what_it_did_and_a_second_run_does_nothing() {
    let (folder, args) = project();
    let (said, warned) = told(&args, Script::nobody(&[])).await;
    let said = said.unwrap();
    assert!(
        said.contains("2 static files in ") && said.contains("/out: 2 copied, 0 unchanged, 2 post-processed"),
        "{said}"
    );
    assert!(said.contains(", 4 compressed; ") && warned.is_empty(), "{said} {warned}");
    let said = told(&args, Script::nobody(&[])).await.0.unwrap();
    assert!(said.contains("0 copied, 2 unchanged, 0 post-processed, 0 compressed; 0 bytes"), "{said}");
    assert!(folder.path().join("out/staticfiles.json").is_file());
}

#[tokio::test]
async fn a_dry_run_tells_each_file_where_that_is_asked_for_and_writes_none() {
    let (folder, args) = project();
    let args = Args { dry_run: true, verbose: 1, ..args };
    let said = told(&args, Script::nobody(&[])).await.0.unwrap();
    assert!(said.contains("would write css/site.css\n") && said.contains("would be 2 copied"), "{said}");
    assert!(!said.contains("compressed"), "that is not known: {said}");
    assert!(!folder.path().join("out").exists());
    told(&Args { dry_run: false, ..args.clone() }, Script::nobody(&[])).await.0.unwrap();
    let said = told(&Args { clear: true, ..args }, Script::nobody(&[])).await.0.unwrap();
    assert!(
        said.contains("would delete css/site.css.br\n") && said.contains("would delete staticfiles.json"),
        "{said}"
    );
    assert!(folder.path().join("out/staticfiles.json").is_file());
}

#[tokio::test]
async fn nothing_is_cleared_unasked() {
    let (folder, args) = project();
    told(&args, Script::nobody(&[])).await.0.unwrap();
    let old = folder.path().join("out/old.css");
    fs::write(&old, "old").unwrap();
    let args = Args { clear: true, ..args };
    let error = told(&args, Script::nobody(&[])).await.0.unwrap_err();
    assert!(error.contains("confirm it with --no-input"), "{error}");
    let error = told(&args, Script::person(&["no"], &[])).await.0.unwrap_err();
    assert!(error.contains("nothing was collected") && old.is_file(), "{error}");
    told(&args, Script::person(&["yes"], &[])).await.0.unwrap();
    assert!(!old.exists());
    fs::write(&old, "old").unwrap();
    told(&Args { no_input: true, ..args }, Script::nobody(&[])).await.0.unwrap();
    assert!(!old.exists());
}

#[tokio::test]
async fn what_is_wrong_is_told_line_by_line_and_controls_no_terminal() {
    let (folder, args) = project();
    fs::write(folder.path().join("static/a\u{1b}.css"), "a{b:url(no.png)}\nc{d:url(none.png)}").unwrap();
    let error = told(&args, Script::nobody(&[])).await.0.unwrap_err();
    assert_eq!(error.lines().count(), 2, "{error}");
    assert!(error.contains("a\u{fffd}.css:2:5 names \"none.png\", which is no static file"), "{error}");
    let mut args = args;
    args.deployed.stack = Some("site".to_owned());
    assert!(told(&args, Script::nobody(&[])).await.0.unwrap_err().contains("give --upload too"));
}

#[tokio::test]
async fn hidden_files_are_counted_and_told_where_that_is_asked_for() {
    let (folder, mut args) = project();
    fs::create_dir_all(folder.path().join("more")).unwrap();
    fs::write(folder.path().join("more/x.svg"), "another").unwrap();
    args.places.sources.source.push(StaticDir { path: folder.path().join("more"), prefix: "css".to_owned() });
    let (_, warned) = told(&args, Script::nobody(&[])).await;
    assert!(warned.contains("1 file is hidden"), "{warned}");
    let said = told(&Args { verbose: 1, ..args }, Script::nobody(&[])).await.0.unwrap();
    assert!(said.contains("css/x.svg: ") && said.contains("more/x.svg is hidden by "), "{said}");
}
