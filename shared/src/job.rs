//! Functions that work through events instead of answering requests.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use aws_lambda_events::event::s3::S3Event;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use tracing::Level;

use crate::app::App;
use crate::error::{BoxError, Result};
use crate::meter::Meter;
use crate::store::Store;

type Work = Pin<Box<dyn Future<Output = Result<&'static str>> + Send>>;

/// An object that appeared in a bucket.
#[derive(Debug, Clone)]
pub struct ObjectCreated {
    /// The bucket's name.
    pub bucket: String,
    /// The object's key, decoded once: S3 sends it URL-encoded, a space as `+`.
    pub key: String,
    /// Its size, bytes.
    pub size: u64,
    /// Its entity tag, without quotes.
    pub etag: Option<String>,
}

/// What a job is given.
#[derive(Debug, Clone)]
pub struct JobContext {
    app: Arc<App>,
    store: Store,
    meter: Arc<Meter>,
}

impl JobContext {
    /// What the process holds.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// The tables.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.app.clock().now()
    }
}

/// A function's handler of S3 events.
#[derive(Clone)]
pub struct Jobs(Arc<dyn Fn(JobContext, ObjectCreated) -> Work + Send + Sync>);

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jobs")
    }
}

impl Jobs {
    /// Wraps a handler; it tells the log in a word what became of the object.
    pub fn on_object_created<F, A>(handler: F) -> Self
    where
        F: Fn(JobContext, ObjectCreated) -> A + Send + Sync + 'static,
        A: Future<Output = Result<&'static str>> + Send + 'static,
    {
        Self(Arc::new(move |cx, object| Box::pin(handler(cx, object))))
    }

    /// Works through one S3 event.
    ///
    /// # Errors
    /// When a record could not be worked through: the event is delivered again. A direct invocation by S3 has no
    /// partial answer, so what was done already is done again: each step must bear that.
    pub async fn run(&self, app: &Arc<App>, event: Value) -> Result<(), BoxError> {
        let event: S3Event = serde_json::from_value(event)?;
        let mut failed = None;
        for record in event.records {
            if !record.event_name.as_deref().unwrap_or_default().starts_with("ObjectCreated:") {
                continue;
            }
            let object = ObjectCreated {
                bucket: record.s3.bucket.name.unwrap_or_default(),
                key: decode_key(record.s3.object.key.as_deref().unwrap_or_default()),
                size: record.s3.object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
                etag: record.s3.object.e_tag,
            };
            let begun = Instant::now();
            let meter = Arc::new(Meter::default());
            let cx = JobContext { app: app.clone(), store: app.store(meter.clone()), meter };
            let outcome = (self.0)(cx.clone(), object.clone()).await;
            let cost = cx.meter.cost();
            let (done, error) = match &outcome {
                Ok(done) => (*done, String::new()),
                Err(error) => ("failed", crate::log::chain(error)),
            };
            macro_rules! line {
                ($level:expr) => {
                    tracing::event!(
                        target: "portico::job",
                        $level,
                        key = object.key,
                        outcome = done,
                        duration_ms = begun.elapsed().as_secs_f64() * 1000.0,
                        dynamodb_calls = cost.calls,
                        dynamodb_trips = cost.trips,
                        read_units = cost.read_units,
                        write_units = cost.write_units,
                        error,
                        "object created"
                    )
                };
            }
            if outcome.is_ok() {
                line!(Level::INFO);
            } else {
                line!(Level::ERROR);
            }
            if let Err(error) = outcome {
                failed = Some(error);
            }
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    }
}

fn decode_key(key: &str) -> String {
    percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::decode_key;

    #[test]
    fn a_key_is_decoded_once() {
        assert_eq!(decode_key("a+b%20%2B%252F%ED%95%9C.png"), "a b +%2F\u{d55c}.png");
    }
}
