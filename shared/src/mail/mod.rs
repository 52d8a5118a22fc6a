//! Mail: promised in the same transaction as its cause, written and sent by the function `mailer`.
//!
//! A handler never sends: it puts a [`Promise`] into the outbox. The outbox's stream invokes the mailer, which decides
//! to whom a letter goes, makes its link and hands it to the provider. So an answer takes the same time whether there
//! is an account or not, and a mail is promised if and only if its cause was carried out.
//!
//! [`compose`] makes a letter into a [`Message`]; the [`Mailer`] sends that through the [`Backend`] of `EMAIL_BACKEND`.

mod address;
mod backend;
pub mod compose;
mod console;
mod file;
mod letter;
mod message;
mod ses;
mod smtp;

pub use address::Sender;
pub(crate) use address::recipient;
pub use backend::{Backend, Mailer, SendError};
pub use letter::{Client, Letter, Promise};
pub use message::{Message, Mime};
