//! A session as it is kept: what it holds, when and from where it began, how long it lives, why it ended.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{EndReason, Expiry};
use crate::accounts::Remember;
use crate::config::SessionSettings;

/// A session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// What the site keeps for the visitor, a value a key.
    #[serde(default)]
    pub data: Map<String, Value>,
    /// The user's `session_epoch` at log-in; 0 for a visitor.
    #[serde(default)]
    pub epoch: u64,
    /// The backend that said who this is, as `AUTHENTICATION_BACKENDS` names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<String>,
    /// Whether the visitor asked to be kept logged in.
    #[serde(default)]
    pub remembered: bool,
    /// When its user last proved in it who they are, epoch seconds. `None` of a visitor, and of a session that began before
    /// this was kept: [`Self::authenticated_at`] answers for both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authenticated_at: Option<i64>,
    /// Whether that was at the administration's own host.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub authenticated_at_admin: bool,
    /// How long it lives.
    #[serde(flatten)]
    pub times: Times,
    /// When it began, milliseconds of the epoch: which of those of one second is the older.
    #[serde(default)]
    pub created_ms: i64,
    /// The address it began from.
    #[serde(default)]
    pub ip: String,
    /// The browser it began from.
    #[serde(default)]
    pub user_agent: String,
    /// Why and when it was ended, if it was: what is left of it until TTL clears it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// Whether an engine has lost its values: it is there, and may be filled anew.
    #[serde(skip)]
    pub(crate) values_lost: bool,
}

/// The instants of a session, epoch seconds, all enforced by the server whatever a cookie says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// Whether the cookie outlives the browser.
    pub persistent: bool,
    /// Idle time allowed, seconds.
    pub lifetime: i64,
    /// When it began.
    pub created_at: i64,
    /// When it was last renewed.
    pub renewed_at: i64,
    /// When it ends unless it is renewed.
    pub ends_at: i64,
    /// When it ends however busy it is.
    pub absolute_at: i64,
    /// When its item may be deleted (the TTL attribute): of a user's session some days later, so that somebody who asks
    /// why they are logged out can be told.
    pub expires_at: i64,
}

/// The end of a session before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Why.
    pub why: EndReason,
    /// When, epoch seconds.
    pub at: i64,
}

/// What a request changed in its session.
#[derive(Debug, Default, Clone)]
pub struct SessionChanges {
    /// New values; `None` removes the key.
    pub data: BTreeMap<String, Option<Value>>,
    /// Its new instants, when it was renewed or was given another end.
    pub times: Option<Times>,
    /// If it was only renewed, when it had been renewed before: of requests at the same time one renews it, and another
    /// end that it was given meanwhile stays.
    pub renewed_from: Option<i64>,
}

impl SessionChanges {
    /// Whether there is nothing to save.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty() && self.times.is_none()
    }
}

/// When and from where a session begins.
#[derive(Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) now: i64,
    /// The same in milliseconds.
    pub(crate) millis: i64,
    pub(crate) address: &'a str,
    pub(crate) user_agent: &'a str,
    /// Whether at the administration's own host.
    pub(crate) is_admin_host: bool,
}

impl SessionRecord {
    /// A visitor's session.
    pub(crate) fn of_visitor(origin: &Origin<'_>, settings: &SessionSettings) -> Self {
        Self::begin(origin, settings, true, 0)
    }

    /// A user's session of this epoch.
    pub(crate) fn of_user(origin: &Origin<'_>, settings: &SessionSettings, remember: Remember, epoch: u64) -> Self {
        let record = Self::begin(origin, settings, remember == Remember::Yes, settings.ended_age);
        let mut record = Self { epoch, ..record };
        record.prove(origin.now, origin.is_admin_host);
        record
    }

