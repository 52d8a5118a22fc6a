//! Replaces an old hash while its password is known, which is when somebody logs in.

use super::{Password, User};
use crate::context::Context;
use crate::error::Result;

/// Hashes the password of `user`, which was just found right, anew where its hash is Django's or of another cost than the
/// present one. Gives the user as stored.
///
/// Whatever goes wrong is told to the log alone: nobody is kept out because a hash is old. It will be tried again at the
/// next log-in.
pub(super) async fn upgrade_password(cx: &Context, user: User, password: &Password) -> User {
    if !cx.app().hasher().must_update(&user.password) {
        return user;
    }
    match upgrade(cx, &user, password).await {
        Ok(hash) => User { password: hash, ..user },
        Err(error) => {
            tracing::warn!(error = %crate::log::chain(&error), "a password hash could not be upgraded");
            user
        }
    }
}

async fn upgrade(cx: &Context, user: &User, password: &Password) -> Result<super::PasswordHash> {
    let hash = cx.app().hasher().hash(password.clone()).await?;
    // On the old hash: a password that was changed meanwhile is not set back.
    cx.store().upgrade_password(user.id, &user.password, &hash).await?;
    Ok(hash)
}
