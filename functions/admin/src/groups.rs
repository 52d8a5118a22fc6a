//! `/admin/groups`: the groups, and a new one.

use portico::administration::{self, Administrator, GroupHandle, GroupsPage, NewGroupForm};
use portico::{Context, Next, Response, Result, StatusCode};
use serde::Serialize;
use serde_json::json;

const TEMPLATE: &str = "admin/groups.html";

#[derive(Serialize)]
struct ListPage {
    #[serde(flatten)]
    page: GroupsPage,
    /// What was typed, where it was wrong.
    name: String,
}

pub(crate) async fn list(cx: Context) -> Result<Response> {
    let cursor = cx.request().query_param("cursor")?;
    let page = administration::groups(&cx, cursor.as_deref()).await?;
    cx.page(TEMPLATE, ListPage { page, name: String::new() }).await
}

pub(crate) async fn create(cx: Context) -> Result<Response> {
    let by = Administrator::of(&cx).await?;
    let (form, errors) = cx.form::<NewGroupForm>()?;
    match administration::create_group(&cx, &by, &form, errors).await {
        Ok(group) => {
            cx.messages().success("admin-group-made");
            let handle = GroupHandle::of(&group.name);
            let next = Next::to(&format!("/admin/groups/{handle}"));
            cx.done(StatusCode::CREATED, &next, json!({ "name": group.name, "handle": handle }))
        }
        Err(error) => {
            let page = administration::groups(&cx, None).await?;
            cx.refuse_form(error, TEMPLATE, ListPage { page, name: form.name }).await
        }
    }
}
