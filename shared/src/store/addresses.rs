//! Addresses that change, and go back: the user, the guards of both addresses and the link, in one transaction.

use super::call::{Write, to_item};
use super::expression::Expression;
use super::keys::{Key, PK};
use super::listing::{LISTED_AS, LISTED_IN};
use super::users::{Guard, end_epoch};
use super::{Store, StoreError};
use crate::accounts::tokens::{LinkId, Purpose};
use crate::accounts::{CanonicalEmail, Email, FormerEmail, PasswordHash, User, UserId};
use crate::audit::Event;
use crate::mail::Promise;
use crate::sessions::EndReason;

/// Why an address was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotChanged {
    /// The link was used or has expired, or the account has another address or epoch by now.
    Overtaken,
    /// The new address is somebody else's.
    Taken,
}

impl Store {
    /// Makes `new` the address of `user`, proven. `former` are the addresses to go back to, the one that is replaced
    /// last: until the end of that entry nobody can sign up with it, and nobody is found by it. `mail` tells of it.
    pub async fn change_email(
        &self,
        user: &User,
        new: &Email,
        former: &[FormerEmail],
        link: LinkId,
        mail: &Promise,
        event: &Event,
    ) -> Result<Result<(), NotChanged>, StoreError> {
        let now = event.at.as_second();
        let changed = Expression::new()
            .set(&["email"], new)?
            .set(&["email_verified"], true)?
            .set(&["former_emails"], former)?
            .if_addresses_of(user)?
            .only_if_absent_or("session_epoch", "=", user.session_epoch)?
            .only_if("is_active", "=", true)?;
        let (changed, name) = self.settle_username(user, changed).await?;
        let mut writes = vec![
            self.redeem(Purpose::ChangeEmail, link, now)?,
            Write::update(self.accounts(), Key::user(user.id), changed),
        ];
        let (from, to) = (user.email.canonical(), new.canonical());
        // Another spelling of the same address has the same guard.
        if let (true, Some(last)) = (from != to, former.last()) {
            let free = Expression::new().if_free(now)?.if_guards(user.id)?.any_of_last(2);
            writes.push(Write::put(self.accounts(), to_item(&Key::email(&to), Guard::of_email(user.id, &to))?, free));
            writes.push(self.reserve(user.id, &from, last.until)?);
        }
        writes.extend(name);
        writes.extend([self.promise(mail)?, self.record(event)?]);
        // The way back is born with this attempt, so it names the transaction.
        let attempt = former.last().map(|entry| entry.undo.to_string());
        match self.transact(attempt, &writes).await {
            Ok(()) => Ok(Ok(())),
            Err(StoreError::Condition { failed }) if from != to && failed == [GUARD_OF_THE_NEW] => {
                Ok(Err(NotChanged::Taken))
            }
            Err(StoreError::Condition { .. }) => Ok(Err(NotChanged::Overtaken)),
            Err(error) => Err(error),
        }
    }

    /// Makes `entry`, one of the former addresses of `user`, the address again: every session ends, the password
    /// becomes `password`, and all that came after is free again, but for what is in `rest`, the entries before it.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the link was used or has expired, or the account's addresses are others by now.
    pub async fn undo_email_change(
        &self,
        user: &User,
        entry: &FormerEmail,
        rest: &[FormerEmail],
        password: &PasswordHash,
        mail: &Promise,
        event: &Event,
    ) -> Result<(), StoreError> {
        let now = event.at.as_second();
        let restored = Expression::new()
            .set(&["email"], &entry.email)?
            .set(&["email_verified"], true)?
            .set(&["password"], password)?;
        let restored = end_epoch(restored, user, EndReason::EmailRestored, now)?;
        let restored = match rest {
            [] => restored.remove(&["former_emails"]),
            rest => restored.set(&["former_emails"], rest)?,
        };
        let ours = || Expression::new().if_absent(PK).if_guards(user.id).map(|ours| ours.any_of_last(2));
        let address = entry.email.canonical();
        let mut writes = vec![
            self.redeem(Purpose::UndoEmailChange, entry.undo, now)?,
            Write::update(self.accounts(), Key::user(user.id), restored.if_addresses_of(user)?),
            self.promise(mail)?,
            Write::put(self.accounts(), to_item(&Key::email(&address), Guard::of_email(user.id, &address))?, ours()?),
        ];
        for later in later_addresses(user, rest.len(), &address) {
            let kept = rest.iter().filter(|entry| entry.email.canonical() == later).map(|entry| entry.until).max();
            writes.push(match kept {
                Some(until) => self.reserve(user.id, &later, until)?,
                None => Write::delete_if(self.accounts(), Key::email(&later), ours()?),
            });
        }
        writes.push(self.record(event)?);
        self.transact(Some(mail.id.to_string()), &writes).await
    }

    /// Lets a former address go that could be gone back to until `now`, if nobody has it by now.
    pub async fn release_email(&self, user: UserId, email: &Email, now: i64) -> Result<(), StoreError> {
        let expired = Expression::new().if_guards(user)?.only_if("reserved_until", "<=", now)?;
        match self.delete_if(self.accounts(), &Key::email(&email.canonical()), &expired).await {
            Ok(()) | Err(StoreError::Condition { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Keeps a guard of a user without anybody being found by it.
    fn reserve(&self, user: UserId, email: &CanonicalEmail, until: i64) -> Result<Write, StoreError> {
        let reserved = Expression::new().set(&["reserved_until"], until)?;
        let reserved = reserved.remove(&[LISTED_IN]).remove(&[LISTED_AS]).if_guards(user)?;
        Ok(Write::update(self.accounts(), Key::email(email), reserved))
    }
}

/// The place of the new address's guard among the writes of a change.
const GUARD_OF_THE_NEW: usize = 2;

/// Each address that the account had since its former one number `position`, once, but for `restored`.
fn later_addresses(user: &User, position: usize, restored: &CanonicalEmail) -> Vec<CanonicalEmail> {
    let mut later = vec![user.email.canonical()];
    later.extend(user.former_emails.iter().skip(position).map(|entry| entry.email.canonical()));
    later.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    later.dedup();
    later.retain(|address| address != restored);
    later
}

impl Expression {
    /// Only if the account's address and the ones to go back to are as they were read.
    pub(super) fn if_addresses_of(self, user: &User) -> Result<Self, StoreError> {
        let expression = self.only_if("email", "=", &user.email)?;
        if user.former_emails.is_empty() {
            Ok(expression.if_absent("former_emails"))
        } else {
            expression.only_if("former_emails", "=", &user.former_emails)
        }
    }

    /// Only if the guard is of this user.
    pub(super) fn if_guards(self, user: UserId) -> Result<Self, StoreError> {
        self.only_if("user_id", "=", user)
    }
}
