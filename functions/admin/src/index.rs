//! `GET /admin`: what there is, for whoever may see it.

use portico::administration::Administrator;
use portico::permissions::{audit, auth};
use portico::{Context, Response, Result};
use serde_json::json;

pub(crate) async fn show(cx: Context) -> Result<Response> {
    let by = Administrator::of(&cx).await?;
    let sections = [
        ("users", by.sees_users()),
        ("groups", by.sees_groups() || by.rights().has_perm(auth::Group::ADD)),
        ("audit", by.rights().has_perm(audit::Event::VIEW)),
    ];
    let sections: Vec<_> = sections.into_iter().filter(|(_, is_open)| *is_open).map(|(name, _)| name).collect();
    cx.page("admin/index.html", json!({ "sections": sections })).await
}
