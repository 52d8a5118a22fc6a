//! Messages that survive a redirect and are shown once: Django's messages, in a signed cookie, so that they need
//! neither a row nor the same instance. `docs/messages.md` says how they are used.

use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::error::Arg;
use crate::i18n::Language;
use crate::secret::{Purpose, SecretKeys};

/// How much a message matters (Django's levels), the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

impl Level {
    /// Parses the name of a level, as `MESSAGE_LEVEL` gives it.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_value(text.trim().to_ascii_lowercase().into()).ok()
    }
}

/// A message: the key of its text and the text's arguments, so that it is read in the language of the page that shows
/// it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    #[serde(rename = "l")]
    level: Level,
    #[serde(rename = "k")]
    key: String,
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    args: Vec<(String, Arg)>,
    #[serde(rename = "t", default, skip_serializing_if = "String::is_empty")]
    tags: String,
}

impl Message {
    /// A message by its text's key.
    pub fn new(level: Level, key: &str) -> Self {
        Self { level, key: key.to_owned(), args: Vec::new(), tags: String::new() }
    }

    /// Gives the text an argument: `{ $name }` in the locales. It is shown as text, whatever stands in it.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Arg>) -> Self {
        self.args.push((name.to_owned(), value.into()));
        self
    }

    /// Gives the page words to know it by (Django's `extra_tags`): classes of the element that shows it.
    #[must_use]
    pub fn tagged(mut self, tags: &str) -> Self {
        tags.clone_into(&mut self.tags);
        self
    }

    fn show(&self, language: Language) -> Shown {
        let args: Vec<_> = self.args.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        Shown { level: self.level, text: language.text(&self.key, &args), tags: self.tags.clone() }
    }
}

/// A message as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// How much it matters.
    pub level: Level,
    /// The text.
    pub text: String,
    /// Words to know it by.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tags: String,
}

/// The messages of one request: those that came with it and those that it adds.
#[derive(Debug)]
pub struct Messages(Mutex<State>);

#[derive(Debug)]
struct State {
    /// The least that is kept.
    level: Level,
    /// Those that came with the request.
    waiting: Vec<Message>,
    /// Those that the request has added since it last showed any.
    added: Vec<Message>,
    /// Whether those that came were shown.
    shown: bool,
    /// Whether those that came were another's, and are shown to nobody.
    forgotten: bool,
    /// Whether there was a cookie.
    came: bool,
    /// Whose the cookie is, if today's key has signed it: for them it can stay as it is.
    signed_for: Option<String>,
}

/// What the answer does to the cookie.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Keep,
    Set(String),
    Delete,
}

/// The most characters of the cookie's value, as in Django's `CookieStorage`: half of what browsers keep, so that all
/// cookies of the site together fit into the headers that a gateway takes.
const MOST: usize = 2_048;

impl Messages {
    /// Takes up a cookie's value. `owner` is what the browser's session is bound to: a cookie that was written under
    /// another session is not shown in this one. What we did not sign is ignored.
    pub(crate) fn parse(cookie: Option<&str>, keys: &SecretKeys, owner: &str, level: Level) -> Self {
        let read = cookie.filter(|text| text.len() <= MOST).and_then(|text| decode(text, keys, owner));
        let (waiting, current) = read.unwrap_or_default();
        Self(Mutex::new(State {
            level,
            waiting,
            added: Vec::new(),
            shown: false,
            forgotten: false,
            came: cookie.is_some(),
            signed_for: current.then(|| owner.to_owned()),
        }))
    }

    /// Adds a message, unless it matters less than `MESSAGE_LEVEL` says.
    pub fn add(&self, message: Message) {
        let mut state = self.state();
        if message.level >= state.level {
            state.added.push(message);
        }
    }

    /// For developers.
    pub fn debug(&self, key: &str) {
        self.add(Message::new(Level::Debug, key));
    }

    /// For information.
    pub fn info(&self, key: &str) {
        self.add(Message::new(Level::Info, key));
    }

    /// Something was done.
    pub fn success(&self, key: &str) {
        self.add(Message::new(Level::Success, key));
    }

