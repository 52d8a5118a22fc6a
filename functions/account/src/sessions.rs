//! `GET /sessions` lists a person's devices; `POST /sessions/{id}/end` ends one of them, `POST /sessions/end-others` all
//! but this one.

use portico::headers::clear_site_data;
use portico::sessions::{self, Device};
use portico::{Context, Error, Next, Response, Result, StatusCode};
use serde::Serialize;
use serde_json::json;

pub(crate) const TEMPLATE: &str = "accounts/sessions.html";

/// The page, and the same as JSON.
#[derive(Serialize)]
struct SessionsPage {
    sessions: Vec<Device>,
    more: bool,
}

pub(crate) async fn list(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let (sessions, more) = sessions::devices(&cx, &user).await?;
    cx.page(TEMPLATE, SessionsPage { sessions, more }).await
}

pub(crate) async fn end(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    match sessions::end_one(&cx, &user, cx.param("id")).await {
        Ok(true) => {
            cx.messages().success("logout-done");
            let home = Next::to(&cx.config().urls.logout_redirect);
            return Ok(clear_site_data(cx.done(StatusCode::OK, &home, json!({}))?));
        }
        Ok(false) => cx.messages().success("session-end-done"),
        // A list that was left open: what is there now is shown.
        Err(Error::NotFound) if !cx.wants_json() => cx.messages().info("session-end-gone"),
        Err(error) => return Err(error),
    }
    cx.done(StatusCode::OK, &Next::to("/sessions"), json!({}))
}

pub(crate) async fn end_others(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    sessions::end_others(&cx, &user).await?;
    cx.messages().success("session-end-others-done");
    cx.done(StatusCode::OK, &Next::to("/sessions"), json!({}))
}
