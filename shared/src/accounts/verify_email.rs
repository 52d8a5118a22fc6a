//! Proving that mail to an account's address arrives.

use super::hooks::{self, Failure};
use super::links::{OpenLink, close_link};
use super::tokens::Purpose;
use super::{Authenticated, Email, User};
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
    match cx.store().confirm_email(&link.user, link.id, cx.now().as_second()).await {
        Ok(()) => {}
        Err(error) if error.is_condition() => return Err(Error::LinkInvalid),
        Err(error) => return Err(error.into()),
    }
    cx.acts_as(&link.user);
    close_link(cx, Purpose::ConfirmEmail).await
}

/// Refuses a log-in whose password was right where the address must be proven first, and promises another mail, as
/// often as the limit allows; who knows the password is told as much either way. The hooks hear of it.
///
/// # Errors
/// [`Error::EmailUnverified`].
pub(super) async fn require_verified_email(cx: &Context, authenticated: &Authenticated) -> Result<()> {
    let user = &authenticated.user;
    let mandatory = cx.config().accounts.email_verification == EmailVerification::Mandatory;
    if user.email_verified || !mandatory {
        return Ok(());
    }
    // It was no guess, so it does not count as one.
    authenticated.attempt.succeeded(cx).await?;
    match request_email_confirmation(cx, user).await {
        Ok(()) | Err(Error::Throttled(_)) => {}
        Err(error) => return Err(error),
    }
    hooks::login_failed(cx, &authenticated.name, Failure::Unverified).await;
    Err(Error::EmailUnverified)
}

/// The letter to the owner of an address with which somebody signs up once more.
pub(super) fn account_exists(cx: &Context, email: &Email) -> Promise {
    cx.promise(Letter::AccountExists { email: email.clone() })
}
