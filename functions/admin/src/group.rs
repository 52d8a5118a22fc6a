//! `/admin/groups/{group}`: what a group permits, and who is in it.

use portico::administration::{self, Administrator, GroupForm, GroupHandle, GroupPage, MemberForm};
use portico::permissions::Group;
use portico::{Context, Error, Next, Response, Result, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use crate::user::Choice;

const TEMPLATE: &str = "admin/group.html";

#[derive(Serialize)]
struct ShownPage {
    #[serde(flatten)]
    page: GroupPage,
    /// What the form says: what is stored, or what was chosen when it was refused.
    chosen: Vec<String>,
    permissions: Vec<Choice>,
    /// Who was to join, where that was refused.
    joining: String,
    conflict: bool,
}

pub(crate) async fn show(cx: Context) -> Result<Response> {
    let by = Administrator::of(&cx).await?;
    let group = administration::group(&cx, cx.param("group")).await?;
    let page = page(&cx, &by, group, None, String::new(), false).await?;
    cx.page(TEMPLATE, page).await
}

pub(crate) async fn save(cx: Context) -> Result<Response> {
    let by = Administrator::of(&cx).await?;
    let (form, errors) = cx.form::<GroupForm>()?;
    let group = administration::group(&cx, cx.param("group")).await?;
    match administration::save_group(&cx, &by, &group, &form, errors).await {
        Ok(changed) => {
            cx.messages().success(if changed { "admin-saved" } else { "admin-unchanged" });
            done(&cx, &by)
        }
        Err(error @ (Error::Invalid(_) | Error::Conflict)) if !cx.wants_json() => {
            let conflict = matches!(error, Error::Conflict);
            let group = if conflict { administration::group(&cx, cx.param("group")).await? } else { group };
            let page = page(&cx, &by, group, Some(form.permissions), String::new(), conflict).await?;
            cx.refuse(error, TEMPLATE, page).await
        }
        Err(error) => Err(error),
    }
}

pub(crate) async fn add_member(cx: Context) -> Result<Response> {
    let by = Administrator::of(&cx).await?;
    let (form, errors) = cx.form::<MemberForm>()?;
    let group = administration::group(&cx, cx.param("group")).await?;
    let added = match errors.into_result() {
        Ok(()) => administration::add_member(&cx, &by, &group, &form.user).await,
        Err(error) => Err(error),
    };
    match added {
        Ok(added) => {
            cx.messages().success(if added { "admin-member-added" } else { "admin-unchanged" });
            done(&cx, &by)
        }
        Err(error @ (Error::Invalid(_) | Error::Conflict)) if !cx.wants_json() && by.sees_groups() => {
            let page = page(&cx, &by, group, None, form.user, false).await?;
            cx.refuse(error, TEMPLATE, page).await
        }
        Err(error) => Err(error),
    }
}

pub(crate) async fn remove_member(cx: Context) -> Result<Response> {
    let by = Administrator::of(&cx).await?;
    let group = administration::group(&cx, cx.param("group")).await?;
    match administration::remove_member(&cx, &by, &group, cx.param("id")).await {
        Ok(true) => cx.messages().success("admin-member-removed"),
        Ok(false) => cx.messages().success("admin-unchanged"),
        Err(error @ (Error::Invalid(_) | Error::Conflict)) if !cx.wants_json() && by.sees_groups() => {
            let page = page(&cx, &by, group, None, String::new(), false).await?;
            return cx.refuse(error, TEMPLATE, page).await;
        }
        Err(error) => return Err(error),
    }
    done(&cx, &by)
}

/// Asks once more: what is deleted is gone.
pub(crate) async fn confirm_delete(cx: Context) -> Result<Response> {
    let group = administration::group(&cx, cx.param("group")).await?;
    cx.page("admin/delete_group.html", which(&group)).await
}

pub(crate) async fn delete(cx: Context) -> Result<Response> {
    let by = Administrator::of(&cx).await?;
    let group = administration::group(&cx, cx.param("group")).await?;
    if let Err(error) = administration::delete_group(&cx, &by, &group).await {
        return cx.refuse_form(error, "admin/delete_group.html", which(&group)).await;
    }
    cx.messages().success("admin-group-deleted");
    let next = if by.sees_groups() { "/admin/groups" } else { "/admin" };
    cx.done(StatusCode::OK, &Next::to(next), json!({}))
}

/// Which it is, for who need not see more of the group.
fn which(group: &Group) -> Value {
    json!({ "group": { "name": group.name, "handle": GroupHandle::of(&group.name) } })
}

async fn page(
    cx: &Context,
    by: &Administrator,
    group: Group,
    chosen: Option<Vec<String>>,
    joining: String,
    conflict: bool,
) -> Result<ShownPage> {
    let cursor = cx.request().query_param("cursor")?;
    let chosen = chosen.unwrap_or_else(|| group.permissions.clone());
    let permissions = Choice::all(cx, &group.permissions);
    let page = administration::members_of(cx, by, group, cursor.as_deref()).await?;
    Ok(ShownPage { page, chosen, permissions, joining, conflict })
}

fn done(cx: &Context, by: &Administrator) -> Result<Response> {
    let its_page = format!("/admin/groups/{}", cx.param("group"));
    cx.done(StatusCode::OK, &Next::to(if by.sees_groups() { &its_page } else { "/admin" }), json!({}))
}
