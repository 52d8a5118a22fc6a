//! `cache`: the values are in the cache alone. While it does not answer, neither does whatever needs a session: 503.
//!
//! What it loses is lost: a user stays signed in, with nothing in the session; a visitor begins anew.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Claim, Engine, Saved};
use crate::accounts::User;
use crate::error::{Error, Result};
use crate::sessions::cache::{Cache, CacheError};
use crate::sessions::{SessionChanges, SessionKey, SessionRecord};
use crate::store::Store;

/// Sessions in the cache.
#[derive(Debug)]
pub(crate) struct Cached {
    cache: Arc<Cache>,
}

impl Cached {
    pub(crate) fn new(cache: Arc<Cache>) -> Self {
        Self { cache }
    }
}

#[async_trait]
impl Engine for Cached {
    async fn load(&self, store: &Store, claim: &Claim) -> Result<(Option<SessionRecord>, Option<User>)> {
        let key = claim.token.key();
        if key.user.is_none() {
            return Ok((self.cache.get(&key).await?, None));
        }
        // At the same time: one trip.
        let (found, cached) = tokio::join!(store.get_session(&key), self.cache.get(&key));
        let ((entry, user), cached) = (found?, cached?);
        let record = entry.map(|entry| match cached {
            Some(cached) => SessionRecord { data: cached.data, ..entry },
            None => SessionRecord { values_lost: true, ..entry },
        });
        Ok((record, user))
    }

    fn entry(&self, key: &SessionKey, record: &SessionRecord) -> Option<SessionRecord> {
        key.user.map(|_| record.without_data())
    }

    async fn keep(&self, _store: &Store, key: &SessionKey, record: &SessionRecord) -> Result<()> {
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
        if let (Some(_), Some(times)) = (key.user, changes.times)
            && Saved::of(store.save_session_times(key, times, now).await)? == Saved::Ended
        {
            return Ok(Saved::Ended);
        }
        let must_exist = !record.values_lost;
        let kept = self.cache.merge(key, record, changes, record.times.ends_at, must_exist).await?;
        Ok(if kept { Saved::Done } else { Saved::Ended })
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
