//! The IAM statements of a function: its own, and those of the managed policies it refers to.

use serde_json::Value;

use crate::iam::{KEYS, is_known};

use super::{
    error::TemplateError,
    section::{Resource, Section},
};

/// One statement of an IAM policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The managed policy of this template that it stands in, as `PagePolicy`; `None` for the function's own.
    pub policy: Option<String>,
    /// The statement's name, where it has one.
    pub sid: Option<String>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// As `dynamodb:PutItem`.
    pub actions: Vec<String>,
    /// ARNs, with wildcards.
    pub resources: Vec<String>,
    /// Operator, then key, then one value or a list, as in the policy; `Null` where there is none.
    pub condition: Value,
}

/// What a statement does to the requests it matches.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// The request passes, unless something denies it.
    Allow,
    /// The request is refused, whatever allows it.
    Deny,
}

/// The statements under `Policies`, those of `!Ref SomeManagedPolicy` included.
pub(super) fn statements(function: &Resource<'_>) -> Result<Vec<Statement>, TemplateError> {
    let mut found = Vec::new();
    let policies = match &function.value["Properties"]["Policies"] {
        Value::Null => return Ok(found),
        Value::Array(policies) => policies.as_slice(),
        one => std::slice::from_ref(one),
    };
    for (index, policy) in policies.iter().enumerate() {
        let path = format!("Policies.{index}");
        let (name, document) = managed(function, policy).unzip();
        let document = document.unwrap_or(policy);
        let Some(section) = function.section(&path, document)? else {
            continue;
        };
        let Some(list) = section.get("Statement") else {
            // A name or a SAM policy template hides which actions it grants.
            return Err(section.invalid("a policy document or a !Ref to an AWS::IAM::ManagedPolicy"));
        };
        for statement in list.items()? {
            found.push(Statement { policy: name.map(str::to_owned), ..read(&statement)? });
        }
    }
    Ok(found)
}

/// The managed policy of this template that `policy` refers to: its logical id, and its document.
fn managed<'a>(function: &Resource<'a>, policy: &'a Value) -> Option<(&'a str, &'a Value)> {
    let id = policy.get("Ref")?.as_str()?;
    let resource = function.scope.template["Resources"].get(id)?;
    (resource["Type"] == "AWS::IAM::ManagedPolicy").then(|| (id, &resource["Properties"]["PolicyDocument"]))
}

/// What a statement may say here: what is passed over could be what narrows it, or widens it.
const ELEMENTS: [&str; 5] = ["Sid", "Effect", "Action", "Resource", "Condition"];

fn read(statement: &Section<'_>) -> Result<Statement, TemplateError> {
    if let Some((_, other)) = statement.entries()?.into_iter().find(|(name, _)| !ELEMENTS.contains(&name.as_str())) {
        return Err(other.invalid(format!("left out: a statement has {} here", ELEMENTS.join(", "))));
    }
    let effect = statement.require("Effect")?;
    Ok(Statement {
        policy: None,
        sid: statement.get("Sid").map(|sid| sid.text().map(str::to_owned)).transpose()?,
        effect: match effect.text()? {
            "Allow" => Effect::Allow,
            "Deny" => Effect::Deny,
            _ => return Err(effect.invalid("Allow or Deny")),
        },
        actions: statement.require("Action")?.texts()?,
        resources: statement.require("Resource")?.texts()?,
        condition: statement.get("Condition").map_or(Ok(Value::Null), |condition| known(&condition))?,
    })
}

/// A condition, every operator and key of which can be held to here: one that is passed over would hold for everything.
fn known(condition: &Section<'_>) -> Result<Value, TemplateError> {
    for (operator, keys) in condition.entries()? {
        if !is_known(&operator) {
            return Err(keys.invalid("StringEquals or StringLike, with ForAllValues: or ForAnyValue: before it"));
        }
        if let Some((_, other)) = keys.entries()?.into_iter().find(|(name, _)| !KEYS.contains(&name.as_str())) {
            return Err(other.invalid(format!("of {}: no other key is told of a request here", KEYS.join(", "))));
        }
    }
    Ok(condition.value.clone())
}
