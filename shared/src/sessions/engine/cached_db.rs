//! `cached_db`: the values are in the table of sessions, an item of their own, and a copy of them in the cache. What is
//! changed is changed in the table, and then in the copy; what the cache does not have is read from the table. While the
//! cache is down the table serves alone, and nobody is signed out.
//!
//! A copy that could not be changed, because the cache was out of reach of the process that changed the table, is at
//! most `SESSION_CACHE_AGE` old. That concerns values, and visitors' sessions; whether a user's session lives is never
//! read from a copy.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Claim, Engine, Saved};
use crate::accounts::User;
use crate::error::Result;
use crate::log::chain;
use crate::sessions::cache::{Cache, CacheError};
use crate::sessions::{SessionChanges, SessionKey, SessionRecord, why_dead};
use crate::store::{SessionValues, Store};

/// Sessions in the table, with a copy in the cache.
#[derive(Debug)]
pub(crate) struct CachedDb {
    cache: Arc<Cache>,
}

impl CachedDb {
    pub(crate) fn new(cache: Arc<Cache>) -> Self {
        Self { cache }
    }

    /// Keeps a copy. Without one the table is asked again: that is no reason to fail.
    async fn copy(&self, key: &SessionKey, record: &SessionRecord, revision: u64, now: i64) {
        let expires_at = record.times.ends_at.min(now + self.cache.copy_age());
        report(self.cache.replace(key, record, revision, expires_at).await);
    }

    async fn visitors(&self, store: &Store, key: &SessionKey, now: i64) -> Result<Option<SessionRecord>> {
        match self.cache.get(key).await {
            Ok(Some(cached)) => return Ok(cached.into_visitors()),
            Ok(None) => {}
            Err(error) => report(Err(error)),
        }
        let Some((entry, values)) = store.get_session_and_values(key).await? else { return Ok(None) };
        Ok(Some(self.completed(key, entry, values, now).await))
    }

    /// The session with the values that the table has, a copy of which is kept. Without any it was kept by another engine
    /// until now: what its entry holds is kept as this one does with the next change.
    async fn completed(
        &self,
        key: &SessionKey,
        entry: SessionRecord,
        values: Option<SessionValues>,
        now: i64,
    ) -> SessionRecord {
        let Some(values) = values else { return entry };
        let record = SessionRecord { data: values.data, ..entry };
        self.copy(key, &record, values.revision, now).await;
        record
    }
}

#[async_trait]
impl Engine for CachedDb {
    async fn load(&self, store: &Store, claim: &Claim, now: i64) -> Result<(Option<SessionRecord>, Option<User>)> {
        let key = claim.token.key();
        if key.user.is_none() {
            return Ok((self.visitors(store, &key, now).await?, None));
        }
        // At the same time: one trip, if the cache has the values.
        let (found, cached) = tokio::join!(store.get_session(&key), self.cache.get(&key));
        let (entry, user) = found?;
        let Some(entry) = entry else { return Ok((None, user)) };
        // Of one that is dead nothing is read: it costs what an unknown one costs.
        if why_dead(&key, &entry, user.as_ref(), now, |_| true).is_some() {
            return Ok((Some(entry), user));
        }
        let cached = cached.unwrap_or_else(|error| {
            report(Err(error));
            None
        });
        if let Some(cached) = cached {
            return Ok((Some(SessionRecord { data: cached.data, ..entry }), user));
        }
        let values = store.get_values(&key).await?;
        Ok((Some(self.completed(&key, entry, values, now).await), user))
    }

    fn entry(&self, _key: &SessionKey, record: &SessionRecord) -> Option<SessionRecord> {
        Some(record.without_data())
    }

    async fn keep(&self, store: &Store, key: &SessionKey, record: &SessionRecord, now: i64) -> Result<()> {
        store.put_values(key, &record.data, record.times.expires_at).await?;
        self.copy(key, record, 1, now).await;
        Ok(())
    }

    async fn save(
        &self,
        store: &Store,
        key: &SessionKey,
        record: &SessionRecord,
        changes: &SessionChanges,
        now: i64,
    ) -> Result<Saved> {
        if changes.times.is_some() && Saved::of(store.save_session_times(key, changes, now).await)? == Saved::Ended {
            return Ok(Saved::Ended);
        }
        match store.merge_values(key, &changes.data, record.times.expires_at).await {
            Ok(values) => {
                let record = SessionRecord { data: values.data, ..record.clone() };
                self.copy(key, &record, values.revision, now).await;
                Ok(Saved::Done)
            }
            // There are none: the session has ended, or another engine has kept them until now.
            Err(error) if error.is_condition() => {
                if !store.is_alive(key, now).await? {
                    return Ok(Saved::Ended);
                }
                self.keep(store, key, record, now).await?;
                Ok(Saved::Done)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn forget(&self, store: &Store, key: &SessionKey) -> Result<()> {
        store.delete_values(key).await?;
        if key.user.is_none() {
            store.delete_session(key).await?;
        }
        report(self.cache.delete(key).await);
        Ok(())
    }
}

/// The table has the last word: what the cache does not do is told to the log alone.
fn report(done: Result<(), CacheError>) {
    match done {
        Ok(()) | Err(CacheError::LeftAlone) => {}
        Err(error) => tracing::warn!(error = %chain(&error), "the table of sessions serves without the cache"),
    }
}
