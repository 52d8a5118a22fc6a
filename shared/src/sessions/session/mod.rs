//! The session of one request: what was stored, and what this request changes of it.

mod saving;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use saving::Begun;
pub(crate) use saving::{CookieChange, Save};

use super::record::{Origin, SessionRecord};
use super::{EndReason, SessionKey, SessionToken};
use crate::config::SessionSettings;
use crate::error::{Error, Result};

/// The session of one request, with the verbs of Django's. Reading it never writes; what is set is saved when the
/// handler is done, key by key.
#[derive(Debug)]
pub struct Session {
    /// When the request came, epoch seconds.
    now: i64,
    settings: SessionSettings,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The stored session, if the visitor has a living one.
    stored: Option<Stored>,
    /// What this request set and removed.
    changes: BTreeMap<String, Option<Value>>,
    /// The end that this request gave it.
    expiry: Option<Expiry>,
    /// What named it before this request gave it another identifier.
    renamed_from: Option<SessionToken>,
    /// What the answer must tell the browser.
    cookie: CookieChange,
    /// Why the session that the cookie names is not alive.
    ended: Option<EndReason>,
    /// Whether it was read without its values, and so is not saved.
    frozen: bool,
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

impl Expiry {
    /// After that many seconds of idle time; 0 is when the browser closes, as in Django.
    pub fn seconds(seconds: u32) -> Self {
        NonZeroU32::new(seconds).map_or(Self::BrowserClose, Self::Seconds)
    }
}

impl Session {
    /// A visitor without a session, at `now`.
    pub(crate) fn new(now: i64, settings: &SessionSettings) -> Self {
        Self { now, settings: settings.clone(), state: Mutex::default() }
    }

    /// Takes up what the cookie named and was found alive.
    pub(crate) fn resumed(self, token: SessionToken, record: SessionRecord) -> Self {
        self.state().stored = Some(Stored { token, record });
        self
    }

    /// The same for a request that only ends sessions: what is in it was not read, and is not saved.
    pub(crate) fn frozen(self) -> Self {
        self.state().frozen = true;
        self
    }

