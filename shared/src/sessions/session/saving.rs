//! How the session of a request begins, goes on and is saved: what is to be written, and what the browser is told.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Session, State, Stored};
use crate::accounts::{Remember, User};
use crate::sessions::record::{Origin, SessionChanges, SessionRecord};
use crate::sessions::{SessionKey, SessionToken};

/// What the answer does to the session cookie.
#[derive(Debug, Default, Clone)]
pub(crate) enum CookieChange {
    /// Nothing.
    #[default]
    Keep,
    /// Sets it to name, or to carry, this session, as it is at this instant (epoch seconds).
    Set(Box<(SessionToken, SessionRecord, i64)>),
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
    /// When it was begun, epoch seconds.
    at: i64,
}

impl Begun {
    pub(in crate::sessions) fn token(&self) -> &SessionToken {
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
    Rename { from: SessionToken, to: SessionKey, record: SessionRecord },
}

impl Session {
    /// Prepares the session of a log-in: new identifier, and an anonymous visitor's values. Another user's values are
    /// left behind (CVE-2014-0482).
    pub(crate) fn begin(&self, user: &User, remember: Remember, token: SessionToken, origin: &Origin<'_>) -> Begun {
        let state = self.state();
        let mut record = SessionRecord::of_user(origin, &self.settings, remember, user.session_epoch);
        let before = state.stored.as_ref();
        if before.is_none_or(|stored| stored.token.user().is_none_or(|id| id == user.id)) {
            if let Some(stored) = before {
                record.data.clone_from(&stored.record.data);
                record.backend.clone_from(&stored.record.backend);
            }
            record.merge(&state.changes);
        }
        drop(state);
        Begun { key: token.key(), record, replaces: self.key(), token, at: origin.now }
    }

    /// Prepares what comes after an end of all others: the same session, with everything in it and the same ends, under
    /// another identifier and in the next epoch. `None` without a session.
    pub(crate) fn go_on(&self, token: SessionToken, epoch: u64) -> Option<Begun> {
        let replaces = self.key();
        let state = self.state();
        let mut record = SessionRecord { epoch, ..state.stored.as_ref()?.record.clone() };
        record.merge(&state.changes);
        if let Some(expiry) = state.expiry {
            record.set_expiry(expiry, self.now, &self.settings);
        }
        drop(state);
        Some(Begun { key: token.key(), record, replaces, token, at: self.now })
    }

    /// The log-in's session is stored: this request goes on in it.
    pub(crate) fn adopt(&self, begun: Begun) {
        let stored = Stored { token: begun.token, record: begun.record };
        let cookie = stored.cookie(begun.at);
        *self.state() = State { stored: Some(stored), cookie, ..State::default() };
    }

    /// The session has ended: the rest of the request is nobody's.
    pub(crate) fn end(&self) {
        *self.state() = State { cookie: CookieChange::Delete, ..State::default() };
    }

    /// What the request must write, if anything; what the browser is told follows from it.
    pub(crate) fn finish(
        &self,
        origin: &Origin<'_>,
        cookie_carries: bool,
        new_token: impl FnOnce() -> SessionToken,
    ) -> Option<Save> {
        let settings = &self.settings;
        let mut guard = self.state();
        let state = &mut *guard;
        if state.frozen {
            return None;
        }
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
            state.cookie = stored.cookie(origin.now);
            return Some(Save::Create(stored.token.key(), stored.record.clone()));
        };
        stored.record.merge(&data);
        let renewed_from = expiry.is_none().then_some(stored.record.times.renewed_at);
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
        let changes = SessionChanges { data, times, renewed_from };
        if let Some(from) = state.renamed_from.take() {
            state.cookie = stored.cookie(origin.now);
            return Some(Save::Rename { from, to: stored.token.key(), record: stored.record.clone() });
        }
        if changes.is_empty() {
            return None;
        }
        if changes.times.is_some() || cookie_carries {
            state.cookie = stored.cookie(origin.now);
        }
        Some(Save::Update(stored.token.key(), stored.record.clone(), changes))
    }

    /// What the answer does to the cookie.
    pub(crate) fn cookie_change(&self) -> CookieChange {
        self.state().cookie.clone()
    }

    /// What was to be saved is not: the browser is told nothing of it, and a session that was to have another identifier
    /// goes on under the one before.
    pub(in crate::sessions) fn not_saved(&self, before: Option<SessionToken>) {
        let mut state = self.state();
        state.cookie = CookieChange::Keep;
        if let (Some(stored), Some(before)) = (&mut state.stored, before) {
            stored.token = before;
        }
    }

    /// The visitor's session is gone, and what this request wanted to keep begins another one.
    pub(in crate::sessions) fn begin_anew(&self, data: BTreeMap<String, Option<Value>>) {
        *self.state() = State { changes: data, cookie: CookieChange::Delete, ..State::default() };
    }
}

impl Stored {
    fn cookie(&self, now: i64) -> CookieChange {
        CookieChange::Set(Box::new((self.token.clone(), self.record.clone(), now)))
    }
}
