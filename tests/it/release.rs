//! How the functions are compiled for deployment.

use std::fs;
use std::path::{Path, PathBuf};

/// What hashes a password, or draws a picture.
const COMPUTES: [&str; 6] = [
    "accounts::authenticate",
    "accounts::change_password",
    "accounts::reset_password",
    "accounts::sign_up",
    "image::draw",
    "reauthenticate",
];

#[test]
fn a_function_that_hashes_or_draws_is_compiled_for_speed_and_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let profile = manifest.split("[profile.release.package]").nth(1).unwrap().split("\n[").next().unwrap();
    let functions: Vec<_> = entries(&root.join("functions")).collect();
    assert!(functions.len() > 10);
    for function in &functions {
        let name = function.file_name().unwrap().to_str().unwrap();
        let computes = entries(&function.join("src")).any(|file| {
            let source = fs::read_to_string(file).unwrap();
            COMPUTES.iter().any(|verb| source.contains(verb))
        });
        let is_quick = profile.lines().any(|line| line == format!("{name} = {{ opt-level = 3 }}"));
        assert_eq!(is_quick, computes, "{name}: [profile.release.package]");
    }
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())
}
