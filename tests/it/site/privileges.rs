//! Groups and permissions, given as the product gives them.

use std::sync::Arc;

use portico::permissions::{GroupName, Permission, groups};
use portico::store::Store;

use super::{Site, Visitor, author};

impl Site {
    /// The tables.
    pub(crate) fn store(&self) -> Store {
        self.stack.app().store(Arc::default())
    }

    /// Permits a member something themself.
    pub(crate) async fn permit(&self, member: &Visitor<'_>, permissions: &[Permission]) {
        let names = permissions.iter().map(|permission| permission.as_str().to_owned());
        self.raise(member, |to| to.user_permissions.extend(names.clone())).await;
    }

    /// Makes a group that permits this.
    pub(crate) async fn group(&self, name: &str, permissions: &[Permission]) {
        let name = GroupName::parse(name).unwrap();
        groups::create(&self.store(), &author(), &name).await.unwrap();
        groups::grant(&self.store(), &author(), name.as_str(), permissions).await.unwrap();
    }

    /// Puts a member into a group.
    pub(crate) async fn join(&self, member: &Visitor<'_>, group: &str) {
        self.raise(member, |to| to.groups.push(group.to_owned())).await;
    }

    /// Takes a member out of a group.
    pub(crate) async fn leave(&self, member: &Visitor<'_>, group: &str) {
        self.raise(member, |to| to.groups.retain(|name| name != group)).await;
    }
}
