//! The page about one file: what it is, who it is shared with, the links to it.

use portico::accounts::User;
use portico::media::Upload;
use portico::media::files::File;
use portico::sharing::{self, Access, GrantRow, LinkRow, NewLink, Verb};
use portico::{Context, Error, Response, Result};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::object;

const TEMPLATE: &str = "media/details.html";

#[derive(Serialize)]
struct DetailsPage {
    file: File,
    grants: Vec<GrantRow>,
    links: Vec<LinkRow>,
    /// Groups that the visitor may share with: their own.
    groups: Vec<String>,
    new_link: Option<Value>,
    /// What was typed, where something of it was wrong.
    form: Map<String, Value>,
}

pub(crate) async fn show(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let page = read(&cx, &user).await?;
    cx.page(TEMPLATE, page).await
}

/// The page with a link that was made just now: it is shown this once.
pub(crate) async fn with_link(cx: &Context, user: &User, link: &NewLink, url: &str) -> Result<Response> {
    cx.confidential();
    let mut page = read(cx, user).await?;
    page.new_link = Some(json!({ "url": url, "expires_at": link.row.expires_at }));
    cx.page(TEMPLATE, page).await
}

/// The page again with what is wrong with a form on it, and what was typed.
pub(crate) async fn refuse(cx: &Context, user: &User, error: Error) -> Result<Response> {
    if cx.wants_json() {
        return Err(error);
    }
    let mut page = read(cx, user).await?;
    for name in ["name", "email", "group", "verb", "expires_in"] {
        page.form.extend(cx.typed(name)?.map(|text| (name.to_owned(), json!(text))));
    }
    cx.refuse_form(error, TEMPLATE, page).await
}

async fn read(cx: &Context, user: &User) -> Result<DetailsPage> {
    let shares = sharing::shares_of::<Upload>(cx, user, object(cx)?).await?;
    let hidden = shares.item.ready().is_none() && shares.access != Access::Owner;
    if !shares.item.is_file() || hidden {
        return Err(Error::NotFound);
    }
    let manages = shares.access.allows(Verb::Manage);
    Ok(DetailsPage {
        file: File::new(cx, &shares.item, shares.access),
        grants: shares.grants,
        links: shares.links,
        groups: if manages { user.groups.clone() } else { Vec::new() },
        new_link: None,
        form: Map::new(),
    })
}
