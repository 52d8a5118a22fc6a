//! `GET /admin/`: what there is, for whoever may see it.

use portico::administration::Administrator;
use portico::permissions::{Permission, audit, auth};
use portico::{Context, Next, Response, Result};
use serde_json::json;

/// The sections, with what each asks for.
const SECTIONS: [(&str, Permission); 3] =
    [("users", auth::User::VIEW), ("groups", auth::Group::VIEW), ("audit", audit::Event::VIEW)];

pub(crate) async fn to_slash(cx: Context) -> Result<Response> {
    cx.redirect(&Next::to("/admin/"))
}

pub(crate) async fn show(cx: Context) -> Result<Response> {
    let by = Administrator::of(&cx).await?;
    let seen = SECTIONS.iter().filter(|(_, permission)| by.rights().has_perm(*permission));
    let sections: Vec<_> = seen.map(|(name, _)| name).collect();
    cx.page("admin/index.html", json!({ "sections": sections })).await
}
