//! Deleting an account: one transaction that ends it, and the small steps that remove what it leaves.

use jiff::Timestamp;
use serde::Serialize;

use super::call::{Item, Write, from_value, to_item};
use super::expression::Expression;
use super::keys::{DELETED_AT, Key, OWNED, PK, owner_partition, user_partition};
use super::{Store, StoreError};
use crate::accounts::{User, UserId};
use crate::audit::Event;
use crate::mail::Promise;
use crate::media::UploadId;

/// What stands in a user's place until everything of theirs is erased: nobody, in whom no session is alive.
#[derive(Serialize)]
struct Tombstone {
    id: UserId,
    is_active: bool,
    session_epoch: u64,
    deleted_at: Timestamp,
    /// Those it was in: by it what says so is found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<String>,
}

/// The order to erase.
#[derive(Serialize)]
struct Order {
    created_at: Timestamp,
}

/// What is left of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remains {
    /// All: the account is not deleted.
    Alive,
    /// A tombstone, and what was not erased yet.
    Tombstone,
    /// Nothing.
    Nothing,
}

impl Store {
    /// Deletes an account: the user becomes a tombstone, its identifiers are free, the order to erase the rest is
    /// given and the mails about it promised. All of it or nothing. `witness` must still be who they were: an administrator
    /// who does it, or the superuser who is left where one goes.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when password, epoch, address, user name, groups or the superuser's flag are no longer what
    /// `user` says, the account is deleted already, or `witness` is not who they were.
    pub async fn delete_user(
        &self,
        user: &User,
        witness: Option<&User>,
        mails: &[Promise],
        event: &Event,
    ) -> Result<(), StoreError> {
        let (table, now) = (self.accounts(), event.at);
        let tombstone = Tombstone {
            id: user.id,
            is_active: false,
            session_epoch: user.session_epoch + 1,
            deleted_at: now,
            groups: user.groups.clone(),
        };
        let as_read = Expression::new()
            .only_if("password", "=", &user.password)?
            .only_if_absent_or("session_epoch", "=", user.session_epoch)?
            .only_if_absent_or("is_superuser", "=", user.is_superuser)?
            .if_groups_of(user)?
            .if_addresses_of(user)?
            .if_still("username", user.username.as_ref().map(crate::accounts::Username::as_str))?;
        // The whole item is replaced: what a site has added to its users goes too.
        let mut writes = vec![Write::put(table, to_item(&Key::user(user.id), tombstone)?, as_read)];
        let has_username = self.has_username(user).await?;
        for key in identifiers(user, has_username, now.as_second()) {
            let ours = Expression::new().only_if_absent_or("user_id", "=", user.id)?;
            writes.push(Write::delete_if(table, key, ours));
        }
        writes.extend([self.order_to_erase(user.id, now)?, self.record(event)?]);
        writes.extend(witness.map(|witness| self.if_still(witness)).transpose()?);
        for mail in mails {
            writes.push(self.promise(mail)?);
        }
        self.transact(mails.first().map(|mail| mail.id.to_string()), &writes).await
    }

    /// The order to erase what a tombstone stands for.
    pub(super) fn order_to_erase(&self, id: UserId, now: Timestamp) -> Result<Write, StoreError> {
        let order = to_item(&Key::erase(id), Order { created_at: now })?;
        Ok(Write::put(self.outbox(), order, Expression::new().if_absent(PK)))
    }

    /// What is left of a user.
    pub async fn remains(&self, id: UserId) -> Result<Remains, StoreError> {
        Ok(match self.get(self.accounts(), &Key::user(id)).await? {
            None => Remains::Nothing,
            Some(item) if is_tombstone(&item) => Remains::Tombstone,
            Some(_) => Remains::Alive,
        })
    }

