//! `GET /profile/export` says what is in the file; `POST /profile/export` answers it, for the current password.

use portico::accounts::Password;
use portico::fields::{FieldReader, Form};
use portico::headers::{CACHE_CONTROL, CONTENT_DISPOSITION};
use portico::{Context, Error, Response, Result, StatusCode, export};
use serde_json::json;

use crate::reauthenticate;

const TEMPLATE: &str = "accounts/export.html";

pub(crate) async fn explain(cx: Context) -> Result<Response> {
    cx.require_login().await?;
    cx.page(TEMPLATE, json!({})).await
}

/// The file, to people and to programs alike: what has pictures in it is no JSON. Errors are in the form asked for.
pub(crate) async fn download(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let (ExportForm { password }, mut errors) = cx.form()?;
    reauthenticate(&cx, &user, &password, &mut errors).await?;
    if !errors.is_empty() {
        return cx.refuse(Error::Invalid(errors), TEMPLATE, json!({})).await;
    }
    let file = export::archive(&cx, &user).await?;
    Ok(Response::bytes(StatusCode::OK, "application/zip", file)
        .header(CONTENT_DISPOSITION, "attachment; filename=\"portico-data.zip\"")
        .header(CACHE_CONTROL, "no-store"))
}

struct ExportForm {
    password: Password,
}

impl Form for ExportForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        Self { password: fields.password("password") }
    }
}
