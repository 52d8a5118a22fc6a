//! Users and what keeps their identifiers unique.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::call::{Write, from_item, to_item};
use super::expression::Expression;
use super::keys::{Key, PK};
use super::{Store, StoreError};
use crate::accounts::{Identifier, ProfileChanges, User, UserId};

/// Holds an identifier for one user.
#[derive(Serialize, Deserialize)]
struct Guard {
    user_id: UserId,
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
    /// Reads a user.
    pub async fn get_user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.get(self.accounts(), &Key::user(id)).await?.map(from_item).transpose()
    }

    /// Whom an identifier belongs to. A strong read of its guard: an index would lag behind a sign-up.
    pub async fn find_user(&self, identifier: &Identifier) -> Result<Option<UserId>, StoreError> {
        let key = match identifier {
            Identifier::Email(email) => Key::email(email),
            Identifier::Username(name) => Key::username(name),
        };
        let item = self.get(self.accounts(), &key).await?;
        Ok(item.map(from_item::<Guard>).transpose()?.map(|guard| guard.user_id))
    }

    /// Creates a user with the guards of its identifiers, all or nothing.
    ///
    /// # Errors
    /// The inner `Err` tells what was taken.
    pub async fn create_user(&self, user: &User) -> Result<Result<(), Taken>, StoreError> {
        let table = self.accounts();
        let new = || Expression::new().if_absent(PK);
        let guard = Guard { user_id: user.id };
        let key = Key::email(&user.email.canonical());
        let mut writes = vec![
            Write::put(table, to_item(&Key::user(user.id), user)?, new()),
            Write::put(table, to_item(&key, &guard)?, new()),
        ];
        if let Some(username) = &user.username {
            let key = Key::username(&username.canonical());
            writes.push(Write::put(table, to_item(&key, &guard)?, new()));
        }
        // The user's id is born with this attempt, so it names the transaction.
        match self.transact(Some(user.id.to_string()), &writes).await {
            Ok(()) => Ok(Ok(())),
            Err(StoreError::Condition { failed }) => {
                Ok(Err(Taken { email: failed.contains(&1), username: failed.contains(&2) }))
            }
            Err(error) => Err(error),
        }
    }

    /// Notes when and from where a user signed in.
    pub async fn record_login(&self, id: UserId, now: Timestamp, address: &str) -> Result<(), StoreError> {
        let change = Expression::new().set(&["last_login"], now)?.set(&["last_login_ip"], address)?.if_exists(PK);
        self.update(self.accounts(), &Key::user(id), &change).await.map(drop)
    }

    /// Ends every session of a user, whatever their number, by one write: sessions of an older epoch are dead.
    pub async fn end_all_sessions(&self, id: UserId) -> Result<(), StoreError> {
        let change = Expression::new().add("session_epoch", 1)?.if_exists(PK);
        self.update(self.accounts(), &Key::user(id), &change).await.map(drop)
    }

    /// Saves a profile if it still has the version that the editor saw. Gives the user as saved. `edit` names it.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when somebody saved in between, or the user is gone.
    pub async fn update_profile(
        &self,
        user: &User,
        version: u64,
        changes: &ProfileChanges,
        edit: &str,
    ) -> Result<User, StoreError> {
        let mut change = Expression::new();
        for (name, value) in changes.texts() {
            change = change.set(&[name], value)?;
        }
        if let Some(agreed) = changes.is_marketing_agreed {
            change = change.set(&["is_marketing_agreed"], agreed)?;
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

/// Flat, so that the presigning function and the publishing one never overwrite what the other wrote.
const AVATAR_ATTRIBUTES: [&str; 5] =
    ["avatar_upload", "avatar_state", "avatar_reason", "avatar_key", "avatar_pending_until"];
