//! `GET /profile/export` says what is in the file; `POST /profile/export` answers it, for the current password.

use portico::accounts::{Password, reauthenticate};
use portico::fields::{FieldReader, Form};
use portico::headers::CACHE_CONTROL;
use portico::{Context, Response, Result, StatusCode, export};
use serde_json::json;

const TEMPLATE: &str = "accounts/export.html";

pub(crate) async fn explain(cx: Context) -> Result<Response> {
    cx.require_login().await?;
    cx.page(TEMPLATE, json!({})).await
}

/// The file, to people and to programs alike: what has pictures in it is no JSON. Errors are in the form asked for.
pub(crate) async fn download(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let (ExportForm { password }, mut errors) = cx.form()?;
    let proven = reauthenticate(&cx, &user, &password, "password", &mut errors).await;
    if let Err(error) = proven.and_then(|()| errors.into_result()) {
        return cx.refuse_form(error, TEMPLATE, json!({})).await;
    }
    let file = Box::pin(export::archive(&cx, &user)).await?;
    Ok(Response::bytes(StatusCode::OK, "application/zip", file)
        .attachment(&file_name(&cx.config().mail.site_name))
        .header(CACHE_CONTROL, "no-store"))
}

/// `portico-data.zip`: of the site's name what every system takes in the name of a file.
fn file_name(site: &str) -> String {
    let words: Vec<_> = site.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.into_iter().chain(["data.zip"]).collect::<Vec<_>>().join("-").to_lowercase()
}

struct ExportForm {
    password: Password,
}

impl Form for ExportForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        Self { password: fields.password("password") }
    }
}
