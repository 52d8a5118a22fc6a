//! Users and what keeps their identifiers unique.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::bundles::Bundle;
use super::call::{Item, Write, from_item, to_item};
use super::erasure::is_tombstone;
use super::expression::Expression;
use super::keys::{Key, PK};
use super::listing::{Listed, Listing, Shard};
use super::{Store, StoreError};
use crate::accounts::{CanonicalEmail, CanonicalUsername, Identifier, PasswordHash, ProfileChanges, User, UserId};
use crate::audit::Event;
use crate::mail::Promise;
use crate::sessions::EndReason;

/// Holds an identifier for one user.
#[derive(Serialize, Deserialize)]
pub(super) struct Guard {
    user_id: UserId,
    /// Until when it is kept for its user, epoch seconds; afterwards anybody may have it. An address that was replaced, by
    /// which nobody is found; or a user name whose owner has yet to prove an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reserved_until: Option<i64>,
    /// Its place in the administrators' directory, while somebody is found by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    listed_in: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    listed_as: Option<String>,
}

impl Guard {
    /// An address that leads to this user.
    pub(super) fn of_email(user_id: UserId, email: &CanonicalEmail) -> Self {
        Self::listed(user_id, Listing::Emails, email.as_str())
    }

    /// A user name that leads to this user.
    pub(super) fn of_username(user_id: UserId, name: &CanonicalUsername) -> Self {
        Self::listed(user_id, Listing::Usernames, name.as_str())
    }

    fn listed(user_id: UserId, listing: Listing, name: &str) -> Self {
        let listed = Listed { listing, shard: Shard::of_user(user_id), name: name.to_owned() };
        let [(_, listed_in), (_, listed_as)] = listed.attributes();
        Self { user_id, reserved_until: None, listed_in: Some(listed_in), listed_as: Some(listed_as) }
    }

    /// The place in the directory that it has under its key; none, if nobody is found by it.
    pub(super) fn place(&self, key: &Key) -> Option<Listed> {
        let (listing, name) = match (key.guarded_email(), key.guarded_username()) {
            (Some(email), _) if self.reserved_until.is_none() => (Listing::Emails, email),
            (_, Some(name)) => (Listing::Usernames, name),
            _ => return None,
        };
        Some(Listed { listing, shard: Shard::of_user(self.user_id), name: name.to_owned() })
    }

    /// Only if it is as it was read.
    pub(super) fn if_same(&self, change: Expression) -> Result<Expression, StoreError> {
        let change = change.if_guards(self.user_id)?;
        match self.reserved_until {
            Some(until) => change.only_if("reserved_until", "=", until),
            None => Ok(change.if_absent("reserved_until")),
        }
    }

    /// Whether it is this user's.
    pub(super) fn is_of(&self, user: UserId) -> bool {
        self.user_id == user
    }
}

