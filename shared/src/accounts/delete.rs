//! Deleting one's account.

use super::{Email, User};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::mail::Letter;
use crate::mail::compose::name_of;

/// Deletes the account of `user`, who has just proven the password again. From now on the account is nobody's: no
/// session of it lives, its address and name are free, and the function `erase-account` removes what it leaves.
///
/// # Errors
/// [`Error::Conflict`] when its password, its address or its sessions changed since they were read: nothing is
/// deleted.
pub async fn delete_account(cx: &Context, user: &User) -> Result<()> {
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
    match cx.store().delete_user(user, now, &mails).await {
        Ok(()) => {}
        Err(error) if error.is_condition() => {
            // Deleted by the same form sent twice is deleted. What else has changed is to be looked at first.
            if cx.store().get_user(user.id).await?.is_some() {
                return Err(Error::Conflict);
            }
        }
        Err(error) => return Err(error.into()),
    }
    cx.drop_session();
    Ok(())
}
