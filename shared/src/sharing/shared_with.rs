//! What others have shared with somebody, page by page.

use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{Access, Kind, Object};
use crate::accounts::User;
use crate::context::Context;
use crate::error::Result;

/// How many objects a page lists at most: with a grant for each of them they are read by one call.
const PAGE: usize = 48;

/// Where a page ends: what is asked for to get the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(Uuid);

impl Cursor {
    /// Parses what [`Self::as_text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }

    /// As the address of the next page has it.
    pub fn as_text(self) -> String {
        self.0.hyphenated().to_string()
    }
}

/// An object that somebody else has shared.
#[derive(Debug, Clone)]
pub struct SharedObject<T> {
    /// Which one.
    pub object: Object,
    /// The object.
    pub item: T,
    /// What may be done with it.
    pub access: Access,
}

/// A page of them, the newest objects first.
#[derive(Debug, Clone)]
pub struct SharedPage<T> {
    /// The objects. There may be fewer than on other pages: what is gone is left out.
    pub objects: Vec<SharedObject<T>>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// The objects of a kind that others have granted to `user` or to a group of theirs. One `Query` for the user and each of
/// the groups, at the same time, and then the objects with their grants, by one `BatchGetItem` for every hundred of both.
pub async fn shared_with<T: DeserializeOwned>(
    cx: &Context,
    user: &User,
    kind: Kind,
    after: Option<Cursor>,
) -> Result<SharedPage<T>> {
    let listed = cx.store().shared_page(user, kind, after.map(|cursor| cursor.0), PAGE).await?;
    let found = cx.store().shared_objects(user, &listed.entries).await?;
    let objects = found.into_iter().map(|(object, item, access)| SharedObject { object, item, access }).collect();
    Ok(SharedPage { objects, next: listed.next.map(Cursor) })
}
