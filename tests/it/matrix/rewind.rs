//! The tables as they were: what one request of the matrix has changed is not there for the next one.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::site::Site;

/// What stood in the tables, by table and key.
pub(super) struct Snapshot(BTreeMap<(String, String, String), Value>);

impl Site {
    /// What stands in the tables.
    pub(super) fn snapshot(&self) -> Snapshot {
        let tables = &self.stack.app().config().tables;
        let tables = [&tables.accounts, &tables.sessions, &tables.outbox];
        let key = |item: &Value, name: &str| item[name]["S"].as_str().unwrap().to_owned();
        let items = tables.into_iter().flat_map(|table| {
            let items = self.items(table).into_iter();
            items.map(|item| ((table.clone(), key(&item, "PK"), key(&item, "SK")), item))
        });
        Snapshot(items.collect())
    }

    /// Makes the tables what they were. Gives what was changed, except for what is counted.
    pub(super) fn rewind(&self, to: &Snapshot) -> Vec<String> {
        let Snapshot(now) = self.snapshot();
        let mut changed = Vec::new();
        let mut note = |pk: &str, sk: &str| {
            if !pk.starts_with("THROTTLE#") {
                changed.push(format!("{pk} {sk}"));
            }
        };
        for key @ (table, pk, sk) in now.keys() {
            if !to.0.contains_key(key) {
                note(pk, sk);
                let key = json!({ "PK": { "S": pk }, "SK": { "S": sk } });
                let request = serde_json::from_value(json!({ "TableName": table, "Key": key })).unwrap();
                self.stack.dynamodb().database().delete_item(request).unwrap();
            }
        }
        for (key @ (table, pk, sk), item) in &to.0 {
            if now.get(key) != Some(item) {
                note(pk, sk);
                self.put(table, item);
            }
        }
        changed
    }
}
