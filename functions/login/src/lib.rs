//! `GET /login` shows the form; `POST /login` signs the visitor in.

use portico::accounts::{self, LoginForm, Remember};
use portico::{Context, Error, Next, Response, Result, Routes, StatusCode};
use serde_json::{Value, json};

/// What this function answers.
pub fn routes() -> Routes {
    Routes::new().get("/login", show).post("/login", log_in)
}

async fn show(cx: Context) -> Result<Response> {
    let next = cx.request().query_param("next")?;
    cx.page("accounts/login.html", page(&cx, "", Remember::No, next.as_deref())).await
}

async fn log_in(cx: Context) -> Result<Response> {
    let (form, errors) = cx.form::<LoginForm>()?;
    let next = match form.next {
        Some(next) => Some(next),
        None => cx.request().query_param("next")?,
    };
    let page = page(&cx, &form.credentials.username, form.remember, next.as_deref());
    if !errors.is_empty() {
        return cx.refuse(Error::Invalid(errors), "accounts/login.html", page).await;
    }
    let authenticated = match accounts::authenticate(&cx, &form.credentials).await {
        Ok(Some(authenticated)) => authenticated,
        Ok(None) => return cx.refuse(Error::InvalidLogin, "accounts/login.html", page).await,
        Err(throttled @ Error::Throttled(_)) => return cx.refuse(throttled, "accounts/login.html", page).await,
        Err(error) => return Err(error),
    };
    if let Err(error) = accounts::require_verified_email(&cx, &authenticated).await {
        return refuse_unverified(&cx, error).await;
    }
    let user = accounts::login(&cx, authenticated, form.remember).await?;
    cx.messages().success("login-done");
    let next = cx.next_or(next.as_deref(), &cx.config().urls.login_redirect);
    cx.done(StatusCode::OK, &next, json!({ "user": cx.public_user(&user) }))
}

/// The password was right, but the address must be proven first: the page says where to look.
async fn refuse_unverified(cx: &Context, error: Error) -> Result<Response> {
    match error {
        Error::EmailUnverified => cx.refuse(error, "accounts/email_unverified.html", json!({})).await,
        other => Err(other),
    }
}

/// The form as it was filled in; the password is never sent back. A `next` that leads elsewhere is dropped here too.
fn page(cx: &Context, username: &str, remember: Remember, next: Option<&str>) -> Value {
    let next = next.and_then(|next| Next::parse(next, cx.config()));
    json!({
        "form": { "username": username, "remember": remember == Remember::Yes },
        "next": next.as_ref().map_or("", Next::as_str),
    })
}
