//! Another address for an account, and the way back.
//!
//! An address becomes an account's when mail to it was read; the one before it is told and can be gone back to for
//! `EMAIL_CHANGE_UNDO_AGE`, however often the address has changed since. The former addresses are a pile: going back to
//! one takes off what lies above it, and with that the way back to anything later. Whoever takes an account over cannot
//! keep it by changing its address twice.

use super::links::{OpenLink, close_link};
use super::tokens::{LinkId, Purpose};
use super::{Email, FormerEmail, PasswordHash, User};
use crate::audit::{self, Actor};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::mail::Letter;
use crate::store::addresses::NotChanged;
use crate::throttle::{self, Action};

/// Asks for a link, by mail to `new`, that makes it the address of `user`. The present password must have been proven
/// ([`super::confirm_password`]). Whether somebody else has the address is not looked at here: who asks for it learns
/// nothing, and who reads its mail is told when they follow the link.
///
/// # Errors
/// [`Error::Throttled`] when it was asked for too often.
pub async fn request_email_change(cx: &Context, user: &User, new: Email) -> Result<()> {
    // By the user too: else one account could write to as many addresses as its network allows.
    throttle::spend(cx, Action::ConfirmEmail, &[new.canonical().as_str(), &user.id.to_string()]).await?;
    let letter = Letter::ChangeEmail { user: user.id, old: user.email.clone(), new, epoch: user.session_epoch };
    cx.store().put_mail(&cx.promise(letter)).await?;
    Ok(())
}

/// Uses the link up: the account has the address that the link was sent to. Its sessions go on. The inner `Err` says
/// that somebody else has the address.
///
/// # Errors
/// [`Error::LinkInvalid`] when somebody else was first, or the account has another address by now.
/// [`Error::Throttled`] when too many changes can still be gone back to.
pub async fn change_email(cx: &Context, link: &OpenLink) -> Result<Result<(), AddressTaken>> {
    let (user, now) = (&link.user, cx.now().as_second());
    let new = link.grant.new_email.as_ref().ok_or(Error::LinkInvalid)?;
    let (mut former, gone) = user.former_emails_at(now);
    if let (true, Some(oldest)) = (former.len() >= cx.config().accounts.email_changes, former.first()) {
        return Err(Error::Throttled(u64::try_from(oldest.until - now).unwrap_or_default()));
    }
    let (old, client, proven) = (user.email.clone(), cx.client(), user.email_verified);
    let mail = cx.promise(Letter::EmailChanged { user: user.id, old, new: new.clone(), proven, client });
    // An address that nobody has proven may be somebody else's, mistyped: it is no way back into the account.
    let until = if proven { now + cx.config().mail.ages.undo_email_change } else { now };
    former.push(FormerEmail { email: user.email.clone(), undo: LinkId::new(mail.id), until });
    let event = cx.author_as(Actor::Link).of_user(audit::Action::EmailChanged, user).changed_email(&user.email, new);
    match cx.store().change_email(user, new, &former, link.id, &mail, &event).await? {
        Ok(()) => {}
        Err(NotChanged::Taken) => return Ok(Err(AddressTaken)),
        Err(NotChanged::Overtaken) => return Err(Error::LinkInvalid),
    }
    close_link(cx, Purpose::ChangeEmail).await?;
    for former in &gone {
        // Its owner may have it anyway; this only keeps the table tidy, and must not undo what was done.
        if let Err(error) = cx.store().release_email(user.id, &former.email, now).await {
            tracing::warn!(error = %crate::log::chain(&error), "a former address could not be released");
        }
    }
    Ok(Ok(()))
}

/// Somebody else has the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressTaken;

/// Uses the link up: the account has the address before the change again, every session has ended, and the password,
/// which whoever changed the address knew, is good for nothing. A mail to the address leads to a new one.
///
/// # Errors
/// [`Error::LinkInvalid`] when somebody else was first, or the account's addresses have changed meanwhile.
pub async fn undo_email_change(cx: &Context, link: &OpenLink) -> Result<()> {
    let user = &link.user;
    let position = user.former_emails.iter().position(|entry| entry.undo == link.id).ok_or(Error::LinkInvalid)?;
    let (rest, undone) = user.former_emails.split_at(position);
    let entry = undone.first().ok_or(Error::LinkInvalid)?;
    let password = PasswordHash::unusable(cx.app().rng());
    let mail = cx.promise(Letter::ResetPassword { email: entry.email.clone() });
    let event = cx.author_as(Actor::Link).of_user(audit::Action::EmailRestored, user);
    let event = event.changed_email(&user.email, &entry.email);
    match cx.store().undo_email_change(user, entry, rest, &password, &mail, &event).await {
        Ok(()) => {}
        Err(error) if error.is_condition() => return Err(Error::LinkInvalid),
        Err(error) => return Err(error.into()),
    }
    cx.acts_as(user);
    close_link(cx, Purpose::UndoEmailChange).await?;
    cx.leave_account(user).await
}

impl User {
    /// The former addresses that can be gone back to at `now` (epoch seconds), and those that cannot any more.
    pub(super) fn former_emails_at(&self, now: i64) -> (Vec<FormerEmail>, Vec<FormerEmail>) {
        self.former_emails.iter().cloned().partition(|entry| entry.until > now)
    }
}
