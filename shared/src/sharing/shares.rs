//! All that is said of an object in its partition: the object, whom it is granted to, the links.

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::access::Standing;
use super::{Access, GrantRow, LinkRow, Object, Verb};
use crate::accounts::User;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::permissions::Missing;
use crate::store::grants::Ledger;

/// An object, and, for those who may manage it, what is said of it to others.
#[derive(Debug, Clone)]
pub struct Shares<T> {
    /// The object.
    pub item: T,
    /// What the one who asked may do with it.
    pub access: Access,
    /// Whom it is granted to; empty for those who may not manage it.
    pub grants: Vec<GrantRow>,
    /// The links that are good; likewise.
    pub links: Vec<LinkRow>,
}

/// The object with all that is said of it, for those who may see it: for a page about it. One call to DynamoDB.
///
/// # Errors
/// [`Error::NotFound`] for those who may do nothing with it, whether it is there or not.
pub async fn shares_of<T: DeserializeOwned>(cx: &Context, user: &User, object: Object) -> Result<Shares<T>> {
    cx.judge();
    let ledger = cx.store().ledger(object).await?.ok_or(Error::NotFound)?;
    let access = ledger.standing(user).access;
    if access == Access::None {
        return Err(Error::NotFound);
    }
    let (grants, links) = if access.allows(Verb::Manage) {
        (ledger.grant_rows(), ledger.link_rows(cx.now()))
    } else {
        Default::default()
    };
    Ok(Shares { item: ledger.item()?, access, grants, links })
}

/// What is read of an object, for somebody who may manage it.
pub(super) fn managed(ledger: Option<Ledger>, user: &User) -> Result<(Ledger, Standing)> {
    let ledger = ledger.ok_or(Error::NotFound)?;
    let standing = ledger.standing(user);
    match standing.access {
        access if access.allows(Verb::Manage) => Ok((ledger, standing)),
        Access::None => Err(Error::NotFound),
        _ => Err(Error::PermissionDenied(Missing::Right)),
    }
}

impl Ledger {
    pub(super) fn standing(&self, user: &User) -> Standing {
        self.head.judge(Some(user), &self.grants, false)
    }

    /// The oldest first.
    pub(super) fn grant_rows(&self) -> Vec<GrantRow> {
        let rows = self.grants.iter().flat_map(|(to, grant)| grant.rows().iter().map(|row| GrantRow::new(to, row)));
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by_key(|row| (row.created_at, row.id));
        rows
    }

    /// Those that are good, the oldest first.
    pub(super) fn link_rows(&self, now: Timestamp) -> Vec<LinkRow> {
        let good = self.links.iter().filter(|(_, link)| link.is_good_at(now.as_second()));
        let mut rows: Vec<_> = good.map(|(digest, link)| LinkRow::new(digest, link)).collect();
        rows.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        rows
    }
}
