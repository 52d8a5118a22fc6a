//! Signing up.

use super::{NewAccount, User};
use crate::context::Context;
use crate::error::{FieldErrors, Result};

/// Creates an account. Nobody is logged in by it.
///
/// Uniqueness is decided by one transaction, not by looking first: of a hundred identical sign-ups in parallel one
/// creates the account. That an address is taken is told, here alone: a form that kept quiet could not be used.
///
/// # Errors
/// The inner `Err` names the fields that are taken, with Django's code `unique`.
pub async fn sign_up(cx: &Context, account: NewAccount) -> Result<Result<User, FieldErrors>> {
    let hash = cx.app().hasher().hash(account.password.clone()).await?;
    let user = account.into_user(cx, hash);
    let Err(taken) = cx.store().create_user(&user).await? else {
        cx.acts_as(&user);
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
