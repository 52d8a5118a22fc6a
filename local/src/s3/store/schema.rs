//! The tables of the index, and what is done to them once at the start.

use std::collections::HashSet;

use rusqlite::{Connection, params};

use crate::s3::options::Bucket;

const VERSION: i64 = 1;

const TABLES: &str = "
CREATE TABLE buckets (
    name TEXT PRIMARY KEY,
    created INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE objects (
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    body TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified INTEGER NOT NULL,
    headers TEXT NOT NULL,
    PRIMARY KEY (bucket, key)
) WITHOUT ROWID;
CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    created INTEGER NOT NULL,
    algorithm TEXT,
    composite INTEGER NOT NULL,
    headers TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE parts (
    upload TEXT NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    body TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified INTEGER NOT NULL,
    sums TEXT NOT NULL,
    PRIMARY KEY (upload, number)
) WITHOUT ROWID;
-- AUTOINCREMENT: an id is an event's sequencer, and must not come back after a delete.
CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    name TEXT NOT NULL,
    time INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0
);
";

/// Sets the durability and creates the tables of a new index.
pub(super) fn prepare(database: &mut Connection, on_disk: bool) -> rusqlite::Result<()> {
    if on_disk {
        database.pragma_update(None, "journal_mode", "WAL")?;
        // An acknowledged write survives a power cut, as it does on S3.
        database.pragma_update(None, "synchronous", "FULL")?;
    }
    database.pragma_update(None, "foreign_keys", true)?;
    let transaction = database.transaction()?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version < VERSION {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()
}

/// Remembers since when each declared bucket exists.
pub(super) fn declare(database: &Connection, buckets: &[Bucket], now: i64) -> rusqlite::Result<()> {
    let mut insert = database.prepare("INSERT OR IGNORE INTO buckets (name, created) VALUES (?1, ?2)")?;
    buckets.iter().try_for_each(|bucket| insert.execute(params![bucket.name, now]).map(drop))
}

/// The names of all bodies some row points at.
pub(super) fn known_bodies(database: &Connection) -> rusqlite::Result<HashSet<String>> {
    database
        .prepare("SELECT body FROM objects UNION ALL SELECT body FROM parts")?
        .query_map([], |row| row.get(0))?
        .collect()
}
