//! What is asked of a site, and which answers are right.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Result;

/// A site. In texts `{username}`, `{password}` and `{token}` stand for those of the visitor.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Description {
    pub(crate) users: Users,
    /// The cookie that says who is logged in; on https it may begin with `__Host-`.
    pub(crate) session_cookie: String,
    pub(crate) token: Token,
    steps: BTreeMap<String, Step>,
}

/// Who has an account, and who is to get one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Users {
    /// In which `{number}` is one of 0001 to 1000.
    member: String,
    /// In which `{number}` is another one each time.
    newcomer: String,
    pub(crate) password: String,
}

/// The texts around the token against forgery, in a page with a form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Token {
    pub(crate) before: String,
    pub(crate) after: String,
}

/// One request, and its answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    #[serde(default = "get")]
    pub(crate) method: String,
    pub(crate) path: String,
    /// The key of the route in API Gateway.
    #[serde(default = "default_route")]
    pub(crate) route: String,
    /// The name of the function that answers.
    #[serde(default)]
    pub(crate) function: String,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// The fields of a form. A step has these, or JSON, or no body.
    #[serde(default)]
    pub(crate) form: BTreeMap<String, String>,
    /// The fields of an object.
    pub(crate) json: Option<Map<String, Value>>,
    /// The step whose page has the token that this one sends.
    pub(crate) token_from: Option<String>,
    #[serde(default)]
    pub(crate) who: Who,
    /// Whether each visitor does it once.
    #[serde(default)]
    pub(crate) once: bool,
    /// How often one visitor may do it, where the site counts that.
    times: Option<usize>,
    /// How often it is done in one measurement at most, so that there are visitors enough.
    pub(crate) most: Option<usize>,
    pub(crate) status: u16,
    /// Texts that the page must have.
    #[serde(default)]
    pub(crate) contains: Vec<String>,
    /// A cookie that must be set.
    pub(crate) sets_cookie: Option<String>,
    /// Where it must lead.
    pub(crate) location: Option<String>,
    #[serde(skip)]
    asked: AtomicUsize,
}

/// Who takes a step.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Who {
    /// Somebody with an account who is not logged in.
    #[default]
    Visitor,
    /// Somebody who is.
    Member,
    /// Somebody who was, with the same browser.
    Returning,
    /// Somebody without an account.
    Newcomer,
}

const MEMBERS: usize = 1_000;

impl Description {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let described = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let described = serde_json::from_str(&described).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(described)
    }

    pub(crate) fn step(&self, name: &str) -> Result<&Step> {
        Ok(self.steps.get(name).ok_or_else(|| format!("no step `{name}` is described"))?)
    }

    /// Who takes a step next: each time somebody else, until all members have had their turn.
    pub(crate) fn next_user(&self, step: &Step) -> String {
        let number = step.asked.fetch_add(1, Ordering::Relaxed);
        if step.who == Who::Newcomer {
            let unique = format!("{}x{number}", std::process::id());
            return self.users.newcomer.replace("{number}", &unique);
        }
        self.users.member.replace("{number}", &format!("{:04}", 1 + number % MEMBERS))
    }
}

impl Step {
    /// How often one visitor may take it.
    pub(crate) fn times(&self) -> usize {
        if self.once { 1 } else { self.times.unwrap_or(usize::MAX) }
    }
}

fn get() -> String {
    "GET".to_owned()
}

fn default_route() -> String {
    "$default".to_owned()
}
