//! `POST /logout` ends this session, `POST /logout/all` all sessions of the user. GET ends none: a picture on another
//! site could ask for it.

use portico::headers::clear_site_data;
use portico::{Allow, Context, Error, Next, Response, Result, Routes, StatusCode, accounts};
use serde_json::json;

/// What this function answers.
pub fn routes() -> Routes {
    Routes::new().refuse_get("/logout", explain).post("/logout", Allow::ANYONE.only_ends_sessions(), log_out).post(
        "/logout/all",
        Allow::USERS.only_ends_sessions(),
        log_out_everywhere,
    )
}

/// A page that says why a link is not enough, with the button that is.
async fn explain(cx: Context) -> Result<Response> {
    let error = Error::MethodNotAllowed(vec![portico::Method::POST]);
    if cx.wants_json() {
        return Err(error);
    }
    cx.refuse(error, "accounts/logout.html", json!({})).await
}

async fn log_out(cx: Context) -> Result<Response> {
    accounts::logout(&cx).await?;
    bye(&cx, "logout-done")
}

async fn log_out_everywhere(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    accounts::logout_everywhere(&cx, &user).await?;
    bye(&cx, "logout-all-done")
}

fn bye(cx: &Context, message: &str) -> Result<Response> {
    cx.messages().success(message);
    let home = Next::to(&cx.config().urls.logout_redirect);
    Ok(clear_site_data(cx.done(StatusCode::OK, &home, json!({}))?))
}
