//! What a request to DynamoDB needs: the action, the table or index, and the partition keys it names.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{LEADING_KEYS, Need, arn};
use crate::stack::REGION;
use crate::template::{Keys, Table};

/// Each part of a transaction needs its own action, there is none for the transaction ("Using IAM with DynamoDB
/// transactions"). A batch needs its own, for all keys of a table together: one statement must be good for all of them.
pub(super) fn needs(operation: &str, body: &Value, tables: &[Table]) -> Vec<Need> {
    let schema = Schema(tables);
    match operation {
        "TransactWriteItems" | "TransactGetItems" => {
            let parts = body["TransactItems"].as_array().into_iter().flatten();
            let parts = parts.filter_map(Value::as_object).flatten();
            parts.map(|(kind, part)| schema.item(part_action(kind), part)).collect()
        }
        "BatchGetItem" => batch(body, |table, wanted| {
            let keys = wanted["Keys"].as_array().into_iter().flatten();
            need(operation, table, keys.map(|key| schema.leading(table, key)).collect())
        }),
        "BatchWriteItem" => batch(body, |table, requests| {
            let requests = requests.as_array().into_iter().flatten();
            let item = |request: &Value| match &request["PutRequest"] {
                Value::Null => schema.leading(table, &request["DeleteRequest"]["Key"]),
                put => schema.leading(table, &put["Item"]),
            };
            need(operation, table, requests.map(item).collect())
        }),
        "Query" => vec![schema.query(body)],
        "GetItem" | "PutItem" | "UpdateItem" | "DeleteItem" => vec![schema.item(operation, body)],
        // No leading keys, and a condition for all of none holds: as in AWS, only the action stands in the way.
        other => vec![need(other, body["TableName"].as_str().unwrap_or_default(), Vec::new())],
    }
}

fn part_action(kind: &str) -> &str {
    match kind {
        "Put" => "PutItem",
        "Update" => "UpdateItem",
        "Delete" => "DeleteItem",
        "Get" => "GetItem",
        "ConditionCheck" => "ConditionCheckItem",
        other => other,
    }
}

fn batch(body: &Value, each: impl Fn(&str, &Value) -> Need) -> Vec<Need> {
    let tables = body["RequestItems"].as_object().into_iter().flatten();
    tables.map(|(table, items)| each(table, items)).collect()
}

/// An action on a table, or an index of it as `accounts/index/listing`.
fn need(action: &str, table: &str, keys: Vec<String>) -> Need {
    let resource = arn("dynamodb", REGION, &format!("table/{table}"));
    Need::new(format!("dynamodb:{action}"), resource).about(LEADING_KEYS, keys)
}

struct Schema<'a>(&'a [Table]);

impl Schema<'_> {
    /// An action on one item, which has its key among its attributes or as `Key`.
    fn item(&self, action: &str, request: &Value) -> Need {
        let table = request["TableName"].as_str().unwrap_or_default();
        let key = if request["Item"].is_null() { &request["Key"] } else { &request["Item"] };
        need(action, table, vec![self.leading(table, key)])
    }

    fn query(&self, body: &Value) -> Need {
        let table = body["TableName"].as_str().unwrap_or_default();
        let index = body["IndexName"].as_str();
        let asked = index.map_or_else(|| table.to_owned(), |index| format!("{table}/index/{index}"));
        let partition = self.keys(table, index).and_then(|keys| partition(body, &keys.partition.name));
        need("Query", &asked, vec![partition.unwrap_or_default()])
    }

    fn leading(&self, table: &str, key: &Value) -> String {
        self.keys(table, None).map(|keys| scalar(&key[&keys.partition.name])).unwrap_or_default()
    }

    fn keys(&self, table: &str, index: Option<&str>) -> Option<&Keys> {
        let table = self.0.iter().find(|known| known.name == table)?;
        let Some(index) = index else { return Some(&table.keys) };
        table.indexes.iter().find(|known| known.name == index).map(|index| &index.keys)
    }
}

/// The value that a `KeyConditionExpression` compares the partition key with.
fn partition(body: &Value, name: &str) -> Option<String> {
    let names: BTreeMap<&str, &str> = body["ExpressionAttributeNames"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(placeholder, name)| Some((placeholder.as_str(), name.as_str()?)))
        .collect();
    let expression = body["KeyConditionExpression"].as_str()?.replace(['(', ')'], " ");
    let words: Vec<_> = expression.split_whitespace().collect();
    let compared = words.windows(3).find(|three| {
        three[1] == "=" && names.get(three[0]).copied().unwrap_or(three[0]) == name && three[2].starts_with(':')
    })?;
    Some(scalar(&body["ExpressionAttributeValues"][compared[2]]))
}

/// The value of a key: `{"S": ".."}`, or a number or bytes as they are written.
fn scalar(value: &Value) -> String {
    let value = value.as_object().and_then(|typed| typed.values().next());
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}
