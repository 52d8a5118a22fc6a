//! One proof of the password by somebody who is signed in, as the limits see it: counted before the password is looked
//! at, and given back when it was right.
//!
//! Two limits hold it. The window of [`Action::ConfirmPassword`] makes guessing slow; the account's own counter, or that
//! of the browser if the account knows it, ends it: what is guessed here and at the log-in page is counted together.

use super::ladder::{Charge, Ladder};
use super::window::{Receipt, spend};
use super::{Action, Counter};
use crate::accounts::User;
use crate::context::Context;
use crate::error::{Error, Result};

/// A proof that was counted.
#[derive(Debug)]
pub(crate) struct Proof {
    window: Receipt,
    failure: Option<Charge>,
    /// Whether the browser is judged by itself.
    known: bool,
}

impl Proof {
    /// Counts a try to prove the password of `user`.
    ///
    /// # Errors
    /// [`Error::Throttled`] when there were too many; then it is counted nowhere.
    pub(crate) async fn begin(cx: &Context, user: &User) -> Result<Self> {
        let window = spend(cx, Action::ConfirmPassword, &[&user.id.to_string()]).await?;
        let known = cx.devices().known_since(user.id).filter(|epoch| *epoch == user.session_epoch);
        let proof = Self { window, failure: None, known: known.is_some() };
        if !cx.config().throttle.enabled {
            return Ok(proof);
        }
        // A browser that the account knows is judged by itself: no stranger keeps its owner from proving the password.
        let (limits, keys) = (&cx.config().throttle.login, cx.app().keys());
        let (counter, ladder) = match known {
            Some(epoch) => (Counter::device(keys, user.id, &cx.devices().id(), epoch), Ladder::device(limits)),
            None => (Counter::account(user.id), Ladder::account(limits)),
        };
        let refused = match ladder.charge(cx.store(), counter, cx.now().as_second()).await {
            Ok(Ok(charge)) => return Ok(Self { failure: Some(charge), ..proof }),
            Ok(Err(seconds)) => Error::Throttled(seconds),
            Err(error) => error,
        };
        proof.take_back(cx).await;
        Err(refused)
    }

    /// The password was right: it costs its owner no try, and the free failures begin anew.
    pub(crate) async fn succeeded(&self, cx: &Context) -> Result<()> {
        let (window, failure) = tokio::join!(self.window.give_back(cx), async {
            match &self.failure {
                Some(charge) if self.known => charge.forgive(cx.store()).await,
                Some(charge) => charge.undo(cx.store()).await,
                None => Ok(()),
            }
        });
        window.and(failure)
    }

    /// The password was not looked at, for a reason that is none of the visitor's: that is what they are told, so what
    /// goes wrong here is for the log alone.
    pub(crate) async fn take_back(&self, cx: &Context) {
        let (window, failure) = tokio::join!(self.window.give_back(cx), async {
            match &self.failure {
                Some(charge) => charge.undo(cx.store()).await,
                None => Ok(()),
            }
        });
        if let Err(error) = window.and(failure) {
            let request_id = &cx.request().id;
            tracing::warn!(request_id, error = %crate::log::chain(&error), "a try could not be taken back");
        }
    }
}
