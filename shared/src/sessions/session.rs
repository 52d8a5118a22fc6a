//! The session of one request: what was stored, what this request changes of it, and what the browser is told.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::record::{Origin, SessionChanges, SessionRecord};
use super::{EndReason, SessionKey, SessionToken};
use crate::accounts::{Remember, User};
use crate::config::SessionSettings;
use crate::error::{Error, Result};

/// The session of one request, with the verbs of Django's. Reading it never writes; what is set is saved when the
/// handler is done, key by key.
#[derive(Debug, Default)]
pub struct Session(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The stored session, if the visitor has a living one.
    stored: Option<Stored>,
    /// What this request set and removed.
    changes: BTreeMap<String, Option<Value>>,
    /// The end that this request gave it.
    expiry: Option<Expiry>,
    /// The identifier that it had before this request gave it another.
    renamed_from: Option<SessionKey>,
    /// What the answer must tell the browser.
    cookie: CookieChange,
    /// Why the session that the cookie names is not alive.
    ended: Option<EndReason>,
}

#[derive(Debug, Clone)]
struct Stored {
    token: SessionToken,
    record: SessionRecord,
}

/// When a session ends by itself (Django's `set_expiry`). None of them outlives `SESSION_ABSOLUTE_AGE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// As the settings say: `SESSION_COOKIE_AGE` of idle time if it is remembered, else with the browser.
    Default,
    /// When the browser closes, and after `SESSION_BROWSER_AGE` of idle time at most.
    BrowserClose,
    /// After that many seconds of idle time.
    Seconds(NonZeroU32),
    /// At that instant, however busy it is. One that has passed ends it with this request.
    At(Timestamp),
}

/// What the answer does to the session cookie.
#[derive(Debug, Default, Clone)]
pub(crate) enum CookieChange {
    /// Nothing.
    #[default]
    Keep,
    /// Sets it to name, or to carry, this session.
    Set(Box<(SessionToken, SessionRecord)>),
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

impl Begun {
    pub(super) fn token(&self) -> &SessionToken {
        &self.token
    }
}

/// What is to be written at the end of a request.
#[derive(Debug)]
pub(crate) enum Save {
    /// A new session, of a visitor who stored something.
    Create(SessionKey, SessionRecord),
    /// Changes to one that exists, and the whole of it with them.
    Update(SessionKey, SessionRecord, SessionChanges),
    /// The whole of it under another identifier, in the place of the one before.
    Rename { from: SessionKey, to: SessionKey, record: SessionRecord },
}

impl Session {
    /// Takes up what the cookie named and was found alive.
    pub(super) fn resumed(token: SessionToken, record: SessionRecord) -> Self {
        Self(Mutex::new(State { stored: Some(Stored { token, record }), ..State::default() }))
    }

    /// The session of a visitor whose cookie names none that lives. The cookie is taken back.
    pub(crate) fn dead(why: EndReason) -> Self {
        Self(Mutex::new(State { cookie: CookieChange::Delete, ended: Some(why), ..State::default() }))
    }

    /// The value of `key`, if there is one and it is a `T`.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let state = self.state();
        state.value(key).and_then(|value| T::deserialize(value).ok())
    }

    /// Whether there is a value of `key`.
    pub fn contains(&self, key: &str) -> bool {
        self.state().value(key).is_some()
    }

    /// Sets `key`. Setting what is there already is no change, and writes nothing.
    ///
    /// # Errors
    /// When the value cannot be expressed in JSON.
    pub fn set(&self, key: &str, value: impl Serialize) -> Result<()> {
        let value = serde_json::to_value(value).map_err(Error::internal)?;
        let mut state = self.state();
        if state.value(key) != Some(&value) {
            state.changes.insert(key.to_owned(), Some(value));
        }
        Ok(())
    }

    /// Removes `key`.
    pub fn remove(&self, key: &str) {
        let mut state = self.state();
        if state.value(key).is_some() {
            state.changes.insert(key.to_owned(), None);
        }
    }

