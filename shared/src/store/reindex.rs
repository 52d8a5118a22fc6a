//! What `cargo manage reindex` puts right: the places of accounts and groups in the lists of the administrators, and who is
//! in which group. Both follow from the users; what an earlier version has written lacks them. Every repair is a write
//! under the condition that what it follows from is still so.

use std::collections::HashSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::call::{Item, Write, from_item};
use super::erasure::is_tombstone;
use super::expression::Expression;
use super::keys::{DELETED_AT, Key, PK, group_partition};
use super::listing::{LISTED_AS, LISTED_IN, Listed, Listing, Shard};
use super::partition::read_key;
use super::records::Position;
use super::users::{Guard, to_user};
use super::{Store, StoreError};
use crate::accounts::{User, UserId};
use crate::permissions::Group;

/// What was found in a part of the table, and put right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reindexed {
    /// Items that were looked at.
    pub items: u64,
    /// Accounts, addresses, user names and groups that have their place in the lists by now.
    pub listed: u64,
    /// Memberships that were entered.
    pub entered: u64,
    /// Memberships that no living user has, and that were removed.
    pub removed: u64,
    /// Repairs that were not made, because what they rest on has changed meanwhile.
    pub overtaken: u64,
    /// Items that cannot be read, by their keys.
    pub unreadable: Vec<String>,
}

impl Reindexed {
    /// Both together.
    pub fn add(&mut self, other: Self) {
        self.items += other.items;
        self.listed += other.listed;
        self.entered += other.entered;
        self.removed += other.removed;
        self.overtaken += other.overtaken;
        self.unreadable.extend(other.unreadable);
    }
}

/// A repair.
enum Repair {
    /// An item that is put where it belongs.
    Place(Key, Expression),
    /// A membership that is entered; and that its user is as it was read.
    Enter([Write; 2]),
    /// One that is removed; and that its user is as it was read, or not there.
    Remove([Write; 2]),
}

/// How many repairs are under way at once.
const AT_ONCE: usize = 8;

impl Store {
    /// Puts a page of the durable table right, and tells where it ended. For administration alone: it reads everything
    /// there is.
    pub async fn reindex(&self, after: Option<Position>) -> Result<(Reindexed, Option<Position>), StoreError> {
        let (items, next) = self.scan_page(self.accounts(), after).await?;
        let mut told = Reindexed { items: items.len() as u64, ..Reindexed::default() };
        let (mut repairs, mut users, mut members) = (Vec::new(), Vec::new(), Vec::new());
        for item in items {
            let key = read_key(&item)?;
            let place = if key.is_guard() {
                guard_place(&key, &item)
            } else if key.is_group() && !is_tombstone(&item) {
                group_place(&key, &item)
            } else if key.user_id().is_some() {
                user_place(&key, &item, &mut users)
            } else {
                members.extend(key.member_id().map(|id| (key, id)));
                continue;
            };
            match place {
                Ok(repair) => repairs.extend(repair),
                Err(_) => told.unreadable.push(format!("{} {}", key.pk, key.sk)),
            }
        }
        repairs.extend(self.missing_memberships(&users).await?);
        repairs.extend(self.idle_memberships(members).await?);
        let made: Vec<_> = repairs.into_iter().map(|repair| self.repair(repair)).collect();
        let made: Vec<Reindexed> = stream::iter(made).buffer_unordered(AT_ONCE).try_collect().await?;
        for one in made {
            told.add(one);
        }
        Ok((told, next))
    }

    async fn repair(&self, repair: Repair) -> Result<Reindexed, StoreError> {
        let mut told = Reindexed::default();
        let (made, count) = match repair {
            Repair::Place(key, change) => {
                (self.update(self.accounts(), &key, &change).await.map(drop), &mut told.listed)
            }
            Repair::Enter(writes) => (self.transact(None, &writes).await, &mut told.entered),
            Repair::Remove(writes) => (self.transact(None, &writes).await, &mut told.removed),
        };
        match made {
            Ok(()) => *count = 1,
            Err(error) if error.is_condition() => told.overtaken = 1,
            Err(error) => return Err(error),
        }
        Ok(told)
    }

