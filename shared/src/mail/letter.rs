//! What a mail is about, as the outbox holds it: facts and no secret. A link's secret is derived when the mail is
//! written (`accounts::tokens`), so that no table and no stream ever holds a live link.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::accounts::{Email, UserId};
use crate::i18n::Language;

/// A mail that will be sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Promise {
    /// Its identifier, and that of the link in it: a UUID of version 7.
    pub id: Uuid,
    /// What it is about.
    pub letter: Letter,
    /// The language in which its cause was asked for.
    pub language: Language,
    /// When it was promised.
    pub created_at: Timestamp,
}

impl Promise {
    /// How long one is kept that cannot be sent, seconds: as long as its dead letter, 14 days. Then nobody will send it, and
    /// what it is about is nobody's business any more.
    pub const KEPT: i64 = 14 * 86_400;
}

/// What a mail is about.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Letter {
    /// Confirm the address of the account: after a sign-up, or asked for again.
    ConfirmEmail {
        /// Whose address.
        user: UserId,
        /// The address to confirm; nothing is sent when it is no longer the account's.
        email: Email,
    },
    /// The same after a log-in that was refused, where addresses must be proven: of the account whose address is not, and
    /// whose password was right; of nobody otherwise. It is promised for both, and nobody gets no mail.
    ConfirmAgain {
        /// Whose address.
        user: Option<UserId>,
    },
    /// Somebody signed up with an address that has an account: its owner is told, at the stored address.
    AccountExists {
        /// The address as it was typed.
        email: Email,
    },
    /// Somebody asked for a new password. Whether there is such an account is decided by the mailer.
    ResetPassword {
        /// The address as it was typed; the mail goes to the stored one.
        email: Email,
    },
    /// The password was changed or reset.
    PasswordChanged {
        /// Whose.
        user: UserId,
        /// By whom it seems; nobody, where an administrator did it from the command line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client: Option<Client>,
    },
    /// Confirm a new address, at the new address.
    ChangeEmail {
        /// Whose.
        user: UserId,
        /// The present address: the link is good while it is still the account's.
        old: Email,
        /// The new one.
        new: Email,
        /// The epoch of the account's sessions: whoever asked is nobody once they were all ended, by a new password or the
        /// way back from an earlier change.
        epoch: u64,
    },
    /// The address was changed: told at the old address, with a link that takes it back if it was proven.
    EmailChanged {
        /// Whose.
        user: UserId,
        /// The address that was replaced.
        old: Email,
        /// The address that replaced it.
        new: Email,
        /// Whether the account's owner had proven the old one. If not it may be a stranger's, mistyped: it is told that
        /// the account has left it, and no more, least of all a way into the account.
        proven: bool,
        /// By whom it seems.
        client: Client,
    },
    /// Somebody logged in from a device that the account did not know.
    NewDevice {
        /// Whose account.
        user: UserId,
        /// From where it seems.
        client: Client,
    },
    /// The account is deleted.
    AccountDeleted {
        /// The address that it had.
        email: Email,
        /// What to call its owner, if they had proven the address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
}

impl Letter {
    /// Its name in templates and texts, as `reset_password`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ConfirmEmail { .. } | Self::ConfirmAgain { .. } => "confirm_email",
            Self::AccountExists { .. } => "account_exists",
            Self::ResetPassword { .. } => "reset_password",
            Self::PasswordChanged { .. } => "password_changed",
            Self::ChangeEmail { .. } => "change_email",
            Self::EmailChanged { proven: true, .. } => "email_changed",
            Self::EmailChanged { .. } => "email_replaced",
            Self::NewDevice { .. } => "new_device",
            Self::AccountDeleted { .. } => "account_deleted",
        }
    }
}

/// Where a request came from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Client {
    /// The address.
    pub address: String,
    /// What the browser calls itself.
    pub user_agent: String,
}