    /// The session of a visitor whose cookie names none that lives. The cookie is taken back.
    pub(crate) fn dead(self, why: EndReason) -> Self {
        *self.state() = State { cookie: CookieChange::Delete, ended: Some(why), ..State::default() };
        self
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

    /// The value of `key`; if there is none, or none that is a `T`, `value` is set and given (Django's `setdefault`).
    ///
    /// # Errors
    /// When the value cannot be expressed in JSON.
    pub fn get_or_set<T: DeserializeOwned + Serialize>(&self, key: &str, value: T) -> Result<T> {
        if let Some(present) = self.get(key) {
            return Ok(present);
        }
        self.set(key, &value)?;
        Ok(value)
    }

    /// The keys that have a value.
    pub fn keys(&self) -> Vec<String> {
        let state = self.state();
        let stored = state.stored.iter().flat_map(|stored| stored.record.data.keys());
        let all: BTreeSet<&String> = stored.chain(state.changes.keys()).collect();
        all.into_iter().filter(|key| state.value(key).is_some()).cloned().collect()
    }

    /// Removes every value. Whoever is signed in stays so (Django's `clear`).
    pub fn clear(&self) {
        for key in self.keys() {
            self.remove(&key);
        }
    }

    /// Whether this request has changed it (Django's `modified`).
    pub fn is_modified(&self) -> bool {
        let state = self.state();
        !state.changes.is_empty() || state.expiry.is_some() || state.renamed_from.is_some()
    }

    /// Whether there is no session, and nothing that would make one (Django's `is_empty`).
    pub fn is_empty(&self) -> bool {
        let state = self.state();
        state.stored.is_none() && state.changes.values().all(Option::is_none)
    }

    /// Gives it another end, from this request on. A visitor without a session still gets none by it.
    pub fn set_expiry(&self, expiry: Expiry) {
        self.state().expiry = Some(expiry);
    }

    /// Seconds until it ends unless somebody comes (Django's `get_expiry_age`).
    pub fn get_expiry_age(&self) -> i64 {
        let state = self.state();
        let visitor = || {
            let origin = Origin { now: self.now, millis: 0, address: "", user_agent: "", is_admin_host: false };
            SessionRecord::of_visitor(&origin, &self.settings)
        };
        let mut record = state.stored.as_ref().map_or_else(visitor, |stored| stored.record.clone());
        if let Some(expiry) = state.expiry {
            record.set_expiry(expiry, self.now, &self.settings);
        }
        (record.times.ends_at - self.now).max(0)
    }

    /// When it ends unless somebody comes (Django's `get_expiry_date`).
    pub fn get_expiry_date(&self) -> Timestamp {
        Timestamp::from_second(self.now + self.get_expiry_age()).unwrap_or_default()
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
        let token = state.renamed_from.as_ref().or(state.stored.as_ref().map(|stored| &stored.token));
        token.map(SessionToken::key)
    }

    /// When its user last proved who they are, epoch seconds, at the administration's own host or at the site's; `None` of a
    /// visitor, and of who has proven it at the other one: a cookie that was stolen here says nothing there. It is none of
    /// the values, so that no handler sets it.
    pub(crate) fn authenticated_at(&self, is_admin_host: bool) -> Option<i64> {
        let state = self.state();
        let stored = state.stored.as_ref().filter(|stored| stored.token.user().is_some());
        let record =
            stored.map(|stored| &stored.record).filter(|record| record.authenticated_at_admin == is_admin_host);
        record.map(SessionRecord::authenticated_at)
    }

    /// Why the session that the cookie names is not alive, if it names one.
    pub(crate) fn ended(&self) -> Option<EndReason> {
        self.state().ended
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
        state.renamed_from.get_or_insert(before);
    }

    /// The same because its user has proven at `now` who they are. One without the other would not be kept: a save of what
    /// is in a session leaves alone what it is.
    pub(crate) fn rename_proven(&self, token: SessionToken, now: i64, is_admin_host: bool) {
        self.rename(token);
        if let Some(stored) = &mut self.state().stored {
            stored.record.prove(now, is_admin_host);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Rng, SystemRng};

    const SETTINGS: SessionSettings = SessionSettings::sample();

    fn origin(now: i64) -> Origin<'static> {
        Origin { now, millis: now * 1_000, address: "192.0.2.1", user_agent: "test", is_admin_host: false }
    }

    fn token() -> SessionToken {
        SessionToken::new(None, &SystemRng as &dyn Rng)
    }

    fn resumed() -> Session {
        Session::new(10, &SETTINGS).resumed(token(), SessionRecord::of_visitor(&origin(0), &SETTINGS))
    }

    fn finish(session: &Session, now: i64) -> Option<Save> {
        session.finish(&origin(now), false, token)
    }

    #[test]
    fn a_visitor_who_stores_nothing_has_no_row() {
        let session = Session::new(0, &SETTINGS);
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
        assert_eq!(session.get_expiry_age(), 2_390);
        session.set_expiry(Expiry::BrowserClose);
        assert_eq!((session.get_expiry_age(), session.get_expiry_date().as_second()), (240, 250));
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
        let from = from.key();
        assert_eq!((from.digest == to.digest, &from, record.data["a"].clone()), (false, &before, 1.into()));
    }

    #[test]
    fn a_session_that_could_not_be_renamed_keeps_its_name() {
        let session = resumed();
        let before = session.key().unwrap();
        session.rename(token());
        let Some(Save::Rename { from, .. }) = finish(&session, 10) else { panic!() };
        session.not_saved(Some(from));
        assert_eq!(session.key().unwrap(), before);
        assert!(matches!(session.cookie_change(), CookieChange::Keep));
    }

    #[test]
    fn everything_in_it_goes_at_once_and_whoever_is_signed_in_stays() {
        let session = resumed();
        session.set("b", 1).unwrap();
        session.set("a", 1).unwrap();
        assert_eq!(session.keys(), ["a", "b"]);
        assert_eq!(session.get_or_set("a", 2).unwrap(), 1);
        session.clear();
        assert_eq!(session.keys(), Vec::<String>::new());
        assert_eq!(session.get_or_set("a", 2).unwrap(), 2);
        assert!(session.key().is_some());
    }

    #[test]
    fn no_seconds_are_until_the_browser_closes() {
        assert_eq!(Expiry::seconds(0), Expiry::BrowserClose);
        assert_eq!(Expiry::seconds(60), Expiry::Seconds(NonZeroU32::new(60).unwrap()));
    }

    #[test]
    fn a_visitor_without_a_session_has_nothing_to_rename() {
        let session = Session::new(0, &SETTINGS);
        session.rename(token());
        assert!(finish(&session, 0).is_none());
    }
}
