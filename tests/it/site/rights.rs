//! What a function asks AWS for, held against what the template's statements allow it.

use std::collections::BTreeSet;

use local::template::{Effect, Function, Statement};
use serde_json::{Value, json};

use super::Faults;
use super::faults::Call;

/// An action on a resource, as IAM sees a call.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Need {
    action: String,
    /// The end of the resource's ARN: a table, or the folder of a bucket.
    resource: String,
    /// The partition keys, for `dynamodb:LeadingKeys`.
    keys: Vec<String>,
}

fn needs(call: &Call) -> Vec<Need> {
    let dynamodb = |action: &str, table: &Value, key: &Value| Need {
        action: format!("dynamodb:{action}"),
        resource: table.as_str().unwrap().to_owned(),
        keys: vec![key["PK"]["S"].as_str().unwrap().to_owned()],
    };
    let body = &call.body;
    match call.name.as_str() {
        "GetItem" | "UpdateItem" | "DeleteItem" => vec![dynamodb(&call.name, &body["TableName"], &body["Key"])],
        "PutItem" => vec![dynamodb("PutItem", &body["TableName"], &body["Item"])],
        "BatchGetItem" => {
            let tables = body["RequestItems"].as_object().unwrap().iter();
            let keys = tables.flat_map(|(table, wanted)| {
                wanted["Keys"].as_array().unwrap().iter().map(move |key| (json!(table), key.clone()))
            });
            keys.map(|(table, key)| dynamodb("BatchGetItem", &table, &key)).collect()
        }
        "TransactWriteItems" => {
            let parts = body["TransactItems"].as_array().unwrap().iter();
            let parts = parts.flat_map(|part| part.as_object().unwrap());
            // IAM has no action for the transaction: each part needs its own.
            let need = |(kind, part): (&String, &Value)| {
                let key = if kind == "Put" { &part["Item"] } else { &part["Key"] };
                let action = if kind == "ConditionCheck" { "ConditionCheckItem".into() } else { format!("{kind}Item") };
                dynamodb(&action, &part["TableName"], key)
            };
            parts.map(need).collect()
        }
        "Query" => {
            let partition = &body["ExpressionAttributeValues"][":p"];
            let table = body["TableName"].as_str().unwrap();
            let asked = match body["IndexName"].as_str() {
                Some(index) => format!("{table}/index/{index}"),
                None => table.to_owned(),
            };
            vec![dynamodb("Query", &json!(asked), &json!({ "PK": partition }))]
        }
        "BatchWriteItem" => {
            let tables = body["RequestItems"].as_object().unwrap().iter();
            let deletions = tables.flat_map(|(table, requests)| {
                let key = |request: &Value| request["DeleteRequest"]["Key"].clone();
                requests.as_array().unwrap().iter().map(move |request| (json!(table), key(request)))
            });
            deletions.map(|(table, key)| dynamodb("BatchWriteItem", &table, &key)).collect()
        }
        "POST email" => {
            let need = |action: &str| Need { action: action.to_owned(), resource: "identity".into(), keys: Vec::new() };
            vec![need("ses:SendEmail"), need("ses:SendRawEmail")]
        }
        s3 => {
            let (method, folder) = s3.split_once(' ').unwrap_or_else(|| panic!("{s3} is unknown to this test"));
            let need = |action: &str, folder: &str| Need {
                action: format!("s3:{action}"),
                resource: format!("{folder}/"),
                keys: Vec::new(),
            };
            let action = match method {
                "LIST" => "ListBucket",
                "UNFINISHED" => "ListBucketMultipartUploads",
                "PARTS" => "ListMultipartUploadParts",
                "ABORT" => "AbortMultipartUpload",
                "GET" | "HEAD" => "GetObject",
                "PUT" | "BEGIN" | "COMPLETE" => "PutObject",
                "COPY" => {
                    let source = body.as_str().and_then(|text| text.rsplit(' ').next()?.split('/').nth(1));
                    return vec![need("PutObject", folder), need("GetObject", source.unwrap())];
                }
                "DELETE" => "DeleteObject",
                other => panic!("{other} is unknown to this test"),
            };
            vec![need(action, folder)]
        }
    }
}

/// One text or a list of them, as a policy has it.
fn texts(value: Option<&Value>) -> Option<Vec<String>> {
    value.map(|value| match value {
        Value::Array(all) => all.iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
        one => vec![one.as_str().unwrap().to_owned()],
    })
}

fn allows(statement: &Statement, need: &Need) -> bool {
    let listed = texts(statement.condition.pointer("/StringLike/s3:prefix"));
    let resource = |arn: &String| match need.action.split_once(':') {
        Some(("dynamodb", _)) => arn.ends_with(&format!("/{}", need.resource)),
        // A listing is of a bucket; the condition says of what in it.
        Some((_, "ListBucket")) => listed.iter().flatten().any(|prefix| prefix.starts_with(&need.resource)),
        // Nor has this one a condition to say it.
        Some((_, "ListBucketMultipartUploads")) => arn.starts_with("arn:aws:s3:::") && !arn.contains('/'),
        Some(("ses", _)) => arn.ends_with(&format!(":{}/*", need.resource)),
        _ => arn.ends_with(&format!("/{}*", need.resource)),
    };
    let patterns = texts(statement.condition.pointer("/ForAllValues:StringLike/dynamodb:LeadingKeys"));
    let leads = |key: &String| {
        let Some(patterns) = &patterns else { return true };
        patterns.iter().any(|pattern| key.starts_with(pattern.trim_end_matches('*')))
    };
    statement.effect == Effect::Allow
        && statement.actions.contains(&need.action)
        && statement.resources.iter().any(resource)
        && need.keys.iter().all(leads)
}

/// What the function was not allowed of what it did.
pub(crate) fn refused(function: &Function, faults: &Faults) -> Vec<Need> {
    let calls = faults.calls();
    faults.clear();
    let needs: BTreeSet<_> = calls.iter().flat_map(needs).collect();
    let allowed = |need: &Need| function.statements.iter().any(|statement| allows(statement, need));
    needs.into_iter().filter(|need| !allowed(need)).collect()
}

/// Whether the function may make this call.
pub(crate) fn is_allowed(function: &Function, call: &Call) -> bool {
    needs(call).iter().all(|need| function.statements.iter().any(|statement| allows(statement, need)))
}
