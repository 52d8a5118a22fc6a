//! No role has a right that it does not need: what the integration tests needed, which end before this one begins, is held
//! against what the template's policies grant. So every action, table, partition and prefix in them has a test that fails
//! without it; `rights.tsv` names up to three beside it. It is the whole of `cargo test` that proves this: alone it can tell a
//! record of some tests, or of another template, but not one of other code.

use std::collections::BTreeSet;
use std::path::Path;

use local::iam::Right;
use local::template::{Deployment, Resolver, Template};

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

/// What may add to a policy, as the tests have it.
const TESTED: [(&str, &str); 3] =
    [("PublicUrl", "http://localhost:8000"), ("StaticFiles", "function"), ("Admin", "on")];

/// Everything else that is switched on by a parameter.
const MORE: [(&str, &str); 18] = [
    ("MalwareScan", "guardduty"),
    ("SessionEngine", "cached_db"),
    ("CacheLocation", "rediss://cache.example.org:6379"),
    ("VpcSubnetIds", "subnet-1"),
    ("VpcSecurityGroupIds", "sg-1"),
    ("StaticUrl", "https://static.example.org/static/"),
    ("MediaUrl", "https://media.example.net"),
    ("MediaCertificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/2"),
    ("MediaPublicKey", "-----BEGIN PUBLIC KEY-----MFkw-----END PUBLIC KEY-----"),
    ("MediaOtherPublicKey", "-----BEGIN PUBLIC KEY-----MFkx-----END PUBLIC KEY-----"),
    ("AdminUrl", "https://admin.example.org"),
    ("AdminAllowedNetworks", "203.0.113.0/24"),
    ("CertificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/1"),
    ("HostedZoneId", "Z0123456789ABCDEFGHIJ"),
    ("AlarmEmail", "ops@example.org"),
    ("Tracing", "Disabled"),
    ("HashingConcurrency", "20"),
    ("UploadConcurrency", "5"),
];

/// Those that switch nothing on, or have been given by the tests' own fallback.
const NOTHING: [&str; 8] = [
    "Architecture",
    "CacheCluster",
    "CacheUsername",
    "DefaultFromEmail",
    "LogRetentionDays",
    "MediaSigningKey",
    "Monitoring",
    "Restart",
];

fn given(resolver: Resolver, parameters: &[(&str, &str)]) -> Resolver {
    parameters.iter().fold(resolver, |resolver, (name, value)| resolver.parameter(*name, *value))
}

fn granted() -> BTreeSet<String> {
    let as_tested = given(Resolver::local().fallback("DefaultFromEmail", "webmaster@localhost"), &TESTED);
    let all = given(as_tested.clone(), &MORE);
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
fn every_parameter_is_switched_on_or_known_to_add_nothing() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let text = std::fs::read_to_string(path).expect("the template can be read");
    let template = Deployment::parse(&text, &Resolver::local().naming_attributes()).expect("the template can be read");
    let known = TESTED.iter().chain(&MORE).map(|(name, _)| *name).chain(NOTHING);
    let declared: BTreeSet<_> = template.parameters.keys().map(String::as_str).collect();
    assert_eq!(known.collect::<BTreeSet<_>>(), declared);
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
