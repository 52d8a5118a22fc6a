//! Where the tray keeps its mails: the newest ones, in the data folder or in memory.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Row, params};

use super::message::Mail;
use crate::secrets;

/// How many mails are kept; the oldest make room.
const KEPT: i64 = 500;
/// How many bytes of them.
const KEPT_BYTES: i64 = 64 * 1024 * 1024;

const TABLES: &str = "
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received INTEGER NOT NULL,
    recipients TEXT NOT NULL,
    raw BLOB NOT NULL
);
";

/// The mails that the site has sent.
#[derive(Clone)]
pub(crate) struct Tray(Arc<Mutex<Connection>>);

impl Tray {
    /// Opens the file, or a tray in memory.
    pub(crate) fn open(file: Option<&Path>) -> Result<Self, String> {
        let open = || {
            let connection = match file {
                Some(file) => {
                    // There are links in them.
                    secrets::create_private_file(file).map_err(|error| error.to_string())?;
                    Connection::open(file)
                }
                None => Connection::open_in_memory(),
            };
            let connection = connection.map_err(|error| error.to_string())?;
            connection.execute_batch(TABLES).map_err(|error| error.to_string())?;
            Ok(connection)
        };
        open().map(|connection| Self(Arc::new(Mutex::new(connection))))
    }

    /// Takes a mail in. Gives its number.
    pub(super) fn put(&self, received: i64, recipients: &[String], raw: &[u8]) -> rusqlite::Result<i64> {
        let recipients = serde_json::to_string(recipients).unwrap_or_default();
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let insert = "INSERT INTO mails (received, recipients, raw) VALUES (?1, ?2, ?3)";
        transaction.execute(insert, params![received, recipients, raw])?;
        let id = transaction.last_insert_rowid();
        let too_many = "DELETE FROM mails WHERE id <= ?1 OR id IN
            (SELECT id FROM (SELECT id, SUM(LENGTH(raw)) OVER (ORDER BY id DESC) AS bytes FROM mails) WHERE bytes > ?2)";
        transaction.execute(too_many, [id - KEPT, KEPT_BYTES])?;
        transaction.commit()?;
        Ok(id)
    }

    /// All mails, the oldest first.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        let connection = self.lock();
        let read = || {
            let mut statement = connection.prepare("SELECT id, received, recipients, raw FROM mails ORDER BY id")?;
            statement.query_map([], read)?.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().unwrap_or_else(|error| {
            tracing::error!(%error, "the mails cannot be read");
            Vec::new()
        })
    }

    /// One of them.
    pub(super) fn mail(&self, id: i64) -> Option<Mail> {
        let connection = self.lock();
        let select = "SELECT id, received, recipients, raw FROM mails WHERE id = ?1";
        connection.query_row(select, [id], read).ok()
    }

    /// Throws all of them away. Their numbers are not given again.
    pub(super) fn clear(&self) {
        if let Err(error) = self.lock().execute("DELETE FROM mails", []) {
            tracing::error!(%error, "the mails cannot be deleted");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Mail> {
    let recipients: String = row.get(2)?;
    Ok(Mail::read(row.get(0)?, row.get(1)?, serde_json::from_str(&recipients).unwrap_or_default(), row.get(3)?))
}
