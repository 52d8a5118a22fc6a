//! The commands of `cargo manage`.

mod accounts;
mod audit;
mod broken_rows;
mod collectstatic;
mod doctor_site;
mod doctor_static;
mod doctor_template;
mod export;
mod findstatic;
mod folder;
mod groups;
mod import_django;
mod import_login;
mod mails;
mod media_reconcile;
mod permissions;
mod reindex;
mod routes;
mod sessions;
mod stack;
mod static_upload;
mod user;

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use manage::console::Console;
use manage::{Finished, Outcome};
use serde_json::Value;

use crate::site::{Site, root};

/// Somebody who answers by heart, and remembers what was said.
#[derive(Default)]
pub(crate) struct Script {
    is_there: bool,
    answers: VecDeque<String>,
    secrets: VecDeque<String>,
    stdin: VecDeque<String>,
    said: Vec<String>,
    warned: Vec<String>,
}

impl Script {
    /// Somebody at a terminal.
    fn person(answers: &[&str], secrets: &[&str]) -> Self {
        let all = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Self { is_there: true, answers: all(answers), secrets: all(secrets), ..Self::default() }
    }

    /// Nobody; what is sent to standard input.
    pub(crate) fn nobody(stdin: &[&str]) -> Self {
        Self { stdin: stdin.iter().map(|text| (*text).to_owned()).collect(), ..Self::default() }
    }

    fn said(&self) -> String {
        self.said.join("\n")
    }

    pub(crate) fn warned(&self) -> String {
        self.warned.join("\n")
    }

    /// Whether everything was asked for that was to be answered.
    fn is_done(&self) -> bool {
        self.answers.is_empty() && self.secrets.is_empty() && self.stdin.is_empty()
    }
}

impl Console for Script {
    fn answers(&self) -> bool {
        self.is_there
    }

    fn say(&mut self, line: &str) {
        self.said.push(line.to_owned());
    }

    fn warn(&mut self, line: &str) {
        self.warned.push(line.to_owned());
    }

    fn ask(&mut self, question: &str) -> io::Result<String> {
        self.answers.pop_front().ok_or_else(|| io::Error::other(format!("nothing to answer to {question}")))
    }

    fn ask_secretly(&mut self, question: &str) -> io::Result<String> {
        self.secrets.pop_front().ok_or_else(|| io::Error::other(format!("nothing to answer to {question}")))
    }

    fn line(&mut self) -> io::Result<String> {
        self.stdin.pop_front().ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
    }
}

/// A folder of one test, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("portico-manage-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The names of what is in it.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Site {
    /// The same tables as a command sees them.
    pub(crate) fn managed(&self) -> manage::site::Site {
        let config = self.stack.app().config().clone();
        let clock: Arc<_> = self.clock.clone();
        manage::site::Site::served(config, &self.stack.dynamodb().url(), clock).unwrap()
    }

    /// The items of the durable table whose sort key is this, in order.
    fn of_kind(&self, sort_key: &str) -> Vec<Value> {
        let mut items: Vec<_> = self.accounts().into_iter().filter(|item| item["SK"]["S"] == sort_key).collect();
        items.sort_by_key(|item| item["PK"]["S"].as_str().map(str::to_owned));
        items
    }

    /// The user of an address.
    fn user_of(&self, email: &str) -> Value {
        let mut users = self.of_kind("PROFILE").into_iter().filter(|user| user["email"]["S"] == email);
        let user = users.next().unwrap_or_else(|| panic!("nobody has the address {email}"));
        assert!(users.next().is_none(), "{email} is there twice");
        user
    }
}

/// A file that Django wrote.
fn fixture(name: &str) -> PathBuf {
    root().join("tests/fixtures/django").join(name)
}

pub(crate) fn whole(outcome: &Outcome) -> bool {
    matches!(outcome, Ok(Finished::Whole))
}

fn in_part(outcome: &Outcome) -> bool {
    matches!(outcome, Ok(Finished::InPart))
}

/// The words of a failure.
fn why(outcome: Outcome) -> String {
    outcome.expect_err("a failure").message().to_owned()
}

fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().unwrap().permissions().mode() & 0o777 == 0o600
}
