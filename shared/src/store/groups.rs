//! Groups as items, who is in them beside each, and what each permits.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;

use super::bundles::Bundle;
use super::call::{Item, Write, from_item, key_item, to_item};
use super::erasure::is_tombstone;
use super::expression::Expression;
use super::grants::MOST_KEYS;
use super::keys::{DELETED_AT, Key, MEMBER, PK, group_partition, shared_partition};
use super::listing::{Listed, Listing, Order, Shard};
use super::{Store, StoreError};
use crate::accounts::{User, UserId};
use crate::audit::Event;
use crate::permissions::Group;
use crate::sharing::Grantee;

impl Store {
    /// Reads a group. One that is being deleted is none.
    pub async fn get_group(&self, name: &str) -> Result<Option<Group>, StoreError> {
        let item = self.get(self.accounts(), &Key::group(name)).await?;
        item.filter(|item| !is_tombstone(item)).map(from_item).transpose()
    }

    /// Reads groups, each once, in one strongly consistent call for every hundred; those that do not exist, and those that
    /// are being deleted, are left out.
    pub async fn get_groups(&self, names: &[String]) -> Result<Vec<Group>, StoreError> {
        let mut names: Vec<_> = names.iter().collect();
        names.sort_unstable();
        names.dedup();
        let batches: Vec<_> = names
            .chunks(MOST_KEYS)
            .map(|names| {
                let keys: Vec<_> = names.iter().map(|name| (self.accounts(), Key::group(name))).collect();
                async move { self.batch_get(&keys).await }
            })
            .collect();
        let found: Vec<_> = stream::iter(batches).buffered(BATCHES_AT_ONCE).try_collect().await?;
        let living = found.into_iter().flatten().map(|(_, item)| item).filter(|item| !is_tombstone(item));
        living.map(from_item).collect()
    }

    /// A group to be written where there is none of its name.
    pub fn new_group(&self, group: &Group) -> Result<Bundle, StoreError> {
        self.new_group_item(group, to_item(&Key::group(&group.name), group)?)
    }

    /// As [`Self::new_group`], for an item that may hold more than a group is known to have.
    pub(super) fn new_group_item(&self, group: &Group, mut item: Item) -> Result<Bundle, StoreError> {
        Listed { listing: Listing::Groups, shard: Shard::first(), name: group.name.clone() }.mark(&mut item)?;
        Ok(Bundle::new(vec![Write::put(self.accounts(), item, Expression::new().if_absent(PK))]))
    }

    /// Makes a group; nobody else can make one that looks like it (`skeleton`).
    ///
    /// # Errors
    /// [`StoreError::Condition`] when there is one of its name, or one that is not deleted to its end (0 among the failed); one
    /// that looks like it (1); or when `witness` is not who they were (3).
    pub async fn create_group(
        &self,
        group: &Group,
        skeleton: &str,
        witness: Option<&User>,
        event: &Event,
    ) -> Result<(), StoreError> {
        let mut writes = self.new_group(group)?.into_writes();
        let alike = to_item(&Key::group_skeleton(skeleton), Alike { name: &group.name })?;
        writes.push(Write::put(self.accounts(), alike, Expression::new().if_absent(PK)));
        writes.push(self.record(event)?);
        writes.extend(witness.map(|witness| self.if_still(witness)).transpose()?);
        self.transact(Some(event.id.to_string()), &writes).await
    }

