//! A new password for somebody who has forgotten theirs and reads the account's mail.

use super::links::{OpenLink, close_link};
use super::tokens::Purpose;
use super::{Email, Password};
use crate::audit::{self, Actor};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::mail::Letter;
use crate::throttle::{self, Action};

/// Asks for a link by mail. Whether there is an account, and where its mail goes, is the mailer's to decide: this is
/// the same work for every address (ASVS 6.3.8), so that whoever types one learns nothing.
///
/// # Errors
/// [`Error::Throttled`] when it was asked for too often.
pub async fn request_password_reset(cx: &Context, email: Email) -> Result<()> {
    // The language may stand in the visitor's session.
    cx.session().await?;
    throttle::spend(cx, Action::ResetPassword, &[email.canonical().as_str()]).await?;
    cx.store().put_mail(&cx.promise(Letter::ResetPassword { email })).await?;
    Ok(())
}

/// Uses the link up: the account has the password `new`, its address is proven, and every session of it has ended.
/// Nobody is logged in.
///
/// # Errors
/// [`Error::LinkInvalid`] when somebody else was first, or the account has changed meanwhile.
pub async fn reset_password(cx: &Context, link: &OpenLink, new: Password) -> Result<()> {
    let user = &link.user;
    let hash = cx.app().hasher().hash(new).await?;
    let mail = cx.promise(Letter::PasswordChanged { user: user.id, client: Some(cx.client()) });
    let event = cx.author_as(Actor::Link).of_user(audit::Action::PasswordReset, user);
    match cx.store().reset_password(user, &hash, link.id, &mail, &event).await {
        Ok(()) => {}
        Err(error) if error.is_condition() => return Err(Error::LinkInvalid),
        Err(error) => return Err(error.into()),
    }
    cx.acts_as(user);
    throttle::forgive(cx, user).await;
    close_link(cx, Purpose::ResetPassword).await?;
    cx.leave_account(user).await
}
