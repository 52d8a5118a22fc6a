//! Proving the password again while signed in, before what an unattended browser must not be able to do (ASVS 7.5.1).

use super::backend::{Credentials, Verdict};
use super::{Password, User};
use crate::config::UsernameField;
use crate::context::Context;
use crate::error::{FieldErrors, Result};
use crate::throttle::Proof;

/// Notes on `field` that `password` is not `user`'s present one, beside what else is wrong with the form, as in Django. It
/// is a guess all the same, and counted as one; a field that was left empty is none.
///
/// # Errors
/// [`crate::Error::Throttled`] when there were too many tries.
pub async fn reauthenticate(
    cx: &Context,
    user: &User,
    password: &Password,
    field: &str,
    errors: &mut FieldErrors,
) -> Result<()> {
    if errors.contains(field) || confirm_password(cx, user, password).await? {
        return Ok(());
    }
    if user.password.is_usable() {
        errors.add(field, "password_incorrect", "password-incorrect");
    } else {
        errors.add(field, "password_unusable", "password-unusable");
    }
    Ok(())
}

/// Whether `password` is `user`'s present one: the one that is stored, or one that a backend of the site's own accepts as
/// theirs. One hash whatever the answer.
///
/// Each try counts as a wrong password of the account until it is found right, so that a stolen session is no place to
/// guess in; a right one takes nothing away from its owner.
///
/// # Errors
/// [`crate::Error::Throttled`] when there were too many tries.
pub async fn confirm_password(cx: &Context, user: &User, password: &Password) -> Result<bool> {
    let proof = Proof::begin(cx, user).await?;
    match is_theirs(cx, user, password).await {
        Ok(true) => proof.succeeded(cx).await.map(|()| true),
        Ok(false) => Ok(false),
        // It was not found wrong: nobody's fault but ours.
        Err(error) => {
            proof.take_back(cx).await;
            Err(error)
        }
    }
}

/// Notes that the user of this request has proven who they are ([`reauthenticate`]), as by a log-in: the session is fresh
/// ([`Context::require_fresh`]), and goes on under another identifier (ASVS 7.2.4), with a CSRF token of its own. Both are
/// written by one transaction when the request is done, or the visitor is told the error instead.
pub async fn confirm_login(cx: &Context) -> Result<()> {
    let user = cx.require_login().await?;
    cx.session().await?.rename_proven(cx.new_token(Some(&user)), cx.now().as_second(), cx.is_admin_host());
    cx.rotate_csrf();
    Ok(())
}

async fn is_theirs(cx: &Context, user: &User, password: &Password) -> Result<bool> {
    let verified = cx.app().hasher().verify(password.clone(), Some(user.password.clone())).await?;
    // What they type on the log-in page.
    let username = match (cx.config().users.username_field, &user.username) {
        (UsernameField::Username, Some(username)) => username.as_str(),
        _ => user.email.as_str(),
    };
    let credentials = Credentials { username: username.to_owned(), password: password.clone() };
    for named in cx.app().backends().iter() {
        match named.backend.authenticate(cx, &credentials).await? {
            Verdict::Deny => return Ok(false),
            Verdict::Accept(id) => return Ok(id == user.id),
            // Its turn comes when it knows the name: then the stored password decides.
            Verdict::Pass if verified && named.backend.identify(username).is_some() => return Ok(true),
            Verdict::Pass => {}
        }
    }
    Ok(verified)
}