    /// Forgets these uploads of a user: the notes first, the list by which they are found last.
    pub async fn erase_uploads(&self, owner: UserId, ids: &[UploadId]) -> Result<(), StoreError> {
        let notes: Vec<_> = ids.iter().map(|id| Key::upload(*id)).collect();
        self.delete_all(self.accounts(), &notes).await?;
        let entries: Vec<_> = ids.iter().map(|id| Key::owned(owner, *id)).collect();
        self.delete_all(self.accounts(), &entries).await
    }

    /// The first of what a user has uploaded, in the order in which it was asked for; empty when there is nothing.
    pub async fn first_uploads(&self, owner: UserId) -> Result<Vec<UploadId>, StoreError> {
        let keys = self.first_keys(self.accounts(), &owner_partition(owner)).await?;
        Ok(keys.iter().filter_map(|key| UploadId::parse(key.sk.strip_prefix(OWNED)?)).collect())
    }

    /// Deletes every session of a user and what else stands with them, a page at a time: a repetition goes on where
    /// an earlier one was ended.
    pub async fn erase_sessions(&self, id: UserId) -> Result<(), StoreError> {
        loop {
            let keys = self.first_keys(self.sessions(), &user_partition(id)).await?;
            if keys.is_empty() {
                return Ok(());
            }
            self.delete_all(self.sessions(), &keys).await?;
        }
    }

    /// Deletes what stands beside a user in the durable table, whatever it is, a page at a time.
    pub async fn erase_belongings(&self, id: UserId) -> Result<(), StoreError> {
        let user = Key::user(id);
        loop {
            let mut keys = self.first_keys(self.accounts(), &user_partition(id)).await?;
            keys.retain(|key| *key != user);
            if keys.is_empty() {
                return Ok(());
            }
            self.delete_all(self.accounts(), &keys).await?;
        }
    }

    /// Forgets which groups a deleted account was in.
    pub async fn erase_memberships(&self, id: UserId) -> Result<(), StoreError> {
        let tombstone = self.get(self.accounts(), &Key::user(id)).await?.filter(is_tombstone);
        let groups = tombstone.and_then(|mut item| item.remove("groups"));
        let groups: Vec<String> = groups.map(from_value).transpose()?.unwrap_or_default();
        let keys: Vec<_> = groups.iter().map(|group| Key::member(group, id)).collect();
        self.delete_all(self.accounts(), &keys).await
    }

    /// Deletes the tombstone, and then the order to erase: as long as that one stands there is something to do.
    pub async fn erase_tombstone(&self, id: UserId) -> Result<(), StoreError> {
        self.delete(self.accounts(), &Key::user(id)).await?;
        self.delete(self.outbox(), &Key::erase(id)).await
    }
}

impl Expression {
    /// Only if the account is in the groups that were read.
    fn if_groups_of(self, user: &User) -> Result<Self, StoreError> {
        if user.groups.is_empty() {
            Ok(self.if_absent("groups").only_if("groups", "=", &user.groups)?.any_of_last(2))
        } else {
            self.only_if("groups", "=", &user.groups)
        }
    }
}

/// The guards of everything that leads to a user, the user name among them if it is theirs. A former address that can no longer be gone back to is not among them:
/// it may be somebody else's by now.
fn identifiers(user: &User, has_username: bool, now: i64) -> Vec<Key> {
    let username = user.username.as_ref().filter(|_| has_username).map(|name| Key::username(&name.canonical()));
    let former = user.former_emails.iter().filter(|entry| entry.until > now).map(|entry| &entry.email);
    let addresses = std::iter::once(&user.email).chain(former);
    let mut keys: Vec<_> = addresses.map(|email| Key::email(&email.canonical())).chain(username).collect();
    // A transaction names each item once.
    keys.sort_by(|a, b| a.pk.cmp(&b.pk));
    keys.dedup();
    keys
}

/// Whether a user's item is what a deleted account has left.
pub(super) fn is_tombstone(item: &Item) -> bool {
    item.contains_key(DELETED_AT)
}
