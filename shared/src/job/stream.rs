//! Items that changed in a table, as its stream tells.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::store::keys::Key;

/// What happened to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Change {
    /// It is new.
    Insert,
    /// It was changed.
    Modify,
    /// It is gone.
    Remove,
}

/// An item that changed. The stream carries keys alone: what the item holds is read from the table, as it is now.
#[derive(Debug, Clone)]
pub struct ItemChanged {
    /// What happened.
    pub change: Change,
    /// Whose key.
    pub key: Key,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "eventName")]
    change: Change,
    dynamodb: Body,
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "Keys")]
    keys: Keys,
    #[serde(rename = "SequenceNumber")]
    sequence_number: String,
}

#[derive(Deserialize)]
struct Keys {
    #[serde(rename = "PK")]
    pk: Text,
    #[serde(rename = "SK")]
    sk: Text,
}

#[derive(Deserialize)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

impl ItemChanged {
    /// The changes that an event tells of, each with its place in the stream.
    pub(super) fn read(event: Value) -> Result<Vec<(String, Self)>, serde_json::Error> {
        let event: Event = serde_json::from_value(event)?;
        let changes = event.records.into_iter().map(|record| {
            let key = Key { pk: record.dynamodb.keys.pk.text, sk: record.dynamodb.keys.sk.text };
            (record.dynamodb.sequence_number, Self { change: record.change, key })
        });
        Ok(changes.collect())
    }
}

/// Which records are to be delivered again: the others are done (`ReportBatchItemFailures`).
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BatchFailures {
    batch_item_failures: Vec<Failure>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

impl FromIterator<String> for BatchFailures {
    fn from_iter<I: IntoIterator<Item = String>>(sequence_numbers: I) -> Self {
        let failures = sequence_numbers.into_iter().map(|item_identifier| Failure { item_identifier });
        Self { batch_item_failures: failures.collect() }
    }
}
