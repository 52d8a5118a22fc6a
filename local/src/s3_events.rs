//! Carries S3's events to the functions that the template subscribes, as AWS invokes them: asynchronously, at least
//! once, with two more tries, and then to the dead letters.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Semaphore;

use crate::deliveries::{DeadLetters, Delivery, invoke};
use crate::gateway::Invoke;
use crate::s3::{Event, Events};
use crate::template::Template;

/// How often an event is tried.
const ATTEMPTS: u32 = 3;
/// How long until the second try; the third waits twice as long. (AWS waits one minute and two.)
const PAUSE: Duration = Duration::from_secs(1);
/// How many events are worked on at once.
const CONCURRENCY: usize = 4;

/// The subscribed functions and the events that wait for them.
#[derive(Clone)]
pub(crate) struct S3Events {
    events: Events,
    subscribers: Arc<HashMap<String, Vec<Subscriber>>>,
    region: String,
    dead: DeadLetters,
}

struct Subscriber {
    prefix: String,
    suffix: String,
    function: Arc<dyn Invoke>,
}

impl S3Events {
    pub(crate) fn new(
        events: Events,
        template: &Template,
        functions: &HashMap<String, Arc<dyn Invoke>>,
        region: &str,
    ) -> Self {
        let mut subscribers: HashMap<String, Vec<Subscriber>> = HashMap::new();
        for function in &template.functions {
            for event in &function.s3_events {
                let Some(invoke) = functions.get(&function.name) else { continue };
                subscribers.entry(event.bucket.clone()).or_default().push(Subscriber {
                    prefix: event.prefix.clone(),
                    suffix: event.suffix.clone(),
                    function: invoke.clone(),
                });
            }
        }
        Self { events, subscribers: Arc::new(subscribers), region: region.to_owned(), dead: DeadLetters::default() }
    }

    /// Delivers events as they come, for as long as it is polled.
    pub(crate) async fn run(self) {
        let places = Arc::new(Semaphore::new(CONCURRENCY));
        loop {
            let Ok(place) = places.clone().acquire_owned().await else { return };
            let event = self.events.next().await;
            let this = self.clone();
            tokio::spawn(async move {
                match this.deliver(&event).await {
                    Delivery::Done | Delivery::Dead => this.events.done(event.id).await,
                    Delivery::Failed => {
                        tokio::time::sleep(PAUSE * (event.attempts + 1)).await;
                        this.events.failed(event.id).await;
                    }
                }
                drop(place);
            });
        }
    }

    /// The next event that waits, taken by hand: for tests that deliver twice, late or in another order.
    pub(crate) async fn next(&self) -> Event {
        self.events.next().await
    }

    /// Invokes the subscribers of an event.
    pub(crate) async fn deliver(&self, event: &Event) -> Delivery {
        let json = event.to_s3_json(&self.region);
        let mut outcome = Delivery::Done;
        for subscriber in self.subscribers.get(&event.bucket).into_iter().flatten() {
            if !event.key.starts_with(&subscriber.prefix) || !event.key.ends_with(&subscriber.suffix) {
                continue;
            }
            if let Err(error) = invoke(&subscriber.function, json.clone()).await {
                tracing::error!(
                    key = event.key,
                    attempt = event.attempts + 1,
                    error,
                    "an S3 event was not worked through"
                );
                outcome = Delivery::after_failure(event.attempts, ATTEMPTS);
            }
        }
        if outcome == Delivery::Dead {
            tracing::error!(key = event.key, "an S3 event was given up: in AWS it is in the dead-letter queue now");
            self.dead.push(json);
        }
        outcome
    }

    /// The events that were given up.
    pub(crate) fn dead_letters(&self) -> Vec<Value> {
        self.dead.all()
    }
}
