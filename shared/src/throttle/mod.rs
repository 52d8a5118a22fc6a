//! Limits on how often something may be tried, counted by conditional writes in the table of sessions: a try is counted
//! before it is carried out, so that a limit holds exactly however many try at once.
//!
//! [`spend`] counts what is asked for in fixed windows. An [`Attempt`] counts wrong passwords, with delays that grow; a
//! [`Proof`] does both.
//! What each limit is stands in the settings (`config::ThrottleSettings`); `docs/throttling.md` tells it all.

mod attempt;
mod counter;
mod ladder;
mod network;
mod proof;
mod window;

pub(crate) use attempt::Attempt;
pub use attempt::{forgive, forgive_account};
pub use counter::Counter;
pub use ladder::{Failures, Ladder};
pub use network::Network;
pub(crate) use proof::Proof;
pub use window::{Action, Receipt, Spent, may_confirm_again, may_tell_of_device, spend};
