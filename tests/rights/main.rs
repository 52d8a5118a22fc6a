//! No role has a right that it does not need: what the integration tests needed, which end before this one begins, is held
//! against what the template's policies grant. So every action, table, partition and prefix in them has a test that fails
//! without it, and is named beside it in `rights.tsv`.

use std::collections::BTreeSet;
use std::path::Path;

use local::iam::Right;
use local::template::{Resolver, Template};

/// One that several functions share may be needed by any of them.
fn shared(right: &str) -> String {
    match right.split('\t').collect::<Vec<_>>()[..] {
        [_, policy, rest] if !policy.is_empty() => format!("\t{policy}\t{rest}"),
        _ => right.to_owned(),
    }
}

/// A shared policy that a function has: it must need something of it.
fn policy_of(right: &str) -> Option<String> {
    let (function, rest) = right.split_once('\t')?;
    let (policy, _) = rest.split_once('\t')?;
    (!policy.is_empty()).then(|| format!("{function}\t{policy}\tall of it"))
}

fn demanded<'a>(rights: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    rights.flat_map(|right| policy_of(right).into_iter().chain([shared(right)])).collect()
}

#[test]
fn every_right_of_every_role_is_one_that_a_test_cannot_do_without() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    // With whatever a parameter may add, and as the tests have it.
    let resolver = Resolver::local()
        .parameter("PublicUrl", "http://localhost:8000")
        .parameter("StaticFiles", "function")
        .parameter("Admin", "on")
        .fallback("DefaultFromEmail", "webmaster@localhost");
    let template = Template::load(&root.join("template.yaml"), &resolver).expect("the template can be read");
    let granted: Vec<_> = template.functions.iter().flat_map(Right::all).map(|right| right.to_string()).collect();
    let granted = demanded(granted.iter().map(String::as_str));

    let noted = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rights.tsv");
    let noted = std::fs::read_to_string(&noted).expect("the integration tests ran before: `cargo test` runs both");
    assert!(
        noted.starts_with("whole\n"),
        "the last run of the integration tests was of some of them: `cargo test` runs all, and then this"
    );
    let needed = demanded(noted.lines().filter_map(|line| line.rsplit_once('\t')).map(|(right, _test)| right));

    let needless: Vec<_> = granted.difference(&needed).map(String::as_str).collect();
    assert!(
        needless.is_empty(),
        "{} of {} rights are needed by no test, or another statement of the same role grants the same. Take them out of \
         template.yaml, or add the test that needs them; target/tmp/rights.tsv says which test needs which:\n{}",
        needless.len(),
        granted.len(),
        needless.join("\n")
    );
}
