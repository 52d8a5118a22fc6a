//! The tray: what takes the mail of a site on one machine, and shows it. Nothing leaves the machine.
//!
//! The site speaks to it as to Amazon SES, through the unmodified SDK ([`SesServer`]); people look at it under
//! `/__local/mail`, which exists here alone.

mod message;
mod page;
mod ses;
mod store;

pub use message::Mail;
pub(crate) use page::{PATH, TrayPages};
pub(crate) use ses::SesServer;
pub(crate) use store::Tray;
