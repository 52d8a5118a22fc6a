//! `cache`: the values are in the cache alone. While it does not answer, neither does whatever needs a session: 503.
//!
//! What it loses is lost: a user stays signed in, with nothing in the session; a visitor begins anew.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Claim, Engine, Saved};
use crate::accounts::User;
use crate::error::{Error, Result};
use crate::sessions::cache::{Cache, CacheError, Cached};
use crate::sessions::{SessionChanges, SessionKey, SessionRecord};
use crate::store::Store;

/// Sessions in the cache.
#[derive(Debug)]
pub(crate) struct InCache {
    cache: Arc<Cache>,
}

impl InCache {
    pub(crate) fn new(cache: Arc<Cache>) -> Self {
        Self { cache }
    }
}

#[async_trait]
impl Engine for InCache {
    async fn load(&self, store: &Store, claim: &Claim, _now: i64) -> Result<(Option<SessionRecord>, Option<User>)> {
        let key = claim.token.key();
        if key.user.is_none() {
            return Ok((self.cache.get(&key).await?.and_then(Cached::into_visitors), None));
        }
        // At the same time: one trip.
        let (found, cached) = tokio::join!(store.get_session(&key), self.cache.get(&key));
        let ((entry, user), cached) = (found?, cached?);
        let record = entry.map(|entry| match cached {
            Some(cached) => SessionRecord { data: cached.data, ..entry },
            // Lost, or kept by another engine until now.
            None => SessionRecord { values_lost: true, ..entry },
        });
        Ok((record, user))
    }

    fn entry(&self, key: &SessionKey, record: &SessionRecord) -> Option<SessionRecord> {
        key.user.map(|_| record.without_data())
    }

    async fn keep(&self, _store: &Store, key: &SessionKey, record: &SessionRecord, _now: i64) -> Result<()> {
        Ok(self.cache.put(key, record, record.times.ends_at).await?)
    }

    async fn save(
        &self,
        store: &Store,
        key: &SessionKey,
        record: &SessionRecord,
        changes: &SessionChanges,
        now: i64,
    ) -> Result<Saved> {
        if key.user.is_some()
            && changes.times.is_some()
            && Saved::of(store.save_session_times(key, changes, now).await)? == Saved::Ended
        {
            return Ok(Saved::Ended);
        }
        let ends_at = record.times.ends_at;
        if !record.values_lost && self.cache.merge(key, record, changes, ends_at).await? {
            return Ok(Saved::Done);
        }
        // The cache has lost it, now or before. A visitor's is gone with that; a user's lives if its entry does, and is
        // kept anew as a whole.
        if key.user.is_none() || !store.is_alive(key, now).await? {
            return Ok(Saved::Ended);
        }
        self.cache.put(key, record, ends_at).await?;
        Ok(Saved::Done)
    }

    /// A user's session has ended by its tombstone already: what stays in the cache is nobody's, and expires.
    async fn forget(&self, _store: &Store, key: &SessionKey) -> Result<()> {
        match (self.cache.delete(key).await, key.user) {
            (Err(error), None) => Err(error.into()),
            (Err(error), Some(_)) => {
                tracing::warn!(error = %crate::log::chain(&error), "an ended session stays in the cache until it expires");
                Ok(())
            }
            (Ok(()), _) => Ok(()),
        }
    }
}

impl From<CacheError> for Error {
    fn from(error: CacheError) -> Self {
        Self::unavailable(error)
    }
}
