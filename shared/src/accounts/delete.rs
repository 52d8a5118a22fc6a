//! Deleting one's account.

use super::{Email, User};
use crate::audit::Action;
use crate::context::Context;
use crate::error::{Error, FieldErrors, Result};
use crate::mail::Letter;
use crate::mail::compose::name_of;
use crate::store::listing::{Listing, Order};
use crate::store::{Store, StoreError};

/// Deletes the account of `user`, who has just proven the password again. From now on the account is nobody's: no
/// session of it lives, its address and name are free, and the function `erase-account` removes what it leaves.
///
/// # Errors
/// [`Error::Conflict`] when it changed since it was read; [`Error::Invalid`] for the last superuser's. Nothing is deleted
/// then.
pub async fn delete_account(cx: &Context, user: &User) -> Result<()> {
    let remaining = if user.is_superuser { another_superuser(cx.store(), user).await? } else { None };
    if user.is_superuser && remaining.is_none() {
        return Err(Error::Invalid(FieldErrors::of(FieldErrors::ALL, "last_superuser", "delete-superuser")));
    }
    end_account(cx, user, user, remaining.as_ref()).await?;
    cx.drop_session();
    Ok(())
}

/// A superuser beside `user` who can log in and, if `user` can, enter the administration. The index that names those with flags follows the table within moments, so that
/// one who was made just now may be overlooked; who is found is read from the table.
pub async fn another_superuser(store: &Store, user: &User) -> Result<Option<User>, StoreError> {
    let mut after = None;
    loop {
        let (entries, more) = store.listed(Listing::Staff, "", after.as_deref(), PAGE, Order::First).await?;
        let staff = store.get_users(entries.iter().filter_map(|entry| entry.user)).await?;
        let can_enter =
            |other: &User| other.is_active && other.password.is_usable() && (other.is_staff || !user.is_staff);
        let is_left = |other: &User| other.id != user.id && other.is_superuser && can_enter(other);
        if let Some(other) = staff.into_iter().find(is_left) {
            return Ok(Some(other));
        }
        after = entries.last().map(|entry| entry.name.clone());
        if !more || after.is_none() {
            return Ok(None);
        }
    }
}

/// How many of the staff are looked at at once.
const PAGE: usize = 100;

/// Deletes an account: `by` does it, its owner or an administrator. `witness` must still be who they were.
///
/// # Errors
/// [`Error::Conflict`] when it changed since it was read, or `witness` is not who they were: nothing is deleted.
pub(crate) async fn end_account(cx: &Context, user: &User, by: &User, witness: Option<&User>) -> Result<()> {
    let now = cx.now();
    // First, so that no address of a deleted account stays behind if this is cut short.
    let (reversible, expired) = user.former_emails_at(now.as_second());
    for entry in expired {
        cx.store().release_email(user.id, &entry.email, now.as_second()).await?;
    }
    let farewell = |email: &Email, name| cx.promise(Letter::AccountDeleted { email: email.clone(), name });
    let mut mails = vec![farewell(&user.email, name_of(user))];
    // The way back from a change of address goes with the account. Who had one is told as well, without a name: whoever has
    // taken the account over has chosen that, and is the only one who reads the mail at its present address.
    let mut told = vec![user.email.canonical()];
    for email in reversible.iter().map(|entry| &entry.email) {
        if !told.contains(&email.canonical()) {
            told.push(email.canonical());
            mails.push(farewell(email, None));
        }
    }
    let event = cx.author(by).of_user(Action::UserDeleted, user);
    match cx.store().delete_user(user, witness, &mails, &event).await {
        Ok(()) => {}
        Err(error) if error.is_condition() => {
            // Deleted by the same form sent twice is deleted. What else has changed is to be looked at first.
            if cx.store().get_user(user.id).await?.is_some() {
                return Err(Error::Conflict);
            }
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
