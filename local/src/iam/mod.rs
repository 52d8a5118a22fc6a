//! Who may do what: each function's calls to DynamoDB, S3 and SES carry its identity, and are held against its statements
//! in the template as IAM would hold them. Who works on the system beside the functions (commands, tests) is its operator,
//! and may do everything.
//!
//! | module | what it knows |
//! |---|---|
//! | `evaluate` | when a statement allows a need |
//! | `right` | what a statement grants, in its smallest parts |
//! | `dynamodb` | what a request to DynamoDB needs |
//! | `client` | DynamoDB's door, at the SDK: its engine is not ours |
//!
//! S3 and SES ask at their own doors, so that addresses and forms that a function has signed are held against its rights
//! when they are used. What is not emulated here: resource policies,
//! boundaries, session policies and tags. A condition on a key that is not told of a request is refused with its template.

mod client;
mod dynamodb;
mod evaluate;
mod right;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use self::evaluate::Verdict;
use crate::template::{ACCOUNT, Function, Statement, Table, Template};

pub(crate) use client::signer;
pub(crate) use evaluate::{FROM_ADDRESS, KEYS, LEADING_KEYS, PREFIX, is_known};

pub use right::Right;

/// How many refusals are kept for whoever asks: on a machine that nobody asks they would never end.
const MOST_DENIED: usize = 1_000;

/// The roles of the functions.
#[derive(Debug, Default)]
pub struct Roles {
    all: Vec<Role>,
    tables: Vec<Table>,
    ledger: Mutex<Ledger>,
}

#[derive(Debug)]
struct Role {
    function: String,
    access_key: String,
    statements: Vec<Statement>,
}

/// What was asked for so far.
#[derive(Debug, Default)]
struct Ledger {
    used: BTreeSet<Right>,
    denied: Vec<Denied>,
}

/// One action on one resource, as IAM sees a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    /// As `dynamodb:PutItem`.
    pub(crate) action: String,
    /// The resource's ARN.
    pub(crate) resource: String,
    /// What conditions may ask for: one of [`KEYS`], with its values.
    pub(crate) context: Option<(&'static str, Vec<String>)>,
}

/// What a function was not allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the function {function} is not authorized to perform {action} on {resource}{about}: {why}")]
pub struct Denied {
    /// As `login`.
    pub function: String,
    /// As `dynamodb:PutItem`.
    pub action: String,
    /// The resource's ARN.
    pub resource: String,
    /// What conditions were asked about, as ` (dynamodb:LeadingKeys: USER#..)`; empty for nothing.
    pub about: String,
    /// Which statement denies it, or comes nearest to allowing it.
    pub why: String,
}

impl Roles {
    /// The roles of a template's functions.
    pub fn of(template: &Template) -> Self {
        let role = |function: &Function| Role {
            function: function.name.clone(),
            access_key: access_key(&function.name),
            statements: function.statements.clone(),
        };
        Self {
            all: template.functions.iter().map(role).collect(),
            tables: template.tables.clone(),
            ledger: Mutex::default(),
        }
    }

    /// The rights that were needed so far: without any one of them something that was done would have been refused.
    pub fn used(&self) -> BTreeSet<Right> {
        self.lock().used.clone()
    }

    /// What was refused since this was asked last.
    pub fn denied(&self) -> Vec<Denied> {
        std::mem::take(&mut self.lock().denied)
    }

    /// Whether a function signs with this key.
    pub(crate) fn knows(&self, access_key: &str) -> bool {
        self.role(access_key).is_some()
    }

    /// Whether who signs with this key may do all this; who is no function may. What is refused is logged.
    pub(crate) fn check(&self, access_key: &str, needs: &[Need]) -> Result<(), Denied> {
        let Some(role) = self.role(access_key) else { return Ok(()) };
        for need in needs {
            if let Err(why) = self.judge(role, need) {
                let denied = Denied::new(role, need, why);
                tracing::error!(function = denied.function, action = denied.action, "{denied}");
                let kept = &mut self.lock().denied;
                if kept.len() < MOST_DENIED {
                    kept.push(denied.clone());
                }
                return Err(denied);
            }
        }
        Ok(())
    }

    /// The same for one need, and where it is not so, that is neither logged nor kept.
    pub(crate) fn would_allow(&self, access_key: &str, need: &Need) -> bool {
        self.role(access_key).is_none_or(|role| self.judge(role, need).is_ok())
    }

    /// Whether the role allows it, and why not.
    fn judge(&self, role: &Role, need: &Need) -> Result<(), String> {
        match evaluate::judge(&role.statements, need) {
            Verdict::Allowed(by) => {
                // Of several each could be missing.
                if let [only] = by.as_slice() {
                    let used = right::needed(&role.function, only, need);
                    self.lock().used.extend(used);
                }
                Ok(())
            }
            Verdict::Denied(by) => Err(format!("{} denies it", named(by))),
            Verdict::NotAllowed => Err(match evaluate::nearest(&role.statements, need) {
                Some(near) => format!(
                    "no statement of its policies in template.yaml allows it; {} has the action, for {}",
                    named(near),
                    near.resources.join(", ")
                ),
                None => "no statement of its policies in template.yaml has the action".to_owned(),
            }),
        }
    }

    fn role(&self, access_key: &str) -> Option<&Role> {
        self.all.iter().find(|role| role.access_key == access_key)
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Need {
    pub(crate) fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into(), context: None }
    }

    pub(crate) fn about(mut self, key: &'static str, values: Vec<String>) -> Self {
        self.context = Some((key, values));
        self
    }
}

impl Denied {
    fn new(role: &Role, need: &Need, why: String) -> Self {
        let about = need.context.as_ref().map(|(key, values)| format!(" ({key}: {})", values.join(", ")));
        Self {
            function: role.function.clone(),
            action: need.action.clone(),
            resource: need.resource.clone(),
            about: about.unwrap_or_default(),
            why,
        }
    }
}

/// A statement as messages name it, with its condition.
fn named(statement: &Statement) -> String {
    let place = statement.policy.as_ref().map(|policy| format!("{policy}.")).unwrap_or_default();
    let sid = statement.sid.as_deref().unwrap_or("a statement without a Sid");
    let values: Vec<_> = evaluate::conditions(statement).flat_map(|condition| condition.values).collect();
    let condition = if values.is_empty() { String::new() } else { format!(" ({})", values.join(", ")) };
    format!("{place}{sid}{condition}")
}

/// What a function signs with.
pub fn access_key(function: &str) -> String {
    let letters = function.chars().filter(char::is_ascii_alphanumeric);
    format!("LOCAL{}", letters.collect::<String>().to_ascii_uppercase())
}

/// The account that the ARNs of one machine name.
pub(crate) fn arn(service: &str, region: &str, rest: &str) -> String {
    format!("arn:aws:{service}:{region}:{ACCOUNT}:{rest}")
}
