//! Carries the changes of tables to the functions that the template subscribes, as Lambda's event source mapping does: in
//! batches, at least once, again after a pause what failed of one, and then to the dead letters. One record that fails
//! holds up no other.
//!
//! Where a delivery stands is kept in memory; what was not delivered is kept by the engine. So after a crash everything
//! that was not done comes again, with all of its tries.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::deliveries::{DeadLetters, Delivery, invoke};
use crate::dynamodb::DynamoDb;
use crate::gateway::Invoke;
use crate::template::{StreamEvent, Template};

/// How long until the second try; twice as long for each further one.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// How often is looked for changes that no function has made: those of another process.
const LOOK: Duration = Duration::from_secs(1);
/// How many batches are under way at once.
const CONCURRENCY: usize = 4;
/// How many records are looked at in one go.
const PAGE: usize = 100;

/// The subscribed functions, and how far their deliveries are.
#[derive(Clone)]
pub(crate) struct StreamEvents(Arc<Inner>);

struct Inner {
    dynamodb: Arc<DynamoDb>,
    subscribers: Vec<Subscriber>,
    changed: Arc<Notify>,
    /// The records that were delivered once, or are being so.
    progress: Mutex<HashMap<Id, Progress>>,
    dead: DeadLetters,
}

struct Subscriber {
    subscription: StreamEvent,
    name: String,
    function: Arc<dyn Invoke>,
}

/// A record of one table, for one of its subscribers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Id {
    subscriber: usize,
    number: u128,
}

#[derive(Clone, Copy)]
enum Progress {
    UnderWay,
    Waiting { attempts: u32, until: Instant },
    Done,
}

struct Batch {
    subscriber: usize,
    records: Vec<(u128, u32, Value)>,
}

impl StreamEvents {
    /// `changed` is told when something may have changed.
    pub(crate) fn new(
        dynamodb: Arc<DynamoDb>,
        template: &Template,
        functions: &HashMap<String, Arc<dyn Invoke>>,
        changed: Arc<Notify>,
    ) -> Self {
        let subscriptions = template.functions.iter().flat_map(|function| {
            let function_of =
                |event: &StreamEvent| Some((function, event.clone(), functions.get(&function.name)?.clone()));
            function.stream_events.iter().filter_map(function_of).collect::<Vec<_>>()
        });
        let subscribers = subscriptions.map(|(function, subscription, invoke)| Subscriber {
            subscription,
            name: function.name.clone(),
            function: invoke,
        });
        Self(Arc::new(Inner {
            dynamodb,
            subscribers: subscribers.collect(),
            changed,
            progress: Mutex::default(),
            dead: DeadLetters::default(),
        }))
    }

    /// Delivers changes as they come, for as long as it is polled.
    pub(crate) async fn run(self) {
        let places = Arc::new(Semaphore::new(CONCURRENCY));
        let mut under_way = JoinSet::new();
        loop {
            while under_way.try_join_next().is_some() {}
            // Made before the look, so that what comes in between is not slept through.
            let changed = self.0.changed.notified();
            let free = places.available_permits();
            for batch in self.waiting(Some(Instant::now()), free).await {
                let Ok(place) = places.clone().acquire_owned().await else { return };
                let this = self.clone();
                under_way.spawn(async move {
                    this.deliver(batch).await;
                    drop(place);
                    this.0.changed.notify_one();
                });
            }
            let _ = tokio::time::timeout(LOOK, changed).await;
        }
    }

    /// Delivers by hand what waits, once, whether its pause is over or not: for tests.
    pub(crate) async fn deliver_waiting(&self) -> Vec<Delivery> {
        let mut outcomes = Vec::new();
        for batch in self.waiting(None, usize::MAX).await {
            outcomes.extend(self.deliver(batch).await);
        }
        outcomes
    }

    /// The records that were given up.
    pub(crate) fn dead_letters(&self) -> Vec<Value> {
        self.0.dead.all()
    }

    /// At most `most` batches of records that are due at `now` (all of them without one), marked as under way. What
    /// nobody subscribes to is taken out of the stream.
    async fn waiting(&self, now: Option<Instant>, most: usize) -> Vec<Batch> {
        let this = self.clone();
        let looked = tokio::task::spawn_blocking(move || this.look(now, most)).await;
        let batches = looked.map_err(|panic| panic.to_string()).flatten();
        batches.unwrap_or_else(|error| {
            tracing::error!(error, "the streams cannot be read");
            Vec::new()
        })
    }

    fn look(&self, now: Option<Instant>, most: usize) -> Result<Vec<Batch>, String> {
        let mut batches: Vec<Batch> = Vec::new();
        if most == 0 || !self.0.dynamodb.has_changes() {
            return Ok(batches);
        }
        let mut tables: Vec<&str> = self.0.subscribers.iter().map(|one| one.subscription.table.as_str()).collect();
        tables.sort_unstable();
        tables.dedup();
        for table in tables {
            let mut after = None;
            loop {
                let records = self.0.dynamodb.changes(table, after, PAGE)?;
                let (last, full) = (records.last().and_then(number_of), records.len() == PAGE);
                self.sort(table, records, now, most, &mut batches)?;
                after = last;
                if !full || batches.len() >= most {
                    break;
                }
            }
        }
        Ok(batches)
    }

