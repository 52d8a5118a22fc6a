//! What may be asked for so many times in so long: fixed windows, opened by the first try.

use serde::{Deserialize, Serialize};

use super::{Counter, Network};
use crate::accounts::UserId;
use crate::config::{Rate, Rates, ThrottleSettings};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::job::JobContext;

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

/// What was counted, for what is given back: most is not.
#[derive(Debug, Default)]
pub struct Receipt(Vec<(Counter, Spent)>);

impl Receipt {
    /// As if it had not been asked for.
    pub async fn give_back(&self, cx: &Context) -> Result<()> {
        let given_back = self.0.iter().map(|(counter, spent)| cx.store().give_back(counter, spent));
        Ok(futures_util::future::try_join_all(given_back).await.map(drop)?)
    }
}

/// Counts one try of `action` against the limits of each of `subjects` (an address, a user's id; known or not, it makes
/// no difference) and of the client's network. A success gives nothing back by itself.
///
/// # Errors
/// [`Error::Throttled`] when a limit is reached: then nothing was counted and nothing may be done.
pub async fn spend(cx: &Context, action: Action, subjects: &[&str]) -> Result<Receipt> {
    let settings = &cx.config().throttle;
    let mut receipt = Receipt::default();
    if !settings.enabled {
        return Ok(receipt);
    }
    let (rates, keys) = (action.rates(settings), cx.app().keys());
    // The narrow ones first: what they refuse does not touch the wide one, so that all limits hold exactly.
    let narrow = subjects.iter().map(|subject| (Counter::asked_for(keys, action, subject), rates.subject));
    let wide = (Counter::asked_from(keys, action, &Network::of(&cx.client_address())), rates.network);
    for (counter, rate) in narrow.chain([wide]) {
        match count(cx, &counter, rate).await {
            Ok(spent) => receipt.0.push((counter, spent)),
            Err(refused) => {
                if matches!(refused, Error::Throttled(_)) {
                    receipt.give_back(cx).await?;
                }
                return Err(refused);
            }
        }
    }
    Ok(receipt)
}

/// Counts one mail that tells `user` of a new device, if the limit allows it. By the mailer: a log-in waits for no count
/// of its mails.
pub async fn may_tell_of_device(cx: &JobContext, user: UserId) -> Result<bool> {
    may_send(cx, &Counter::new_device_mail(user), cx.app().config().throttle.new_device_mail).await
}

/// Counts one mail that asks `user` once more to prove the address, if the limit allows it: the same as if they had asked.
pub async fn may_confirm_again(cx: &JobContext, user: UserId) -> Result<bool> {
    let counter = Counter::asked_for(cx.app().keys(), Action::ConfirmEmail, &user.to_string());
    may_send(cx, &counter, cx.app().config().throttle.confirm_email.subject).await
}

async fn may_send(cx: &JobContext, counter: &Counter, rate: Rate) -> Result<bool> {
    if !cx.app().config().throttle.enabled {
        return Ok(true);
    }
    let now = cx.now().as_second();
    let spent = cx.store().spend(counter, rate, now).await?;
    // One that is over was opened anew by somebody else at this moment.
    Ok(spent.err().is_none_or(|full| full.expires_at <= now))
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
