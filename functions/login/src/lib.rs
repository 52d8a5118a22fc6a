//! `GET /login` shows the form; `POST /login` signs the visitor in. `/reauthenticate` has them prove it again.

mod reauthenticate;

use portico::accounts::{self, LoginForm, Remember, User};
use portico::config::EmailVerification;
use portico::{Allow, Context, Error, FieldErrors, Next, Response, Result, Routes, StatusCode};
use serde_json::{Value, json};

/// What this function answers.
pub fn routes() -> Routes {
    Routes::new()
        .first_page(TEMPLATE)
        .get("/login", Allow::ANYONE, show)
        .post("/login", Allow::ANYONE, log_in)
        .get("/reauthenticate", Allow::ANYONE, reauthenticate::show)
        .post("/reauthenticate", Allow::ANYONE, reauthenticate::confirm)
}

const TEMPLATE: &str = "accounts/login.html";

async fn show(cx: Context) -> Result<Response> {
    let next = cx.request().query_param("next")?;
    cx.page(TEMPLATE, page(&cx, "", Remember::No, next.as_deref())).await
}

async fn log_in(cx: Context) -> Result<Response> {
    let (form, errors) = cx.form::<LoginForm>()?;
    let next = match &form.next {
        Some(next) => Some(next.clone()),
        None => cx.request().query_param("next")?,
    };
    match enter(&cx, &form, errors).await {
        Ok(user) => {
            cx.messages().success("login-done");
            let next = cx.next_or(next.as_deref(), &cx.config().urls.login_redirect);
            cx.done(StatusCode::OK, &next, json!({ "user": cx.public_user(&user) }))
        }
        Err(error) => {
            let mut page = page(&cx, &form.credentials.username, form.remember, next.as_deref());
            // Where an address must be proven, that is said to everybody who is refused: to whom it applies is not told.
            let mandatory = cx.config().accounts.email_verification == EmailVerification::Mandatory;
            page["confirm_hint"] = json!(mandatory && matches!(error, Error::InvalidLogin));
            cx.refuse_form(error, TEMPLATE, page).await
        }
    }
}

async fn enter(cx: &Context, form: &LoginForm, errors: FieldErrors) -> Result<User> {
    errors.into_result()?;
    let authenticated = accounts::authenticate(cx, &form.credentials).await?.ok_or(Error::InvalidLogin)?;
    accounts::login(cx, authenticated, form.remember).await
}

/// The form as it was filled in; the password is never sent back. A `next` that leads elsewhere is dropped here too.
fn page(cx: &Context, username: &str, remember: Remember, next: Option<&str>) -> Value {
    let next = next.and_then(|next| cx.parse_next(next));
    json!({
        "form": { "username": username, "remember": remember == Remember::Yes },
        "next": next.as_ref().map_or("", Next::as_str),
        "confirm_hint": false,
    })
}
