//! Who administers, and what they may give.

use std::sync::Arc;

use crate::accounts::User;
use crate::audit::Author;
use crate::context::Context;
use crate::error::{Error, FieldErrors, Result};
use crate::permissions::{Missing, Rights, auth};

/// Somebody who is staff, with what they are permitted.
#[derive(Debug, Clone)]
pub struct Administrator {
    /// Who it is.
    pub user: Arc<User>,
    rights: Arc<Rights>,
}

impl Administrator {
    /// Whoever makes this request.
    ///
    /// # Errors
    /// Those of [`Context::require_staff`].
    pub async fn of(cx: &Context) -> Result<Self> {
        let user = cx.require_staff().await?;
        let rights = cx.rights().await?.ok_or(Error::LoginRequired)?;
        Ok(Self { user, rights })
    }

    /// What they are permitted.
    pub fn rights(&self) -> &Rights {
        &self.rights
    }

    /// Whether they see accounts: as in Django, whoever may change what there is may see it.
    pub fn sees_users(&self) -> bool {
        self.rights.has_perm(auth::User::VIEW) || self.rights.has_perm(auth::User::CHANGE)
    }

    /// Whether they see groups.
    pub fn sees_groups(&self) -> bool {
        self.rights.has_perm(auth::Group::VIEW) || self.rights.has_perm(auth::Group::CHANGE)
    }

    /// Them, for the audit trail: what they do is written only if they still are who they were.
    pub(super) fn author<'a>(&'a self, cx: &'a Context) -> Author<'a> {
        Author { witness: Some(&self.user), ..cx.author(&self.user) }
    }

    /// Whether they may administer `user` at all: not themself, so that nobody raises or locks out themself, and a superuser
    /// only as another one, so that there is always one left: two who take it from each other at the same moment meet in
    /// the transaction, and one of them remains.
    pub fn may_administer(&self, user: &User) -> Result<()> {
        if user.id == self.user.id {
            return Err(Error::Invalid(FieldErrors::of(FieldErrors::ALL, "own_account", "admin-own-account")));
        }
        if user.is_superuser && !self.user.is_superuser {
            return Err(Error::PermissionDenied(Missing::Superuser));
        }
        Ok(())
    }

    /// Notes on `field` what they do not have themself of `names`, permissions as they are stored, and so cannot give.
    pub(super) fn check_given<'a>(
        &self,
        field: &str,
        names: impl IntoIterator<Item = &'a String>,
        errors: &mut FieldErrors,
    ) {
        if names.into_iter().any(|name| !self.rights.has_named(name)) && !errors.has(field, "above_yourself") {
            errors.add(field, "above_yourself", "admin-above-yourself");
        }
    }
}
