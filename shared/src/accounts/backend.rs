//! Who somebody is: backends, in the order of `AUTHENTICATION_BACKENDS` (Django's name, and its rules).
//!
//! Two are built in: a name is an address, or a user name, and the stored password decides. A site adds its own in
//! [`crate::site`].

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Identifier, Password, UserId};
use crate::config::{UserSettings, UsernameField};
use crate::context::Context;
use crate::error::Result;

/// What somebody logs in with.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The name as it was typed.
    pub username: String,
    /// The password.
    pub password: Password,
}

/// Tells who somebody is.
#[async_trait]
pub trait Backend: Send + Sync {
    /// The account that this name stands for, where the password stored with the account is to decide. It looks at the
    /// name alone: the account itself is read afterwards, as often for a name that nobody has as for any other. The
    /// first backend that answers is the one; its account is accepted when its turn comes and the password is right.
    fn identify(&self, name: &str) -> Option<Identifier> {
        let _ = name;
        None
    }

    /// Whether these are the credentials of somebody, by the backend's own means: another directory, a token. What it
    /// spends should not depend on whether there is such an account.
    ///
    /// # Errors
    /// When it cannot tell: nobody is logged in then, and the visitor sees the error.
    async fn authenticate(&self, cx: &Context, credentials: &Credentials) -> Result<Verdict> {
        let _ = (cx, credentials);
        Ok(Verdict::Pass)
    }
}

/// What a backend says of credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They are not known here: the next backend is asked.
    Pass,
    /// They are this user's. No other backend is asked; whether the account is active is looked at all the same.
    Accept(UserId),
    /// Nobody may log in with them: no other backend is asked. Django's `PermissionDenied`.
    Deny,
}

/// The name is an address.
struct ByEmail;

/// The name is a user name.
struct ByUsername;

impl Backend for ByEmail {
    fn identify(&self, name: &str) -> Option<Identifier> {
        Identifier::parse(name).filter(|identifier| matches!(identifier, Identifier::Email(_)))
    }
}

impl Backend for ByUsername {
    fn identify(&self, name: &str) -> Option<Identifier> {
        Identifier::parse(name).filter(|identifier| matches!(identifier, Identifier::Username(_)))
    }
}

/// The backends of a process, in the order in which they are asked.
#[derive(Clone)]
pub struct Backends(Vec<Named>);

/// A backend and the name by which settings and sessions know it.
#[derive(Clone)]
pub(super) struct Named {
    pub(super) name: &'static str,
    pub(super) backend: Arc<dyn Backend>,
}

impl fmt::Debug for Backends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|named| named.name)).finish()
    }
}

impl Backends {
    /// Finds the backends that the settings name among the built-in ones and the site's.
    ///
    /// # Errors
    /// A name that none has, with those that there are; a list by which nobody could log in.
    pub fn new(settings: &UserSettings, own: &[(&'static str, Arc<dyn Backend>)]) -> Result<Self, String> {
        let built_in: [(&'static str, Arc<dyn Backend>); 2] =
            [("email", Arc::new(ByEmail)), ("username", Arc::new(ByUsername))];
        let known: Vec<_> = built_in.iter().chain(own).collect();
        let accepts = || known.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let find = |wanted: &String| {
            let found = known.iter().find(|(name, _)| name == wanted);
            let found = found.map(|(name, backend)| Named { name, backend: backend.clone() });
            found.ok_or_else(|| format!("AUTHENTICATION_BACKENDS accepts {}, comma-separated", accepts()))
        };
        let backends = settings.backends.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        let field = match settings.username_field {
            UsernameField::Email => "email",
            UsernameField::Username => "username",
        };
        // A backend of the site's own may well log in whom it likes.
        let own = backends.iter().any(|named| own.iter().any(|(name, _)| *name == named.name));
        if !own && !backends.iter().any(|named| named.name == field) {
            return Err(format!("AUTHENTICATION_BACKENDS lacks {field}, which is what USERNAME_FIELD asks for"));
        }
        Ok(Self(backends))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Named> {
        self.0.iter()
    }

    /// The backend that knows whom a name stands for, and the account's identifier.
    pub(super) fn identify(&self, name: &str) -> Option<(&'static str, Identifier)> {
        self.0.iter().find_map(|named| Some((named.name, named.backend.identify(name)?)))
    }

    /// Whether a backend is among them.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|named| named.name == name)
    }
}
