//! What the visitor is permitted, and the guards that turn others away. Django's `has_perm`, `permission_required`.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::de::DeserializeOwned;

use super::{Context, lock};
use crate::accounts::User;
use crate::error::{Error, Result};
use crate::permissions::{Missing, Permission, Perms, Rights};
use crate::sharing::{self, Access, Object, Verb};

impl Context {
    /// What `user` is permitted: one strongly consistent `BatchGetItem` of their groups; no call for somebody who is in
    /// none, for a superuser, who has everything, and for an inactive account, which has nothing.
    pub async fn rights_of(&self, user: &User) -> Result<Rights> {
        let asked = user.is_active && !user.is_superuser && !user.groups.is_empty();
        let groups = if asked { self.store().get_groups(&user.groups).await? } else { Vec::new() };
        Ok(Rights::new(user, &groups))
    }

    /// What whoever is signed in is permitted, read at most once in a request and never kept beyond it; nobody's is `None`.
    pub async fn rights(&self) -> Result<Option<Arc<Rights>>> {
        let Some(user) = self.user().await? else { return Ok(None) };
        let visit = self.visit().await?;
        let known = lock(&visit.rights).clone();
        if let Some((_, rights)) = known.filter(|(id, _)| *id == user.id) {
            return Ok(Some(rights));
        }
        let rights = Arc::new(self.rights_of(&user).await?);
        *lock(&visit.rights) = Some((user.id, rights.clone()));
        Ok(Some(rights))
    }

    /// Whether the visitor is permitted this. Django's `request.user.has_perm`.
    pub async fn has_perm(&self, permission: Permission) -> Result<bool> {
        Ok(self.rights().await?.is_some_and(|rights| rights.has_perm(permission)))
    }

    /// Whether the visitor is permitted all of these. Django's `has_perms`.
    pub async fn has_perms(&self, permissions: &[Permission]) -> Result<bool> {
        Ok(self.rights().await?.is_some_and(|rights| rights.has_perms(permissions)))
    }

    /// Whether the visitor is permitted anything of an application. Django's `has_module_perms`.
    pub async fn has_module_perms(&self, app: &str) -> Result<bool> {
        Ok(self.rights().await?.is_some_and(|rights| rights.has_module_perms(app)))
    }

    /// Who is signed in and permitted this. Django's `permission_required` with `raise_exception`; for the other way, to
    /// the log-in page, [`crate::Allow::or_login`].
    ///
    /// # Errors
    /// [`Error::LoginRequired`] for nobody, [`Error::PermissionDenied`] for everybody else.
    pub async fn require_permission(&self, permission: Permission) -> Result<Arc<User>> {
        let user = self.require_login().await?;
        if self.has_perm(permission).await? { Ok(user) } else { Err(lacks(&[permission])) }
    }

    /// Who is signed in and permitted one of these.
    ///
    /// # Errors
    /// As those of [`Self::require_permission`].
    pub async fn require_any(&self, permissions: &[Permission]) -> Result<Arc<User>> {
        let user = self.require_login().await?;
        let rights = self.rights().await?.ok_or(Error::LoginRequired)?;
        if permissions.iter().any(|permission| rights.has_perm(*permission)) {
            Ok(user)
        } else {
            Err(lacks(permissions))
        }
    }

    /// Who is signed in and permitted all of these.
    ///
    /// # Errors
    /// As those of [`Self::require_permission`].
    pub async fn require_all(&self, permissions: &[Permission]) -> Result<Arc<User>> {
        let user = self.require_login().await?;
        let rights = self.rights().await?.ok_or(Error::LoginRequired)?;
        let lacking: Vec<_> = permissions.iter().filter(|permission| !rights.has_perm(**permission)).copied().collect();
        if lacking.is_empty() { Ok(user) } else { Err(Error::PermissionDenied(Missing::Permissions(lacking))) }
    }

    /// Who is signed in and may enter the administration (`is_staff`). Django's `staff_member_required`.
    ///
    /// # Errors
    /// As those of [`Self::require_permission`].
    pub async fn require_staff(&self) -> Result<Arc<User>> {
        let user = self.require_login().await?;
        if user.is_active && user.is_staff { Ok(user) } else { Err(Error::PermissionDenied(Missing::Staff)) }
    }

    /// The object, for whoever is signed in and may do this with it ([`sharing::require`]).
    ///
    /// # Errors
    /// [`Error::LoginRequired`] for nobody, [`Error::NotFound`] for those who may do nothing with it, and
    /// [`Error::PermissionDenied`] for those who may do less.
    pub async fn require<T: DeserializeOwned>(&self, verb: Verb, object: Object) -> Result<(T, Access)> {
        let user = self.require_login().await?;
        sharing::require(self, Some(&user), verb, object, None).await
    }

    /// Notes that somebody has asked whether the visitor may do something with an object: a route that is declared to ask
    /// that and does not is a mistake of ours.
    pub(crate) fn judge(&self) {
        self.0.judged.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_judged(&self) -> bool {
        self.0.judged.load(Ordering::Relaxed)
    }

    /// What `user` is permitted, as far as that was read already: for the page's frame, which reads nothing. Nobody is
    /// permitted nothing.
    pub(super) fn perms(&self, user: Option<&User>) -> Option<Perms> {
        let Some(user) = user else { return Some(Rights::default().perms()) };
        let known = lock(&self.0.visit.get()?.rights).clone();
        known.filter(|(id, _)| *id == user.id).map(|(_, rights)| rights.perms())
    }
}

fn lacks(permissions: &[Permission]) -> Error {
    Error::PermissionDenied(Missing::Permission(permissions.to_vec()))
}
