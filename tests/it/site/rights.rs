//! What the functions were allowed, kept for the end of the run: `tests/rights` looks there for what no test needed.
//! Whatever a function was refused fails the test in which it was, also where the product goes on without it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use local::iam::{Denied, Right, Roles};

/// The rights of one system; dropped with it.
pub(crate) struct Rights {
    roles: Arc<Roles>,
}

impl Rights {
    pub(crate) fn of(roles: &Arc<Roles>) -> Self {
        Self { roles: roles.clone() }
    }
}

impl Drop for Rights {
    fn drop(&mut self) {
        note(&self.roles);
        let denied = self.roles.denied();
        if std::thread::panicking() {
            // Perhaps that is why: the test's own words come before these.
            told(&denied);
            return;
        }
        assert!(denied.is_empty(), "{denied:#?}");
    }
}

#[expect(clippy::print_stderr, reason = "the harness shows what a failing test prints")]
fn told(denied: &[Denied]) {
    for one in denied {
        eprintln!("{one}");
    }
}

/// The options of the harness by which it runs some of the tests.
const CHOOSING: [&str; 4] = ["--exact", "--ignored", "--skip", "--list"];

/// How many tests are named for each right: one of them may have needed it by chance.
const MOST_TESTS: usize = 3;

/// Adds what was needed to what this run has noted so far: a line each, with the tests that needed it first. The first line
/// says whether the run is of all tests, and of which template.
fn note(roles: &Roles) {
    static NEEDED: Mutex<BTreeMap<Right, BTreeSet<String>>> = Mutex::new(BTreeMap::new());
    let mut needed = NEEDED.lock().unwrap_or_else(PoisonError::into_inner);
    let is_first = needed.is_empty();
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    let mut has_changed = is_first;
    for right in roles.used() {
        let tests = needed.entry(right).or_default();
        has_changed |= tests.len() < MOST_TESTS && tests.insert(test.clone());
    }
    if !has_changed {
        return;
    }
    let mut arguments = std::env::args().skip(1);
    let is_whole = arguments.all(|argument| argument.starts_with('-') && !CHOOSING.contains(&&*argument));
    let template = std::fs::read(super::root().join("template.yaml")).unwrap();
    let mut lines = format!(
        "{}\t{}\n",
        if is_whole { "whole" } else { "part" },
        portico::secret::digest(&String::from_utf8(template).unwrap())
    );
    for (right, tests) in &*needed {
        let tests: Vec<_> = tests.iter().map(String::as_str).collect();
        writeln!(lines, "{right}\t{}", tests.join(" ")).unwrap();
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(folder.join("rights.tsv"), lines).unwrap();
}
