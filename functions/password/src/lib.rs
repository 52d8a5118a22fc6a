//! `/password/change` for who is signed in, `/password/reset` for who has forgotten the password and reads the mail.

use portico::accounts::password::{Rule, Subject};
use portico::accounts::tokens::Purpose;
use portico::accounts::{
    self, AddressForm, ChangePasswordForm, OpenLink, PasswordChange, SetPasswordForm, User, check_new_password,
    follow_link, open_link, reauthenticate, withholds_session,
};
use portico::mail::compose::lifetime;
use portico::{Allow, Context, Error, FieldErrors, Next, Response, Result, Routes, StatusCode};
use serde::Serialize;
use serde_json::json;

/// What this function answers.
pub fn routes() -> Routes {
    Routes::new()
        .first_page(REQUEST)
        .get("/password/change", Allow::USERS, show_change)
        .post("/password/change", Allow::USERS, change)
        .get("/password/reset", Allow::ANYONE, show_request)
        .post("/password/reset", Allow::ANYONE, request)
        .get("/password/reset/sent", Allow::ANYONE, sent)
        .get("/password/reset/{link}", Allow::ANYONE, follow)
        .get("/password/reset/confirm", Allow::ANYONE, show_reset)
        .post("/password/reset/confirm", Allow::ANYONE, reset)
}

/// Where another link can be asked for.
const AGAIN: &str = "/password/reset";

const CHANGE: &str = "accounts/password_change.html";
const REQUEST: &str = "accounts/password_reset.html";
const RESET: &str = "accounts/password_reset_confirm.html";

/// A form for a new password. A password manager is told whose it is.
#[derive(Serialize)]
struct NewPasswordPage {
    username: String,
    password_rules: Vec<Rule>,
}

impl NewPasswordPage {
    async fn new(cx: &Context, user: &User) -> Result<Self> {
        Ok(Self { username: user.email.as_str().to_owned(), password_rules: cx.password_rules().await? })
    }
}

async fn show_change(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    cx.page(CHANGE, NewPasswordPage::new(&cx, &user).await?).await
}

async fn change(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let (form, errors) = cx.form::<ChangePasswordForm>()?;
    match change_password(&cx, &user, form, errors).await {
        Ok(PasswordChange::Done) => {
            cx.messages().success("password-changed");
            cx.done(StatusCode::OK, &Next::to("/profile"), json!({}))
        }
        Ok(PasswordChange::Overtaken) if cx.wants_json() => Err(Error::Conflict),
        Ok(PasswordChange::Overtaken) => {
            cx.messages().warning("password-changed-elsewhere");
            cx.redirect(&Next::to(&cx.config().urls.login))
        }
        Err(error) => {
            let page = NewPasswordPage::new(&cx, &user).await?;
            cx.refuse_form(error, CHANGE, page).await
        }
    }
}

async fn change_password(
    cx: &Context,
    user: &User,
    form: ChangePasswordForm,
    mut errors: FieldErrors,
) -> Result<PasswordChange> {
    check_new_password(cx, &form.new_password, &Subject::from(user), "new_password2", &mut errors).await;
    reauthenticate(cx, user, &form.old_password, "old_password", &mut errors).await?;
    errors.into_result()?;
    accounts::change_password(cx, user, form.new_password).await
}

/// The form that asks for a link, as it was filled in.
#[derive(Default, Serialize)]
struct RequestPage {
    form: Filled,
}

#[derive(Default, Serialize)]
struct Filled {
    email: String,
}

async fn show_request(cx: Context) -> Result<Response> {
    cx.page(REQUEST, RequestPage::default()).await
}

async fn request(cx: Context) -> Result<Response> {
    let (form, errors) = cx.form::<AddressForm>()?;
    let asked = match form.parsed {
        Some(email) if errors.is_empty() => accounts::request_password_reset(&cx, email).await,
        _ => Err(Error::Invalid(errors)),
    };
    match asked {
        Ok(()) => cx.done(StatusCode::ACCEPTED, &Next::to("/password/reset/sent"), json!({})),
        Err(error) => cx.refuse_form(error, REQUEST, RequestPage { form: Filled { email: form.email } }).await,
    }
}

async fn sent(cx: Context) -> Result<Response> {
    // The language may stand in the visitor's session.
    cx.session().await?;
    let age = cx.config().mail.ages.reset_password;
    let page = json!({ "minutes": age / 60, "lifetime": lifetime(cx.language(), age) });
    cx.page("accounts/password_reset_sent.html", page).await
}

async fn follow(cx: Context) -> Result<Response> {
    cx.confidential();
    if withholds_session(&cx) {
        return cx.page("accounts/link_go_on.html", json!({})).await;
    }
    match follow_link(&cx, Purpose::ResetPassword, cx.param("link")).await {
        Ok(()) => cx.redirect(&Next::to("/password/reset/confirm")),
        Err(error) => cx.refuse_link(error, AGAIN).await,
    }
}

async fn show_reset(cx: Context) -> Result<Response> {
    cx.confidential();
    match open_link(&cx, Purpose::ResetPassword).await {
        Ok(link) => cx.page(RESET, NewPasswordPage::new(&cx, &link.user).await?).await,
        Err(error) => cx.refuse_link(error, AGAIN).await,
    }
}

async fn reset(cx: Context) -> Result<Response> {
    cx.confidential();
    let (form, errors) = cx.form::<SetPasswordForm>()?;
    match set_password(&cx, form, errors).await {
        Ok(response) => Ok(response),
        Err(error) => cx.refuse_link(error, AGAIN).await,
    }
}

async fn set_password(cx: &Context, form: SetPasswordForm, mut errors: FieldErrors) -> Result<Response> {
    let link: OpenLink = open_link(cx, Purpose::ResetPassword).await?;
    check_new_password(cx, &form.new_password, &Subject::from(&link.user), "new_password2", &mut errors).await;
    if !errors.is_empty() {
        let page = NewPasswordPage::new(cx, &link.user).await?;
        return cx.refuse(Error::Invalid(errors), RESET, page).await;
    }
    accounts::reset_password(cx, &link, form.new_password).await?;
    cx.messages().success("password-reset-done");
    cx.done(StatusCode::OK, &Next::to(&cx.config().urls.login), json!({}))
}
