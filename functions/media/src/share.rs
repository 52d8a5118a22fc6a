//! Sharing a file: with a user, with a group, by a link; and taking that back.

use portico::accounts::User;
use portico::media::Upload;
use portico::sharing::{self, GrantForm, LinkForm, Verb};
use portico::{Context, Error, Next, Response, Result, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::{details, object, require};

pub(crate) async fn grant(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let (form, errors) = cx.form::<GrantForm>()?;
    ready(&cx, &user).await?;
    let granted = match (form.to, form.verb, errors.is_empty()) {
        (Some(to), Some(verb), true) => sharing::grant(&cx, &user, object(&cx)?, &to, verb).await,
        _ => Err(Error::Invalid(errors)),
    };
    match granted {
        Ok(row) => {
            cx.messages().success("media-shared-done");
            cx.done(StatusCode::CREATED, &back(&cx, "#share"), json!({ "grant": row }))
        }
        Err(error @ (Error::Invalid(_) | Error::Conflict)) => details::refuse(&cx, &user, error).await,
        Err(error) => Err(error),
    }
}

pub(crate) async fn revoke(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let grant = Uuid::try_parse(cx.param("grant")).map_err(|_| Error::NotFound)?;
    require(&cx, Some(&user), Verb::Manage, None).await?;
    sharing::revoke(&cx, &user, object(&cx)?, grant).await?;
    revoked(&cx, "#share")
}

pub(crate) async fn create_link(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let (form, errors) = cx.form::<LinkForm>()?;
    let upload = ready(&cx, &user).await?;
    let made = if errors.is_empty() {
        sharing::create_link(&cx, &user, object(&cx)?, form.expires_in).await
    } else {
        Err(Error::Invalid(errors))
    };
    let link = match made {
        Ok(link) => link,
        Err(error @ (Error::Invalid(_) | Error::Conflict)) => return details::refuse(&cx, &user, error).await,
        Err(error) => return Err(error),
    };
    let url = cx.site_url(&format!("/media/{}?link={}", upload.id, link.secret.expose()));
    if cx.wants_json() {
        cx.confidential();
        let told = json!({ "id": link.row.id, "url": url, "expires_at": link.row.expires_at });
        return Response::json(StatusCode::CREATED, &told);
    }
    details::with_link(&cx, &user, &link, &url).await
}

pub(crate) async fn revoke_link(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    require(&cx, Some(&user), Verb::Manage, None).await?;
    sharing::revoke_link(&cx, &user, object(&cx)?, cx.param("link")).await?;
    revoked(&cx, "#links")
}

/// The file, for who may share it. One that nobody can read yet is its owner's alone.
async fn ready(cx: &Context, user: &User) -> Result<Upload> {
    let (upload, _) = require(cx, Some(user), Verb::Manage, None).await?;
    if upload.ready().is_some() { Ok(upload) } else { Err(Error::NotFound) }
}

fn revoked(cx: &Context, place: &str) -> Result<Response> {
    cx.messages().success("media-revoked");
    if cx.wants_json() {
        return Ok(Response::empty(StatusCode::NO_CONTENT));
    }
    cx.redirect(&back(cx, place))
}

fn back(cx: &Context, place: &str) -> Next {
    Next::to(&format!("/media/{}/details{place}", cx.param("id")))
}
