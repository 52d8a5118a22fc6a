//! What a count is about: a kind, and the digest of whose it is. No address and no name stands in a key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Action, Network};
use crate::accounts::{Identifier, UserId};
use crate::secret::{Purpose, SecretKeys, digest};

/// The name of a counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    scope: &'static str,
    digest: String,
}

/// Which of its names somebody is called by: an account has at most one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Email,
    Username,
}

impl Name {
    /// What an identifier is. What can be nobody's name leads to no account.
    pub(super) fn of(identifier: Option<&Identifier>) -> Self {
        match identifier {
            Some(Identifier::Email(_)) => Self::Email,
            Some(Identifier::Username(_)) | None => Self::Username,
        }
    }
}

impl Counter {
    /// What was tried on an account, and the wrong passwords of it in all. By no secret key, so that whoever may set
    /// passwords can also clear it: an id says nothing about anybody.
    pub fn account(user: UserId) -> Self {
        Self { scope: "ACCOUNT", digest: digest(&format!("user {user}")) }
    }

    /// What was tried on an account from the devices that it knows, all together.
    pub(super) fn devices(user: UserId) -> Self {
        Self { scope: "DEVICES", digest: digest(&format!("user {user}")) }
    }

    /// The wrong passwords of an account by one of its names.
    pub(super) fn name_of(user: UserId, name: Name) -> Self {
        let name = match name {
            Name::Email => "email",
            Name::Username => "name",
        };
        Self { scope: "NAME", digest: digest(&format!("user {user} {name}")) }
    }

    /// Every counter by which strangers are kept from an account, wherever they are.
    pub(super) fn all_of(user: UserId) -> [Self; 3] {
        [Self::account(user), Self::name_of(user, Name::Email), Self::name_of(user, Name::Username)]
    }

    /// The wrong passwords of a name that is no account's.
    pub(super) fn name(keys: &SecretKeys, name: &str) -> Self {
        Self::keyed("NAME", keys, name)
    }

    /// What was tried on a name that is no account's, kept as if it were.
    pub(super) fn nobody(keys: &SecretKeys, name: &str) -> Self {
        Self::keyed("ACCOUNT", keys, name)
    }

    /// The wrong passwords from a network, whatever the account.
    pub(super) fn network(keys: &SecretKeys, network: &Network) -> Self {
        Self::keyed("NETWORK", keys, &network.to_string())
    }

    /// The wrong passwords for a name from one network.
    pub(super) fn pair(keys: &SecretKeys, network: &Network, name: &str) -> Self {
        Self::keyed("PAIR", keys, &format!("{network}\n{name}"))
    }

    /// The mails to an account that tell of a new device.
    pub(super) fn new_device_mail(user: UserId) -> Self {
        Self { scope: "NEW_DEVICE_MAIL", digest: digest(&format!("user {user}")) }
    }

    /// The wrong passwords of an account from a device that it knows, since the sessions of this epoch.
    pub(super) fn device(keys: &SecretKeys, user: UserId, device: &str, epoch: u64) -> Self {
        Self::keyed("DEVICE", keys, &format!("{user} {epoch} {device}"))
    }

    /// What a network asked for.
    pub(super) fn asked_from(keys: &SecretKeys, action: Action, network: &Network) -> Self {
        Self::keyed(action.scopes().0, keys, &network.to_string())
    }

    /// What was asked for a subject.
    pub(super) fn asked_for(keys: &SecretKeys, action: Action, subject: &str) -> Self {
        Self::keyed(action.scopes().1, keys, subject)
    }

    /// An address has few enough values to try them all against a plain digest, so a key of ours goes into it.
    fn keyed(scope: &'static str, keys: &SecretKeys, text: &str) -> Self {
        let signature = keys.sign(Purpose::Throttle, format!("{scope} {text}").as_bytes());
        Self { scope, digest: digest(&URL_SAFE_NO_PAD.encode(signature)) }
    }

    /// What is counted.
    pub fn scope(&self) -> &'static str {
        self.scope
    }

    /// Whose it is.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}