    /// A session as a cookie carries it.
    pub(crate) fn carried(data: Map<String, Value>, times: Times) -> Self {
        Self {
            data,
            epoch: 0,
            backend: None,
            remembered: times.persistent,
            authenticated_at: None,
            authenticated_at_admin: false,
            times,
            created_ms: 0,
            ip: String::new(),
            user_agent: String::new(),
            ended: None,
            values_lost: false,
        }
    }

    fn begin(origin: &Origin<'_>, settings: &SessionSettings, persistent: bool, kept: i64) -> Self {
        let mut times = Times {
            persistent,
            lifetime: settings.lifetime(persistent),
            created_at: origin.now,
            renewed_at: origin.now,
            ends_at: 0,
            absolute_at: origin.now + settings.absolute,
            expires_at: kept,
        };
        times.renew(origin.now);
        Self {
            data: Map::new(),
            epoch: 0,
            backend: None,
            remembered: persistent,
            authenticated_at: None,
            authenticated_at_admin: false,
            times,
            created_ms: origin.millis,
            ip: origin.address.to_owned(),
            user_agent: origin.user_agent.chars().take(256).collect(),
            ended: None,
            values_lost: false,
        }
    }

    /// Notes that its user has proven at `now` who they are, at the administration's host or at the site's.
    pub(crate) fn prove(&mut self, now: i64, is_admin_host: bool) {
        (self.authenticated_at, self.authenticated_at_admin) = (Some(now), is_admin_host);
    }

    /// When its user last proved in it who they are, epoch seconds: at its beginning, as far as is known. A renewal proves
    /// nothing.
    pub fn authenticated_at(&self) -> i64 {
        self.authenticated_at.unwrap_or(self.times.created_at)
    }

    /// Why it is dead at `now`, apart from what its user says about it. Expired means refused, whatever TTL has deleted
    /// by then.
    pub fn is_over(&self, now: i64) -> Option<EndReason> {
        match self.ended {
            Some(ended) => Some(ended.why),
            None if self.times.ends_at.min(self.times.absolute_at) > now => None,
            // The end that came first.
            None if self.times.ends_at < self.times.absolute_at => Some(EndReason::Idle),
            None => Some(EndReason::AbsoluteAge),
        }
    }

    /// Sets and removes values.
    pub(crate) fn merge(&mut self, changes: &BTreeMap<String, Option<Value>>) {
        for (key, value) in changes {
            match value {
                Some(value) => self.data.insert(key.clone(), value.clone()),
                None => self.data.remove(key),
            };
        }
    }

    /// The same without its values: what stands in the table where an engine keeps them elsewhere.
    pub(crate) fn without_data(&self) -> Self {
        Self { data: Map::new(), ..self.clone() }
    }

    /// Gives it another end (Django's `set_expiry`), from `now` on, never past the absolute cap.
    pub(crate) fn set_expiry(&mut self, expiry: Expiry, now: i64, settings: &SessionSettings) {
        let cap = self.times.created_at + settings.absolute;
        let (persistent, lifetime, absolute_at) = match expiry {
            Expiry::Default => (self.remembered, settings.lifetime(self.remembered), cap),
            Expiry::BrowserClose => (false, settings.browser, cap),
            Expiry::Seconds(seconds) => (true, i64::from(seconds.get()), cap),
            // What ends at an instant is not renewed: the cap is brought forward.
            Expiry::At(instant) => (true, settings.absolute, cap.min(instant.as_second())),
        };
        self.times = Times { persistent, lifetime, absolute_at, ..self.times };
        self.times.renew(now);
    }
}

impl Times {
    /// Lets the idle time begin anew, never past the absolute end.
    fn renew(&mut self, now: i64) {
        // How much longer than the session its item is kept; at the beginning that is all there is.
        let kept = self.expires_at - self.ends_at;
        self.renewed_at = now;
        self.ends_at = self.absolute_at.min(now + self.lifetime);
        self.expires_at = self.ends_at + kept;
    }

