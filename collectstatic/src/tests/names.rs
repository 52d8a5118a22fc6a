//! Names, references and the manifest.

use super::*;

#[test]
fn files_are_named_by_their_final_content_as_django_names_them() {
    let tree = Tree::new(&[
        ("css/site.css", "@import 'base.css';\na { background: url(../img/a.png?v=1#x) }\n"),
        ("css/base.css", "b { background: url('../img/a.png') }\n"),
        ("img/a.png", "png"),
        ("LICENSE", "free"),
    ]);
    tree.run().unwrap();
    let paths: Vec<_> = tree.manifest().paths().map(|(name, hashed)| format!("{name} {hashed}")).collect();
    // Django 5.2 gives the same four, and the same hash of them all.
    assert_eq!(
        paths,
        [
            "LICENSE LICENSE.aa2d6e4f578e",
            "css/base.css css/base.bacd5c0539c3.css",
            "css/site.css css/site.6d4b82effced.css",
            "img/a.png img/a.bff139fa05ac.png",
        ]
    );
    assert_eq!(tree.manifest().hash(), "7f6d16de0346");
    let base = tree.hashed("css/base.css").replace("css/", "");
    let image = tree.hashed("img/a.png");
    assert_eq!(
        tree.served("css/site.css"),
        format!("@import url(\"{base}\");\na {{ background: url(\"../{image}?v=1#x\") }}\n")
    );
    assert_eq!(fs::read_to_string(tree.path("out/css/site.css")).unwrap().lines().next(), Some("@import 'base.css';"));
}

#[test]
fn modules_are_rewritten_unless_they_are_not_to_be() {
    let mut tree = Tree::new(&[
        ("js/a.js", "import b from './b.js';\nconst c = () => import(\"../lib/c.mjs\");\nimport 'vue';\n"),
        ("js/b.js", "export default 1\n"),
        ("lib/c.mjs", "export * from '/static/js/b.js'\n"),
    ]);
    tree.run().unwrap();
    let (b, c) = (tree.hashed("js/b.js"), tree.hashed("lib/c.mjs"));
    let b_name = b.replace("js/", "");
    assert_eq!(
        tree.served("js/a.js"),
        format!("import b from './{b_name}';\nconst c = () => import(\"../{c}\");\nimport 'vue';\n")
    );
    assert_eq!(tree.served("lib/c.mjs"), format!("export * from '/static/{b}'\n"));
    tree.options.modules = false;
    tree.run().unwrap();
    assert_eq!(tree.served("js/a.js"), fs::read_to_string(tree.path("static/js/a.js")).unwrap());
}

#[test]
fn a_source_map_is_followed_and_a_missing_one_stops_nothing() {
    let tree = Tree::new(&[
        ("a.js", "a()\n//# sourceMappingURL=a.js.map\n"),
        ("a.js.map", "{}"),
        ("b.css", "b{}\n/*# sourceMappingURL=b.css.map */\n"),
        ("b.css.map", "{}"),
        ("c.js", "c()\n//# sourceMappingURL=c.js.map"),
    ]);
    let summary = tree.run().unwrap();
    assert_eq!(tree.served("a.js"), format!("a()\n//# sourceMappingURL={}\n", tree.hashed("a.js.map")));
    assert_eq!(tree.served("b.css"), format!("b{{}}\n/*# sourceMappingURL={} */\n", tree.hashed("b.css.map")));
    assert_eq!(tree.served("c.js"), "c()\n//# sourceMappingURL=c.js.map");
    let warnings: Vec<_> = summary.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, ["c.js:2:1 names \"c.js.map\", which is no static file"]);
    let again = tree.run().unwrap();
    assert_eq!((again.copied, again.warnings), (0, summary.warnings), "told again, though nothing is done");
}

#[test]
fn files_that_refer_to_each_other_have_names_that_change_with_each_of_them() {
    let tree = Tree::new(&[
        ("a.css", "@import 'b.css';"),
        ("b.css", "@import 'a.css'; b{background:url(x.png)}"),
        ("x.png", "1"),
        ("self.js", "import './self.js'"),
        ("c.js", "import './d.js'"),
        ("d.js", "import './c.js'"),
    ]);
    tree.run().unwrap();
    let names = ["a.css", "b.css", "self.js", "c.js", "d.js"];
    let before: Vec<_> = names.map(|name| tree.hashed(name)).into();
    assert_eq!(tree.served("a.css"), format!("@import url(\"{}\");", before[1]));
    assert!(tree.served("b.css").starts_with(&format!("@import url(\"{}\");", before[0])));
    assert_eq!(tree.served("self.js"), format!("import './{}'", before[2]));
    assert_ne!(before[3].split('.').nth(1), before[4].split('.').nth(1), "each its own");
    tree.write("x.png", "2");
    tree.run().unwrap();
    let after: Vec<_> = names.map(|name| tree.hashed(name)).into();
    assert!(before[0] != after[0] && before[1] != after[1], "both follow what one of them refers to");
    assert_eq!(before[2..], after[2..]);
}

#[test]
fn two_sources_are_one_and_the_first_wins() {
    let mut tree = Tree::new(&[("css/a.css", "first"), ("vendor/x.txt", "site's own")]);
    for (name, content) in [("a.css", "second"), ("b.css", "b")] {
        fs::create_dir_all(tree.path("more/css")).unwrap();
        fs::write(tree.path("more/css").join(name), content).unwrap();
    }
    fs::create_dir_all(tree.path("lib")).unwrap();
    fs::write(tree.path("lib/x.txt"), "library's").unwrap();
    tree.options.sources.push(Source { dir: tree.path("more"), prefix: String::new() });
    tree.options.sources.push(Source { dir: tree.path("lib"), prefix: "vendor".to_owned() });
    tree.options.sources.push(Source { dir: tree.path("lib"), prefix: "vendor/lib".to_owned() });
    let summary = tree.run().unwrap();
    assert_eq!(tree.served("css/a.css"), "first");
    assert_eq!(tree.served("css/b.css"), "b");
    assert_eq!(tree.served("vendor/x.txt"), "site's own");
    assert_eq!(tree.served("vendor/lib/x.txt"), "library's");
    let hidden: Vec<_> = summary.shadowed.iter().map(|hidden| (hidden.name.as_str(), hidden.path.clone())).collect();
    assert_eq!(hidden, [("css/a.css", tree.path("more/css/a.css")), ("vendor/x.txt", tree.path("lib/x.txt"))]);
}

#[test]
fn what_is_ignored_is_not_there() {
    let mut tree =
        Tree::new(&[(".env", "secret"), ("a~", ""), ("CVS/x", ""), ("a.scss", ""), ("docs/x.md", ""), ("a.css", "")]);
    tree.options.ignore = vec!["*.scss".to_owned(), "docs".to_owned()];
    tree.run().unwrap();
    assert_eq!(tree.manifest().paths().map(|(name, _)| name.to_owned()).collect::<Vec<_>>(), ["a.css"]);
    tree.write("b.css", "a{b:url(docs/x.md)}");
    assert!(tree.complaint().contains("b.css:1:5"), "what is left out is missing");
}
