//! The audit trail: what was done to accounts and groups, by whom, from where, and when.
//!
//! An event is written in the transaction of what it tells of, so that neither is there without the other, and nobody
//! changes or deletes one: no function has the right to. It holds what was before and after, and no secret: of a password
//! that it is another one, of an address enough to know it again by. Whose event it is, is told by identifiers, so that
//! what is left of a deleted account is a number (`docs/audit.md`).

mod event;
mod listing;

pub use event::{Action, Actor, Author, Change, Event, Subject};
pub use listing::{EventRow, Month, TrailPage, own_events, trail, trail_of};
