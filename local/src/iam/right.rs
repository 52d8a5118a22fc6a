//! What a statement grants, in its smallest parts: one action on one resource, under one value of its condition. A test run
//! tells by them which part of which policy it had no use for.

use std::collections::BTreeSet;
use std::fmt;

use super::Need;
use super::evaluate::{conditions, matches};
use crate::template::{Effect, Function, Statement};

/// The smallest part of a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// As `login`.
    pub function: String,
    /// The managed policy that it comes from, as `PagePolicy`; empty for the function's own.
    pub policy: String,
    /// The statement's `Sid`.
    pub statement: String,
    /// As `dynamodb:PutItem`.
    pub action: String,
    /// The resource, as the policy has it.
    pub resource: String,
    /// One value of the condition, as `USER#*`; empty where there is none.
    pub value: String,
}

impl Right {
    /// All that a function's statements allow.
    pub fn all(function: &Function) -> BTreeSet<Self> {
        let allowing = function.statements.iter().filter(|statement| statement.effect == Effect::Allow);
        let mut all = BTreeSet::new();
        for statement in allowing {
            let values: Vec<_> = conditions(statement).flat_map(|condition| condition.values).collect();
            for action in &statement.actions {
                for resource in &statement.resources {
                    let right = |value: &str| Self::new(&function.name, statement, action, resource, value);
                    all.extend(values.iter().map(|value| right(value)));
                    if values.is_empty() {
                        all.insert(right(""));
                    }
                }
            }
        }
        all
    }

    fn new(function: &str, statement: &Statement, action: &str, resource: &str, value: &str) -> Self {
        Self {
            function: function.to_owned(),
            policy: statement.policy.clone().unwrap_or_default(),
            statement: statement.sid.clone().unwrap_or_default(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            value: value.to_owned(),
        }
    }
}

/// Function, policy, and the rest, with tabs between.
impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { function, policy, statement, action, resource, value } = self;
        write!(f, "{function}\t{policy}\t{statement}: {action} on {resource}")?;
        if value.is_empty() { Ok(()) } else { write!(f, " for {value}") }
    }
}

/// The rights of the one statement that allows this need: what is neither one's nor the other's, for two of its values are
/// good for it, is none of them.
pub(super) fn needed(function: &str, statement: &Statement, need: &Need) -> Vec<Right> {
    let action = |name: &&String| name.eq_ignore_ascii_case(&need.action);
    let (Some(action), Some(resource)) = (
        statement.actions.iter().find(action),
        only(statement.resources.iter().filter(|pattern| matches(pattern, &need.resource))),
    ) else {
        return Vec::new();
    };
    let about = need.context.as_ref();
    let mut rights = Vec::new();
    let mut is_conditional = false;
    for condition in conditions(statement) {
        is_conditional = true;
        for told in about.filter(|(key, _)| *key == condition.key).into_iter().flat_map(|(_, values)| values) {
            let value = only(condition.values.iter().filter(|value| condition.equals(value, told)));
            rights.extend(value.map(|value| Right::new(function, statement, action, resource, value)));
        }
    }
    if !is_conditional {
        rights.push(Right::new(function, statement, action, resource, ""));
    }
    rights
}

fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.next().is_none().then_some(first)
}