    /// Removes `key` and gives its value, if there was one and it is a `T`.
    pub fn pop<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let value = self.get(key);
        self.remove(key);
        value
    }

    /// Whether this request has changed it (Django's `modified`).
    pub fn is_modified(&self) -> bool {
        let state = self.state();
        !state.changes.is_empty() || state.expiry.is_some() || state.renamed_from.is_some()
    }

    /// Whether there is nothing in it (Django's `is_empty`).
    pub fn is_empty(&self) -> bool {
        let state = self.state();
        state.stored.is_none() && state.changes.values().all(Option::is_none)
    }

    /// Gives it another end, from this request on. A visitor without a session still gets none by it.
    pub fn set_expiry(&self, expiry: Expiry) {
        self.state().expiry = Some(expiry);
    }

    /// Seconds until it ends unless somebody comes (Django's `get_expiry_age`), at `now`.
    pub fn get_expiry_age(&self, now: Timestamp, settings: &SessionSettings) -> i64 {
        let state = self.state();
        let now = now.as_second();
        let visitor = || SessionRecord::of_visitor(&Origin { now, address: "", user_agent: "" }, settings);
        let mut record = state.stored.as_ref().map_or_else(visitor, |stored| stored.record.clone());
        if let Some(expiry) = state.expiry {
            record.set_expiry(expiry, now, settings);
        }
        (record.times.ends_at - now).max(0)
    }

    /// Whether the cookie goes when the browser closes (Django's `get_expire_at_browser_close`).
    pub fn get_expire_at_browser_close(&self) -> bool {
        let state = self.state();
        match state.expiry {
            Some(Expiry::BrowserClose) => true,
            Some(Expiry::Seconds(_) | Expiry::At(_)) => false,
            Some(Expiry::Default) => state.stored.as_ref().is_some_and(|stored| !stored.record.remembered),
            None => state.stored.as_ref().is_some_and(|stored| !stored.record.times.persistent),
        }
    }

    /// The key of the stored session.
    pub fn key(&self) -> Option<SessionKey> {
        let state = self.state();
        // Until the request is done it is kept under the identifier that it had.
        state.renamed_from.clone().or_else(|| state.stored.as_ref().map(|stored| stored.token.key()))
    }

    /// Why the session that the cookie names is not alive, if it names one.
    pub(crate) fn ended(&self) -> Option<EndReason> {
        self.state().ended
    }

    /// Whether it outlives the browser.
    pub(crate) fn remember(&self) -> Remember {
        self.state().stored.as_ref().is_some_and(|stored| stored.record.remembered).into()
    }

    /// What a CSRF token is bound to: the session when somebody is signed in.
    pub(crate) fn csrf_binding(&self) -> String {
        self.state().stored.as_ref().map(|stored| stored.token.csrf_binding()).unwrap_or_default()
    }

    /// Gives it another identifier, with everything that is in it; the one before is dead when the request is done
    /// (Django's `cycle_key`). Without a session there is nothing to rename.
    pub(crate) fn rename(&self, token: SessionToken) {
        let mut guard = self.state();
        let state = &mut *guard;
        let Some(stored) = &mut state.stored else { return };
        let before = std::mem::replace(&mut stored.token, token);
        state.renamed_from.get_or_insert_with(|| before.key());
    }

    /// Prepares the session of a log-in: new identifier, and an anonymous visitor's values. Another user's values are
    /// left behind (CVE-2014-0482).
    pub(crate) fn begin(
        &self,
        user: &User,
        remember: Remember,
        token: SessionToken,
        settings: &SessionSettings,
        origin: &Origin<'_>,
    ) -> Begun {
        let state = self.state();
        let mut record = SessionRecord::of_user(origin, settings, remember, user.session_epoch);
        let before = state.stored.as_ref();
        if before.is_none_or(|stored| stored.token.user().is_none_or(|id| id == user.id)) {
            if let Some(stored) = before {
                record.data.clone_from(&stored.record.data);
                record.backend.clone_from(&stored.record.backend);
            }
            record.merge(&state.changes);
        }
        drop(state);
        Begun { key: token.key(), record, replaces: self.key(), token }
    }

    /// Prepares what comes after an end of all others: the same session, with everything in it and the same ends, under
    /// another identifier and in the next epoch. `None` without a session.
    pub(super) fn go_on(&self, token: SessionToken, epoch: u64) -> Option<Begun> {
        let replaces = self.key();
        let state = self.state();
        let mut record = SessionRecord { epoch, ..state.stored.as_ref()?.record.clone() };
        record.merge(&state.changes);
        drop(state);
        Some(Begun { key: token.key(), record, replaces, token })
    }

    /// The log-in's session is stored: this request goes on in it.
    pub(crate) fn adopt(&self, begun: Begun) {
        let stored = Stored { token: begun.token, record: begun.record };
        let cookie = CookieChange::Set(Box::new((stored.token.clone(), stored.record.clone())));
        *self.state() = State { stored: Some(stored), cookie, ..State::default() };
    }

    /// The session has ended: the rest of the request is nobody's.
    pub(crate) fn clear(&self) {
        *self.state() = State { cookie: CookieChange::Delete, ..State::default() };
    }

    /// What the request must write, if anything; what the browser is told follows from it.
    pub(crate) fn finish(
        &self,
        settings: &SessionSettings,
        origin: &Origin<'_>,
        cookie_carries: bool,
        new_token: impl FnOnce() -> SessionToken,
    ) -> Option<Save> {
        let mut guard = self.state();
        let state = &mut *guard;
        let data = std::mem::take(&mut state.changes);
        let expiry = state.expiry.take();
        let Some(stored) = &mut state.stored else {
            if data.values().all(Option::is_none) {
                return None;
            }
            let mut record = SessionRecord::of_visitor(origin, settings);
            record.merge(&data);
            if let Some(expiry) = expiry {
                record.set_expiry(expiry, origin.now, settings);
            }
            let stored = state.stored.insert(Stored { token: new_token(), record });
            state.cookie = stored.cookie();
            return Some(Save::Create(stored.token.key(), stored.record.clone()));
        };
        stored.record.merge(&data);
        let times = match expiry {
            Some(expiry) => {
                stored.record.set_expiry(expiry, origin.now, settings);
                Some(stored.record.times)
            }
            None => stored.record.times.renewed(origin.now, settings.save_every_request),
        };
        if let Some(times) = times {
            stored.record.times = times;
        }
        let changes = SessionChanges { data, times };
        if let Some(from) = state.renamed_from.take() {
            state.cookie = stored.cookie();
            return Some(Save::Rename { from, to: stored.token.key(), record: stored.record.clone() });
        }
        if changes.is_empty() {
            return None;
        }
        if changes.times.is_some() || cookie_carries {
            state.cookie = stored.cookie();
        }
        Some(Save::Update(stored.token.key(), stored.record.clone(), changes))
    }

    /// What the answer does to the cookie.
    pub(crate) fn cookie_change(&self) -> CookieChange {
        self.state().cookie.clone()
    }

    /// What was to be saved is not: the browser is told nothing of it.
    pub(crate) fn keep_cookie(&self) {
        self.state().cookie = CookieChange::Keep;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn value(&self, key: &str) -> Option<&Value> {
        match self.changes.get(key) {
            Some(change) => change.as_ref(),
            None => self.stored.as_ref().and_then(|stored| stored.record.data.get(key)),
        }
    }
}

