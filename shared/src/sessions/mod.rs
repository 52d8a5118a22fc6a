//! Sessions: a cookie that names one, the server that decides whether it lives, values that are merged key by key.

mod token;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use token::{SessionKey, SessionToken};

use crate::accounts::{Remember, User};
use crate::config::SessionAges;
use crate::error::{Error, Result};
pub use crate::store::sessions::{SessionChanges, SessionRecord};

/// The session of one request. Reading it never writes; what is set is saved when the handler is done.
#[derive(Debug, Default)]
pub struct Session(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The stored session, if the visitor has a living one.
    stored: Option<Stored>,
    /// What this request set and removed.
    changes: BTreeMap<String, Option<Value>>,
    /// What the answer must tell the browser.
    cookie: CookieChange,
}

#[derive(Debug, Clone)]
struct Stored {
    token: SessionToken,
    record: SessionRecord,
}

/// What the answer does to the session cookie.
#[derive(Debug, Default, Clone)]
pub enum CookieChange {
    /// Nothing.
    #[default]
    Keep,
    /// Sets it: `max_age` in seconds, or until the browser closes.
    Set {
        /// The cookie's value.
        token: SessionToken,
        /// Seconds.
        max_age: Option<i64>,
    },
    /// Deletes it.
    Delete,
}

/// A session that a log-in is about to create.
#[derive(Debug)]
pub struct Begun {
    /// Its key in the store.
    pub key: SessionKey,
    /// What will be stored.
    pub record: SessionRecord,
    /// The session that it replaces.
    pub replaces: Option<SessionKey>,
    token: SessionToken,
}

/// What is to be written at the end of a request.
#[derive(Debug)]
pub enum Save {
    /// A new session, of a visitor who stored something.
    Create(SessionToken, SessionRecord),
    /// Changes to one that exists.
    Update(SessionKey, SessionChanges),
}

impl Session {
    /// Takes up what the cookie named and the store gave. `None` unless it is alive at `now`: not expired, whatever
    /// TTL has deleted by then, and, if it is a user's, of an active user and of the user's present epoch.
    pub(crate) fn resume(
        token: SessionToken,
        record: Option<SessionRecord>,
        user: Option<User>,
        now: i64,
    ) -> Option<(Self, Option<User>)> {
        let record = record.filter(|record| record.expires_at > now && record.absolute_at > now)?;
        let user = match (token.user(), user) {
            (None, _) => None,
            (Some(id), Some(user)) if user.id == id && user.is_active && user.session_epoch == record.epoch => {
                Some(user)
            }
            (Some(_), _) => return None,
        };
        let state = State { stored: Some(Stored { token, record }), ..State::default() };
        Some((Self(Mutex::new(state)), user))
    }

    /// The session of a visitor whose cookie names none that lives. The cookie is taken back.
    pub(crate) fn dead_cookie() -> Self {
        Self(Mutex::new(State { cookie: CookieChange::Delete, ..State::default() }))
    }

    /// The value of `key`, if there is one and it is a `T`.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let state = self.state();
        let value = match state.changes.get(key) {
            Some(change) => change.as_ref(),
            None => state.stored.as_ref().and_then(|stored| stored.record.data.get(key)),
        };
        value.and_then(|value| T::deserialize(value).ok())
    }

    /// Sets `key`. Setting what is there already is no change, and writes nothing.
    ///
    /// # Errors
    /// When the value cannot be expressed in JSON.
    pub fn set(&self, key: &str, value: impl Serialize) -> Result<()> {
        let value = serde_json::to_value(value).map_err(Error::internal)?;
        if self.get::<Value>(key).as_ref() != Some(&value) {
            self.state().changes.insert(key.to_owned(), Some(value));
        }
        Ok(())
    }

    /// Removes `key`.
    pub fn remove(&self, key: &str) {
        if self.get::<Value>(key).is_some() {
            self.state().changes.insert(key.to_owned(), None);
        }
    }

    /// The key of the stored session.
    pub fn key(&self) -> Option<SessionKey> {
        self.state().stored.as_ref().map(|stored| stored.token.key())
    }

    /// Whether it outlives the browser.
    pub(crate) fn remember(&self) -> Remember {
        self.state().stored.as_ref().is_some_and(|stored| stored.record.persistent).into()
    }

    /// What a CSRF token is bound to: the session when somebody is signed in.
    pub(crate) fn csrf_binding(&self) -> String {
        self.state().stored.as_ref().map(|stored| stored.token.csrf_binding()).unwrap_or_default()
    }

    /// Prepares the session of a log-in: new identifier, and an anonymous visitor's values. Another user's values are
    /// left behind (CVE-2014-0482).
    pub(crate) fn begin(
        &self,
        user: &User,
        remember: Remember,
        token: SessionToken,
        ages: SessionAges,
        origin: &Origin<'_>,
    ) -> Begun {
        let state = self.state();
        let mut record = origin.record(ages, remember == Remember::Yes);
        record.epoch = user.session_epoch;
        let replaces = state.stored.as_ref().map(|stored| stored.token.key());
        if let Some(stored) = state.stored.as_ref().filter(|stored| stored.token.user().is_none_or(|id| id == user.id))
        {
            record.data.clone_from(&stored.record.data);
        }
        if replaces.as_ref().is_none_or(|old| old.user.is_none_or(|id| id == user.id)) {
            merge(&mut record.data, &state.changes);
        }
        Begun { key: token.key(), record, replaces, token }
    }

    /// The log-in's session is stored: this request goes on in it.
    pub(crate) fn adopt(&self, begun: Begun) {
        let mut state = self.state();
        state.cookie = cookie(&begun.token, &begun.record);
        state.stored = Some(Stored { token: begun.token, record: begun.record });
        state.changes.clear();
    }

    /// The session has ended: the rest of the request is nobody's.
    pub(crate) fn clear(&self) {
        *self.state() = State { cookie: CookieChange::Delete, ..State::default() };
    }

    /// What the request must write, if anything, and what the browser is told.
    pub(crate) fn finish(
        &self,
        ages: SessionAges,
        origin: &Origin<'_>,
        new_token: impl FnOnce() -> SessionToken,
    ) -> Option<Save> {
        let mut guard = self.state();
        let state = &mut *guard;
        let Some(stored) = &mut state.stored else {
            if state.changes.values().all(Option::is_none) {
                return None;
            }
            let token = new_token();
            let mut record = origin.record(ages, true);
            merge(&mut record.data, &state.changes);
            state.cookie = cookie(&token, &record);
            return Some(Save::Create(token, record));
        };
        let changes = SessionChanges { data: state.changes.clone(), renewal: stored.record.renewal(origin.now) };
        if changes.data.is_empty() && changes.renewal.is_none() {
            return None;
        }
        if let Some((renewed_at, expires_at)) = changes.renewal {
            (stored.record.renewed_at, stored.record.expires_at) = (renewed_at, expires_at);
            state.cookie = cookie(&stored.token, &stored.record);
        }
        Some(Save::Update(stored.token.key(), changes))
    }

    /// What the answer does to the cookie.
    pub(crate) fn cookie_change(&self) -> CookieChange {
        self.state().cookie.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When and from where a session begins.
#[derive(Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) now: i64,
    pub(crate) address: &'a str,
    pub(crate) user_agent: &'a str,
}

