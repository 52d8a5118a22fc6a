//! Proving that mail to an account's address arrives.

use super::links::{OpenLink, close_link};
use super::tokens::Purpose;
use super::{Email, User, UserId};
use crate::audit::{self, Actor};
use crate::config::EmailVerification;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::mail::{Letter, Promise};
use crate::throttle::{self, Action};

/// Asks for a link by mail that proves the address of `user`.
///
/// # Errors
/// [`Error::Throttled`] when it was asked for too often.
pub async fn request_email_confirmation(cx: &Context, user: &User) -> Result<()> {
    cx.session().await?;
    throttle::spend(cx, Action::ConfirmEmail, &[user.email.canonical().as_str(), &user.id.to_string()]).await?;
    cx.store().put_mail(&confirmation(cx, user)).await?;
    Ok(())
}

/// The mail that asks a user to prove their address.
pub(super) fn confirmation(cx: &Context, user: &User) -> Promise {
    cx.promise(Letter::ConfirmEmail { user: user.id, email: user.email.clone() })
}

/// Uses the link up: the address is proven. Nobody is logged in.
///
/// # Errors
/// [`Error::LinkInvalid`] when somebody else was first, or the account has another address by now.
pub async fn confirm_email(cx: &Context, link: &OpenLink) -> Result<()> {
    let event = cx.author_as(Actor::Link).of_user(audit::Action::EmailConfirmed, &link.user);
    match cx.store().confirm_email(&link.user, link.id, &event).await {
        Ok(()) => {}
        Err(error) if error.is_condition() => return Err(Error::LinkInvalid),
        Err(error) => return Err(error.into()),
    }
    cx.acts_as(&link.user);
    close_link(cx, Purpose::ConfirmEmail).await
}

/// Whether `user` may not log in before the address is proven.
pub(super) fn must_prove_email(cx: &Context, user: &User) -> bool {
    cx.config().accounts.email_verification == EmailVerification::Mandatory && !user.email_verified
}

/// What a refused log-in leads to where addresses must be proven: a promise of another mail, to `unproven`, whose password
/// was right. Where there is nobody it is made as well, and the mailer drops it, so that neither the answer nor its time
/// tells which of them it was.
pub(super) async fn confirm_again(cx: &Context, unproven: Option<UserId>) -> Result<()> {
    if cx.config().accounts.email_verification == EmailVerification::Mandatory {
        cx.store().put_mail(&cx.promise(Letter::ConfirmAgain { user: unproven })).await?;
    }
    Ok(())
}

/// The letter to the owner of an address with which somebody signs up once more.
pub(super) fn account_exists(cx: &Context, email: &Email) -> Promise {
    cx.promise(Letter::AccountExists { email: email.clone() })
}
