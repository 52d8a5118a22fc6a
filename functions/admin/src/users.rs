//! `GET /admin/users`: the accounts, by the beginning of an address or a user name, or by state.

use portico::administration::{DirectoryPage, DirectoryQuery, State, directory};
use portico::{Context, Error, Response, Result};
use serde::Serialize;

pub(crate) const TEMPLATE: &str = "admin/users.html";

#[derive(Serialize)]
struct UsersPage {
    #[serde(flatten)]
    page: DirectoryPage,
    query: DirectoryQuery,
    /// The same in an address.
    #[serde(skip_serializing_if = "String::is_empty")]
    search: String,
    states: [State; 4],
}

pub(crate) async fn list(cx: Context) -> Result<Response> {
    let query = match DirectoryQuery::read(&cx) {
        Ok(query) => query,
        Err(error @ Error::Invalid(_)) => {
            let nobody = DirectoryPage { users: Vec::new(), next: None };
            return cx.refuse(error, TEMPLATE, shown(nobody, DirectoryQuery::everybody())).await;
        }
        Err(error) => return Err(error),
    };
    let page = directory(&cx, &query).await?;
    cx.page(TEMPLATE, shown(page, query)).await
}

fn shown(page: DirectoryPage, query: DirectoryQuery) -> UsersPage {
    UsersPage { page, search: query.to_search(), query, states: State::ALL }
}
