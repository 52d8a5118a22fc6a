//! The audit trail: a month of it, what concerns an account, what concerns a group.

use portico::administration;
use portico::audit::{Month, Subject, TrailPage, trail as month_of, trail_of};
use portico::{Context, Error, Response, Result};
use serde::Serialize;
use uuid::Uuid;

const TEMPLATE: &str = "admin/audit.html";

#[derive(Serialize)]
struct AuditPage {
    #[serde(flatten)]
    page: TrailPage,
    /// Which month it is, if it is one; with its neighbours.
    month: Option<String>,
    before: Option<String>,
    after: Option<String>,
    /// Whose it is, if it is somebody's or something's.
    name: Option<String>,
    back: String,
}

pub(crate) async fn trail(cx: Context) -> Result<Response> {
    let present = Month::of(cx.now());
    let month = match cx.request().query_param("month")? {
        Some(text) => Month::parse(&text).filter(|month| *month <= present).ok_or(Error::NotFound)?,
        None => present,
    };
    let page = month_of(&cx, month, cursor(&cx)?).await?;
    let next = Some(month.next()).filter(|next| *next <= present);
    let page = AuditPage {
        page,
        month: Some(month.to_string()),
        before: Some(month.previous().to_string()),
        after: next.map(|month| month.to_string()),
        name: None,
        back: "/admin".to_owned(),
    };
    cx.page(TEMPLATE, page).await
}

pub(crate) async fn of_user(cx: Context) -> Result<Response> {
    // Of whoever is deleted by now too: what was done to them is the last that is known of them.
    let id = portico::accounts::UserId::parse(cx.param("id")).ok_or(Error::NotFound)?;
    let page = trail_of(&cx, &Subject::User(id), cursor(&cx)?).await?;
    let name = match administration::find(&cx, cx.param("id")).await {
        Ok(user) => user.email.as_str().to_owned(),
        Err(Error::NotFound) if !page.events.is_empty() => id.to_string(),
        Err(error) => return Err(error),
    };
    cx.page(TEMPLATE, concerning(page, name, format!("/admin/users/{id}"))).await
}

pub(crate) async fn of_group(cx: Context) -> Result<Response> {
    // Of one that is deleted by now too.
    let name = administration::group_name(cx.param("group"))?;
    let page = trail_of(&cx, &Subject::Group(name.clone()), cursor(&cx)?).await?;
    if page.events.is_empty() {
        administration::group(&cx, cx.param("group")).await?;
    }
    let back = format!("/admin/groups/{}", cx.param("group"));
    cx.page(TEMPLATE, concerning(page, name, back)).await
}

fn concerning(page: TrailPage, name: String, back: String) -> AuditPage {
    AuditPage { page, month: None, before: None, after: None, name: Some(name), back }
}

/// After which event the page begins.
fn cursor(cx: &Context) -> Result<Option<Uuid>> {
    let cursor = cx.request().query_param("cursor")?;
    cursor.map(|text| Uuid::try_parse(&text).map_err(|_| Error::NotFound)).transpose()
}