    /// Keeps others from looking like the group of this name. Whether none does.
    pub(crate) async fn guard_group(&self, name: &str, skeleton: &str) -> Result<bool, StoreError> {
        let alike = to_item(&Key::group_skeleton(skeleton), Alike { name })?;
        let free = Expression::new().only_if_absent_or("name", "=", name)?;
        match self.put(self.accounts(), alike, &free).await {
            Ok(()) => Ok(true),
            Err(error) if error.is_condition() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Gives `group`, as it was read, other permissions.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when it is another one by now (0 among the failed), or who does it is (2).
    pub async fn set_group_permissions(
        &self,
        group: &Group,
        permissions: &[String],
        by: Option<&User>,
        event: &Event,
    ) -> Result<(), StoreError> {
        let change = Expression::new()
            .set(&["permissions"], permissions)?
            .set(&["version"], group.version + 1)?
            .if_group_is(group)?;
        let mut writes = vec![Write::update(self.accounts(), Key::group(&group.name), change), self.record(event)?];
        writes.extend(by.map(|by| self.if_still(by)).transpose()?);
        self.transact(Some(event.id.to_string()), &writes).await
    }

    /// Begins to delete a group: from now on it permits nothing, nobody joins it and nothing is granted to it. It is no harm
    /// to begin twice; that is told once.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when there is none of this name, or `witness` is not who they were (2 among the failed).
    pub async fn end_group(&self, name: &str, witness: Option<&User>, event: &Event) -> Result<(), StoreError> {
        let ended = Expression::new().set(&[DELETED_AT], event.at)?.remove(&["listed_in"]).if_living();
        let mut writes = vec![Write::update(self.accounts(), Key::group(name), ended), self.record(event)?];
        writes.extend(witness.map(|witness| self.if_still(witness)).transpose()?);
        match self.transact(Some(event.id.to_string()), &writes).await {
            Err(StoreError::Condition { failed }) if failed.contains(&2) => Err(StoreError::Condition { failed }),
            Err(error) if error.is_condition() => match self.get(self.accounts(), &Key::group(name)).await? {
                Some(_) => Ok(()),
                None => Err(error),
            },
            other => other,
        }
    }

    /// Deletes a group that was ended, when nobody is in it any more and nothing is granted to it, and with it what keeps
    /// others from looking like it. One that was deleted to its end by another call is left alone, and so is its successor.
    pub async fn delete_group(&self, name: &str, skeleton: &str) -> Result<(), StoreError> {
        let (key, ended) = (Key::group(name), || Expression::new().if_exists(DELETED_AT));
        let its_own = Expression::new().only_if_absent_or("name", "=", name)?;
        let alike = Write::delete_if(self.accounts(), Key::group_skeleton(skeleton), its_own);
        let group = Write::delete_if(self.accounts(), key.clone(), ended());
        let deleted = match self.transact(None, &[alike, group]).await {
            // It is older than that guard, which is another one's.
            Err(StoreError::Condition { failed }) if failed == [0] => {
                self.delete_if(self.accounts(), &key, &ended()).await
            }
            other => other,
        };
        match deleted {
            Err(StoreError::Condition { .. }) => Ok(()),
            other => other,
        }
    }

    /// Up to `most` of who is in a group, those after `after`, and whether there are more: one call. An account that is
    /// being erased may be among them.
    pub async fn members(
        &self,
        group: &str,
        after: Option<UserId>,
        most: usize,
    ) -> Result<(Vec<UserId>, bool), StoreError> {
        let (partition, after) = (group_partition(group), after.map(|id| Key::member(group, id)));
        let members = (&*partition, MEMBER);
        // One more tells whether there are more: where the limit falls on the last one DynamoDB does not.
        let (keys, cut) = self.keys_beginning(self.accounts(), members, after, most + 1, Order::First).await?;
        let more = keys.len() > most || cut;
        let mut ids: Vec<_> = keys.iter().filter_map(Key::member_id).collect();
        ids.truncate(most);
        Ok((ids, more))
    }

    /// Forgets that an account was in a group which is gone.
    pub async fn forget_member(&self, group: &str, id: UserId) -> Result<(), StoreError> {
        self.delete(self.accounts(), &Key::member(group, id)).await
    }

    /// Whether anything is granted to somebody.
    pub(crate) async fn is_granted_anything(&self, to: &Grantee) -> Result<bool, StoreError> {
        let (keys, _) = self.latest_keys(self.accounts(), &shared_partition(to), None, 1).await?;
        Ok(!keys.is_empty())
    }

    /// That an account is in a group, to be written with the account. Who joins twice is in it once.
    pub(super) fn membership(&self, group: &str, id: UserId) -> Write {
        Write::put(self.accounts(), key_item(&Key::member(group, id)), Expression::new())
    }
}

/// Which group is looked like.
#[derive(Serialize)]
struct Alike<'a> {
    name: &'a str,
}

/// How many batches are read at once, of somebody in very many groups.
const BATCHES_AT_ONCE: usize = 4;

impl Expression {
    /// Only if the group is there, and as it was read.
    pub(super) fn if_group_is(self, group: &Group) -> Result<Self, StoreError> {
        self.if_living().only_if_absent_or("version", "=", group.version)
    }
}
