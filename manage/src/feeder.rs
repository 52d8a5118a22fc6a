//! Feeds bundles to the store in large transactions, a few of them at a time. What comes first in the file is first in the
//! store wherever two want the same key, and results come in the file's order.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;
use portico::store::StoreError;
use portico::store::bundles::{Bundle, MOST_BYTES, MOST_ITEMS};
use portico::store::keys::Key;
use tokio::task::{JoinError, JoinHandle};

/// What carries a batch out: `B` is what came in with a bundle, `O` what comes out.
pub(crate) type Carry<B, O> =
    Box<dyn Fn(Vec<(Bundle, B)>) -> Pin<Box<dyn Future<Output = Result<Vec<O>, StoreError>> + Send>> + Send>;

/// Collects bundles into batches.
pub(crate) struct Feeder<B, O> {
    carry: Carry<B, O>,
    batch: Vec<(Bundle, B)>,
    items: usize,
    bytes: usize,
    /// The keys of the batch and of what is under way.
    keys: HashSet<Key>,
    under_way: FuturesOrdered<Flight<O>>,
}

type Flight<O> = Pin<Box<dyn Future<Output = (Vec<Key>, Result<Result<Vec<O>, StoreError>, JoinError>)> + Send>>;

/// How many transactions are under way. The embedded engine writes one at a time; while it does, the next ones are made.
const AT_ONCE: usize = 4;

/// How often a store that does not answer is asked again, after a quarter of a second doubling.
const ATTEMPTS: u32 = 7;

impl<B: Send + 'static, O: Send + 'static> Feeder<B, O> {
    pub(crate) fn new(carry: Carry<B, O>) -> Self {
        let (batch, keys, under_way) = (Vec::new(), HashSet::new(), FuturesOrdered::new());
        Self { carry, batch, items: 0, bytes: 0, keys, under_way }
    }

    /// Takes a bundle. Gives what has become of earlier ones.
    pub(crate) async fn add(&mut self, bundle: Bundle, with: B) -> Result<Vec<O>, StoreError> {
        let mut done = Vec::new();
        let keys: Vec<_> = bundle.keys().collect();
        if keys.iter().any(|key| self.keys.contains(key)) {
            done = self.finish().await?;
        } else if self.items + bundle.items() > MOST_ITEMS || self.bytes + bundle.bytes() > MOST_BYTES {
            self.launch();
            if self.under_way.len() >= AT_ONCE {
                done = self.land().await?;
            }
        }
        self.items += bundle.items();
        self.bytes += bundle.bytes();
        self.keys.extend(keys);
        self.batch.push((bundle, with));
        Ok(done)
    }

    /// Waits until everything is carried out.
    pub(crate) async fn finish(&mut self) -> Result<Vec<O>, StoreError> {
        self.launch();
        let mut done = Vec::new();
        while !self.under_way.is_empty() {
            done.extend(self.land().await?);
        }
        Ok(done)
    }

    fn launch(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        (self.items, self.bytes) = (0, 0);
        if batch.is_empty() {
            return;
        }
        let keys = batch.iter().flat_map(|(bundle, _)| bundle.keys()).collect();
        let task: JoinHandle<_> = tokio::spawn((self.carry)(batch));
        self.under_way.push_back(Box::pin(async move { (keys, task.await) }));
    }

    async fn land(&mut self) -> Result<Vec<O>, StoreError> {
        let Some((keys, done)) = self.under_way.next().await else { return Ok(Vec::new()) };
        for key in keys {
            self.keys.remove(&key);
        }
        done.unwrap_or_else(|error| Err(StoreError::Internal(error.into())))
    }
}

/// Asks again while the store is unavailable: a table that has just been made refuses load at first, and a server is
/// started again. What was carried out meanwhile is met again as already there.
pub(crate) async fn patiently<T, F>(mut call: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut attempt = 0;
    loop {
        attempt += 1;
        match call().await {
            Err(StoreError::Unavailable(_)) if attempt < ATTEMPTS => {
                tokio::time::sleep(Duration::from_millis(125 << attempt)).await;
            }
            result => return result,
        }
    }
}
