//! Files that cannot be collected: what is wrong is told with its place, and nothing is written.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

/// The complaint has all of `parts`, and nothing was left.
fn refused(tree: &Tree, parts: &[&str]) {
    let complaint = tree.complaint();
    for part in parts {
        assert!(complaint.contains(part), "{part} is not in {complaint}");
    }
    assert!(tree.left().is_empty(), "{:?}", tree.left().keys());
}

#[test]
fn a_missing_target_is_told_with_file_line_and_column() {
    let tree = Tree::new(&[
        ("css/site.css", "a {}\n/* 한 */ b { background: url(x.png) }\n@import '../../up.css';"),
        ("js/a.js", "\nimport './b'"),
        ("js/b.js", ""),
        ("A B.png", ""),
        ("bad.css", "a{b:url(a b.png)}"),
    ]);
    refused(
        &tree,
        &[
            "css/site.css:2:25 names \"x.png\", and css/x.png is no static file",
            "css/site.css:3:1 names \"../../up.css\", which is above all static files",
            "js/a.js:2:8 names \"./b\", and js/b is no static file; there is js/b.js",
            "bad.css:1:5 has an url() that browsers drop: put it in quotes",
        ],
    );
    tree.write("bad.css", "a{b:url('a b.png')}");
    assert!(tree.complaint().contains("bad.css:1:5 names \"a b.png\", which is no static file; there is A B.png"));
    tree.write("bad.css", "");
    tree.write("css/x.png", "x");
    tree.write("css/site.css", "b { background: url(x.png); mask: url(\"../js\") }");
    tree.write("js/a.js", "import './b.js'");
    tree.run().unwrap();
}

#[test]
fn a_stylesheet_with_broken_syntax_is_told_with_its_place() {
    for (css, part) in [
        ("a{}\nb{c:url(x y)}", "a.css:2:5 has an url() that browsers drop: put it in quotes"),
        ("a{content:'x\n}", "a.css:1:11 has a string that does not end in its line"),
        ("/* x", "a.css:1:1 has a comment that does not end"),
    ] {
        refused(&Tree::new(&[("a.css", css)]), &[part]);
    }
    let tree = Tree::new(&[]);
    tree.write("a.css", b"a{}\xff");
    refused(&tree, &["a.css is not UTF-8 (byte 3)"]);
}

#[test]
fn a_script_that_cannot_be_read_is_taken_as_it_is() {
    let tree = Tree::new(&[("a.js", "import x from './x.js'; const = <div>")]);
    let summary = tree.run().unwrap();
    assert!(summary.warnings[0].to_string().starts_with("a.js:1:"), "{:?}", summary.warnings);
    assert!(summary.warnings[0].what.contains("cannot be read as JavaScript"));
    assert_eq!(tree.served("a.js"), "import x from './x.js'; const = <div>");
}

#[test]
fn links_are_followed_inside_and_refused_where_they_lead_out_or_round() {
    let tree = Tree::new(&[("real/a.txt", "a")]);
    symlink("real", tree.path("static/link")).unwrap();
    symlink("real/a.txt", tree.path("static/b.txt")).unwrap();
    tree.run().unwrap();
    assert_eq!((tree.served("link/a.txt"), tree.served("b.txt")), ("a".to_owned(), "a".to_owned()));
    for (target, part) in [
        ("..", "is a link that leads out of"),
        ("/etc/passwd", "is a link that leads out of"),
        (".", "is a link to a folder that it is in, a loop"),
        ("nowhere", "is a link that leads nowhere"),
        ("bad", "is a link that leads nowhere"),
    ] {
        let tree = Tree::new(&[("a.txt", "a")]);
        symlink(target, tree.path("static/bad")).unwrap();
        refused(&tree, &["static/bad ", part]);
    }
    let tree = Tree::new(&[("a/x", ""), ("b/y", "")]);
    symlink("../b", tree.path("static/a/to-b")).unwrap();
    symlink("../a", tree.path("static/b/to-a")).unwrap();
    refused(&tree, &["a loop"]);
}

#[test]
fn names_that_no_folder_keeps_are_told() {
    refused(
        &Tree::new(&[("img/Logo.png", ""), ("img/logo.png", "")]),
        &["img/Logo.png differ only in case", "img/logo.png"],
    );
    let long = "x".repeat(251) + ".css";
    refused(&Tree::new(&[(&long, "")]), &["has a name of 255 bytes; with its hash there is room for 239"]);
    Tree::new(&[(&("x".repeat(235) + ".css"), "")]).run().unwrap();
    refused(&Tree::new(&[("a\\b.css", "")]), &["has a backslash in its name"]);
    let tree = Tree::new(&[]);
    fs::write(tree.path("static").join(OsStr::from_bytes(b"a\xff.css")), "").unwrap();
    refused(&tree, &["has a name that is not UTF-8"]);
    let mut tree = Tree::new(&[("a", "a file")]);
    fs::create_dir_all(tree.path("more/a")).unwrap();
    fs::write(tree.path("more/a/b"), "in a folder").unwrap();
    tree.options.sources.push(Source { dir: tree.path("more"), prefix: String::new() });
    refused(&tree, &["a is a file, and the folder of a/b"]);
    refused(&Tree::new(&[("staticfiles.json", "{}")]), &["staticfiles.json has the name of the manifest"]);
}

