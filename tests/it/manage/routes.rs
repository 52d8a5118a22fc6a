//! `cargo manage routes`: the one table.

use std::collections::BTreeMap;

use manage::routes::{Args, run};
use serde_json::Value;

use super::{Script, whole};
use crate::csrf::UNSAFE;
use crate::negotiation::{ADMIN_ROUTES, ROUTES};
use crate::site::root;

fn told(json: bool) -> String {
    let mut script = Script::nobody(&[]);
    assert!(whole(&run(&Args { json }, &mut script)));
    script.said()
}

#[test]
fn the_table_has_every_route_with_its_methods_and_what_protects_it() {
    let rows: Vec<Value> = serde_json::from_str(&told(true)).unwrap();
    let known: BTreeMap<_, _> = ROUTES.into_iter().chain(ADMIN_ROUTES).collect();
    assert_eq!(rows.len(), known.len());
    for row in &rows {
        let path = row["path"].as_str().unwrap();
        let methods: Vec<_> =
            row["methods"].as_array().unwrap().iter().map(|method| method.as_str().unwrap()).collect();
        assert_eq!(methods.join(", "), known[path], "{path}");
        let is_unsafe = UNSAFE.iter().any(|(_, at, _)| *at == path) || known[path].contains("POST");
        assert_eq!(row["allow"].as_array().unwrap().len(), methods.len(), "{path}");
        assert_eq!(row["csrf"], if is_unsafe { "protected" } else { "safe" }, "{path}");
        assert!(row["reason"].is_null(), "{path}: nothing of the product's own is exempt");
        assert!(root().join("functions").join(row["function"].as_str().unwrap()).is_dir(), "{path}");
    }
}

#[test]
fn the_table_can_be_read_and_stands_in_the_documentation() {
    let told = told(false);
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines.len(), ROUTES.len() + ADMIN_ROUTES.len() + 1);
    assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), ["PATH", "METHODS", "ALLOW", "FUNCTION", "CSRF"]);
    let login = lines.iter().find(|line| line.starts_with("/login ")).unwrap();
    assert_eq!(
        login.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect::<Vec<_>>(),
        ["/login", "GET, POST, HEAD", "anyone", "login", "protected"]
    );
    let page = std::fs::read_to_string(root().join("docs/csrf.md")).unwrap();
    assert!(page.contains(&told), "docs/csrf.md has another table than `cargo manage routes`:\n{told}");
}