/// Whether an item is a guard that was kept for its user until `now` (epoch seconds), and is anybody's since.
pub(super) fn is_given_up(item: &Item, now: i64) -> bool {
    let until =
        item.get("reserved_until").and_then(|value| value.as_n().ok()).and_then(|until| until.parse::<i64>().ok());
    until.is_some_and(|until| until <= now)
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

impl Taken {
    /// Which of the items of [`Store::new_user`] these are.
    pub fn among(indices: &[usize]) -> Self {
        Self { email: indices.contains(&1), username: indices.contains(&2) }
    }
}

impl Store {
    /// Reads a user. One whose account is deleted is nobody, also while something is left to erase.
    pub async fn get_user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.get(self.accounts(), &Key::user(id)).await?.map(to_user).transpose()?.flatten())
    }

    /// Reads users, at most a hundred; those that do not exist are left out.
    pub async fn get_users(&self, ids: impl IntoIterator<Item = UserId>) -> Result<Vec<User>, StoreError> {
        let keys: Vec<_> = ids.into_iter().map(|id| (self.accounts(), Key::user(id))).collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.batch_get(&keys).await?.into_iter();
        found.filter_map(|(_, item)| to_user(item).transpose()).collect()
    }

    /// Whom an identifier belongs to. A strong read of its guard: an index would lag behind a sign-up.
    pub async fn find_user(&self, identifier: &Identifier) -> Result<Option<UserId>, StoreError> {
        let key = match identifier {
            Identifier::Email(email) => Key::email(email),
            Identifier::Username(name) => Key::username(name),
        };
        let item = self.get(self.accounts(), &key).await?;
        let guard = item.map(from_item::<Guard>).transpose()?;
        let is_name = matches!(identifier, Identifier::Username(_));
        Ok(guard.filter(|guard| is_name || guard.reserved_until.is_none()).map(|guard| guard.user_id))
    }

    /// Whether somebody holds an address at `now` (epoch seconds), or has it kept for them.
    pub async fn is_email_taken(&self, email: &CanonicalEmail, now: i64) -> Result<bool, StoreError> {
        let item = self.get(self.accounts(), &Key::email(email)).await?;
        let guard = item.map(from_item::<Guard>).transpose()?;
        Ok(guard.is_some_and(|guard| guard.reserved_until.is_none_or(|until| until > now)))
    }

    /// Creates a user with the guards of its identifiers, promises `mail`, and tells of it by `event`: all or nothing.
    ///
    /// # Errors
    /// The inner `Err` tells what was taken.
    pub async fn create_user(
        &self,
        user: &User,
        mail: Option<&Promise>,
        event: Option<&Event>,
    ) -> Result<Result<(), Taken>, StoreError> {
        let mut writes = self.new_user(user, user.date_joined)?.into_writes();
        writes.extend(event.map(|event| self.record(event)).transpose()?);
        if let Some(mail) = mail {
            writes.push(self.promise(mail)?);
        }
        // The user's id is born with this attempt, so it names the transaction.
        taken(self.transact(Some(user.id.to_string()), &writes).await)
    }

    /// As [`Self::create_user`], where an address must be proven before the account can be used: until then its user name
    /// is kept for it no longer than until `until` (epoch seconds).
    ///
    /// # Errors
    /// As there.
    pub async fn create_unproven_user(
        &self,
        user: &User,
        mail: &Promise,
        until: i64,
    ) -> Result<Result<(), Taken>, StoreError> {
        let nameless = User { username: None, ..user.clone() };
        let item = to_item(&Key::user(user.id), user)?;
        let mut writes = self.new_user_item(&nameless, item, user.date_joined)?.into_writes();
        writes.extend(self.reserve_username(user, until)?);
        writes.push(self.promise(mail)?);
        taken(self.transact(Some(user.id.to_string()), &writes).await)
    }

    /// Keeps the user name of `user`, who was born just now, until `until` (epoch seconds).
    fn reserve_username(&self, user: &User, until: i64) -> Result<Option<Write>, StoreError> {
        let Some(username) = &user.username else { return Ok(None) };
        let name = username.canonical();
        let guard = Guard { reserved_until: Some(until), ..Guard::of_username(user.id, &name) };
        let free = Expression::new().if_free(user.date_joined.as_second())?;
        Ok(Some(Write::put(self.accounts(), to_item(&Key::username(&name), guard)?, free)))
    }

    /// A user to be written at `now` with the guards of its identifiers: what is in the way is told by
    /// [`Taken::among`], and by index 0 for the user itself.
    pub fn new_user(&self, user: &User, now: Timestamp) -> Result<Bundle, StoreError> {
        self.new_user_item(user, to_item(&Key::user(user.id), user)?, now)
    }

    /// As [`Self::new_user`], for an item that may hold more than a user is known to have.
    pub(super) fn new_user_item(&self, user: &User, mut item: Item, now: Timestamp) -> Result<Bundle, StoreError> {
        let table = self.accounts();
        if let Some(listed) = Listed::of_user(user) {
            listed.mark(&mut item)?;
        }
        let email = user.email.canonical();
        let (key, guard) = (Key::email(&email), Guard::of_email(user.id, &email));
        let mut writes = vec![
            Write::put(table, item, Expression::new().if_absent(PK)),
            Write::put(table, to_item(&key, &guard)?, Expression::new().if_free(now.as_second())?),
        ];
        if let Some(username) = &user.username {
            let name = username.canonical();
            let (key, guard) = (Key::username(&name), Guard::of_username(user.id, &name));
            writes.push(Write::put(table, to_item(&key, &guard)?, Expression::new().if_free(now.as_second())?));
        }
        writes.extend(user.groups.iter().map(|group| self.membership(group, user.id)));
        Ok(Bundle::new(writes))
    }

    /// What [`Self::create_unproven_user`] is where the address is taken and nobody may see that: as many parts of as many
    /// units, of which only `mail` is stored, and the user name kept as long as it would be. Were it not, it would tell:
    /// whoever signs up with it once more, and with an address of their own.
    ///
    /// # Errors
    /// The inner `Err` tells that the user name is taken too, or that the address no longer is (`email`).
    pub async fn decline_user(&self, user: &User, mail: &Promise, until: i64) -> Result<Result<(), Taken>, StoreError> {
        let table = self.accounts();
        let held = Expression::new().if_exists(PK);
        let mut writes = vec![
            Write::check(table, Key::user(user.id), Expression::new().if_absent(PK)),
            Write::check(table, Key::email(&user.email.canonical()), held),
        ];
        writes.extend(self.reserve_username(user, until)?);
        writes.push(self.promise(mail)?);
        taken(self.transact(Some(mail.id.to_string()), &writes).await)
    }

    /// Whether the user name of `user` is theirs. One that an address had to be proven for, and was not in time, may be
    /// somebody else's by now.
    pub(super) async fn has_username(&self, user: &User) -> Result<bool, StoreError> {
        let Some(username) = &user.username else { return Ok(false) };
        if user.email_verified {
            return Ok(true);
        }
        let item = self.get(self.accounts(), &Key::username(&username.canonical())).await?;
        Ok(item.map(from_item::<Guard>).transpose()?.is_some_and(|guard| guard.is_of(user.id)))
    }

    /// What a proven address means for the user name of `user`: it is theirs for good; or they have none, where it was kept
    /// for them long ago and is somebody else's by now. A further part of the transaction that proves the address.
    pub(super) async fn settle_username(
        &self,
        user: &User,
        proven: Expression,
    ) -> Result<(Expression, Option<Write>), StoreError> {
        let Some(username) = user.username.as_ref().filter(|_| !user.email_verified) else { return Ok((proven, None)) };
        if !self.has_username(user).await? {
            return Ok((proven.remove(&["username"]), None));
        }
        let kept = Expression::new().remove(&["reserved_until"]).if_guards(user.id)?;
        Ok((proven, Some(Write::update(self.accounts(), Key::username(&username.canonical()), kept))))
    }

    /// Notes when and from where a user signed in, and that it was once more.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the account was deleted meanwhile.
    pub async fn record_login(&self, id: UserId, now: Timestamp, address: &str) -> Result<(), StoreError> {
        let change = Expression::new()
            .set(&["last_login"], now)?
            .set(&["last_login_ip"], address)?
            .add("login_count", 1)?
            .if_living();
        self.update(self.accounts(), &Key::user(id), &change).await.map(drop)
    }

    /// Ends every session of a user, whatever their number, by one write, and tells of it by another: sessions of an older
    /// epoch are dead. Those of a deleted account are dead already.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when `witness` is not who they were.
    pub async fn end_all_sessions(
        &self,
        user: &User,
        why: EndReason,
        witness: Option<&User>,
        event: &Event,
    ) -> Result<(), StoreError> {
        let change = end_epoch(Expression::new(), user, why, event.at.as_second())?.if_living();
        let mut writes = vec![Write::update(self.accounts(), Key::user(user.id), change), self.record(event)?];
        writes.extend(witness.map(|witness| self.if_still(witness)).transpose()?);
        match self.transact(Some(event.id.to_string()), &writes).await {
            Err(StoreError::Condition { failed }) if failed.contains(&2) => Err(StoreError::Condition { failed }),
            Ok(()) | Err(StoreError::Condition { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Puts another hash of the same password in the place of `old`, if that is still the one that is stored.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the password was changed meanwhile.
    pub async fn upgrade_password(&self, id: UserId, old: &PasswordHash, new: &PasswordHash) -> Result<(), StoreError> {
        let change = Expression::new().set(&["password"], new)?.only_if("password", "=", old)?;
        self.update(self.accounts(), &Key::user(id), &change).await.map(drop)
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
        Err(StoreError::Condition { failed }) => Ok(Err(Taken::among(&failed))),
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

/// Ends the epoch of a user's sessions, and notes why on the user's item. It is counted up from what is stored, so that of
/// two ends at once none is lost; of their two reasons one may be.
pub(super) fn end_epoch(change: Expression, user: &User, why: EndReason, now: i64) -> Result<Expression, StoreError> {
    change.add("session_epoch", 1)?.set(&["session_ends"], user.session_ends.with(user.session_epoch, why, now))
}
