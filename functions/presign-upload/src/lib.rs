//! `POST /uploads` signs an upload straight to S3; `GET /uploads/{id}` tells its owner how far it is.

use portico::accounts::User;
use portico::media::{self, AVATAR, PageUploadForm, UploadForm, UploadState};
use portico::{Context, Error, Response, Result, Routes, StatusCode};
use serde_json::json;

/// What this function answers.
pub fn routes() -> Routes {
    Routes::new().post("/uploads", presign).get("/uploads/{id}", status)
}

/// Seconds after which a page without JavaScript asks again.
const REFRESH: u32 = 2;

async fn presign(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    if !cx.wants_json() {
        return choose_file(cx, &user).await;
    }
    let (form, errors) = cx.form::<UploadForm>()?;
    errors.into_result()?;
    Response::json(StatusCode::CREATED, &media::begin(&cx, &user, &form).await?)
}

/// Without JavaScript: a page whose form goes to S3, which sends the browser back to the upload's page.
async fn choose_file(cx: Context, user: &User) -> Result<Response> {
    let (form, errors) = cx.form::<PageUploadForm>()?;
    errors.into_result()?;
    let (id, post, expires_at) = media::begin_page(&cx, user, form.purpose).await?;
    let types: Vec<_> = AVATAR.types.iter().map(|(content_type, _)| *content_type).collect();
    let page = json!({
        "upload": { "id": id, "url": post.url, "fields": post.fields(), "expires_at": expires_at },
        "max_bytes": cx.config().uploads.avatar_max_bytes,
        "accept": types.join(","),
    });
    cx.page("uploads/form.html", page).await
}

async fn status(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let upload = media::status(&cx, &user, cx.param("id")).await?.ok_or(Error::NotFound)?;
    if cx.wants_json() {
        return Response::json(StatusCode::OK, &upload);
    }
    let waiting = matches!(upload.state, UploadState::Pending | UploadState::Verifying);
    cx.page("uploads/state.html", json!({ "upload": upload, "refresh": waiting.then_some(REFRESH) })).await
}
