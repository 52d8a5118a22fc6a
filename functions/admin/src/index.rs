//! `GET /admin/`: what there is, for whoever may see it.

use portico::administration::Administrator;
use portico::permissions::{Permission, audit, auth};
use portico::{Context, Next, Response, Result};
use serde_json::json;

/// The sections, with what each asks for one of.
const SECTIONS: [(&str, &[Permission]); 3] = [
    ("users", &[auth::User::VIEW, auth::User::CHANGE]),
    ("groups", &[auth::Group::VIEW, auth::Group::CHANGE, auth::Group::ADD]),
    ("audit", &[audit::Event::VIEW]),
];

pub(crate) async fn to_slash(cx: Context) -> Result<Response> {
    cx.redirect(&Next::to("/admin/"))
}

pub(crate) async fn show(cx: Context) -> Result<Response> {
    let by = Administrator::of(&cx).await?;
    let seen = SECTIONS.iter().filter(|(_, any_of)| any_of.iter().any(|permission| by.rights().has_perm(*permission)));
    let sections: Vec<_> = seen.map(|(name, _)| name).collect();
    cx.page("admin/index.html", json!({ "sections": sections })).await
}