    /// The next instants, when a renewal is due: at most once in a twenty-fourth of the lifetime, so that a busy session
    /// does not write with every request; or at every one, where `SESSION_SAVE_EVERY_REQUEST` says so.
    pub(crate) fn renewed(mut self, now: i64, every_request: bool) -> Option<Self> {
        let before = self.ends_at;
        let due = every_request || now - self.renewed_at >= (self.lifetime / 24).max(1);
        self.renew(now);
        (due && self.ends_at > before).then_some(self)
    }

    /// How long the browser is to keep the cookie at `now`: seconds, or until it closes.
    pub(crate) fn max_age(&self, now: i64) -> Option<i64> {
        self.persistent.then(|| self.ends_at - now)
    }

    /// The idle end as an instant.
    pub fn end(&self) -> Timestamp {
        Timestamp::from_second(self.ends_at).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    const SETTINGS: SessionSettings = SessionSettings::sample();

    fn record() -> SessionRecord {
        let origin = Origin { now: 0, millis: 0, address: "192.0.2.1", user_agent: "test", is_admin_host: false };
        SessionRecord::of_user(&origin, &SETTINGS, Remember::Yes, 1)
    }

    #[test]
    fn a_renewal_is_due_once_in_a_twenty_fourth_and_ends_at_the_cap() {
        let times = record().times;
        assert_eq!(times.renewed(99, false), None);
        let renewed = times.renewed(100, false).unwrap();
        assert_eq!((renewed.renewed_at, renewed.ends_at, renewed.expires_at), (100, 2_500, 2_500 + SETTINGS.ended_age));
        let late = Times { renewed_at: 3_000, ends_at: 4_000, ..times };
        assert_eq!(late.renewed(3_500, true), None);
        assert!(times.renewed(1, true).is_some(), "with every request, if that is the setting");
    }

    #[test]
    fn an_end_of_ones_own_is_kept_and_never_past_the_cap() {
        let mut record = record();
        let mut end = |expiry| {
            record.set_expiry(expiry, 10, &SETTINGS);
            (record.times.persistent, record.times.ends_at, record.times.absolute_at)
        };
        let at = |second| Expiry::At(Timestamp::from_second(second).unwrap());
        assert_eq!(end(Expiry::Seconds(NonZeroU32::new(60).unwrap())), (true, 70, 4_000));
        assert_eq!(end(Expiry::Seconds(NonZeroU32::MAX)), (true, 4_000, 4_000));
        assert_eq!(end(at(500)), (true, 500, 500));
        assert_eq!(end(at(9_000)), (true, 4_000, 4_000));
        assert_eq!(end(Expiry::BrowserClose), (false, 250, 4_000));
        assert_eq!(end(Expiry::Default), (true, 2_410, 4_000));
    }

    #[test]
    fn a_session_of_before_the_proof_was_kept_counts_as_proven_when_it_began() {
        let mut record = record();
        record.times.renew(100);
        record.authenticated_at = Some(50);
        let mut stored = serde_json::to_value(&record).unwrap();
        assert_eq!(serde_json::from_value::<SessionRecord>(stored.clone()).unwrap().authenticated_at(), 50);
        stored.as_object_mut().unwrap().remove("authenticated_at");
        assert_eq!(serde_json::from_value::<SessionRecord>(stored).unwrap().authenticated_at(), 0);
    }

    #[test]
    fn what_is_over_says_why() {
        let mut record = record();
        assert_eq!(record.is_over(2_399), None);
        assert_eq!(record.is_over(2_400), Some(EndReason::Idle));
        assert_eq!(record.is_over(4_000), Some(EndReason::Idle), "which came first");
        record.times.ends_at = 4_000;
        assert_eq!(record.is_over(4_000), Some(EndReason::AbsoluteAge));
        record.ended = Some(Ended { why: EndReason::LoggedOut, at: 1 });
        assert_eq!(record.is_over(0), Some(EndReason::LoggedOut));
    }
}
