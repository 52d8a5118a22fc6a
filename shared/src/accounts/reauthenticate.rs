//! Proving the password again while signed in, before what an unattended browser must not be able to do (ASVS 7.5.1).

use super::{Password, User};
use crate::context::Context;
use crate::error::Result;
use crate::throttle::{self, Action};

/// Whether `password` is `user`'s present one. One hash whatever the answer; each try counts against the account, so
/// that a stolen session is no place to guess in.
///
/// # Errors
/// [`crate::Error::Throttled`] when there were too many tries.
pub async fn confirm_password(cx: &Context, user: &User, password: &Password) -> Result<bool> {
    throttle::spend(cx, Action::ConfirmPassword, &user.id.to_string()).await?;
    cx.app().hasher().verify(password.clone(), Some(user.password.clone())).await
}
