//! Groups as items, and who is in them.

use jiff::Timestamp;

use super::bundles::Bundle;
use super::call::{Item, Write, from_item, to_item};
use super::erasure::is_tombstone;
use super::expression::Expression;
use super::keys::{DELETED_AT, Key, PK};
use super::partition::read_key;
use super::records::Position;
use super::users::to_user;
use super::{Store, StoreError};
use crate::accounts::{Group, User};

/// What a page of the table says of groups.
#[derive(Debug, Default)]
pub struct GroupsPage {
    /// The groups on it.
    pub groups: Vec<Group>,
    /// The users on it who are in a group.
    pub members: Vec<User>,
}

impl Store {
    /// Reads a group. One that is being deleted is none.
    pub async fn get_group(&self, name: &str) -> Result<Option<Group>, StoreError> {
        let item = self.get(self.accounts(), &Key::group(name)).await?;
        item.filter(|item| !is_tombstone(item)).map(from_item).transpose()
    }

    /// A group to be written where there is none of its name.
    pub fn new_group(&self, group: &Group) -> Result<Bundle, StoreError> {
        let item = to_item(&Key::group(&group.name), group)?;
        Ok(Bundle::new(vec![Write::put(self.accounts(), item, Expression::new().if_absent(PK))]))
    }

    /// Begins to delete a group: from now on nobody joins it and nothing is granted to it. It is no harm to begin twice.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when there is none of this name.
    pub async fn end_group(&self, name: &str, now: Timestamp) -> Result<(), StoreError> {
        let ended = Expression::new().set_if_absent(DELETED_AT, now)?.if_exists(PK);
        self.update(self.accounts(), &Key::group(name), &ended).await.map(drop)
    }

    /// Deletes a group that was ended, when nobody is in it any more and nothing is granted to it: it goes last.
    pub async fn delete_group(&self, name: &str) -> Result<(), StoreError> {
        self.delete(self.accounts(), &Key::group(name)).await
    }

    /// Puts a user into other groups than `user` says that they are in. `joined` is the one among them that is new.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when they are in other groups by now, or gone (0 among the failed), or when the group is (1).
    pub async fn set_groups(&self, user: &User, groups: &[String], joined: Option<&str>) -> Result<(), StoreError> {
        let change = Expression::new();
        let change = if groups.is_empty() { change.remove(&["groups"]) } else { change.set(&["groups"], groups)? };
        let change = if user.groups.is_empty() {
            change.if_absent("groups").only_if("groups", "=", &user.groups)?.any_of_last(2)
        } else {
            change.only_if("groups", "=", &user.groups)?
        };
        let mut writes = vec![Write::update(self.accounts(), Key::user(user.id), change.if_living())];
        let there = |name| Write::check(self.accounts(), Key::group(name), Expression::new().if_living());
        writes.extend(joined.map(there));
        self.transact(None, &writes).await
    }

    /// A page of the durable table, and where it ended: its groups, and who is in one. For administration alone: it reads
    /// everything there is.
    pub async fn scan_groups(&self, after: Option<Position>) -> Result<(GroupsPage, Option<Position>), StoreError> {
        let (items, next) = self.scan_page(self.accounts(), after).await?;
        let mut page = GroupsPage::default();
        for item in items {
            page.add(item)?;
        }
        Ok((page, next))
    }
}

impl GroupsPage {
    fn add(&mut self, item: Item) -> Result<(), StoreError> {
        let key = read_key(&item)?;
        if key.is_group() && !is_tombstone(&item) {
            self.groups.push(from_item(item)?);
        } else if key.is_user() {
            self.members.extend(to_user(item)?.filter(|user| !user.groups.is_empty()));
        }
        Ok(())
    }
}
