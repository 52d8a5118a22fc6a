//! The streams of the tables, as a queue: a record stays until it was delivered, and no longer.
//!
//! The engine writes a record in the transaction of the change, so neither is there without the other after a crash. It
//! keeps them for good and looks at all of them with each write, so that they have to be taken away; it has no call for
//! that, hence the second connection to its database.

use std::sync::{Mutex, MutexGuard, PoisonError};

use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::encode_shard_iterator;
use dynoxide::streams::shard_id;
use rusqlite::{Connection, params};
use serde_json::Value;

use super::DynamoDb;

pub(super) struct Streams(Mutex<Connection>);

/// What the engine adds to the number of a record that it stores.
const SEQUENCE_OFFSET: u128 = 100_000_000_000_000_000_000;

fn stored(number: u128) -> u128 {
    number.saturating_sub(SEQUENCE_OFFSET)
}

impl Streams {
    pub(super) fn open(file: &str) -> rusqlite::Result<Self> {
        Ok(Self(Mutex::new(Connection::open(file)?)))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DynamoDb {
    /// Whether a change waits to be delivered. Costs the engine nothing.
    pub(crate) fn has_changes(&self) -> bool {
        let connection = self.streams.lock();
        let found = connection.query_row("SELECT EXISTS (SELECT 1 FROM _stream_records)", [], |row| row.get(0));
        // When it cannot be said, whoever asks finds out by looking.
        found.unwrap_or(true)
    }

    /// How many do.
    pub(crate) fn waiting_changes(&self) -> usize {
        let counted = self.streams.lock().query_row("SELECT COUNT(*) FROM _stream_records", [], |row| row.get(0));
        counted.unwrap_or(0)
    }

    /// The records of a table's stream that were not removed, the oldest first: `limit` of those after the one with the
    /// number `after`.
    pub(crate) fn changes(&self, table: &str, after: Option<u128>, limit: usize) -> Result<Vec<Value>, String> {
        let position = after.map_or(0, |number| i64::try_from(stored(number)).unwrap_or(i64::MAX));
        let shard_iterator = encode_shard_iterator(table, &shard_id(table), position);
        let request = GetRecordsRequest { shard_iterator, limit: Some(limit) };
        let response = self.database.get_records(request).map_err(|error| error.to_string())?;
        response.records.iter().map(|record| serde_json::to_value(record).map_err(|error| error.to_string())).collect()
    }

    /// Takes delivered records away.
    pub(crate) fn remove_changes(&self, table: &str, sequence_numbers: &[u128]) -> Result<(), String> {
        let remove = |connection: &mut Connection| {
            let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            for number in sequence_numbers {
                let sql = "DELETE FROM _stream_records WHERE table_name = ?1 AND sequence_number = ?2";
                transaction.prepare_cached(sql)?.execute(params![table, stored(*number).to_string()])?;
            }
            transaction.commit()
        };
        remove(&mut self.streams.lock()).map_err(|error: rusqlite::Error| error.to_string())
    }
}