#[test]
fn a_control_character_in_a_name_reaches_no_terminal() {
    let tree = Tree::new(&[("a\u{1b}[31m.css", "a{b:url(x)}")]);
    assert!(!tree.complaint().contains('\u{1b}'));
}

#[test]
fn what_cannot_be_read_is_told_with_its_path() {
    let tree = Tree::new(&[("a.txt", "a")]);
    let path = tree.path("static/a.txt");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).unwrap();
    // Whoever is root may read everything.
    match fs::read(&path) {
        Ok(_) => assert_eq!(tree.run().unwrap().copied, 1),
        Err(_) => refused(&tree, &["static/a.txt", "ermission denied"]),
    }
    let tree = Tree::new(&[]);
    std::os::unix::net::UnixListener::bind(tree.path("static/socket")).unwrap();
    refused(&tree, &["static/socket is neither a file nor a folder"]);
}

#[test]
fn sources_must_be_there_and_apart_from_the_output() {
    let mut tree = Tree::new(&[("a.txt", "a")]);
    tree.options.sources.push(Source { dir: tree.path("nowhere"), prefix: String::new() });
    refused(&tree, &["nowhere is no folder that can be read", "STATICFILES_DIRS"]);
    tree.options.sources.clear();
    refused(&tree, &["there is no folder to collect from"]);
    for (source, root) in
        [("static", "static/out"), ("static", "static"), ("out/static", "out"), ("static", "static/../static")]
    {
        let mut tree = Tree::new(&[]);
        tree.options.sources = vec![Source { dir: tree.path(source), prefix: String::new() }];
        tree.options.root = tree.path(root);
        fs::create_dir_all(tree.path(source)).unwrap();
        assert!(tree.complaint().contains("one is inside the other"), "{source} {root}");
    }
}

#[test]
fn a_file_that_looks_like_the_compressed_form_of_another_is_left_out() {
    let tree = Tree::new(&[("a.css", "a{}"), ("a.css.gz", "old"), ("b.tar.gz", "itself")]);
    let summary = tree.run().unwrap();
    assert_eq!(summary.warnings.len(), 1);
    assert!(summary.warnings[0].to_string().contains("a.css.gz is left out"));
    assert!(!tree.left().contains_key("a.css.gz") && tree.left().contains_key("b.tar.gz"));
}

#[test]
fn two_files_that_would_have_one_name_are_refused() {
    let hashed = "a.0cc175b9c0f1.txt";
    refused(&Tree::new(&[("a.txt", "a"), (hashed, "not a")]), &[hashed, "would be the name of two files"]);
    Tree::new(&[("a.txt", "a"), (hashed, "a")]).run().unwrap();
}

#[test]
fn a_disk_that_refuses_leaves_the_manifest_as_it_was_and_the_next_run_recovers() {
    let tree = Tree::new(&[("css/a.css", "a{}")]);
    tree.run().unwrap();
    let (before, old) = (tree.left(), tree.hashed("css/a.css"));
    tree.write("css/a.css", "b{}");
    tree.write("img/b.png", "b");
    // Where a folder is needed there is a file.
    fs::write(tree.path("out/img"), "in the way").unwrap();
    let complaint = tree.complaint();
    assert!(complaint.contains("out/img"), "{complaint}");
    assert_eq!(tree.left()["staticfiles.json"], before["staticfiles.json"]);
    assert_eq!(tree.left()[&old], b"a{}".to_vec());
    fs::remove_file(tree.path("out/img")).unwrap();
    tree.run().unwrap();
    assert_eq!(tree.manifest().paths().count(), 2);
    assert_eq!(fs::read_dir(tree.path("out/.collectstatic")).unwrap().count(), 1, "nothing unfinished");
}

#[test]
fn a_large_file_is_never_in_memory_as_a_whole() {
    let mut tree = Tree::new(&[]);
    let length = 300 << 20;
    fs::File::create(tree.path("static/large.bin")).unwrap().set_len(length).unwrap();
    tree.options.compress = Some(1 << 20);
    tree.run().unwrap();
    assert_eq!(fs::metadata(tree.path("out").join(tree.hashed("large.bin"))).unwrap().len(), length);
    assert!(!tree.path("out/large.bin.br").exists(), "over the limit of what is compressed");
}
