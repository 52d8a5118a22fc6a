//! `GET /signup` shows the form; `POST /signup` creates the account and leads to the log-in page.

use portico::accounts::password::Rule;
use portico::accounts::{self, SignupForm};
use portico::config::EmailVerification;
use portico::site::UserFields;
use portico::user_fields::{Place, Values};
use portico::{Allow, Context, Error, Next, Response, Result, Routes, StatusCode};
use serde::Serialize;
use serde_json::json;

/// What this function answers.
pub fn routes() -> Routes {
    Routes::new().first_page(TEMPLATE).get("/signup", Allow::ANYONE, show).post("/signup", Allow::ANYONE, sign_up)
}

const TEMPLATE: &str = "accounts/signup.html";

/// The form, as it was filled in. Passwords are never sent back.
#[derive(Serialize)]
struct SignupPage {
    form: Filled,
    password_min_length: usize,
    password_rules: Vec<Rule>,
}

#[derive(Serialize)]
struct Filled {
    email: String,
    username: String,
    #[serde(flatten)]
    fields: Values,
}

async fn show(cx: Context) -> Result<Response> {
    let page = SignupPage::new(&cx, Filled::empty()).await?;
    cx.page(TEMPLATE, page).await
}

async fn sign_up(cx: Context) -> Result<Response> {
    let (form, errors) = cx.form::<SignupForm>()?;
    let page = SignupPage::new(&cx, Filled::from(&form)).await?;
    let created = async {
        let account = form.check(errors).map_err(Error::Invalid)?;
        accounts::sign_up(&cx, account).await?.map_err(Error::Invalid)
    };
    match created.await {
        Err(error) => cx.refuse_form(error, TEMPLATE, page).await,
        Ok(user) => {
            cx.messages().success(match cx.config().accounts.email_verification {
                EmailVerification::None => "signup-done",
                EmailVerification::Optional => "signup-done-confirm",
                EmailVerification::Mandatory => "signup-confirm",
            });
            let login = Next::to(&cx.config().urls.login);
            cx.done(StatusCode::CREATED, &login, json!({ "user": cx.public_user(&user) }))
        }
    }
}

impl SignupPage {
    async fn new(cx: &Context, form: Filled) -> Result<Self> {
        let password_min_length = cx.config().passwords.validators.min_length();
        Ok(Self { form, password_min_length, password_rules: cx.password_rules().await? })
    }
}

impl Filled {
    fn empty() -> Self {
        let fields = Values::asked(Place::SignUp, &UserFields::default());
        Self { email: String::new(), username: String::new(), fields }
    }
}

impl From<&SignupForm> for Filled {
    fn from(form: &SignupForm) -> Self {
        Self {
            email: form.email.clone(),
            username: form.username.clone(),
            fields: form.fields.shown(&UserFields::default()),
        }
    }
}
