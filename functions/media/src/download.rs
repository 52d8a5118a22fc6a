//! The way to a file's bytes: whether they may is asked first, on every request, and the address that they are sent to is
//! good for a minute. No file passes through a function.

use portico::media::{Upload, files};
use portico::sharing::{LinkSecret, Verb};
use portico::{Context, Error, Response, Result};

use crate::require;

pub(crate) async fn file(cx: Context) -> Result<Response> {
    let upload = readable(&cx).await?;
    let as_attachment = cx.request().query_param("download")?.is_some();
    Response::found(&files::download_url(&cx, &upload, as_attachment)?)
}

pub(crate) async fn thumbnail(cx: Context) -> Result<Response> {
    let upload = readable(&cx).await?;
    Response::found(&files::thumbnail_url(&cx, &upload, cx.param("side"))?)
}

/// The file, for who may see it: by who they are, or by a link that they have.
async fn readable(cx: &Context) -> Result<Upload> {
    // The address opens the file for a while, or the one that it leads to does: nobody else is told of it.
    cx.confidential();
    let link =
        cx.request().query_param("link")?.map(|text| LinkSecret::parse(&text).ok_or(Error::NotFound)).transpose()?;
    let user = match &link {
        Some(_) => cx.user().await?,
        None => Some(cx.require_login().await?),
    };
    Ok(require(cx, user.as_deref(), Verb::View, link.as_ref()).await?.0)
}