impl Stored {
    fn cookie(&self) -> CookieChange {
        CookieChange::Set(Box::new((self.token.clone(), self.record.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Rng, SystemRng};

    const SETTINGS: SessionSettings = SessionSettings::sample();

    fn origin(now: i64) -> Origin<'static> {
        Origin { now, address: "192.0.2.1", user_agent: "test" }
    }

    fn token() -> SessionToken {
        SessionToken::new(None, &SystemRng as &dyn Rng)
    }

    fn resumed() -> Session {
        Session::resumed(token(), SessionRecord::of_visitor(&origin(0), &SETTINGS))
    }

    fn finish(session: &Session, now: i64) -> Option<Save> {
        session.finish(&SETTINGS, &origin(now), false, token)
    }

    #[test]
    fn a_visitor_who_stores_nothing_has_no_row() {
        let session = Session::default();
        session.remove("theme");
        session.set_expiry(Expiry::BrowserClose);
        assert!(session.is_empty());
        assert!(finish(&session, 0).is_none());
        session.set("theme", "dark").unwrap();
        assert!(matches!(finish(&session, 0), Some(Save::Create(..))));
    }

    #[test]
    fn reading_and_setting_the_same_again_write_nothing() {
        let session = resumed();
        assert!(finish(&session, 10).is_none());
        session.set("a", 1).unwrap();
        assert_eq!(session.get::<u8>("a"), Some(1));
        assert!(session.is_modified());
        let Some(Save::Update(_, record, changes)) = finish(&session, 10) else { panic!() };
        assert_eq!((record.data["a"].clone(), changes.data.len(), changes.times), (1.into(), 1, None));
        session.set("a", 1).unwrap();
        assert!(finish(&session, 10).is_none());
    }

    #[test]
    fn a_value_is_there_until_it_is_taken() {
        let session = resumed();
        assert!(!session.contains("a"));
        session.set("a", "x").unwrap();
        assert!(session.contains("a"));
        assert_eq!(session.get::<u8>("a"), None, "of another type");
        assert_eq!(session.pop::<String>("a").as_deref(), Some("x"));
        assert_eq!(session.pop::<String>("a"), None);
        assert!(!session.contains("a"));
    }

    #[test]
    fn another_end_is_saved_and_told() {
        let session = resumed();
        let now = Timestamp::from_second(10).unwrap();
        assert_eq!(session.get_expiry_age(now, &SETTINGS), 2_390);
        session.set_expiry(Expiry::BrowserClose);
        assert_eq!(session.get_expiry_age(now, &SETTINGS), 240);
        assert!(session.get_expire_at_browser_close());
        let Some(Save::Update(_, _, changes)) = finish(&session, 10) else { panic!() };
        let times = changes.times.unwrap();
        assert_eq!((times.persistent, times.ends_at, times.max_age(10)), (false, 250, None));
        assert!(matches!(session.cookie_change(), CookieChange::Set(_)));
    }

    #[test]
    fn a_renamed_session_keeps_what_is_in_it() {
        let session = resumed();
        session.set("a", 1).unwrap();
        let before = session.key().unwrap();
        session.rename(token());
        session.rename(token());
        assert_eq!(session.key().unwrap(), before, "until it is done");
        let Some(Save::Rename { from, to, record }) = finish(&session, 10) else { panic!() };
        assert_eq!((from.digest == to.digest, from, record.data["a"].clone()), (false, before, 1.into()));
    }

    #[test]
    fn a_visitor_without_a_session_has_nothing_to_rename() {
        let session = Session::default();
        session.rename(token());
        assert!(finish(&session, 0).is_none());
    }
}
