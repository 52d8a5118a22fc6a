//! What administrators do to accounts, here and from the command line: each with the event that tells of it.

use super::call::Write;
use super::expression::Expression;
use super::keys::Key;
use super::listing::{LISTED_AS, LISTED_IN, Listed};
use super::users::end_epoch;
use super::{Store, StoreError};
use crate::accounts::{PasswordHash, User};
use crate::audit::{Action, Author, Event};
use crate::mail::Promise;
use crate::permissions::Group;
use crate::sessions::EndReason;

/// What an account may: Django's flags, groups and permissions of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Privileges {
    /// Whether it may sign in.
    pub is_active: bool,
    /// Whether it may enter the administration.
    pub is_staff: bool,
    /// Whether it has every permission.
    pub is_superuser: bool,
    /// The groups that it is in, by name.
    pub groups: Vec<String>,
    /// What it is permitted itself, as `app.codename`.
    pub user_permissions: Vec<String>,
}

impl Privileges {
    /// The present ones of `user`.
    pub fn of(user: &User) -> Self {
        Self {
            is_active: user.is_active,
            is_staff: user.is_staff,
            is_superuser: user.is_superuser,
            groups: user.groups.clone(),
            user_permissions: user.user_permissions.clone(),
        }
        .sorted()
    }

    /// In the one order in which two are compared, and nothing twice.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        for list in [&mut self.groups, &mut self.user_permissions] {
            list.sort_unstable();
            list.dedup();
        }
        self
    }

    /// What of `list` is not in `before`.
    pub(crate) fn added<'a>(list: &'a [String], before: &[String]) -> Vec<&'a String> {
        list.iter().filter(|name| !before.contains(name)).collect()
    }
}

/// Why privileges were not saved. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSaved {
    /// The account is another one by now, or gone.
    Stale,
    /// A group that it was to join is not there, or another one by now.
    GroupGone,
    /// Who does it is not who they were.
    NotAllowed,
}

impl Store {
    /// Gives `user`, as it was read, these privileges. Whether anything has changed. Who may not sign in any more has no
    /// session that lives. Of the groups that are joined, those in `read` must still be as they were read.
    ///
    /// # Errors
    /// The inner `Err` says why not.
    pub async fn save_privileges(
        &self,
        user: &User,
        to: &Privileges,
        read: &[Group],
        author: &Author<'_>,
    ) -> Result<Result<bool, NotSaved>, StoreError> {
        let (before, to) = (Privileges::of(user), to.clone().sorted());
        if before == to {
            return Ok(Ok(false));
        }
        let table = self.accounts();
        let joined = Privileges::added(&to.groups, &before.groups);
        let left = Privileges::added(&before.groups, &to.groups);
        let mut writes = vec![Write::update(table, Key::user(user.id), privileged(user, &to, author)?)];
        for name in &joined {
            let read = read.iter().find(|group| group.name == **name);
            let there = match read {
                Some(group) => Expression::new().if_group_is(group)?,
                None => Expression::new().if_living(),
            };
            writes.push(Write::check(table, Key::group(name), there));
        }
        let checked = writes.len();
        writes.extend(author.witness.map(|witness| self.if_still(witness)).transpose()?);
        writes.extend(joined.iter().map(|name| self.membership(name, user.id)));
        writes.extend(left.iter().map(|name| Write::delete(table, Key::member(name, user.id))));
        let event = told(author.of_user(Action::UserChanged, user), &before, &to);
        writes.push(self.record(&event)?);
        match self.transact(Some(event.id.to_string()), &writes).await {
            Ok(()) => Ok(Ok(true)),
            Err(StoreError::Condition { failed }) => Ok(Err(match failed.first() {
                Some(0) | None => NotSaved::Stale,
                Some(at) if *at < checked => NotSaved::GroupGone,
                Some(_) => NotSaved::NotAllowed,
            })),
            Err(error) => Err(error),
        }
    }

    /// Only if `by`, who does something to others, may sign in and is who they were when that was allowed.
    pub(super) fn if_still(&self, by: &User) -> Result<Write, StoreError> {
        let same = Expression::new()
            .only_if("version", "=", by.version)?
            .only_if("is_active", "=", true)?
            .only_if_absent_or("session_epoch", "=", by.session_epoch)?
            .if_living();
        Ok(Write::check(self.accounts(), Key::user(by.id), same))
    }

    /// Gives a user another password: every session ends with it, and the mail that tells of it is promised, all or
    /// nothing.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the user is gone.
    pub async fn set_password(
        &self,
        user: &User,
        hash: &PasswordHash,
        mail: Option<&Promise>,
        event: &Event,
    ) -> Result<(), StoreError> {
        let change = Expression::new().set(&["password"], hash)?.if_living();
        let change = end_epoch(change, user, EndReason::PasswordSet, event.at.as_second())?;
        let mut writes = vec![Write::update(self.accounts(), Key::user(user.id), change), self.record(event)?];
        if let Some(mail) = mail {
            writes.push(self.promise(mail)?);
        }
        self.transact(Some(event.id.to_string()), &writes).await
    }

    /// Promises a mail that somebody else has asked for, and tells of it.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when `by` is not who they were.
    pub async fn promise_for(&self, mail: &Promise, by: &User, event: &Event) -> Result<(), StoreError> {
        let writes = [self.if_still(by)?, self.promise(mail)?, self.record(event)?];
        self.transact(Some(event.id.to_string()), &writes).await
    }
}

/// The item of `user` with these privileges, if it is as it was read.
fn privileged(user: &User, to: &Privileges, author: &Author<'_>) -> Result<Expression, StoreError> {
    let mut change = Expression::new()
        .set(&["is_active"], to.is_active)?
        .set(&["is_staff"], to.is_staff)?
        .set(&["is_superuser"], to.is_superuser)?
        .set(&["version"], user.version + 1)?
        .only_if("version", "=", user.version)?
        .if_living();
    for (name, list) in [("groups", &to.groups), ("user_permissions", &to.user_permissions)] {
        change = if list.is_empty() { change.remove(&[name]) } else { change.set(&[name], list)? };
    }
    let after = User { is_active: to.is_active, is_staff: to.is_staff, is_superuser: to.is_superuser, ..user.clone() };
    change = match Listed::of_user(&after) {
        Some(listed) => {
            listed.attributes().into_iter().try_fold(change, |change, (name, value)| change.set(&[name], value))?
        }
        None => change.remove(&[LISTED_IN]).remove(&[LISTED_AS]),
    };
    if user.is_active && !to.is_active {
        change = end_epoch(change, user, EndReason::Deactivated, author.now.as_second())?;
    }
    Ok(change)
}

fn told(event: Event, before: &Privileges, after: &Privileges) -> Event {
    event
        .changed("is_active", before.is_active, after.is_active)
        .changed("is_staff", before.is_staff, after.is_staff)
        .changed("is_superuser", before.is_superuser, after.is_superuser)
        .changed("groups", &before.groups, &after.groups)
        .changed("user_permissions", &before.user_permissions, &after.user_permissions)
}
