//! No role has a right that it does not need: what the integration tests needed, which end before this one begins, is held
//! against what the template's policies grant. So every action, table, partition and prefix in them has a test that fails
//! without it; `rights.tsv` names up to three beside it.

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

/// As the tests have it, and with whatever else a parameter may add.
fn granted() -> BTreeSet<String> {
    let as_tested = Resolver::local()
        .parameter("PublicUrl", "http://localhost:8000")
        .parameter("StaticFiles", "function")
        .parameter("Admin", "on")
        .fallback("DefaultFromEmail", "webmaster@localhost");
    let more = [
        ("MalwareScan", "guardduty"),
        ("SessionEngine", "cached_db"),
        ("CacheLocation", "rediss://cache.example.org:6379"),
        ("VpcSubnetIds", "subnet-1"),
        ("MediaUrl", "https://media.example.net"),
        ("MediaPublicKey", "-----BEGIN PUBLIC KEY-----MFkw-----END PUBLIC KEY-----"),
        ("AdminUrl", "https://admin.example.org"),
        ("CertificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/1"),
        ("Tracing", "Disabled"),
        ("Monitoring", "off"),
    ];
    let all = more.iter().fold(as_tested.clone(), |resolver, (name, value)| resolver.parameter(*name, *value));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let mut granted = BTreeSet::new();
    for resolver in [as_tested, all.naming_attributes()] {
        let template = Template::load(&path, &resolver).expect("the template can be read");
        let rights: Vec<_> = template.functions.iter().flat_map(Right::all).map(|right| right.to_string()).collect();
        granted.extend(demanded(rights.iter().map(String::as_str)));
    }
    granted
}

#[test]
fn every_right_of_every_role_is_one_that_a_test_cannot_do_without() {
    let granted = granted();
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let template = std::fs::read_to_string(template).expect("the template can be read");

    let noted = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rights.tsv");
    let noted = std::fs::read_to_string(&noted).expect("the integration tests ran before: `cargo test` runs both");
    assert!(
        noted.starts_with(&format!("whole\t{}\n", portico::secret::digest(&template))),
        "the last run of the integration tests was of some of them, or of another template: `cargo test` runs all, and \
         then this"
    );
    let needed = demanded(noted.lines().skip(1).filter_map(|line| line.rsplit_once('\t')).map(|(right, _)| right));

    let needless: Vec<_> = granted.difference(&needed).map(String::as_str).collect();
    assert!(
        needless.is_empty(),
        "{} of {} rights are needed by no test, or another statement of the same role grants the same. Take them out of \
         template.yaml, or add the test that needs them; target/tmp/rights.tsv says which tests need which:\n{}",
        needless.len(),
        granted.len(),
        needless.join("\n")
    );
}
