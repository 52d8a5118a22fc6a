//! Messages that survive a redirect and are shown once: Django's messages, in a signed cookie, so that they need
//! neither a row nor the same instance.

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::i18n::Language;
use crate::secret::{Purpose, SecretKeys};

/// How much a message matters (Django's levels).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// For developers.
    Debug,
    /// For information.
    Info,
    /// Something was done.
    Success,
    /// Something needs attention.
    Warning,
    /// Something was not done.
    Error,
}

/// A message: the key of its text, so that it is read in the language of the page that shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Message(Level, String);

/// A message as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// How much it matters.
    pub level: Level,
    /// The text.
    pub text: String,
}

/// The messages of one request: those that came with it and those that it adds.
#[derive(Debug)]
pub struct Messages(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Whether there will be a page to show them.
    kept: bool,
    queue: Vec<Message>,
    /// How many of the queue came with the request.
    waited: usize,
    came: bool,
    changed: bool,
}

/// What the answer does to the cookie.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Keep,
    Set(String),
    Delete,
}

/// The most messages that wait: more would not be read, and must fit into a cookie.
const MOST: usize = 10;

impl Messages {
    /// Takes up a cookie's value; what we did not sign is ignored. Where no page will show them (`kept` is false: a
    /// program reads its answer instead) messages are not kept.
    pub(crate) fn parse(cookie: Option<&str>, keys: &SecretKeys, kept: bool) -> Self {
        let queue = cookie.and_then(|text| decode(text, keys)).unwrap_or_default();
        Self(Mutex::new(State { kept, waited: queue.len(), queue, came: cookie.is_some(), changed: false }))
    }

    /// Adds a message by its text's key.
    pub fn add(&self, level: Level, key: &str) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.kept && state.queue.len() < MOST {
            state.queue.push(Message(level, key.to_owned()));
            state.changed = true;
        }
    }

    /// Something was done.
    pub fn success(&self, key: &str) {
        self.add(Level::Success, key);
    }

    /// For information.
    pub fn info(&self, key: &str) {
        self.add(Level::Info, key);
    }

    /// Something needs attention.
    pub fn warning(&self, key: &str) {
        self.add(Level::Warning, key);
    }

    /// Something was not done.
    pub fn error(&self, key: &str) {
        self.add(Level::Error, key);
    }

    /// Takes back what this request added: it did not do what it says.
    pub(crate) fn retract(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = state.waited;
        state.queue.truncate(waited);
    }

    /// Hands them out to a page: afterwards they have been shown.
    pub(crate) fn take(&self, language: Language) -> Vec<Shown> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (state.changed, state.waited) = (true, 0);
        let show = |Message(level, key): Message| Shown { level, text: language.text(&key, &[]) };
        std::mem::take(&mut state.queue).into_iter().map(show).collect()
    }

    /// What the answer does to the cookie.
    pub(crate) fn change(&self, keys: &SecretKeys) -> Change {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (state.changed, state.queue.is_empty(), state.came) {
            (true, false, _) => Change::Set(encode(&state.queue, keys)),
            (true, true, true) => Change::Delete,
            _ => Change::Keep,
        }
    }
}

fn encode(queue: &[Message], keys: &SecretKeys) -> String {
    let json = serde_json::to_vec(queue).unwrap_or_default();
    let mut bytes = keys.sign(Purpose::Messages, &json).to_vec();
    bytes.extend(json);
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &str, keys: &SecretKeys) -> Option<Vec<Message>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (signature, json) = bytes.split_at_checked(32)?;
    if !keys.verify(Purpose::Messages, json, signature) {
        return None;
    }
    serde_json::from_slice(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn a_message_survives_a_redirect_and_is_shown_once() {
        let keys = SecretKeys::new(Secret::new("k"), vec![]);
        let first = Messages::parse(None, &keys, true);
        first.success("login-done");
        let Change::Set(cookie) = first.change(&keys) else { panic!() };
        let second = Messages::parse(Some(&cookie), &keys, true);
        assert_eq!(second.change(&keys), Change::Keep);
        assert_eq!(second.take(Language::En).len(), 1);
        assert_eq!(second.change(&keys), Change::Delete);
    }

    #[test]
    fn what_a_failed_request_says_is_taken_back_and_what_waited_stays() {
        let keys = SecretKeys::new(Secret::new("k"), vec![]);
        let first = Messages::parse(None, &keys, true);
        first.info("login-done");
        let Change::Set(cookie) = first.change(&keys) else { panic!() };
        let second = Messages::parse(Some(&cookie), &keys, true);
        second.success("profile-saved");
        second.retract();
        assert_eq!(second.take(Language::En).len(), 1);
    }

    #[test]
    fn a_forged_message_is_not_shown() {
        let (ours, theirs) = (SecretKeys::new(Secret::new("k"), vec![]), SecretKeys::new(Secret::new("j"), vec![]));
        let forged = encode(&[Message(Level::Info, "x".into())], &theirs);
        assert!(Messages::parse(Some(&forged), &ours, true).take(Language::En).is_empty());
        assert!(Messages::parse(Some("AAAA"), &ours, true).take(Language::En).is_empty());
    }
}
