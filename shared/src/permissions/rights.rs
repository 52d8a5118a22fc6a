//! What somebody is permitted, all in all.

use std::collections::{BTreeMap, BTreeSet};

use super::{Group, Permission};
use crate::accounts::User;

/// What somebody lacks who was turned away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// It is not for them, and there is nothing to ask for.
    Right,
    /// Somebody who may enter the administration (Django's `is_staff`).
    Staff,
    /// A superuser.
    Superuser,
    /// One of these.
    Permission(Vec<Permission>),
    /// All of these.
    Permissions(Vec<Permission>),
}

/// Whether each declared permission is there, by application and codename: for templates.
pub type Perms = BTreeMap<&'static str, BTreeMap<&'static str, bool>>;

/// What an account is permitted by itself and by its groups, as of one request; by default nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    is_active: bool,
    is_superuser: bool,
    granted: BTreeSet<String>,
}

impl Rights {
    /// Of `user`, who is in `groups`. A group that `user` does not name gives nothing, whoever read it.
    pub fn new(user: &User, groups: &[Group]) -> Self {
        let theirs = groups.iter().filter(|group| user.groups.contains(&group.name));
        let granted = user.user_permissions.iter().chain(theirs.flat_map(|group| &group.permissions));
        Self { is_active: user.is_active, is_superuser: user.is_superuser, granted: granted.cloned().collect() }
    }

    /// Whether it includes `permission`. Django's `has_perm`.
    pub fn has_perm(&self, permission: Permission) -> bool {
        self.has_named(permission.as_str())
    }

    /// Whether it includes all of them. Django's `has_perms`.
    pub fn has_perms(&self, permissions: &[Permission]) -> bool {
        permissions.iter().all(|permission| self.has_perm(*permission))
    }

    /// Whether it includes any of an application's (`shop`). Django's `has_module_perms`.
    pub fn has_module_perms(&self, app: &str) -> bool {
        let of_app = |name: &String| name.split_once('.').is_some_and(|(of, _)| of == app);
        self.is_active && (self.is_superuser || self.granted.iter().any(of_app))
    }

    /// All that it includes, as `app.codename`: what is stored, declared or not; for a superuser also whatever is declared.
    /// Django's `get_all_permissions`.
    pub fn get_all_permissions(&self) -> BTreeSet<String> {
        if !self.is_active {
            return BTreeSet::new();
        }
        let mut all = self.granted.clone();
        if self.is_superuser {
            all.extend(Permission::all().map(|permission| permission.as_str().to_owned()));
        }
        all
    }

    /// What templates are told.
    pub fn perms(&self) -> Perms {
        let mut perms = Perms::new();
        for permission in Permission::all() {
            perms.entry(permission.app()).or_default().insert(permission.codename(), self.has_perm(permission));
        }
        perms
    }

    /// The same for a permission that is stored, declared or not: who grants something must have it.
    pub(crate) fn has_named(&self, name: &str) -> bool {
        self.is_active && (self.is_superuser || self.granted.contains(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::shop::Order;

    fn rights(change: impl FnOnce(&mut User), groups: &[(&str, &str)]) -> Rights {
        let mut user = User::sample();
        change(&mut user);
        let groups: Vec<_> = groups
            .iter()
            .map(|(name, permission)| Group {
                permissions: vec![(*permission).to_owned()],
                ..Group::new((*name).to_owned())
            })
            .collect();
        Rights::new(&user, &groups)
    }

    #[test]
    fn an_account_has_its_own_permissions_and_those_of_its_groups() {
        let rights = rights(
            |user| {
                user.user_permissions = vec!["shop.add_order".to_owned()];
                user.groups = vec!["Staff".to_owned()];
            },
            &[("Staff", "shop.view_order"), ("Others", "shop.delete_order")],
        );
        assert!(rights.has_perms(&[Order::ADD, Order::VIEW]));
        assert!(!rights.has_perm(Order::DELETE), "of a group that it is not in");
        assert!(!rights.has_perms(&[Order::ADD, Order::DELETE]));
        assert!(rights.has_module_perms("shop") && !rights.has_module_perms("sho") && !rights.has_module_perms(""));
        let all: Vec<_> = rights.get_all_permissions().into_iter().collect();
        assert_eq!(all, ["shop.add_order", "shop.view_order"]);
    }

    #[test]
    fn a_superuser_has_all_and_an_inactive_account_none() {
        let all = rights(|user| user.is_superuser = true, &[]);
        assert!(all.has_perm(Order::DELETE) && all.has_module_perms("anything"));
        assert_eq!(all.get_all_permissions().len(), Permission::all().count());
        for is_superuser in [true, false] {
            let none = rights(
                |user| {
                    user.is_active = false;
                    user.is_superuser = is_superuser;
                    user.user_permissions = vec!["shop.view_order".to_owned()];
                },
                &[],
            );
            assert!(!none.has_perm(Order::VIEW) && !none.has_module_perms("shop"));
            assert!(none.get_all_permissions().is_empty());
        }
    }

    #[test]
    fn staff_may_nothing_by_that_alone_and_what_is_not_declared_is_kept() {
        let rights = rights(
            |user| {
                user.is_staff = true;
                user.user_permissions = vec!["blog.add_post".to_owned()];
            },
            &[],
        );
        assert!(Permission::all().all(|permission| !rights.has_perm(permission)));
        assert!(rights.has_module_perms("blog") && rights.get_all_permissions().contains("blog.add_post"));
    }
}
