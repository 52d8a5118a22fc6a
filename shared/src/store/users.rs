//! Users and what keeps their identifiers unique.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::call::{Item, Write, from_item, to_item};
use super::erasure::is_tombstone;
use super::expression::Expression;
use super::keys::{Key, PK};
use super::{Store, StoreError};
use crate::accounts::{CanonicalEmail, Identifier, ProfileChanges, User, UserId};
use crate::mail::Promise;

/// Holds an identifier for one user.
#[derive(Serialize, Deserialize)]
pub(super) struct Guard {
    user_id: UserId,
    /// Until when an address that was replaced is kept for its user, epoch seconds. Nobody is found by it, and
    /// afterwards anybody may have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reserved_until: Option<i64>,
}

impl Guard {
    /// An identifier that leads to this user.
    pub(super) fn of(user_id: UserId) -> Self {
        Self { user_id, reserved_until: None }
    }
}

impl Expression {
    /// Only if nobody holds the identifier at `now` (epoch seconds).
    pub(super) fn if_free(self, now: i64) -> Result<Self, StoreError> {
        Ok(self.if_absent(PK).only_if("reserved_until", "<=", now)?.any_of_last(2))
    }
}

/// Which identifiers were taken when a user was to be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The address.
    pub email: bool,
    /// The user name.
    pub username: bool,
}

impl Store {
    /// Reads a user. One whose account is deleted is nobody, also while something is left to erase.
    pub async fn get_user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.get(self.accounts(), &Key::user(id)).await?.map(to_user).transpose()?.flatten())
    }

    /// Whom an identifier belongs to. A strong read of its guard: an index would lag behind a sign-up.
    pub async fn find_user(&self, identifier: &Identifier) -> Result<Option<UserId>, StoreError> {
        let key = match identifier {
            Identifier::Email(email) => Key::email(email),
            Identifier::Username(name) => Key::username(name),
        };
        let item = self.get(self.accounts(), &key).await?;
        let guard = item.map(from_item::<Guard>).transpose()?;
        Ok(guard.filter(|guard| guard.reserved_until.is_none()).map(|guard| guard.user_id))
    }

    /// Whether somebody holds an address at `now` (epoch seconds), or has it kept for them.
    pub async fn is_email_taken(&self, email: &CanonicalEmail, now: i64) -> Result<bool, StoreError> {
        let item = self.get(self.accounts(), &Key::email(email)).await?;
        let guard = item.map(from_item::<Guard>).transpose()?;
        Ok(guard.is_some_and(|guard| guard.reserved_until.is_none_or(|until| until > now)))
    }

    /// Creates a user with the guards of its identifiers, and promises `mail`: all or nothing.
    ///
    /// # Errors
    /// The inner `Err` tells what was taken.
    pub async fn create_user(&self, user: &User, mail: Option<&Promise>) -> Result<Result<(), Taken>, StoreError> {
        let table = self.accounts();
        let now = user.date_joined.as_second();
        let guard = Guard::of(user.id);
        let key = Key::email(&user.email.canonical());
        let mut writes = vec![
            Write::put(table, to_item(&Key::user(user.id), user)?, Expression::new().if_absent(PK)),
            Write::put(table, to_item(&key, &guard)?, Expression::new().if_free(now)?),
        ];
        if let Some(username) = &user.username {
            let key = Key::username(&username.canonical());
            writes.push(Write::put(table, to_item(&key, &guard)?, Expression::new().if_absent(PK)));
        }
        if let Some(mail) = mail {
            writes.push(self.promise(mail)?);
        }
        // The user's id is born with this attempt, so it names the transaction.
        taken(self.transact(Some(user.id.to_string()), &writes).await)
    }

    /// What [`Self::create_user`] is where the address is taken and nobody may see that: as many parts of as many
    /// units, of which only `mail` is stored.
    ///
    /// # Errors
    /// The inner `Err` tells that the user name is taken too, or that the address no longer is (`email`).
    pub async fn decline_user(&self, user: &User, mail: &Promise) -> Result<Result<(), Taken>, StoreError> {
        let table = self.accounts();
        let absent = || Expression::new().if_absent(PK);
        let held = Expression::new().if_exists(PK);
        let mut writes = vec![
            Write::check(table, Key::user(user.id), absent()),
            Write::check(table, Key::email(&user.email.canonical()), held),
        ];
        if let Some(username) = &user.username {
            writes.push(Write::check(table, Key::username(&username.canonical()), absent()));
        }
        writes.push(self.promise(mail)?);
        taken(self.transact(Some(mail.id.to_string()), &writes).await)
    }

    /// Notes when and from where a user signed in.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the account was deleted meanwhile.
    pub async fn record_login(&self, id: UserId, now: Timestamp, address: &str) -> Result<(), StoreError> {
        let change = Expression::new().set(&["last_login"], now)?.set(&["last_login_ip"], address)?.if_living();
        self.update(self.accounts(), &Key::user(id), &change).await.map(drop)
    }

    /// Ends every session of a user, whatever their number, by one write: sessions of an older epoch are dead. Those of
    /// a deleted account are dead already.
    pub async fn end_all_sessions(&self, id: UserId) -> Result<(), StoreError> {
        let change = Expression::new().add("session_epoch", 1)?.if_living();
        match self.update(self.accounts(), &Key::user(id), &change).await {
            Ok(_) | Err(StoreError::Condition { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Saves a profile at `now` if it still has the version that the editor saw. Gives the user as saved. `edit` names
    /// it.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when somebody saved in between, or the user is gone.
    pub async fn update_profile(
        &self,
        user: &User,
        version: u64,
        changes: &ProfileChanges,
        edit: &str,
        now: Timestamp,
    ) -> Result<User, StoreError> {
        let mut change = Expression::new();
        for (name, value) in changes.fields.attributes(&user.fields, now) {
            change = change.set(&[&name], value)?;
        }
        if changes.clear_avatar {
            // The picture that goes is the one that was seen, not one published meanwhile.
            change = change.if_still("avatar_key", user.avatar.key.as_deref())?;
            for name in AVATAR_ATTRIBUTES {
                change = change.remove(&[name]);
            }
        }
        let change =
            change.set(&["last_edit"], edit)?.set(&["version"], version + 1)?.only_if("version", "=", version)?;
        from_item(self.update(self.accounts(), &Key::user(user.id), &change).await?)
    }
}

/// What the second and the third part of a sign-up say.
fn taken(signed_up: Result<(), StoreError>) -> Result<Result<(), Taken>, StoreError> {
    match signed_up {
        Ok(()) => Ok(Ok(())),
        Err(StoreError::Condition { failed }) => {
            Ok(Err(Taken { email: failed.contains(&1), username: failed.contains(&2) }))
        }
        Err(error) => Err(error),
    }
}

/// A user from an item; nobody from a tombstone.
pub(super) fn to_user(item: Item) -> Result<Option<User>, StoreError> {
    if is_tombstone(&item) { Ok(None) } else { from_item(item).map(Some) }
}

/// Flat, so that the presigning function and the publishing one never overwrite what the other wrote.
const AVATAR_ATTRIBUTES: [&str; 5] =
    ["avatar_upload", "avatar_state", "avatar_reason", "avatar_key", "avatar_pending_until"];
