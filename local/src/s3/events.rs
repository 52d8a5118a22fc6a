//! The announcements of new objects: written together with the object, delivered at least once.

use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::Row;
use s3s::dto::{Timestamp, TimestampFormat};
use serde_json::{Value, json};

use super::store::{Store, blocking};

/// What S3 leaves as it is in the key of an event; a space becomes `+`.
const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*').remove(b'/').remove(b' ');

/// "An object was created."
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// For [`Events::done`] and [`Events::failed`]; grows with time.
    pub id: i64,
    /// The bucket's name.
    pub bucket: String,
    /// The object's key, as it is (not URL-encoded).
    pub key: String,
    /// The object's size in bytes.
    pub size: u64,
    /// The object's `ETag`, without quotes.
    pub etag: String,
    /// Orders the events of one key: the greater string is the later event.
    pub sequencer: String,
    /// What happened, such as `ObjectCreated:Put`.
    pub name: String,
    /// When, in milliseconds since the epoch.
    pub time: i64,
    /// How often a delivery has failed.
    pub attempts: u32,
}

impl Event {
    pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let id: i64 = row.get(0)?;
        Ok(Self {
            id,
            bucket: row.get(1)?,
            key: row.get(2)?,
            size: row.get(3)?,
            etag: row.get(4)?,
            sequencer: format!("{id:018X}"),
            name: row.get(5)?,
            time: row.get(6)?,
            attempts: row.get(7)?,
        })
    }

    /// The event as S3 sends it to a Lambda function: `{"Records": [..]}`, version 2.1, the key URL-encoded.
    pub fn to_s3_json(&self, region: &str) -> Value {
        let key = utf8_percent_encode(&self.key, KEY).to_string().replace(' ', "+");
        json!({"Records": [{
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": region,
            "eventTime": iso(self.time),
            "eventName": self.name,
            "userIdentity": {"principalId": "AWS:LOCAL"},
            "requestParameters": {"sourceIPAddress": "127.0.0.1"},
            "responseElements": {
                "x-amz-request-id": self.sequencer,
                "x-amz-id-2": self.sequencer,
            },
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": "local",
                "bucket": {
                    "name": self.bucket,
                    "ownerIdentity": {"principalId": "LOCAL"},
                    "arn": format!("arn:aws:s3:::{}", self.bucket),
                },
                "object": {
                    "key": key,
                    "size": self.size,
                    "eTag": self.etag,
                    "sequencer": self.sequencer,
                },
            },
        }]})
    }
}

/// The undelivered events of a server, for whoever delivers them.
///
/// An event taken by [`next`](Self::next) is nobody else's until it is reported as done or failed. One that
/// is never reported, because the process ended, comes again after the next start.
#[derive(Clone)]
pub struct Events {
    store: Arc<Store>,
}

impl Events {
    pub(crate) fn of(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// Waits for the oldest event nobody has taken. Never returns once the server was shut down.
    /// Cancel-safe: a call that is dropped gives back what it may have taken.
    pub async fn next(&self) -> Event {
        loop {
            // Made before the look, so that what arrives in between is not slept through.
            let arrival = self.store.arrival();
            let store = Arc::clone(&self.store);
            let taken = tokio::task::spawn_blocking(move || Taken::from(store)).await;
            if let Some(event) = taken.ok().and_then(Taken::keep) {
                return event;
            }
            arrival.await;
        }
    }

    /// The event was delivered: it is forgotten.
    pub async fn done(&self, id: i64) {
        // The store has logged a failure. The event comes again, which "at least once" allows.
        let _ = blocking(&self.store, move |store| store.event_done(id)).await;
    }

    /// A delivery failed: the count goes up and `next` hands the event out again at once. Whoever wants to
    /// pause between attempts, or to give up with [`done`](Self::done), does so before calling this.
    pub async fn failed(&self, id: i64) {
        let _ = blocking(&self.store, move |store| store.event_failed(id)).await;
    }
}

/// An event on its way to whoever called `next`; dropped on the way, it is available again.
struct Taken {
    store: Arc<Store>,
    event: Option<Event>,
}

impl Taken {
    fn from(store: Arc<Store>) -> Self {
        // The store has logged why it failed, if it did; the next arrival is the next try.
        let event = store.take_event().unwrap_or_default();
        Self { store, event }
    }

    fn keep(mut self) -> Option<Event> {
        self.event.take()
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(event) = &self.event {
            self.store.give_back(event.id);
        }
    }
}

/// `2026-01-31T12:00:00.000Z`
fn iso(millis: i64) -> String {
    let mut text = Vec::new();
    let _ = timestamp(millis).format(TimestampFormat::DateTime, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// `s3s`'s form of a time in milliseconds since the epoch.
pub(crate) fn timestamp(millis: i64) -> Timestamp {
    let since = std::time::Duration::from_millis(u64::try_from(millis).unwrap_or(0));
    Timestamp::from(std::time::UNIX_EPOCH + since)
}
