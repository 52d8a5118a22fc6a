//! One run after another.

use std::os::unix::fs::MetadataExt as _;

use super::*;

const TEXT: &str = "body { margin: 0; padding: 0; background: white; color: black }\n";

fn tree() -> Tree {
    let mut tree = Tree::new(&[
        ("css/site.css", &format!("{}a{{b:url(../img/x.svg)}}", TEXT.repeat(20))),
        ("img/x.svg", &"<svg></svg>".repeat(50)),
        ("img/y.png", &"png".repeat(50)),
        ("empty.txt", ""),
    ]);
    tree.options.compress = Some(1 << 20);
    tree
}

fn inodes(tree: &Tree) -> Vec<(String, u64, i64)> {
    let of = |name: &String| {
        let metadata = fs::metadata(tree.path("out").join(name)).unwrap();
        (name.clone(), metadata.ino(), metadata.ctime_nsec())
    };
    tree.left().keys().map(of).collect()
}

#[test]
fn a_second_run_writes_nothing_whatever_it_remembers() {
    let mut tree = tree();
    let first = tree.run().unwrap();
    assert_eq!((first.copied, first.unchanged, first.post_processed), (4, 0, 4));
    // Both forms of two contents, of which one has two names and one has two contents.
    assert_eq!(first.compressed, 8);
    let before = inodes(&tree);
    for cache in [tree.options.cache.clone(), Some(tree.path("another cache")), None] {
        tree.options.cache = cache;
        let again = tree.run().unwrap();
        assert_eq!((again.copied, again.unchanged, again.post_processed), (0, 4, 0));
        assert_eq!((again.compressed, again.removed, again.bytes), (0, 0, 0));
        assert_eq!(again.manifest, first.manifest);
        assert_eq!(inodes(&tree), before);
    }
}

#[test]
fn the_output_depends_on_the_files_alone() {
    let (mut one, other) = (tree(), tree());
    one.run().unwrap();
    other.run().unwrap();
    assert_eq!(one.left(), other.left());
    one.options.root = one.path("elsewhere");
    one.run().unwrap();
    fs::rename(one.path("out"), one.path("before")).unwrap();
    fs::rename(one.path("elsewhere"), one.path("out")).unwrap();
    assert_eq!(one.left(), other.left(), "from the cache it is the same");
}

#[test]
fn what_changed_is_written_and_what_it_was_before_stays() {
    let tree = tree();
    tree.run().unwrap();
    let (before, old) = (tree.left(), tree.hashed("img/x.svg"));
    tree.write("img/x.svg", "<svg>2</svg>".repeat(50));
    let summary = tree.run().unwrap();
    assert_eq!((summary.copied, summary.unchanged), (1, 3));
    assert_eq!(summary.post_processed, 2, "the picture, and the stylesheet that names it");
    let after = tree.left();
    assert_eq!(after[&old], before[&old], "the name with a hash keeps the content that it stands for");
    assert_ne!(after["img/x.svg"], before["img/x.svg"]);
    assert_ne!(after["img/x.svg.br"], before["img/x.svg.br"]);
    assert!(tree.served("css/site.css").contains(&tree.hashed("img/x.svg")));
}

#[test]
fn every_form_gives_back_the_content_that_is_beside_it() {
    let tree = tree();
    tree.run().unwrap();
    let left = tree.left();
    let forms: Vec<_> = left.iter().filter(|(name, _)| name.strip_suffix(".gz").is_some()).collect();
    assert_eq!(forms.len(), 4);
    for (name, form) in forms {
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&form[..]), &mut content).unwrap();
        assert_eq!(content, left[name.strip_suffix(".gz").unwrap()], "{name}");
        let br = &left[&name.replace(".gz", ".br")];
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut brotli::Decompressor::new(&br[..], 4096), &mut content).unwrap();
        assert_eq!(content, left[name.strip_suffix(".gz").unwrap()], "{name}");
    }
    assert!(!left.contains_key("img/y.png.gz") && !left.contains_key("empty.txt.gz"));
}

#[test]
fn a_content_is_compressed_once_however_many_names_it_has() {
    let mut tree = Tree::new(&[("a.txt", &TEXT.repeat(9)), ("b/c.txt", &TEXT.repeat(9))]);
    tree.options.compress = Some(1 << 20);
    assert_eq!(tree.run().unwrap().compressed, 8);
    let mut entries = BTreeMap::new();
    gather(&tree.path("cache"), &tree.path("cache"), &mut entries);
    entries.retain(|name, _| !name.starts_with("runs/"));
    assert_eq!(entries.len(), 1);
}

#[test]
fn an_old_form_is_never_left_beside_a_new_content() {
    let mut tree = tree();
    tree.run().unwrap();
    tree.write("img/x.svg", "<svg/>");
    let summary = tree.run().unwrap();
    assert!(!tree.left().contains_key("img/x.svg.br") && !tree.left().contains_key("img/x.svg.gz"));
    assert!(tree.left().contains_key("css/site.css.br"));
    tree.options.compress = None;
    assert!(tree.run().unwrap().removed >= 4, "{summary:?}");
    let old = tree.left().into_keys().filter(|name| name.strip_suffix(".br").is_some()).collect::<Vec<_>>();
    assert!(old.iter().all(|name| tree.manifest().paths().all(|(plain, _)| *name != format!("{plain}.br"))), "{old:?}");
}

#[test]
fn clearing_leaves_nothing_but_what_is_collected() {
    let mut tree = tree();
    tree.run().unwrap();
    fs::write(tree.path("out/.gitignore"), "*").unwrap();
    fs::write(tree.path("out/old.css"), "old").unwrap();
    let before = tree.left();
    tree.options.clear = true;
    assert_eq!(tree.run().unwrap().copied, 4);
    let after = tree.left();
    assert!(!after.contains_key("old.css") && after.contains_key(".gitignore"));
    assert_eq!(after.len(), before.len() - 1);
    tree.write("bad.css", "a{b:url(missing.png)}");
    tree.complaint();
    assert_eq!(tree.left(), after, "a run that cannot go on clears nothing");
}

