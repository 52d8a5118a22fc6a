//! What may be asked for so many times in so long: fixed windows, opened by the first try.

use serde::{Deserialize, Serialize};

use super::{Counter, Network};
use crate::config::{Rate, Rates, ThrottleSettings};
use crate::context::Context;
use crate::error::{Error, Result};

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

impl Action {
    /// The scopes of its counters: of a network, of a subject.
    pub(super) fn scopes(self) -> (&'static str, &'static str) {
        match self {
            Self::SignUp => ("SIGN_UP_FROM", "SIGN_UP"),
            Self::ResetPassword => ("RESET_PASSWORD_FROM", "RESET_PASSWORD"),
            Self::ConfirmEmail => ("CONFIRM_EMAIL_FROM", "CONFIRM_EMAIL"),
            Self::ConfirmPassword => ("CONFIRM_PASSWORD_FROM", "CONFIRM_PASSWORD"),
        }
    }

    fn rates(self, settings: &ThrottleSettings) -> Rates {
        match self {
            Self::SignUp => settings.sign_up,
            Self::ResetPassword => settings.reset_password,
            Self::ConfirmEmail => settings.confirm_email,
            Self::ConfirmPassword => settings.confirm_password,
        }
    }
}

/// What a window holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Tries so far.
    pub spent: u64,
    /// When it ends, epoch seconds.
    pub expires_at: i64,
}

/// How often a window is looked at again that somebody else has just opened.
const ROUNDS: usize = 3;

/// Counts one try of `action` against the limits of `subject` (an address, a user's id; known or not, it makes no
/// difference) and of the client's network. A success gives nothing back.
///
/// # Errors
/// [`Error::Throttled`] when a limit is reached: then nothing was counted and nothing may be done.
pub async fn spend(cx: &Context, action: Action, subject: &str) -> Result<()> {
    let settings = &cx.config().throttle;
    if !settings.enabled {
        return Ok(());
    }
    let rates = action.rates(settings);
    let keys = cx.app().keys();
    // The narrow one first: what it refuses does not touch the other, so that both limits hold exactly.
    let narrow = Counter::asked_for(keys, action, subject);
    let spent = count(cx, &narrow, rates.subject).await?;
    let wide = Counter::asked_from(keys, action, &Network::of(&cx.client_address()));
    let refused = count(cx, &wide, rates.network).await;
    if matches!(refused, Err(Error::Throttled(_))) {
        cx.store().give_back(&narrow, &spent).await?;
    }
    refused.map(drop)
}

async fn count(cx: &Context, counter: &Counter, rate: Rate) -> Result<Spent> {
    let now = cx.now().as_second();
    for _ in 0..ROUNDS {
        match cx.store().spend(counter, rate, now).await? {
            Ok(spent) => return Ok(spent),
            Err(full) if full.expires_at > now => {
                return Err(Error::Throttled(u64::try_from(full.expires_at - now).unwrap_or(1)));
            }
            // It had ended, and somebody else has opened the next one.
            Err(_) => {}
        }
    }
    Err(Error::Throttled(1))
}
