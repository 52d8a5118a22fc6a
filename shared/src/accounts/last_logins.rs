//! The last log-ins of an account, for its owner to look through (ASVS 7.5.2, NIST 800-63B): a ring of items, in which
//! log-ins at the same time lose none.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::User;
use crate::context::Context;
use crate::error::Result;
use crate::user_agent::UserAgent;

/// How many are kept. The ring has a slot for each, so that the number is part of how they are stored.
pub const LAST_LOGINS: u64 = 20;

/// A log-in as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoginRecord {
    /// Counts the account's log-ins; it decides the slot.
    pub number: u64,
    /// When it was.
    pub at: Timestamp,
    /// From where.
    pub address: String,
    /// What the browser called itself.
    pub user_agent: String,
    /// Whether the account knew the browser.
    pub known_device: bool,
}

/// A log-in as its owner sees it.
#[derive(Debug, Clone, Serialize)]
pub struct LastLogin {
    /// When it was.
    pub at: Timestamp,
    /// From where.
    pub address: String,
    /// Browser and system, in the visitor's language.
    pub device: String,
    /// Whether the account knew the browser.
    pub known_device: bool,
}

impl LoginRecord {
    /// This request's log-in to `user`, with the number that it has if no other is under way.
    pub(super) fn new(cx: &Context, user: &User, known_device: bool) -> Self {
        Self {
            number: user.login_count + 1,
            at: cx.now(),
            address: cx.client_address(),
            user_agent: cx.request().user_agent().to_owned(),
            known_device,
        }
    }
}

/// The last log-ins of `user`, the latest first: one call.
pub async fn last_logins(cx: &Context, user: &User) -> Result<Vec<LastLogin>> {
    let mut records = cx.store().logins_of(user.id).await?;
    records.sort_by_key(|record| std::cmp::Reverse(record.number));
    let language = cx.language();
    Ok(records
        .into_iter()
        .map(|record| LastLogin {
            at: record.at,
            address: record.address,
            device: UserAgent::parse(&record.user_agent).text(language),
            known_device: record.known_device,
        })
        .collect())
}
