//! `GET /signup` shows the form; `POST /signup` creates the account and leads to the log-in page.

use portico::accounts::{self, SignupForm};
use portico::{Context, Error, Next, Response, Result, Routes, StatusCode};
use serde::Serialize;
use serde_json::json;

/// What this function answers.
pub fn routes() -> Routes {
    Routes::new().get("/signup", show).post("/signup", sign_up)
}

/// The form, as it was filled in. Passwords are never sent back.
#[derive(Default, Serialize)]
struct SignupPage {
    form: Filled,
    password_min_length: usize,
}

#[derive(Default, Serialize)]
struct Filled {
    email: String,
    username: String,
    first_name: String,
    last_name: String,
    phone: String,
    is_marketing_agreed: bool,
}

async fn show(cx: Context) -> Result<Response> {
    cx.page("accounts/signup.html", SignupPage::new(&cx, Filled::default())).await
}

async fn sign_up(cx: Context) -> Result<Response> {
    let (form, errors) = cx.form::<SignupForm>()?;
    let page = SignupPage::new(&cx, Filled::from(&form));
    let created = match form.check(errors) {
        Ok(account) => accounts::sign_up(&cx, account).await?,
        Err(errors) => Err(errors),
    };
    match created {
        Err(errors) => cx.refuse(Error::Invalid(errors), "accounts/signup.html", page).await,
        Ok(user) => {
            cx.messages().success("signup-done");
            let login = Next::to(&cx.config().urls.login);
            cx.done(StatusCode::CREATED, &login, json!({ "user": cx.public_user(&user) }))
        }
    }
}

impl SignupPage {
    fn new(cx: &Context, form: Filled) -> Self {
        Self { form, password_min_length: cx.config().passwords.min_length }
    }
}

impl From<&SignupForm> for Filled {
    fn from(form: &SignupForm) -> Self {
        Self {
            email: form.email.clone(),
            username: form.username.clone(),
            first_name: form.first_name.clone(),
            last_name: form.last_name.clone(),
            phone: form.phone.clone(),
            is_marketing_agreed: form.is_marketing_agreed,
        }
    }
}
