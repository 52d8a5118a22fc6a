//! When a statement allows a need ("Policy evaluation logic", AWS Identity and Access Management User Guide): nothing is
//! allowed that no statement allows, and a denial overrules.

use serde_json::Value;

use super::Need;
use crate::template::{Effect, Statement};

/// What the statements say of a need.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict<'a> {
    /// These allow it.
    Allowed(Vec<&'a Statement>),
    /// This one denies it, whatever the others allow.
    Denied(&'a Statement),
    /// None allows it.
    NotAllowed,
}

/// Whether the need is met.
pub(super) fn judge<'a>(statements: &'a [Statement], need: &Need) -> Verdict<'a> {
    let met: Vec<_> = statements.iter().filter(|statement| meets(statement, need)).collect();
    if let Some(denial) = met.iter().find(|statement| statement.effect == Effect::Deny) {
        return Verdict::Denied(denial);
    }
    if met.is_empty() { Verdict::NotAllowed } else { Verdict::Allowed(met) }
}

/// The statement that comes nearest to allowing it: one that names the action, and best the resource too.
pub(super) fn nearest<'a>(statements: &'a [Statement], need: &Need) -> Option<&'a Statement> {
    let named =
        statements.iter().filter(|statement| statement.effect == Effect::Allow && names_action(statement, need));
    named.max_by_key(|statement| names_resource(statement, need))
}

fn meets(statement: &Statement, need: &Need) -> bool {
    names_action(statement, need)
        && names_resource(statement, need)
        && conditions(statement).all(|condition| condition.holds(need))
}

/// Actions are the same in capitals and small letters; resources are not.
fn names_action(statement: &Statement, need: &Need) -> bool {
    let same = |one: char, other: char| one.eq_ignore_ascii_case(&other);
    statement.actions.iter().any(|pattern| alike(pattern, &need.action, same))
}

fn names_resource(statement: &Statement, need: &Need) -> bool {
    statement.resources.iter().any(|pattern| matches(pattern, &need.resource))
}

/// One key of one operator.
pub(super) struct Condition<'a> {
    operator: &'a str,
    pub(super) key: &'a str,
    /// One of these.
    pub(super) values: Vec<&'a str>,
}

/// All must hold.
pub(super) fn conditions(statement: &Statement) -> impl Iterator<Item = Condition<'_>> {
    let operators = statement.condition.as_object().into_iter().flatten();
    operators.flat_map(|(operator, keys)| {
        keys.as_object().into_iter().flatten().map(move |(key, values)| Condition {
            operator,
            key,
            values: texts(values),
        })
    })
}

impl Condition<'_> {
    fn holds(&self, need: &Need) -> bool {
        let told = need.context.as_ref().filter(|(key, _)| key.eq_ignore_ascii_case(self.key));
        let told = told.map_or(&[][..], |(_, values)| values.as_slice());
        match self.operator.split_once(':') {
            // True of nothing too: a request without the key passes.
            Some(("ForAllValues", _)) => told.iter().all(|value| self.admits(value)),
            Some(("ForAnyValue", _)) => told.iter().any(|value| self.admits(value)),
            // Of a key with one value; without it, no condition of these operators holds.
            _ => told.len() == 1 && self.admits(&told[0]),
        }
    }

    fn admits(&self, told: &str) -> bool {
        self.values.iter().any(|value| self.equals(value, told))
    }

    pub(super) fn equals(&self, value: &str, told: &str) -> bool {
        match self.operator.rsplit(':').next() {
            Some("StringEquals") => value == told,
            Some("StringLike") => matches(value, told),
            // The template was not read with another one (`is_known`).
            _ => false,
        }
    }
}

/// The keys of conditions that are told of a request here.
pub(crate) const KEYS: [&str; 3] = [LEADING_KEYS, PREFIX, FROM_ADDRESS];
/// The partition keys of a request to DynamoDB.
pub(crate) const LEADING_KEYS: &str = "dynamodb:LeadingKeys";
/// What the keys of a listing begin with.
pub(crate) const PREFIX: &str = "s3:prefix";
/// From whom a mail comes.
pub(crate) const FROM_ADDRESS: &str = "ses:FromAddress";

/// Whether this operator of conditions is emulated: an unknown one must not be taken for one that holds.
pub(crate) fn is_known(operator: &str) -> bool {
    let (set, plain) = operator.split_once(':').unwrap_or(("ForAllValues", operator));
    ["ForAllValues", "ForAnyValue"].contains(&set) && ["StringEquals", "StringLike"].contains(&plain)
}

/// One text or a list of them, as a policy has it.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

/// `*` is any text, `?` any one character.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    alike(pattern, text, |one, other| one == other)
}

/// The same, where `same` says which letters are.
fn alike(mut pattern: &str, mut text: &str, same: impl Fn(char, char) -> bool) -> bool {
    // What follows the last `*`, and where the text goes on behind what that one stands for so far.
    let mut star: Option<(&str, &str)> = None;
    loop {
        let (mut wanted, mut found) = (pattern.chars(), text.chars());
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                pattern = wanted.as_str();
                star = Some((pattern, text));
            }
            (Some(letter), Some(other)) if letter == '?' || same(letter, other) => {
                (pattern, text) = (wanted.as_str(), found.as_str());
            }
            _ => {
                let Some((behind, reach)) = star else { return false };
                let mut longer = reach.chars();
                if longer.next().is_none() {
                    return false;
                }
                (pattern, text) = (behind, longer.as_str());
                star = Some((pattern, text));
            }
        }
    }
}
