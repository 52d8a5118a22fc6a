//! Much at once: what an import writes, in transactions as large as `DynamoDB` takes them.

use std::collections::HashSet;

use super::call::{Item, Write};
use super::keys::{Key, PK, SK};
use super::users::is_given_up;
use super::{Store, StoreError};
use aws_sdk_dynamodb::types::AttributeValue;

/// The most items of one transaction.
pub const MOST_ITEMS: usize = 100;

/// The most bytes of one transaction, with room for what surrounds the items; `DynamoDB` takes 4 MB.
pub const MOST_BYTES: usize = 3_000_000;

/// New items that belong together: all of them are written or none, and only if none of them is there yet.
pub struct Bundle {
    writes: Vec<Write>,
    bytes: usize,
}

/// What became of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placed {
    /// All of it was written.
    New,
    /// Nothing was written: these of its items, by their index, are there already.
    There(Vec<usize>),
    /// Nothing was written: `DynamoDB` does not take it, for this reason.
    Refused(String),
}

impl Bundle {
    /// Each of the writes puts an item on the condition that there is none.
    pub(super) fn new(writes: Vec<Write>) -> Self {
        let bytes = writes.iter().filter_map(Write::item).map(size).sum();
        Self { writes, bytes }
    }

    /// Its parts, for a transaction with something else in it.
    pub(super) fn into_writes(self) -> Vec<Write> {
        self.writes
    }

    /// Its items.
    pub fn items(&self) -> usize {
        self.writes.len()
    }

    /// About its size.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The keys of its items: two bundles that share one cannot be in the same transaction.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        self.writes.iter().filter_map(|write| key_of(write.item()?))
    }
}

impl Store {
    /// Writes bundles, in one transaction if none of them is hindered. Those that are hindered are told one by one, and
    /// do not hold up the others. Together they are within [`MOST_ITEMS`] and [`MOST_BYTES`] and share no key.
    ///
    /// # Errors
    /// When the store is unavailable: then any of the bundles may have been written, each as a whole.
    pub async fn put_bundles(&self, bundles: &[Bundle]) -> Result<Vec<Placed>, StoreError> {
        let mut placed = vec![Placed::New; bundles.len()];
        let mut waiting = vec![(0..bundles.len()).collect::<Vec<_>>()];
        while let Some(mut indices) = waiting.pop() {
            if indices.is_empty() {
                continue;
            }
            match self.transact(None, indices.iter().flat_map(|&index| &bundles[index].writes)).await {
                Ok(()) => {}
                Err(StoreError::Condition { failed }) => {
                    let mut first = 0;
                    indices.retain(|&index| {
                        let items = first..first + bundles[index].items();
                        first = items.end;
                        let there: Vec<_> =
                            failed.iter().filter(|at| items.contains(at)).map(|at| at - items.start).collect();
                        let free = there.is_empty();
                        if !free {
                            placed[index] = Placed::There(there);
                        }
                        free
                    });
                    waiting.push(indices);
                }
                // One of them is at fault: halving finds it.
                Err(StoreError::Internal(_)) if indices.len() > 1 => {
                    let half = indices.split_off(indices.len() / 2);
                    waiting.extend([half, indices]);
                }
                Err(error @ StoreError::Internal(_)) => placed[indices[0]] = Placed::Refused(crate::log::chain(&error)),
                Err(error) => return Err(error),
            }
        }
        Ok(placed)
    }

    /// What [`Self::put_bundles`] would find at `now` (epoch seconds); nothing is written.
    pub async fn find_bundles(&self, bundles: &[Bundle], now: i64) -> Result<Vec<Placed>, StoreError> {
        let keys: Vec<_> = bundles.iter().flat_map(Bundle::keys).map(|key| (self.accounts(), key)).collect();
        let found = if keys.is_empty() { Vec::new() } else { self.batch_get(&keys).await? };
        let found = found.iter().filter(|(_, item)| !is_given_up(item, now));
        let found: HashSet<_> = found.filter_map(|(_, item)| key_of(item)).collect();
        let placed = bundles.iter().map(|bundle| {
            let there: Vec<_> =
                bundle.keys().enumerate().filter(|(_, key)| found.contains(key)).map(|(index, _)| index).collect();
            if there.is_empty() { Placed::New } else { Placed::There(there) }
        });
        Ok(placed.collect())
    }

    /// Whether every item of a bundle is stored as the bundle has it.
    pub async fn holds(&self, bundle: &Bundle) -> Result<bool, StoreError> {
        for write in &bundle.writes {
            let Some((item, key)) = write.item().and_then(|item| Some((item, key_of(item)?))) else { return Ok(false) };
            if self.get(write.table(), &key).await?.as_ref() != Some(item) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn key_of(item: &Item) -> Option<Key> {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
    Some(Key { pk: text(PK)?, sk: text(SK)? })
}

/// About what `DynamoDB` counts: names and values.
fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::L(values) => values.iter().map(|value| value_size(value) + 1).sum::<usize>() + 3,
        AttributeValue::M(values) => size(values) + 3,
        AttributeValue::Ss(texts) | AttributeValue::Ns(texts) => texts.iter().map(String::len).sum(),
        AttributeValue::Bs(all) => all.iter().map(|bytes| bytes.as_ref().len()).sum(),
        _ => 1,
    }
}
