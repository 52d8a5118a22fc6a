//! `/admin/groups`: the groups, and a new one.

use portico::administration::{self, Administrator, GroupHandle, GroupsPage, NewGroupForm};
use portico::{Context, Next, Response, Result, StatusCode};
use serde::Serialize;
use serde_json::json;

const TEMPLATE: &str = "admin/groups.html";

#[derive(Serialize)]
struct ListPage {
    #[serde(flatten)]
    page: Option<GroupsPage>,
    /// What was typed, where it was wrong.
    name: String,
}

pub(crate) async fn list(cx: Context) -> Result<Response> {
    let by = Administrator::of(&cx).await?;
    let cursor = cx.request().query_param("cursor")?;
    let page = seen(&cx, &by, cursor.as_deref()).await?;
    cx.page(TEMPLATE, ListPage { page, name: String::new() }).await
}

/// The groups, for whoever sees them: who may only make one has the form alone.
async fn seen(cx: &Context, by: &Administrator, cursor: Option<&str>) -> Result<Option<GroupsPage>> {
    if by.sees_groups() { administration::groups(cx, cursor).await.map(Some) } else { Ok(None) }
}

pub(crate) async fn create(cx: Context) -> Result<Response> {
    let by = Administrator::of(&cx).await?;
    let (form, errors) = cx.form::<NewGroupForm>()?;
    match administration::create_group(&cx, &by, &form, errors).await {
        Ok(group) => {
            cx.messages().success("admin-group-made");
            let handle = GroupHandle::of(&group.name);
            let its_page = format!("/admin/groups/{handle}");
            let next = Next::to(if by.sees_groups() { &its_page } else { "/admin/groups" });
            cx.done(StatusCode::CREATED, &next, json!({ "name": group.name, "handle": handle }))
        }
        Err(error) => {
            let page = seen(&cx, &by, None).await?;
            cx.refuse_form(error, TEMPLATE, ListPage { page, name: form.name }).await
        }
    }
}
