//! Groups: a name, and what its members are permitted. Django's verbs, each written with the event that tells of it.

use serde::{Deserialize, Serialize};

use super::Permission;
use super::group_name::{GroupName, skeleton};
use crate::accounts::User;
use crate::audit::{Action, Author, Subject};
use crate::sharing::{Grantee, forget_group};
use crate::store::administration::{NotSaved, Privileges};
use crate::store::{Store, StoreError};

/// A group, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name, unique as it is written.
    pub name: String,
    /// What its members are permitted, as `app.codename`, sorted.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// Counts the changes of its permissions.
    #[serde(default)]
    pub version: u64,
}

impl Group {
    /// The most characters of a name (Django's).
    pub const NAME_MAX_LENGTH: usize = 150;

    /// One that permits nothing.
    pub fn new(name: String) -> Self {
        Self { name, permissions: Vec::new(), version: 0 }
    }
}

/// Keeps others from looking like the group of this name, which was stored without that: by an import, or by an earlier
/// version. Whether nobody does by now.
pub async fn guard(store: &Store, name: &str) -> Result<bool, StoreError> {
    store.guard_group(name, &skeleton(name)).await
}

/// How often a change is tried that meets another one.
const ATTEMPTS: u32 = 5;

/// The group of this name, made if there is none; and whether it was made. Django's `Group.objects.get_or_create`.
///
/// # Errors
/// [`StoreError::Condition`] when the group of this name is being deleted.
pub async fn get_or_create(store: &Store, author: &Author<'_>, name: &GroupName) -> Result<(Group, bool), StoreError> {
    if let Some(group) = store.get_group(name.as_str()).await? {
        return Ok((group, false));
    }
    match create(store, author, name).await {
        Ok(group) => Ok((group, true)),
        Err(error) if error.is_condition() => {
            let there = store.get_group(name.as_str()).await?;
            there.map(|group| (group, false)).ok_or(error)
        }
        Err(error) => Err(error),
    }
}

/// Makes a group that nobody is in, and that permits nothing.
///
/// # Errors
/// [`StoreError::Condition`] when there is one of this name or one that looks like it, or one that is not deleted to its end;
/// and (3 among the failed) when the author's witness is not who they were.
pub async fn create(store: &Store, author: &Author<'_>, name: &GroupName) -> Result<Group, StoreError> {
    create_permitting(store, author, name, &[]).await
}

/// The same of one that permits something from its first moment on.
///
/// # Errors
/// As those of [`create`].
pub async fn create_permitting(
    store: &Store,
    author: &Author<'_>,
    name: &GroupName,
    permissions: &[Permission],
) -> Result<Group, StoreError> {
    let mut group = Group::new(name.as_str().to_owned());
    group.permissions = permissions.iter().map(|permission| permission.as_str().to_owned()).collect();
    group.permissions.sort_unstable();
    group.permissions.dedup();
    let event = author.event(Action::GroupCreated, Subject::Group(group.name.clone()));
    let event = event.changed("permissions", <[String; 0]>::default(), &group.permissions);
    store.create_group(&group, &skeleton(&group.name), author.witness, &event).await?;
    Ok(group)
}

/// Permits a group's members something, whatever their number by one write: it holds on the next request. Whether it is
/// new. Django's `group.permissions.add`.
///
/// # Errors
/// [`StoreError::Condition`] when there is no such group, or others change it all the time.
pub async fn grant(
    store: &Store,
    author: &Author<'_>,
    group: &str,
    permissions: &[Permission],
) -> Result<bool, StoreError> {
    change(store, author, group, |stored| {
        stored.extend(permissions.iter().map(|permission| permission.as_str().to_owned()));
    })
    .await
}

/// Takes it back. Whether there was something to take. Django's `group.permissions.remove`.
///
/// # Errors
/// As those of [`grant`].
pub async fn revoke(
    store: &Store,
    author: &Author<'_>,
    group: &str,
    permissions: &[Permission],
) -> Result<bool, StoreError> {
    change(store, author, group, |stored| {
        stored.retain(|name| !permissions.iter().any(|permission| permission.as_str() == name));
    })
    .await
}