    /// Something needs attention.
    pub fn warning(&self, key: &str) {
        self.add(Message::new(Level::Warning, key));
    }

    /// Something was not done.
    pub fn error(&self, key: &str) {
        self.add(Message::new(Level::Error, key));
    }

    /// From now on this request keeps messages that matter this much, whatever the setting says (Django's `set_level`).
    pub fn set_level(&self, level: Level) {
        self.state().level = level;
    }

    /// Takes back what this request added: it did not do what it says. What came was not shown by the answer that is
    /// thrown away, and waits again.
    pub(crate) fn retract(&self) {
        let mut state = self.state();
        state.added.clear();
        state.shown = false;
    }

    /// Forgets what came with the request: the session that it came in is over, and who comes next is another.
    pub(crate) fn forget(&self) {
        let mut state = self.state();
        state.waiting.clear();
        state.forgotten = true;
    }

    /// Whether a page would show none.
    pub(crate) fn is_empty(&self) -> bool {
        let state = self.state();
        state.added.is_empty() && (state.shown || state.waiting.is_empty())
    }

    /// What a page would show now.
    pub(crate) fn peek(&self, language: Language) -> Vec<Shown> {
        let state = self.state();
        let waiting = if state.shown { &[] } else { &*state.waiting };
        waiting.iter().chain(&state.added).map(|message| message.show(language)).collect()
    }

    /// Hands them out to a page: afterwards they have been shown.
    pub(crate) fn take(&self, language: Language) -> Vec<Shown> {
        let shown = self.peek(language);
        let mut state = self.state();
        state.added.clear();
        state.shown = true;
        shown
    }

    /// What the answer does to the cookie of a browser that is `owner` from now on.
    pub(crate) fn change(&self, keys: &SecretKeys, owner: &str) -> Change {
        let state = self.state();
        let waiting = if state.shown { &[] } else { &*state.waiting };
        let untouched = !state.shown && !state.forgotten && state.added.is_empty();
        // What could not be read goes with the next page, as if it had been shown.
        let as_it_is = waiting.is_empty() || state.signed_for.as_deref() == Some(owner);
        if untouched && as_it_is {
            return Change::Keep;
        }
        let queue: Vec<_> = waiting.iter().chain(&state.added).collect();
        match encode(&queue, keys, owner) {
            Some(cookie) => Change::Set(cookie),
            None if state.came => Change::Delete,
            None => Change::Keep,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the cookie: the signature, and as many of the newest messages as fit. `None` when there is nothing to write.
fn encode(queue: &[&Message], keys: &SecretKeys, owner: &str) -> Option<String> {
    let mut cookies = (0..queue.len()).map(|oldest| {
        let json = serde_json::to_vec(&queue[oldest..]).unwrap_or_default();
        let mut bytes = keys.sign(Purpose::Messages, &signed(owner, &json)).to_vec();
        bytes.extend(json);
        (oldest, URL_SAFE_NO_PAD.encode(bytes))
    });
    let fitting = cookies.find(|(_, cookie)| cookie.len() <= MOST);
    let dropped = fitting.as_ref().map_or(queue.len(), |(oldest, _)| *oldest);
    if dropped > 0 {
        tracing::warn!(dropped, "more messages were waiting than fit into a cookie");
    }
    fitting.map(|(_, cookie)| cookie)
}

/// Reads the cookie: the messages, and whether the key that signs today has signed them.
fn decode(text: &str, keys: &SecretKeys, owner: &str) -> Option<(Vec<Message>, bool)> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (signature, json) = bytes.split_at_checked(32)?;
    let signed = signed(owner, json);
    if !keys.verify(Purpose::Messages, &signed, signature) {
        return None;
    }
    let current = keys.is_current(Purpose::Messages, &signed, signature);
    serde_json::from_slice(json).ok().map(|messages| (messages, current))
}

/// What is signed: whose it is, and what it says. An owner has no NUL in it, so neither can be read as the other.
fn signed(owner: &str, json: &[u8]) -> Vec<u8> {
    [owner.as_bytes(), b"\0", json].concat()
}

#[cfg(test)]
mod tests;
