//! Signing up.

use super::verify_email::{account_exists, confirmation};
use super::{NewAccount, User};
use crate::config::EmailVerification;
use crate::context::Context;
use crate::error::{Error, FieldErrors, Result};
use crate::throttle::{self, Action};

/// How often it is looked again whether an address is taken, when that changed in between.
const ATTEMPTS: u32 = 3;

/// Creates an account, and promises the mail that asks to prove the address. Nobody is logged in by it.
///
/// Uniqueness is decided by one transaction, not by looking first: of a hundred identical sign-ups in parallel one
/// creates the account. That an address is taken is told, here alone, and only where `ACCOUNT_EMAIL_VERIFICATION` is not
/// `mandatory`: where mail need not be read, a form that kept quiet could not be used.
///
/// # Errors
/// [`crate::Error::Throttled`] after too many: no hash is computed then.
/// The inner `Err` names the fields that are taken, with Django's code `unique`, or a password that was stolen elsewhere.
pub async fn sign_up(cx: &Context, account: NewAccount) -> Result<Result<User, FieldErrors>> {
    // By the address too: where sign-up answers by mail, nobody's mailbox can be filled.
    throttle::spend(cx, Action::SignUp, &[account.email().canonical().as_str()]).await?;
    if let Some(error) = cx.app().check_breaches(&account.password).await {
        return Ok(Err(FieldErrors::of_with("password2", error)));
    }
    let hash = cx.app().hasher().hash(account.password.clone()).await?;
    let user = account.into_user(cx, hash);
    // The language of the mail may stand in the visitor's session.
    cx.session().await?;
    let mail = match cx.config().accounts.email_verification {
        EmailVerification::None => None,
        EmailVerification::Optional => Some(confirmation(cx, &user)),
        EmailVerification::Mandatory => return sign_up_quietly(cx, user).await,
    };
    let Err(taken) = cx.store().create_user(&user, mail.as_ref(), None).await? else {
        cx.acts_as(&user);
        super::hooks::user_created(cx, &user).await;
        return Ok(Ok(user));
    };
    let mut errors = FieldErrors::default();
    if taken.email {
        errors.add("email", "unique", "email-unique");
    }
    if taken.username {
        errors.add("username", "unique", "username-unique");
    }
    Ok(Err(errors))
}

/// Answers for a taken address as for a free one: the guard is read, then one transaction of as many parts is made,
/// which in the one case creates the account and in the other promises its owner a mail. A user name that is taken is
/// told in both, and in both it is kept for `USERNAME_RESERVATION_AGE`, and longer once the address is proven.
async fn sign_up_quietly(cx: &Context, user: User) -> Result<Result<User, FieldErrors>> {
    let (new, known) = (confirmation(cx, &user), account_exists(cx, &user.email));
    let until = cx.now().as_second() + cx.config().accounts.username_reservation;
    for _ in 0..ATTEMPTS {
        let is_taken = cx.store().is_email_taken(&user.email.canonical(), cx.now().as_second()).await?;
        let done = if is_taken {
            cx.store().decline_user(&user, &known, until).await?
        } else {
            cx.store().create_unproven_user(&user, &new, until).await?
        };
        match done {
            Ok(()) => {
                if !is_taken {
                    super::hooks::user_created(cx, &user).await;
                }
                return Ok(Ok(user));
            }
            Err(taken) if taken.username => {
                return Ok(Err(FieldErrors::of("username", "unique", "username-unique")));
            }
            // Somebody took the address, or gave it up, in between.
            Err(_) => {}
        }
    }
    Err(Error::Unavailable("the address was taken and given up again and again".into()))
}
