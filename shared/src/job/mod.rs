//! Functions that work through events instead of answering requests.

mod s3;
mod scan;
mod stream;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};
use tracing::Level;

pub use s3::ObjectCreated;
pub use scan::{ScanResult, ScanStatus};
pub use stream::{Change, ItemChanged};

use crate::app::App;
use crate::error::{BoxError, Error, Result};
use crate::meter::Meter;
use crate::store::Store;
use stream::BatchFailures;

type Work = Pin<Box<dyn Future<Output = Result<&'static str>> + Send>>;
type Handler<T> = Arc<dyn Fn(JobContext, T) -> Work + Send + Sync>;

/// What a job is given.
#[derive(Debug, Clone)]
pub struct JobContext {
    app: Arc<App>,
    store: Store,
    meter: Arc<Meter>,
}

impl JobContext {
    fn new(app: &Arc<App>) -> Self {
        let meter = Arc::new(Meter::default());
        Self { app: app.clone(), store: app.store(meter.clone()), meter }
    }

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

/// A function's handler of events.
#[derive(Clone)]
pub struct Jobs {
    records: Records,
    scanned: Option<Handler<ScanResult>>,
}

/// Events that carry records, and of what: one function has one source of them.
#[derive(Clone)]
enum Records {
    Objects(Handler<ObjectCreated>),
    Items(Handler<ItemChanged>),
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jobs")
    }
}

impl Jobs {
    /// Works through new objects of a bucket. The handler tells the log in a word what became of one.
    pub fn on_object_created<F, A>(handler: F) -> Self
    where
        F: Fn(JobContext, ObjectCreated) -> A + Send + Sync + 'static,
        A: Future<Output = Result<&'static str>> + Send + 'static,
    {
        let handler: Handler<_> = Arc::new(move |cx, object| Box::pin(handler(cx, object)));
        Self { records: Records::Objects(handler), scanned: None }
    }

    /// Works through changed items of a table. The handler tells the log in a word what became of one.
    pub fn on_item_changed<F, A>(handler: F) -> Self
    where
        F: Fn(JobContext, ItemChanged) -> A + Send + Sync + 'static,
        A: Future<Output = Result<&'static str>> + Send + 'static,
    {
        let handler: Handler<_> = Arc::new(move |cx, item| Box::pin(handler(cx, item)));
        Self { records: Records::Items(handler), scanned: None }
    }

    /// Works through what scans for malware have found, too. The handler tells the log in a word what became of one.
    pub fn and_on_object_scanned<F, A>(self, handler: F) -> Self
    where
        F: Fn(JobContext, ScanResult) -> A + Send + Sync + 'static,
        A: Future<Output = Result<&'static str>> + Send + 'static,
    {
        let handler: Handler<_> = Arc::new(move |cx, result| Box::pin(handler(cx, result)));
        Self { scanned: Some(handler), ..self }
    }

    /// Works through one event; the records of a stream all at once.
    ///
    /// # Errors
    /// When an object could not be worked through: the event is delivered again. A direct invocation by S3 has no
    /// partial answer, so what was done already is done again: each step must bear that. A stream's records have one:
    /// those that failed are named in the answer.
    pub async fn run(&self, app: &Arc<App>, event: Value) -> Result<Value, BoxError> {
        if let Some(handler) = self.scanned.as_ref().filter(|_| ScanResult::is_in(&event)) {
            let result = ScanResult::read(event)?;
            let key = result.key.clone();
            work(app, handler, result, &key).await?;
            return Ok(json!({}));
        }
        match &self.records {
            Records::Objects(handler) => {
                let mut failed = None;
                for object in ObjectCreated::read(event)? {
                    let key = object.key.clone();
                    if let Err(error) = work(app, handler, object, &key).await {
                        failed = Some(error);
                    }
                }
                failed.map_or(Ok(json!({})), |error| Err(error.into()))
            }
            Records::Items(handler) => {
                let items = ItemChanged::read(event)?.into_iter().map(|(place, item)| async move {
                    let key = item.key.pk.clone();
                    work(app, handler, item, &key).await.err().map(|_| place)
                });
                let failures: BatchFailures = join_all(items).await.into_iter().flatten().collect();
                Ok(serde_json::to_value(failures)?)
            }
        }
    }
}

/// Works through one thing, and writes the line that says what became of it.
async fn work<T>(app: &Arc<App>, handler: &Handler<T>, thing: T, key: &str) -> Result<()> {
    let begun = Instant::now();
    let cx = JobContext::new(app);
    let outcome = handler(cx.clone(), thing).await;
    let cost = cx.meter.cost();
    let (done, error) = match &outcome {
        Ok(done) => (*done, String::new()),
        // Somebody else is at it. Nothing is wrong, and this delivery comes again to see.
        Err(Error::Conflict) => ("busy", String::new()),
        Err(error) => ("failed", crate::log::chain(error)),
    };
    macro_rules! line {
        ($level:expr) => {
            tracing::event!(
                target: "portico::job",
                $level,
                key,
                outcome = done,
                duration_ms = begun.elapsed().as_secs_f64() * 1000.0,
                dynamodb_calls = cost.calls,
                dynamodb_trips = cost.trips,
                read_units = cost.read_units,
                write_units = cost.write_units,
                error,
                "event"
            )
        };
    }
    if matches!(outcome, Ok(_) | Err(Error::Conflict)) {
        line!(Level::INFO);
    } else {
        line!(Level::ERROR);
    }
    outcome.map(drop)
}
