//! Where the values of sessions are kept: `SESSION_ENGINE`, one trait.
//!
//! What a user's session is, and whether it lives, stands in the table of sessions whatever the engine: an entry that is
//! read together with the user in the request's one call, and that becomes a tombstone when the session ends. So no
//! cache and no cookie can delay a log-out or keep somebody signed in. Engines differ in where the values are, and in
//! where a visitor's session is, which decides about nobody.

mod cache;
mod cached_db;
mod dynamodb;
mod signed_cookies;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use cache::InCache;
use cached_db::CachedDb;
use dynamodb::DynamoDb;
use signed_cookies::SignedCookies;

use super::cache::Cache;
use super::{SessionChanges, SessionKey, SessionRecord, SessionToken};
use crate::accounts::User;
use crate::config::{Config, SessionEngine};
use crate::error::Result;
use crate::secret::{Secret, SecretKeys};
use crate::store::{Store, StoreError};

/// What a cookie says, unchecked by the table: whose session it names and, with some engines, the session itself.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    /// Which session.
    pub(crate) token: SessionToken,
    /// The session as the cookie carries it.
    pub(crate) carried: Option<SessionRecord>,
}

/// What became of a save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Saved {
    /// It is kept.
    Done,
    /// Nothing is: the session has ended meanwhile, and is not brought back.
    Ended,
}

impl Saved {
    /// A condition that did not hold is the session's end.
    pub(super) fn of(written: Result<(), StoreError>) -> Result<Self> {
        match written {
            Ok(()) => Ok(Self::Done),
            Err(error) if error.is_condition() => Ok(Self::Ended),
            Err(error) => Err(error.into()),
        }
    }
}

/// A keeper of sessions. [`DynamoDb`] is the one to read first.
#[async_trait]
pub(crate) trait Engine: fmt::Debug + Send + Sync {
    /// What a cookie's value says; `None` when it is not one of ours. It costs no call.
    fn claim(&self, cookie: &str) -> Option<Claim> {
        SessionToken::parse(cookie).map(|token| Claim { token, carried: None })
    }

    /// The cookie's value for a session.
    ///
    /// # Errors
    /// [`crate::Error::SessionTooLarge`] when the session does not fit into a cookie that has to carry it.
    fn cookie(&self, token: &SessionToken, _record: &SessionRecord) -> Result<Secret> {
        Ok(Secret::new(token.to_cookie()))
    }

    /// Whether the cookie carries the values, so that each change sets it anew.
    fn carries_values(&self) -> bool {
        false
    }

    /// Reads a session and, when it is a user's, that user, at `now` (epoch seconds).
    ///
    /// # Errors
    /// When what it asks does not answer: that is never taken for "no session".
    async fn load(&self, store: &Store, claim: &Claim, now: i64) -> Result<(Option<SessionRecord>, Option<User>)>;

    /// What of a session stands in the table of sessions, if anything does. A user's always does.
    fn entry(&self, key: &SessionKey, record: &SessionRecord) -> Option<SessionRecord>;

    /// Keeps what does not stand in the entry. It comes before the entry, so that no session lives without its values.
    /// Nothing, where the entry or the cookie has everything.
    async fn keep(&self, _store: &Store, _key: &SessionKey, _record: &SessionRecord, _now: i64) -> Result<()> {
        Ok(())
    }

    /// Saves what changed, and only that: two requests that set different keys keep both, where that can be.
    /// `record` is the session with the changes in it.
    async fn save(
        &self,
        store: &Store,
        key: &SessionKey,
        record: &SessionRecord,
        changes: &SessionChanges,
        now: i64,
    ) -> Result<Saved>;

    /// Drops what is kept of a session that has ended, apart from a user's entry, which is its tombstone by then.
    async fn forget(&self, _store: &Store, _key: &SessionKey) -> Result<()> {
        Ok(())
    }
}

/// The engine of `SESSION_ENGINE`.
pub(crate) fn engine(config: &Config, keys: &SecretKeys, cache_password: Option<Secret>) -> Arc<dyn Engine> {
    let cache = || Arc::new(Cache::new(&config.cache, cache_password.or_else(|| config.cache.password.clone())));
    match config.session.engine {
        SessionEngine::DynamoDb => Arc::new(DynamoDb),
        SessionEngine::SignedCookies => Arc::new(SignedCookies::new(keys)),
        SessionEngine::Cache => Arc::new(InCache::new(cache())),
        SessionEngine::CachedDb => Arc::new(CachedDb::new(cache())),
    }
}
