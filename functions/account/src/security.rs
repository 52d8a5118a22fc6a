//! `GET /profile/security` shows the last log-ins, what was done to the account, and what to do about one that was not one's own.

use portico::accounts::{self, LAST_LOGINS, LastLogin};
use portico::audit::{self, EventRow};
use portico::{Context, Response, Result};
use serde::Serialize;

/// The page, and the same as JSON.
#[derive(Serialize)]
struct SecurityPage {
    logins: Vec<LastLogin>,
    most: u64,
    /// What was done to the account.
    events: Vec<EventRow>,
}

pub(crate) async fn show(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let (logins, events) = futures_util::try_join!(accounts::last_logins(&cx, &user), audit::own_events(&cx, &user))?;
    cx.page("accounts/security.html", SecurityPage { logins, most: LAST_LOGINS, events }).await
}
