//! Links that permit one thing once. A link is `<id>.<secret>`; the secret is HMAC(`SECRET_KEY`, purpose, id), made by
//! the mailer and stored nowhere. What the link permits stands in the table of sessions, bound to what was true when it
//! was made: the address, and for a reset the password.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Email, PasswordHash, User, UserId};
use crate::secret::{self, Secret, SecretKeys};

/// What a link permits. A link for one purpose is good for no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To set a new password.
    ResetPassword,
    /// To confirm the account's address.
    ConfirmEmail,
    /// To make a new address the account's.
    ChangeEmail,
    /// To take a change of address back.
    UndoEmailChange,
}

impl Purpose {
    /// The sort key of its tokens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ResetPassword => "RESET_PASSWORD",
            Self::ConfirmEmail => "CONFIRM_EMAIL",
            Self::ChangeEmail => "CHANGE_EMAIL",
            Self::UndoEmailChange => "UNDO_EMAIL_CHANGE",
        }
    }

    /// Where a visitor's session keeps the link that was opened.
    pub(super) fn session_key(self) -> &'static str {
        match self {
            Self::ResetPassword => "link_reset_password",
            Self::ConfirmEmail => "link_confirm_email",
            Self::ChangeEmail => "link_change_email",
            Self::UndoEmailChange => "link_undo_email_change",
        }
    }

    fn signs(self) -> secret::Purpose {
        match self {
            Self::ResetPassword => secret::Purpose::ResetPassword,
            Self::ConfirmEmail => secret::Purpose::ConfirmEmail,
            Self::ChangeEmail => secret::Purpose::ChangeEmail,
            Self::UndoEmailChange => secret::Purpose::UndoEmailChange,
        }
    }
}

/// The public half of a link: it finds the token, and opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkId(Uuid);

impl LinkId {
    /// The link in the mail with this identifier.
    pub fn new(mail: Uuid) -> Self {
        Self(mail)
    }
}

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// The text of a link's last segment.
pub fn link(keys: &SecretKeys, purpose: Purpose, id: LinkId) -> Secret {
    let signature = keys.sign(purpose.signs(), id.0.as_bytes());
    Secret::new(format!("{id}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// The identifier in a link that we made for this purpose. Whether it was used or has expired is the store's to say.
pub fn verify(keys: &SecretKeys, purpose: Purpose, text: &str) -> Option<LinkId> {
    let (id, signature) = text.split_once('.').filter(|_| text.len() <= 80)?;
    let id = Uuid::try_parse(id).ok().filter(|uuid| uuid.simple().to_string() == id)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    keys.verify(purpose.signs(), id.as_bytes(), &signature).then_some(LinkId(id))
}

/// What a link is good for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Grant {
    /// Whose account.
    pub user: UserId,
    /// The account's address when the link was made: the link is good while it still is. For
    /// [`Purpose::UndoEmailChange`] the address to go back to.
    pub email: Email,
    /// The address to change to, for [`Purpose::ChangeEmail`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_email: Option<Email>,
    /// The fingerprint of the password when the link was made, for [`Purpose::ResetPassword`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The epoch of the account's sessions when the link was asked for, for [`Purpose::ChangeEmail`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// When it was used, epoch seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<i64>,
    /// Until when it is good, epoch seconds.
    pub expires_at: i64,
}

impl Grant {
    /// What a link is bound to at least: the account, and its present address. Until when is still to be said.
    pub fn of(user: &User) -> Self {
        Self {
            user: user.id,
            email: user.email.clone(),
            new_email: None,
            password: None,
            epoch: None,
            used_at: None,
            expires_at: 0,
        }
    }

    /// Whether it can still be used at `now` (epoch seconds).
    pub fn is_good(&self, now: i64) -> bool {
        self.used_at.is_none() && self.expires_at > now
    }
}

/// What binds a link to a password without telling anything about it.
pub fn fingerprint(keys: &SecretKeys, hash: &PasswordHash) -> String {
    URL_SAFE_NO_PAD.encode(keys.sign(secret::Purpose::PasswordFingerprint, hash.as_str().as_bytes()))
}

/// Whether `text` is the fingerprint of this password, made by the present key or by one before it.
pub fn is_fingerprint(keys: &SecretKeys, hash: &PasswordHash, text: &str) -> bool {
    let signature = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
    keys.verify(secret::Purpose::PasswordFingerprint, hash.as_str().as_bytes(), &signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_good_for_its_purpose_and_its_key_alone() {
        let keys = SecretKeys::new(Secret::new("a".repeat(32)), Vec::new());
        let id = LinkId(Uuid::from_u128(7));
        let text = link(&keys, Purpose::ResetPassword, id);
        assert_eq!(verify(&keys, Purpose::ResetPassword, text.expose()), Some(id));
        assert_eq!(verify(&keys, Purpose::ConfirmEmail, text.expose()), None);
        let others = SecretKeys::new(Secret::new("b".repeat(32)), Vec::new());
        assert_eq!(verify(&others, Purpose::ResetPassword, text.expose()), None);
        for bad in ["", ".", "x.y", &text.expose()[1..], &text.expose().to_uppercase(), &format!("{}=", text.expose())]
        {
            assert_eq!(verify(&keys, Purpose::ResetPassword, bad), None, "{bad}");
        }
    }
}
