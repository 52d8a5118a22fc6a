//! `GET /profile/delete` says what goes; `POST /profile/delete` deletes the account, for the current password and a
//! box that is ticked.

use portico::accounts::{self, Password, User, reauthenticate};
use portico::fields::{FieldReader, Form};
use portico::headers::clear_site_data;
use portico::{Context, Next, Response, Result, StatusCode};
use serde_json::{Value, json};

const TEMPLATE: &str = "accounts/delete.html";

pub(crate) async fn explain(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    cx.page(TEMPLATE, page(&user, false)).await
}

pub(crate) async fn delete(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let (form, mut errors) = cx.form::<DeleteForm>()?;
    let deleted = async {
        reauthenticate(&cx, &user, &form.password, "password", &mut errors).await?;
        errors.into_result()?;
        accounts::delete_account(&cx, &user).await
    };
    if let Err(error) = deleted.await {
        return cx.refuse_form(error, TEMPLATE, page(&user, form.confirm)).await;
    }
    cx.messages().success("account-deleted");
    let home = Next::to(&cx.config().urls.logout_redirect);
    Ok(clear_site_data(cx.done(StatusCode::OK, &home, json!({}))?))
}

fn page(user: &User, confirm: bool) -> Value {
    json!({ "email": user.email.as_str(), "confirm": confirm })
}

struct DeleteForm {
    password: Password,
    confirm: bool,
}

impl Form for DeleteForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        let password = fields.password("password");
        let confirm = fields.flag("confirm").unwrap_or_default();
        if !confirm && !fields.errors().contains("confirm") {
            fields.errors().add("confirm", "required", "delete-confirm-required");
        }
        Self { password, confirm }
    }
}