    /// That these users are in their groups, as far as it is not said.
    async fn missing_memberships(&self, users: &[User]) -> Result<Vec<Repair>, StoreError> {
        let of = |user: &User| user.groups.iter().map(|group| Key::member(group, user.id)).collect::<HashSet<_>>();
        let there = self.present(users.iter().flat_map(of).collect()).await?;
        let mut repairs = Vec::new();
        for user in users {
            for group in user.groups.iter().filter(|group| !there.contains(&Key::member(group, user.id))) {
                let same = Write::check(self.accounts(), Key::user(user.id), if_as_read(Expression::new(), user)?);
                repairs.push(Repair::Enter([same, self.membership(group, user.id)]));
            }
        }
        Ok(repairs)
    }

    /// That nobody is in a group whom it is said of and who is not, or is gone.
    async fn idle_memberships(&self, members: Vec<(Key, UserId)>) -> Result<Vec<Repair>, StoreError> {
        let items = self.all_of(members.iter().map(|(_, id)| Key::user(*id)).collect()).await?;
        let mut repairs = Vec::new();
        for (key, id) in members {
            let stands = Key::user(id);
            let gone = match items.get(&stands) {
                None => Expression::new().if_absent(PK),
                Some(item) if is_tombstone(item) => Expression::new().if_exists(DELETED_AT),
                Some(item) => match to_user(item.clone()) {
                    Ok(Some(user)) if user.groups.iter().all(|group| group_partition(group) != key.pk) => {
                        if_as_read(Expression::new(), &user)?
                    }
                    // One that cannot be read is told where it stands.
                    Ok(_) | Err(_) => continue,
                },
            };
            let gone = Write::check(self.accounts(), stands, gone);
            repairs.push(Repair::Remove([gone, Write::delete(self.accounts(), key)]));
        }
        Ok(repairs)
    }
}

fn guard_place(key: &Key, item: &Item) -> Result<Option<Repair>, StoreError> {
    let guard: Guard = from_item(item.clone())?;
    match place(item, guard.place(key)) {
        Some(change) => Ok(Some(Repair::Place(key.clone(), guard.if_same(change?)?))),
        None => Ok(None),
    }
}

fn group_place(key: &Key, item: &Item) -> Result<Option<Repair>, StoreError> {
    let group: Group = from_item(item.clone())?;
    let listed = Listed { listing: Listing::Groups, shard: Shard::first(), name: group.name };
    match place(item, Some(listed)) {
        Some(change) => Ok(Some(Repair::Place(key.clone(), change?.if_living()))),
        None => Ok(None),
    }
}

fn user_place(key: &Key, item: &Item, users: &mut Vec<User>) -> Result<Option<Repair>, StoreError> {
    let Some(user) = to_user(item.clone())? else { return Ok(None) };
    let change = place(item, Listed::of_user(&user));
    let repair = change.map(|change| Ok(Repair::Place(key.clone(), if_as_read(change?, &user)?))).transpose();
    users.push(user);
    repair
}

/// What puts an item where it belongs; nothing, if it is there.
fn place(item: &Item, listed: Option<Listed>) -> Option<Result<Expression, StoreError>> {
    let stored = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
    match listed {
        Some(listed) => {
            let attributes = listed.attributes();
            let is_there = attributes.iter().all(|(name, value)| stored(name) == Some(value));
            let put = |change: Expression, (name, value): (&str, String)| change.set(&[name], value);
            (!is_there).then(|| attributes.into_iter().try_fold(Expression::new(), put))
        }
        None => stored(LISTED_IN).map(|_| Ok(Expression::new().remove(&[LISTED_IN]).remove(&[LISTED_AS]))),
    }
}

/// Only if the user is as it was read.
fn if_as_read(change: Expression, user: &User) -> Result<Expression, StoreError> {
    Ok(change.only_if("version", "=", user.version)?.if_living())
}
