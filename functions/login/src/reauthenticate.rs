//! `GET /reauthenticate` asks who is signed in for the password again; `POST /reauthenticate` takes it, and leads back to
//! what asked for a recent log-in (`Context::require_fresh`).

use portico::accounts::{self, Password, User};
use portico::fields::{FieldReader, Form};
use portico::{Context, Error, Next, Response, Result};
use serde_json::{Value, json};

const TEMPLATE: &str = "accounts/reauthenticate.html";

pub(crate) async fn show(cx: Context) -> Result<Response> {
    let next = cx.request().query_param("next")?;
    match cx.user().await? {
        Some(user) => cx.page(TEMPLATE, page(&cx, &user, next.as_deref())).await,
        None => log_in_instead(&cx, next.as_deref()),
    }
}

pub(crate) async fn confirm(cx: Context) -> Result<Response> {
    let (form, mut errors) = cx.form::<ReauthenticateForm>()?;
    let next = match form.next {
        Some(next) => Some(next),
        None => cx.request().query_param("next")?,
    };
    let Some(user) = cx.user().await? else { return log_in_instead(&cx, next.as_deref()) };
    let confirmed = async {
        accounts::reauthenticate(&cx, &user, &form.password, "password", &mut errors).await?;
        errors.into_result()?;
        accounts::confirm_login(&cx).await
    };
    if let Err(error) = confirmed.await {
        return cx.refuse_form(error, TEMPLATE, page(&cx, &user, next.as_deref())).await;
    }
    cx.redirect(&cx.next_or(next.as_deref(), &cx.config().urls.login_redirect))
}

/// A log-in is the proof that this page asks for: it leads to where this page would have led, and not back here, where the
/// password would be asked for once more.
fn log_in_instead(cx: &Context, next: Option<&str>) -> Result<Response> {
    if cx.wants_json() {
        return Err(Error::LoginRequired);
    }
    let next = next.and_then(|next| cx.parse_next(next));
    cx.redirect(&Next::to(&cx.config().urls.login).leading_to(next.as_ref()))
}

/// Who is asked, as a password manager knows them. A `next` that leads elsewhere is dropped here too.
fn page(cx: &Context, user: &User, next: Option<&str>) -> Value {
    let next = next.and_then(|next| cx.parse_next(next));
    json!({ "username": user.email.as_str(), "next": next.as_ref().map_or("", Next::as_str) })
}

struct ReauthenticateForm {
    password: Password,
    /// Where to go afterwards, unchecked.
    next: Option<String>,
}

impl Form for ReauthenticateForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        Self { password: fields.password("password"), next: fields.lines("next", usize::MAX) }
    }
}
