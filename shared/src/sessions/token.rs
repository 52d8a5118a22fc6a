//! The session cookie's value: `<user id or empty>.<secret>`. The id lets one call read session and user together;
//! the secret is 256 bits, of which only the digest is stored.

use std::fmt;

use crate::accounts::UserId;
use crate::rng::Rng;
use crate::secret::{Secret, digest};

/// What a browser holds.
#[derive(Clone)]
pub struct SessionToken {
    user: Option<UserId>,
    secret: Secret,
}

/// What the store holds in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionKey {
    /// Whose session it is said to be; the store has the last word.
    pub user: Option<UserId>,
    /// SHA-256 of the secret, hexadecimal.
    pub digest: String,
}

impl SessionKey {
    /// How many characters of the digest name a session: 128 bits.
    pub const ID_LENGTH: usize = 32;

    /// How it is called among a user's own: the beginning of the digest, which opens nothing.
    pub fn handle(&self) -> &str {
        self.digest.get(..Self::ID_LENGTH).unwrap_or(&self.digest)
    }

    /// How it is called in the log and by administrators: `<user id or empty>.<handle>`.
    pub fn id(&self) -> String {
        format!("{}.{}", self.user.map(|id| id.to_string()).unwrap_or_default(), self.handle())
    }

    /// Reads what [`Self::id`] writes, or a handle alone: whose, and the handle.
    pub fn parse_id(text: &str) -> Option<(Option<UserId>, &str)> {
        let (user, handle) = text.split_once('.').unwrap_or(("", text));
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let sound = handle.len() == Self::ID_LENGTH && handle.bytes().all(hex);
        let user = if user.is_empty() { None } else { Some(UserId::parse(user)?) };
        sound.then_some((user, handle))
    }
}

/// Characters of the secret: 32 bytes in unpadded base64.
const SECRET_LENGTH: usize = 43;

impl SessionToken {
    /// A new token for a user, or for a visitor.
    pub fn new(user: Option<UserId>, rng: &dyn Rng) -> Self {
        Self { user, secret: Secret::new(rng.token()) }
    }

    /// Parses a cookie's value. Anything but the exact form is no token: no read is spent on it (CVE-2015-3982).
    pub fn parse(text: &str) -> Option<Self> {
        let (user, secret) = text.split_once('.')?;
        let user = match user {
            "" => None,
            id => Some(UserId::parse(id)?),
        };
        let base64 = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let sound = secret.len() == SECRET_LENGTH && secret.bytes().all(base64);
        sound.then(|| Self { user, secret: Secret::new(secret) })
    }

    /// Whose session it is said to be.
    pub fn user(&self) -> Option<UserId> {
        self.user
    }

    /// The key of the stored session.
    pub fn key(&self) -> SessionKey {
        SessionKey { user: self.user, digest: digest(self.secret.expose()) }
    }

    /// What a CSRF token is bound to: a signed-in session, and nothing before that, so that a page opened by a visitor
    /// stays good while preferences are set.
    pub fn csrf_binding(&self) -> String {
        if self.user.is_some() { self.key().digest } else { String::new() }
    }

    /// The cookie's value.
    pub fn to_cookie(&self) -> String {
        let user = self.user.map(|id| id.to_string()).unwrap_or_default();
        format!("{user}.{}", self.secret.expose())
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionToken").field("user", &self.user).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;

    #[test]
    fn a_token_reads_back_and_nothing_else_reads() {
        let token = SessionToken::new(Some(UserId::nobody()), &SystemRng as &dyn Rng);
        let text = token.to_cookie();
        assert_eq!(SessionToken::parse(&text).unwrap().key(), token.key());
        for bad in [
            "",
            " ",
            ".",
            "\0",
            &text[1..],
            &text[..text.len() - 1],
            &text.replace('.', ""),
            &text.to_uppercase(),
            &format!("{text}="),
        ] {
            assert!(SessionToken::parse(bad).is_none_or(|other| other.key() != token.key()), "{bad:?}");
        }
        assert!(SessionToken::parse("").is_none());
        assert!(SessionToken::parse(&".".repeat(20_000)).is_none());
    }

    #[test]
    fn twenty_thousand_tokens_have_no_repeats() {
        let rng = &SystemRng as &dyn Rng;
        let tokens: std::collections::HashSet<_> = (0..20_000).map(|_| rng.token()).collect();
        assert_eq!(tokens.len(), 20_000);
        assert!(tokens.iter().all(|token| token.len() == SECRET_LENGTH));
    }
}
