//! The events that wait for delivery, in the order in which their objects were created.

use std::collections::HashSet;

use rusqlite::{Transaction, params};
use s3s::S3Result;

use super::{Info, NewObject, Store, held, internal};
use crate::s3::events::Event;

/// The ids of the events somebody is working on. Lost with the process, so that a restart redelivers.
pub(super) type InFlight = HashSet<i64>;

impl Store {
    /// Writes the event of a new object, if a rule of its bucket asks for one.
    pub(super) fn announce(&self, transaction: &Transaction<'_>, object: &NewObject, info: &Info) -> S3Result<()> {
        let name = object.cause.event();
        let rules = &self.bucket(&object.bucket)?.notifications;
        if rules.iter().any(|rule| rule.matches(name, &object.key)) {
            transaction
                .prepare_cached(
                    "INSERT INTO events (bucket, key, size, etag, name, time) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )
                .and_then(|mut insert| {
                    insert.execute(params![object.bucket, object.key, info.size, info.etag, name, info.modified])
                })
                .map_err(internal)?;
        }
        Ok(())
    }

    /// Takes the oldest event that nobody works on yet.
    pub(crate) fn take_event(&self) -> S3Result<Option<Event>> {
        self.with(|database| {
            let mut in_flight = held(&self.in_flight);
            let mut select = database
                .prepare_cached("SELECT id, bucket, key, size, etag, name, time, attempts FROM events ORDER BY id")
                .map_err(internal)?;
            let mut rows = select.query([]).map_err(internal)?;
            while let Some(row) = rows.next().map_err(internal)? {
                let id = row.get(0).map_err(internal)?;
                // An undeclared bucket's events wait with its objects until it is declared again.
                let bucket: String = row.get(1).map_err(internal)?;
                if self.declared.contains_key(&bucket) && in_flight.insert(id) {
                    return Event::from_row(row).map(Some).map_err(internal);
                }
            }
            Ok(None)
        })
    }

    /// Forgets a delivered event.
    pub(crate) fn event_done(&self, id: i64) -> S3Result<()> {
        self.with(|database| {
            database.execute("DELETE FROM events WHERE id = ?1", [id]).map_err(internal)?;
            held(&self.in_flight).remove(&id);
            Ok(())
        })
    }

    /// Counts a failed delivery and lets the event be taken again.
    pub(crate) fn event_failed(&self, id: i64) -> S3Result<()> {
        self.with(|database| {
            database.execute("UPDATE events SET attempts = attempts + 1 WHERE id = ?1", [id]).map_err(internal)?;
            held(&self.in_flight).remove(&id);
            Ok(())
        })?;
        self.arrived.notify_waiters();
        Ok(())
    }

    /// Lets somebody else take the event.
    pub(crate) fn give_back(&self, id: i64) {
        held(&self.in_flight).remove(&id);
        self.arrived.notify_waiters();
    }

    /// Resolves when an event may have arrived since the future was made, even before it is polled.
    pub(crate) fn arrival(&self) -> tokio::sync::futures::Notified<'_> {
        self.arrived.notified()
    }
}
