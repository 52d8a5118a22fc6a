//! Renaming a file and deleting it.

use portico::media::files::{File, RenameForm};
use portico::media::{Upload, files};
use portico::permissions::Missing;
use portico::sharing::{Access, Verb};
use portico::{Context, Error, Next, Response, Result, StatusCode};
use serde_json::json;

use crate::{details, require};

pub(crate) async fn rename(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let (form, errors) = cx.form::<RenameForm>()?;
    let (upload, access) = require(&cx, Some(&user), Verb::Edit, None).await?;
    if !errors.is_empty() {
        return details::refuse(&cx, &user, Error::Invalid(errors)).await;
    }
    let renamed = match files::rename(&cx, &upload, &form).await {
        Ok(renamed) => renamed,
        Err(Error::Conflict) => return details::refuse(&cx, &user, Error::Conflict).await,
        Err(error) => return Err(error),
    };
    cx.messages().success("media-renamed");
    let file = File::new(&cx, &renamed, access);
    cx.done(StatusCode::OK, &Next::to(&format!("/media/{}/details", upload.id)), json!({ "file": file }))
}

/// Asks once more: what is deleted is gone.
pub(crate) async fn confirm_delete(cx: Context) -> Result<Response> {
    let upload = own(&cx).await?;
    cx.page("media/delete.html", json!({ "file": File::new(&cx, &upload, Access::Owner) })).await
}

pub(crate) async fn delete(cx: Context) -> Result<Response> {
    let upload = own(&cx).await?;
    files::delete(&cx, &upload).await?;
    cx.messages().success("media-deleted");
    if cx.wants_json() {
        return Ok(Response::empty(StatusCode::NO_CONTENT));
    }
    cx.redirect(&Next::to("/media"))
}

/// The file, if it is the visitor's own. Whoever else may see it is told that they may not do this.
async fn own(cx: &Context) -> Result<Upload> {
    let user = cx.require_login().await?;
    match require(cx, Some(&user), Verb::View, None).await? {
        (upload, Access::Owner) => Ok(upload),
        _ => Err(Error::PermissionDenied(Missing::Right)),
    }
}