    /// Puts what is due into the batches of its subscribers.
    fn sort(
        &self,
        table: &str,
        records: Vec<Value>,
        now: Option<Instant>,
        most: usize,
        batches: &mut Vec<Batch>,
    ) -> Result<(), String> {
        let mut unwanted = Vec::new();
        let mut progress = self.progress();
        for record in records {
            let number = number_of(&record).ok_or("a record without a number")?;
            let mut wanted = false;
            for (subscriber, one) in self.0.subscribers.iter().enumerate() {
                if one.subscription.table != table || !one.subscription.takes(&record) {
                    continue;
                }
                let id = Id { subscriber, number };
                let attempts = match progress.get(&id) {
                    None => 0,
                    Some(Progress::Done) => continue,
                    Some(Progress::Waiting { attempts, until }) if now.is_none_or(|now| *until <= now) => *attempts,
                    Some(_) => {
                        wanted = true;
                        continue;
                    }
                };
                wanted = true;
                let size = usize::try_from(one.subscription.batch_size).unwrap_or(usize::MAX);
                let room = batches.len() < most;
                let open =
                    batches.iter_mut().find(|batch| batch.subscriber == subscriber && batch.records.len() < size);
                match open {
                    Some(batch) => batch.records.push((number, attempts, record.clone())),
                    None if room => {
                        batches.push(Batch { subscriber, records: vec![(number, attempts, record.clone())] });
                    }
                    None => continue,
                }
                progress.insert(id, Progress::UnderWay);
            }
            if !wanted {
                unwanted.push(number);
            }
        }
        if !unwanted.is_empty() {
            self.0.dynamodb.remove_changes(table, &unwanted)?;
            progress.retain(|id, _| !unwanted.contains(&id.number));
        }
        Ok(())
    }

    /// Invokes a function with a batch.
    async fn deliver(&self, batch: Batch) -> Vec<Delivery> {
        let Some(subscriber) = self.0.subscribers.get(batch.subscriber) else { return Vec::new() };
        let records: Vec<_> = batch.records.iter().map(|(_, _, record)| record).collect();
        let answer = invoke(&subscriber.function, json!({ "Records": records })).await;
        let failed: Option<Vec<&str>> = answer.as_ref().ok().map(|answer| {
            let failures = answer["batchItemFailures"].as_array().into_iter().flatten();
            failures.filter_map(|failure| failure["itemIdentifier"].as_str()).collect()
        });
        let mut outcomes = Vec::new();
        for (number, attempts, record) in &batch.records {
            let done = failed.as_ref().is_some_and(|failed| !failed.contains(&number.to_string().as_str()));
            let outcome = if done {
                Delivery::Done
            } else {
                Delivery::after_failure(*attempts, subscriber.subscription.retries + 1)
            };
            // Of a change that it names itself the function has told the log why, or that somebody else is at it.
            if let Err(error) = &answer {
                let function = subscriber.name.as_str();
                tracing::error!(function, attempt = attempts + 1, error, "a change of a table was not worked through");
            }
            if outcome == Delivery::Dead {
                tracing::error!(
                    function = subscriber.name,
                    "it was given up: in AWS it is in the dead-letter queue now"
                );
                self.0.dead.push(record.clone());
            }
            let pause = PAUSE.saturating_mul(1 << (*attempts).min(16)).min(LONGEST_PAUSE);
            let next = match outcome {
                Delivery::Failed => Progress::Waiting { attempts: attempts + 1, until: Instant::now() + pause },
                Delivery::Done | Delivery::Dead => Progress::Done,
            };
            self.progress().insert(Id { subscriber: batch.subscriber, number: *number }, next);
            outcomes.push(outcome);
        }
        self.remove_finished(&subscriber.subscription.table, batch.records).await;
        outcomes
    }

    /// Takes out of the stream what all of its subscribers are done with. What this fails for is found by the next look.
    async fn remove_finished(&self, table: &str, records: Vec<(u128, u32, Value)>) {
        let (this, table) = (self.clone(), table.to_owned());
        let removed = tokio::task::spawn_blocking(move || {
            let mut progress = this.progress();
            let finished = |number: u128, record: &Value| {
                this.0.subscribers.iter().enumerate().all(|(subscriber, one)| {
                    let theirs = one.subscription.table == table && one.subscription.takes(record);
                    !theirs || matches!(progress.get(&Id { subscriber, number }), Some(Progress::Done))
                })
            };
            let finished = records.iter().filter(|(number, _, record)| finished(*number, record));
            let numbers: Vec<_> = finished.map(|(number, _, _)| *number).collect();
            this.0.dynamodb.remove_changes(&table, &numbers)?;
            progress.retain(|id, _| !numbers.contains(&id.number));
            Ok::<_, String>(())
        });
        if let Err(error) = removed.await.map_err(|panic| panic.to_string()).flatten() {
            tracing::warn!(error, "delivered changes are still in the stream");
        }
    }

    fn progress(&self) -> MutexGuard<'_, HashMap<Id, Progress>> {
        self.0.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn number_of(record: &Value) -> Option<u128> {
    record["dynamodb"]["SequenceNumber"].as_str()?.parse().ok()
}
