//! `GET /profile/security` shows the last log-ins, and what to do about one that was not one's own.

use portico::accounts::{self, LAST_LOGINS, LastLogin};
use portico::{Context, Response, Result};
use serde::Serialize;

/// The page, and the same as JSON.
#[derive(Serialize)]
struct SecurityPage {
    logins: Vec<LastLogin>,
    most: u64,
}

pub(crate) async fn show(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let logins = accounts::last_logins(&cx, &user).await?;
    cx.page("accounts/security.html", SecurityPage { logins, most: LAST_LOGINS }).await
}