impl Origin<'_> {
    fn record(&self, ages: SessionAges, persistent: bool) -> SessionRecord {
        let lifetime = if persistent { ages.remembered } else { ages.browser };
        let absolute_at = self.now + ages.absolute;
        SessionRecord {
            data: serde_json::Map::new(),
            epoch: 0,
            persistent,
            lifetime,
            created_at: self.now,
            renewed_at: self.now,
            expires_at: absolute_at.min(self.now + lifetime),
            absolute_at,
            ip: self.address.to_owned(),
            user_agent: self.user_agent.chars().take(256).collect(),
        }
    }
}

impl SessionRecord {
    /// The next `(renewed_at, expires_at)`, when a renewal is due: at most once in a twenty-fourth of the lifetime, so
    /// that a busy session does not write with every request, and never past the absolute end.
    fn renewal(&self, now: i64) -> Option<(i64, i64)> {
        let due = now - self.renewed_at >= (self.lifetime / 24).max(1);
        let expires_at = self.absolute_at.min(now + self.lifetime);
        (due && expires_at > self.expires_at).then_some((now, expires_at))
    }
}

fn cookie(token: &SessionToken, record: &SessionRecord) -> CookieChange {
    let max_age = record.persistent.then(|| record.expires_at - record.renewed_at);
    CookieChange::Set { token: token.clone(), max_age }
}

fn merge(data: &mut serde_json::Map<String, Value>, changes: &BTreeMap<String, Option<Value>>) {
    for (key, value) in changes {
        match value {
            Some(value) => data.insert(key.clone(), value.clone()),
            None => data.remove(key),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Rng, SystemRng};

    const AGES: SessionAges = SessionAges { remembered: 2_400, browser: 240, absolute: 4_000 };

    fn origin(now: i64) -> Origin<'static> {
        Origin { now, address: "192.0.2.1", user_agent: "test" }
    }

    fn token() -> SessionToken {
        SessionToken::new(None, &SystemRng as &dyn Rng)
    }

    fn resumed(begun_at: i64, now: i64) -> Option<Session> {
        Session::resume(token(), Some(origin(begun_at).record(AGES, true)), None, now).map(|(session, _)| session)
    }

    #[test]
    fn a_visitor_who_stores_nothing_has_no_row() {
        let session = Session::default();
        session.remove("theme");
        assert!(session.finish(AGES, &origin(0), token).is_none());
        session.set("theme", "dark").unwrap();
        assert!(matches!(session.finish(AGES, &origin(0), token), Some(Save::Create(..))));
    }

    #[test]
    fn reading_and_setting_the_same_again_write_nothing() {
        let session = resumed(0, 10).unwrap();
        assert!(session.finish(AGES, &origin(10), token).is_none());
        session.set("a", 1).unwrap();
        assert_eq!(session.get::<u8>("a"), Some(1));
        assert!(matches!(session.finish(AGES, &origin(10), token), Some(Save::Update(..))));
    }

    #[test]
    fn a_renewal_is_due_once_in_a_twenty_fourth_and_ends_at_the_cap() {
        assert!(resumed(0, 99).unwrap().finish(AGES, &origin(99), token).is_none());
        let Some(Save::Update(_, changes)) = resumed(0, 100).unwrap().finish(AGES, &origin(100), token) else {
            panic!()
        };
        assert_eq!(changes.renewal, Some((100, 2_500)));
        let mut record = origin(0).record(AGES, true);
        (record.renewed_at, record.expires_at) = (3_000, 4_000);
        assert_eq!(record.renewal(3_500), None);
    }

    #[test]
    fn an_expired_session_is_dead_although_it_is_still_there() {
        assert!(resumed(0, 2_399).is_some());
        assert!(resumed(0, 2_400).is_none());
    }
}
