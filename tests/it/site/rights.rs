//! What the functions were allowed, kept for the end of the run: `tests/rights` looks there for what no test needed.
//! Whatever a function was refused fails the test in which it was, also where the product goes on without it.

use std::collections::BTreeMap;
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

/// Adds what was needed to what this run has noted so far: a line each, with the test that needed it first. The first line
/// says whether the run is of all tests.
fn note(roles: &Roles) {
    static NEEDED: Mutex<BTreeMap<Right, String>> = Mutex::new(BTreeMap::new());
    let mut needed = NEEDED.lock().unwrap_or_else(PoisonError::into_inner);
    let before = needed.len();
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    for right in roles.used() {
        needed.entry(right).or_insert_with(|| test.clone());
    }
    if needed.len() == before {
        return;
    }
    let is_whole = std::env::args().skip(1).all(|argument| argument == "--quiet" || argument == "-q");
    let mut lines = format!("{}\n", if is_whole { "whole" } else { "part" });
    for (right, test) in &*needed {
        writeln!(lines, "{right}\t{test}").unwrap();
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(folder.join("rights.tsv"), lines).unwrap();
}
