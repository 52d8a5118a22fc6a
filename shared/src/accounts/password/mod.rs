//! Passwords: what is typed, what is stored, what a new one must be.

mod accepted;
mod breaches;
mod django;
mod hasher;
mod price;
mod recipe;
mod stored;
pub mod validators;

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

pub use accepted::{Accepted, Algorithm};
pub use breaches::Breaches;
pub use hasher::{Costs, Hasher, Work};
pub use price::Price;
pub use recipe::{Cost, Kind};
pub use stored::Unreadable;
pub use validators::{OwnRule, Rule, Subject, Validators};

use crate::rng::Rng;
use crate::secret::Secret;

/// A password as somebody typed it, in NFC: the same characters typed on another keyboard are the same password.
/// That is the one change made to it (ASVS 6.2.8).
#[derive(Clone, Debug, Default)]
pub struct Password {
    nfc: Secret,
    /// As it was typed, where that is something else: Django has hashed it like this.
    typed: Option<Secret>,
}

impl Password {
    /// Takes what was typed.
    pub fn new(text: &str) -> Self {
        let nfc = text.nfc().collect::<String>();
        let typed = (nfc != text).then(|| Secret::new(text));
        Self { nfc: Secret::new(nfc), typed }
    }

    /// Its characters (Unicode code points).
    pub fn length(&self) -> usize {
        self.text().chars().count()
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.text().is_empty()
    }

    /// Whether both are the same, in constant time.
    pub fn same_as(&self, other: &Self) -> bool {
        self.nfc.same_as(&other.nfc)
    }

    /// The text, for a backend that has another system look at it. It must get into no log.
    pub fn expose(&self) -> &str {
        self.text()
    }

    fn text(&self) -> &str {
        self.nfc.expose()
    }

    fn bytes(&self) -> &[u8] {
        self.text().as_bytes()
    }

    /// What a hash of this kind may have been made of. Ours are of NFC; Django takes what was typed, which may have been
    /// the same characters in NFC on another keyboard.
    fn candidates(&self, kind: Kind) -> impl Iterator<Item = &[u8]> {
        let typed = self.typed.iter().filter(move |_| kind != Kind::Own);
        typed.chain([&self.nfc]).map(|secret| secret.expose().as_bytes())
    }
}

/// A stored hash: a PHC string of ours, one of Django's encodings, or Django's `!` where there is no password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a stored text as it is, from Django's `password` column for one. What cannot be read lets nobody in.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The hash of no password (Django's `set_unusable_password`): nobody logs in by it, and as it is random, nothing
    /// that was bound to another one is good for it.
    pub fn unusable(rng: &dyn Rng) -> Self {
        Self(format!("!{}", rng.token()))
    }

    /// Whether there is a password at all: Django's `has_usable_password`.
    pub fn is_usable(&self) -> bool {
        !self.0.is_empty() && !self.0.starts_with('!')
    }

    /// The text, for the store and for what is bound to it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;

    #[test]
    fn the_same_characters_typed_otherwise_are_the_same_password() {
        assert!(Password::new("e\u{301}t\u{e9}").same_as(&Password::new("\u{e9}te\u{301}")));
    }

    #[test]
    fn no_password_is_a_text_of_its_own() {
        let (one, two) = (PasswordHash::unusable(&SystemRng), PasswordHash::unusable(&SystemRng));
        assert!(one != two && !one.is_usable() && one.as_str().len() > 40);
        assert!(!PasswordHash::from_stored("").is_usable());
        assert!(PasswordHash::from_stored("pbkdf2_sha256$1$a$b").is_usable());
        assert_eq!(format!("{one:?}"), "[redacted]");
    }
}
