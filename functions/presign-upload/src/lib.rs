//! `/uploads`: signs what a browser sends straight to S3, in one piece or in parts, and tells its owner how far it is.

use portico::accounts::User;
use portico::media::{self, PageUploadForm, PartsForm, UploadForm, UploadState};
use portico::{Allow, Context, Error, Method, Next, Response, Result, Routes, StatusCode};
use serde_json::json;

/// What this function answers.
pub fn routes() -> Routes {
    Routes::new()
        .post("/uploads", Allow::USERS, presign)
        .get("/uploads/{id}", Allow::OWNER, status)
        .on(Method::DELETE, "/uploads/{id}", Allow::OWNER, abort)
        .post("/uploads/{id}/abort", Allow::OWNER, abort)
        .get("/uploads/{id}/parts", Allow::OWNER, parts)
        .post("/uploads/{id}/parts", Allow::OWNER, sign_parts)
        .post("/uploads/{id}/complete", Allow::OWNER, complete)
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
    let (id, post, expires_at) = media::begin_page(&cx, user, &form).await?;
    let page = json!({
        "upload": { "id": id, "url": post.url, "fields": post.fields(), "expires_at": expires_at },
        "purpose": form.purpose,
        "max_bytes": media::page_max_bytes(&cx, form.purpose),
        "accept": form.purpose.accept(),
    });
    cx.page("uploads/form.html", page).await
}

async fn status(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let upload = media::status(&cx, &user, cx.param("id")).await?.ok_or(Error::NotFound)?;
    if cx.wants_json() {
        return cx.json_unless_known(&upload, &upload.etag()?);
    }
    let waiting = matches!(upload.state, UploadState::Pending | UploadState::Verifying);
    cx.page("uploads/state.html", json!({ "upload": upload, "refresh": waiting.then_some(REFRESH) })).await
}

async fn parts(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    Response::json(StatusCode::OK, &media::parts_so_far(&cx, &user, cx.param("id")).await?)
}

async fn sign_parts(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let (form, errors) = cx.form::<PartsForm>()?;
    errors.into_result()?;
    Response::json(StatusCode::OK, &media::sign_parts(&cx, &user, cx.param("id"), &form).await?)
}

async fn complete(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let id = cx.param("id");
    let state = media::complete(&cx, &user, id).await?;
    Response::json(StatusCode::ACCEPTED, &json!({ "id": id, "state": state }))
}

async fn abort(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    media::abort(&cx, &user, cx.param("id")).await?;
    if cx.wants_json() {
        return Ok(Response::empty(StatusCode::NO_CONTENT));
    }
    cx.messages().success("upload-cancelled");
    cx.redirect(&Next::to("/media"))
}
