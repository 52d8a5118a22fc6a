//! The lists: one's own files, and what others have shared.

use portico::media::Upload;
use portico::media::files::{self, File, PurposeUsage};
use portico::sharing::{self, Cursor, Kind};
use portico::{Context, Error, Response, Result};
use serde::Serialize;

pub(crate) const TEMPLATE: &str = "media/list.html";

#[derive(Serialize)]
struct ListPage {
    files: Vec<File>,
    usage: Vec<PurposeUsage>,
    next: Option<String>,
    shared: bool,
}

pub(crate) async fn mine(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let cursor = cx.request().query_param("cursor")?;
    let (page, usage) = futures_util::try_join!(files::mine(&cx, &user, cursor.as_deref()), files::usage(&cx, &user))?;
    cx.page(TEMPLATE, ListPage { files: page.files, usage, next: page.next, shared: false }).await
}

pub(crate) async fn shared(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let after =
        cx.request().query_param("cursor")?.map(|text| Cursor::parse(&text).ok_or(Error::NotFound)).transpose()?;
    let page = sharing::shared_with::<Upload>(&cx, &user, Kind::MEDIA, after).await?;
    // What is not ready is its owner's alone.
    let ready = page.objects.iter().filter(|shared| shared.item.is_file() && shared.item.ready().is_some());
    let files = ready.map(|shared| File::new(&cx, &shared.item, shared.access)).collect();
    let next = page.next.map(Cursor::as_text);
    cx.page(TEMPLATE, ListPage { files, usage: Vec::new(), next, shared: true }).await
}
