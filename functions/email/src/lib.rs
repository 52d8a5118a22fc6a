//! `/email`: one's address, whether it is proven, and another one; what the links of the mails about it lead to.

use portico::accounts::tokens::Purpose;
use portico::accounts::{
    self, AddressTaken, ChangeEmailForm, OpenLink, User, follow_link, open_link, reauthenticate, withholds_session,
};
use portico::config::EmailVerification;
use portico::{Allow, Context, Error, FieldErrors, Next, Response, Result, Routes, StatusCode};
use serde::Serialize;
use serde_json::json;

/// What this function answers.
pub fn routes() -> Routes {
    Routes::new()
        .first_page(TEMPLATE)
        .get("/email", Allow::USERS, show)
        .post("/email", Allow::USERS, request_change)
        .post("/email/resend", Allow::USERS, resend)
        .get("/email/confirm/{link}", Allow::ANYONE, |cx| follow(cx, Purpose::ConfirmEmail, "/email/confirm"))
        .get("/email/confirm", Allow::ANYONE, show_confirm)
        .post("/email/confirm", Allow::ANYONE, confirm)
        .get("/email/change/{link}", Allow::ANYONE, |cx| follow(cx, Purpose::ChangeEmail, "/email/change/confirm"))
        .get("/email/change/confirm", Allow::USERS, show_change)
        .post("/email/change/confirm", Allow::USERS, change)
        .get("/email/undo/{link}", Allow::ANYONE, |cx| follow(cx, Purpose::UndoEmailChange, "/email/undo"))
        .get("/email/undo", Allow::ANYONE, show_undo)
        .post("/email/undo", Allow::ANYONE, undo)
}

/// Where another link can be asked for.
const AGAIN: &str = "/email";

const TEMPLATE: &str = "accounts/email.html";

/// One's address, and the form for another.
#[derive(Serialize)]
struct EmailPage {
    email: String,
    verified: bool,
    /// Whether anybody is asked to prove an address.
    verification: bool,
    form: Filled,
}

#[derive(Default, Serialize)]
struct Filled {
    email: String,
}

impl EmailPage {
    fn new(cx: &Context, user: &User, typed: String) -> Self {
        Self {
            email: user.email.as_str().to_owned(),
            verified: user.email_verified,
            verification: cx.config().accounts.email_verification != EmailVerification::None,
            form: Filled { email: typed },
        }
    }
}

async fn show(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    cx.page(TEMPLATE, EmailPage::new(&cx, &user, String::new())).await
}

async fn request_change(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let (form, mut errors) = cx.form::<ChangeEmailForm>()?;
    if form.parsed.as_ref() == Some(&user.email) {
        errors.add("email", "unchanged", "email-unchanged");
    }
    let asked = async {
        reauthenticate(&cx, &user, &form.password, "password", &mut errors).await?;
        match form.parsed {
            Some(new) if errors.is_empty() => accounts::request_email_change(&cx, &user, new).await,
            _ => Err(Error::Invalid(errors)),
        }
    };
    match asked.await {
        Ok(()) => {
            cx.messages().info("email-change-sent");
            cx.done(StatusCode::ACCEPTED, &Next::to("/email"), json!({}))
        }
        Err(error) => cx.refuse_form(error, TEMPLATE, EmailPage::new(&cx, &user, form.email)).await,
    }
}

async fn resend(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    if user.email_verified {
        cx.messages().info("email-is-confirmed");
        return cx.redirect(&Next::to("/email"));
    }
    if let Err(error) = accounts::request_email_confirmation(&cx, &user).await {
        return cx.refuse_form(error, TEMPLATE, EmailPage::new(&cx, &user, String::new())).await;
    }
    cx.messages().info("email-confirmation-sent");
    cx.done(StatusCode::ACCEPTED, &Next::to("/email"), json!({}))
}

async fn follow(cx: Context, purpose: Purpose, page: &'static str) -> Result<Response> {
    cx.confidential();
    if withholds_session(&cx) {
        return cx.page("accounts/link_go_on.html", json!({})).await;
    }
    match follow_link(&cx, purpose, cx.param("link")).await {
        Ok(()) => cx.redirect(&Next::to(page)),
        Err(error) => cx.refuse_link(error, AGAIN).await,
    }
}

async fn show_confirm(cx: Context) -> Result<Response> {
    cx.confidential();
    match open_link(&cx, Purpose::ConfirmEmail).await {
        Ok(link) => cx.page("accounts/email_confirm.html", json!({ "email": link.grant.email })).await,
        Err(error) => cx.refuse_link(error, AGAIN).await,
    }
}

async fn confirm(cx: Context) -> Result<Response> {
    cx.confidential();
    let confirmed = async {
        let link = open_link(&cx, Purpose::ConfirmEmail).await?;
        accounts::confirm_email(&cx, &link).await
    };
    if let Err(error) = confirmed.await {
        return cx.refuse_link(error, AGAIN).await;
    }
    cx.messages().success("email-confirmed");
    let next = if cx.user().await?.is_some() { "/email" } else { &*cx.config().urls.login };
    cx.done(StatusCode::OK, &Next::to(next), json!({}))
}

const CHANGE: &str = "accounts/email_change.html";

/// The link that was followed, for who is signed in to the account that it concerns: a mailbox alone does not make its
/// address somebody else's, nor somebody else's session its owner's.
async fn open_own_link(cx: &Context) -> Result<OpenLink> {
    let user = cx.require_login().await?;
    let link = open_link(cx, Purpose::ChangeEmail).await?;
    if link.user.id == user.id { Ok(link) } else { Err(Error::LinkInvalid) }
}

async fn show_change(cx: Context) -> Result<Response> {
    cx.confidential();
    match open_own_link(&cx).await {
        Ok(link) => cx.page(CHANGE, change_page(&link)).await,
        Err(error) => cx.refuse_link(error, AGAIN).await,
    }
}

async fn change(cx: Context) -> Result<Response> {
    cx.confidential();
    let changed = async {
        let link = open_own_link(&cx).await?;
        Ok((accounts::change_email(&cx, &link).await?, link))
    };
    match changed.await {
        Ok((Ok(()), _)) => {
            cx.messages().success("email-changed");
            cx.done(StatusCode::OK, &Next::to("/email"), json!({}))
        }
        Ok((Err(AddressTaken), link)) => {
            let errors = FieldErrors::of("email", "unique", "email-unique");
            cx.refuse(Error::Invalid(errors), CHANGE, change_page(&link)).await
        }
        Err(error) => cx.refuse_link(error, AGAIN).await,
    }
}

fn change_page(link: &OpenLink) -> serde_json::Value {
    json!({ "email": link.grant.email, "new_email": link.grant.new_email })
}

async fn show_undo(cx: Context) -> Result<Response> {
    cx.confidential();
    match open_link(&cx, Purpose::UndoEmailChange).await {
        Ok(link) => cx.page("accounts/email_undo.html", json!({ "email": link.grant.email })).await,
        Err(error) => cx.refuse_link(error, AGAIN).await,
    }
}

async fn undo(cx: Context) -> Result<Response> {
    cx.confidential();
    let undone = async {
        let link = open_link(&cx, Purpose::UndoEmailChange).await?;
        accounts::undo_email_change(&cx, &link).await
    };
    if let Err(error) = undone.await {
        return cx.refuse_link(error, AGAIN).await;
    }
    cx.messages().success("email-undone");
    cx.done(StatusCode::OK, &Next::to(&cx.config().urls.login), json!({}))
}