async fn change(
    store: &Store,
    author: &Author<'_>,
    name: &str,
    edit: impl Fn(&mut Vec<String>),
) -> Result<bool, StoreError> {
    let mut last = StoreError::Condition { failed: vec![0] };
    for _ in 0..ATTEMPTS {
        let Some(group) = store.get_group(name).await? else { return Err(StoreError::Condition { failed: vec![0] }) };
        let mut permissions = group.permissions.clone();
        edit(&mut permissions);
        match set_permissions(store, author, &group, permissions).await {
            Ok(changed) => return Ok(changed),
            Err(error) if error.is_condition() => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

/// Gives `group`, as it was read, these permissions and no others. Whether anything has changed.
///
/// # Errors
/// [`StoreError::Condition`] when it is another one by now, or the author's witness is.
pub async fn set_permissions(
    store: &Store,
    author: &Author<'_>,
    group: &Group,
    mut permissions: Vec<String>,
) -> Result<bool, StoreError> {
    permissions.sort_unstable();
    permissions.dedup();
    let mut before = group.permissions.clone();
    before.sort_unstable();
    if permissions == before {
        return Ok(false);
    }
    let event = author.event(Action::GroupChanged, Subject::Group(group.name.clone()));
    let event = event.changed("permissions", &before, &permissions);
    store.set_group_permissions(group, &permissions, author.witness, &event).await?;
    Ok(true)
}

/// Deletes a group: from now on it permits nothing, nobody is in it any more, and what was shared with it is so no more.
/// Gives how many were in it. What is cut off is completed by doing it again.
///
/// # Errors
/// [`StoreError::Condition`] when there is none of this name, or (2 among the failed) the author's witness is not who they
/// were.
pub async fn delete(store: &Store, author: &Author<'_>, name: &str) -> Result<usize, StoreError> {
    let event = author.event(Action::GroupDeleted, Subject::Group(name.to_owned()));
    store.end_group(name, author.witness, &event).await?;
    let mut count = 0;
    loop {
        let (members, _) = store.members(name, None, PAGE).await?;
        if members.is_empty() {
            break;
        }
        for id in members {
            match store.get_user(id).await? {
                Some(user) if user.remove_from_group(store, author, name).await? => count += 1,
                // Of a deleted account that nobody has erased yet, or of one that is not in it.
                _ => store.forget_member(name, id).await?,
            }
        }
    }
    forget_group(store, name).await?;
    store.delete_group(name, &skeleton(name)).await?;
    Ok(count)
}

/// How many members are looked at at once.
const PAGE: usize = 100;

/// Whether somebody is in the group, or something is shared with it.
pub async fn is_in_use(store: &Store, name: &str) -> Result<bool, StoreError> {
    let group = Grantee::Group(name.to_owned());
    let ((members, _), shared) = tokio::try_join!(store.members(name, None, 1), store.is_granted_anything(&group))?;
    Ok(!members.is_empty() || shared)
}

impl User {
    /// Puts the account into a group. Whether it was not in it yet. Django's `user.groups.add`.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when there is no such group, the account is gone, or others change it all the time.
    pub async fn add_to_group(&self, store: &Store, author: &Author<'_>, group: &str) -> Result<bool, StoreError> {
        self.change_groups(store, author, |groups| groups.push(group.to_owned())).await
    }

    /// Takes it out of a group. Whether it was in it. Django's `user.groups.remove`.
    ///
    /// # Errors
    /// As those of [`Self::add_to_group`].
    pub async fn remove_from_group(&self, store: &Store, author: &Author<'_>, group: &str) -> Result<bool, StoreError> {
        self.change_groups(store, author, |groups| groups.retain(|name| name != group)).await
    }

    /// Permits the account something itself. Whether it is new. Django's `user.user_permissions.add`.
    ///
    /// # Errors
    /// As those of [`Self::add_to_group`].
    pub async fn grant(&self, store: &Store, author: &Author<'_>, permission: Permission) -> Result<bool, StoreError> {
        let name = permission.as_str();
        self.change_privileges(store, author, |to| to.user_permissions.push(name.to_owned())).await
    }

    /// Takes that back; what its groups permit stays. Whether there was something to take. Django's
    /// `user.user_permissions.remove`.
    ///
    /// # Errors
    /// As those of [`Self::add_to_group`].
    pub async fn revoke(&self, store: &Store, author: &Author<'_>, permission: Permission) -> Result<bool, StoreError> {
        let name = permission.as_str();
        self.change_privileges(store, author, |to| to.user_permissions.retain(|of| of != name)).await
    }

    async fn change_groups(
        &self,
        store: &Store,
        author: &Author<'_>,
        edit: impl Fn(&mut Vec<String>),
    ) -> Result<bool, StoreError> {
        self.change_privileges(store, author, |to| edit(&mut to.groups)).await
    }

    /// Changes what the account may, whoever else changes it meanwhile. Whether anything has changed.
    ///
    /// # Errors
    /// As those of [`Self::add_to_group`].
    pub async fn change_privileges(
        &self,
        store: &Store,
        author: &Author<'_>,
        edit: impl Fn(&mut Privileges),
    ) -> Result<bool, StoreError> {
        let mut user = self.clone();
        for _ in 0..ATTEMPTS {
            let mut to = Privileges::of(&user);
            edit(&mut to);
            match store.save_privileges(&user, &to, &[], author).await? {
                Ok(changed) => return Ok(changed),
                Err(NotSaved::GroupGone) => break,
                Err(NotSaved::Stale | NotSaved::NotAllowed) => {}
            }
            match store.get_user(self.id).await? {
                Some(now) => user = now,
                None => break,
            }
        }
        Err(StoreError::Condition { failed: vec![0] })
    }
}