#[test]
fn a_dry_run_tells_what_would_be_done_and_does_nothing() {
    let mut tree = tree();
    tree.options.dry_run = true;
    let summary = tree.run().unwrap();
    assert_eq!((summary.copied, summary.post_processed), (4, 4));
    assert!(!tree.path("out").exists() && !tree.path("cache").exists());
    tree.options.dry_run = false;
    assert_eq!(tree.run().unwrap().manifest, summary.manifest);
    tree.options.dry_run = true;
    tree.write("empty.txt", "not any more");
    let summary = tree.run().unwrap();
    assert_eq!((summary.copied, summary.unchanged, summary.post_processed), (1, 3, 1));
    assert_eq!(tree.left()["empty.txt"], b"");
}

#[test]
fn what_somebody_did_to_the_folder_is_put_right() {
    let tree = tree();
    tree.run().unwrap();
    let before = tree.left();
    let hashed = tree.hashed("css/site.css");
    fs::write(tree.path("out").join(&hashed), "tampered").unwrap();
    fs::remove_file(tree.path("out/img/x.svg")).unwrap();
    fs::write(tree.path("out/css/site.css.br"), "").unwrap();
    fs::write(tree.path("out/staticfiles.json"), "{\"paths\": {").unwrap();
    tree.run().unwrap();
    assert_eq!(tree.left(), before);
}

#[test]
fn a_run_that_was_killed_leaves_nothing_behind() {
    let tree = tree();
    fs::create_dir_all(tree.path("out/.collectstatic")).unwrap();
    fs::write(tree.path("out/.collectstatic/17"), "half a fi").unwrap();
    tree.run().unwrap();
    let work: Vec<_> = fs::read_dir(tree.path("out/.collectstatic")).unwrap().collect();
    assert_eq!(work.len(), 1, "the lock alone");
}

#[test]
fn two_runs_do_not_work_in_one_folder() {
    let tree = tree();
    fs::create_dir_all(tree.path("out/.collectstatic")).unwrap();
    let lock = fs::File::create(tree.path("out/.collectstatic/lock")).unwrap();
    lock.lock().unwrap();
    assert!(tree.complaint().contains("another collectstatic works in"));
    drop(lock);
    tree.run().unwrap();
}

#[test]
fn a_source_that_changes_while_others_are_compressed_spoils_no_form() {
    // The observer saves the file anew once it is written and before it is compressed.
    struct Editor<'a>(&'a Tree);
    impl Observer for Editor<'_> {
        fn begin(&self, stage: Stage, _: u64) {
            if stage == Stage::Compress {
                self.0.write("img/x.svg", "<svg>blue</svg>".repeat(50));
            }
        }
        fn advance(&self, _: u64) {}
    }
    let tree = tree();
    collect(&tree.options, &Editor(&tree)).unwrap();
    let left = tree.left();
    for name in [tree.hashed("img/x.svg"), "img/x.svg".to_owned()] {
        let mut content = Vec::new();
        let form = &left[&format!("{name}.gz")];
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&form[..]), &mut content).unwrap();
        assert_eq!(content, left[&name], "{name}");
    }
    tree.run().unwrap();
    assert!(tree.served("img/x.svg").contains("blue"), "the next run has the new one");
}

#[test]
fn a_form_that_somebody_put_beside_a_file_is_taken_away() {
    let tree = tree();
    tree.run().unwrap();
    let before = tree.left();
    fs::write(tree.path("out/img/y.png.gz"), "not its form").unwrap();
    assert_eq!(tree.run().unwrap().removed, 1);
    assert_eq!(tree.left(), before);
}

#[test]
fn nothing_is_written_or_deleted_through_a_link() {
    use std::os::unix::fs::symlink;
    let tree = tree();
    fs::create_dir_all(tree.path("out")).unwrap();
    fs::create_dir(tree.path("victim")).unwrap();
    for name in ["keep", "17"] {
        fs::write(tree.path("victim").join(name), "precious").unwrap();
    }
    for (link, target) in [(".collectstatic", "../victim"), ("css", "../victim"), ("img", "../static/img")] {
        symlink(target, tree.path("out").join(link)).unwrap();
        assert!(tree.complaint().contains(&format!("out/{link} is no folder, in the way")), "{link}");
        fs::remove_file(tree.path("out").join(link)).unwrap();
    }
    assert_eq!(fs::read_dir(tree.path("victim")).unwrap().count(), 2);
    assert_eq!(fs::read_dir(tree.path("static/img")).unwrap().count(), 2);
    fs::create_dir_all(tree.path("out/css/site.css")).unwrap();
    assert!(tree.complaint().contains("out/css/site.css is a folder, in the way"));
    let mut tree = tree;
    tree.options.clear = true;
    tree.run().unwrap();
}

#[test]
fn a_hundred_thousand_references_take_no_longer_than_their_text() {
    let css = "a{b:url(x.png)}\n".repeat(100_000);
    let tree = Tree::new(&[("x.png", "x"), ("a.css", &css), ("b.css", &css.replace('\n', ""))]);
    tree.run().unwrap();
    tree.write("a.css", css.replace("x.png", "y.png"));
    let complaint = tree.complaint();
    assert!(complaint.contains("a.css:50:5 names") && complaint.ends_with("and 99950 more"), "{complaint}");
    tree.write("a.css", "");
    tree.write("c.js", "//# sourceMappingURL=a\n".repeat(100_000) + "code()");
    tree.run().unwrap();
}
