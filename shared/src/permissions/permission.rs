//! One permission.

use std::fmt;

use super::own;
use crate::i18n::Language;
use crate::site;

/// What somebody may do with every object of a model: `shop.view_order`. There are those that are declared, and no others:
/// [`super::declare`] makes them, and nothing else can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Permission(&'static str);

impl Permission {
    /// The most characters of a stored one: what Django's codename and application label take together, and the dot.
    pub const MAX_LENGTH: usize = 201;

    /// `name` is `app.codename`.
    pub(crate) const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// Every declared permission: the product's own, then the site's, each model's together.
    pub fn all() -> impl Iterator<Item = Self> {
        own::PERMISSIONS.iter().chain(site::PERMISSIONS).copied().flatten().copied()
    }

    /// The declared permission of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|permission| permission.0 == name)
    }

    /// `app.codename`: how it is stored, and written in `permissions.toml`.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// The application: what stands before the dot.
    pub fn app(self) -> &'static str {
        self.0.split_once('.').map_or("", |(app, _)| app)
    }

    /// What stands after the dot.
    pub fn codename(self) -> &'static str {
        self.0.split_once('.').map_or(self.0, |(_, codename)| codename)
    }

    /// What it permits, for people: the text `permission-<app>-<codename>`.
    pub fn label(self, language: Language) -> String {
        language.text(&format!("permission-{}-{}", self.app(), self.codename()), &[])
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::permissions::auth;
    use crate::site::shop;

    #[test]
    fn a_permission_is_its_application_and_its_codename() {
        let view = shop::Order::VIEW;
        assert_eq!((view.as_str(), view.app(), view.codename()), ("shop.view_order", "shop", "view_order"));
        assert_eq!(Permission::parse("shop.view_order"), Some(view));
        for odd in ["", "shop", "shop.", ".view_order", "shop.view_orders", "Shop.view_order", "shop.view_order "] {
            assert_eq!(Permission::parse(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn a_model_has_djangos_four() {
        let four = [auth::Group::ADD, auth::Group::CHANGE, auth::Group::DELETE, auth::Group::VIEW];
        assert_eq!(four.map(Permission::codename), ["add_group", "change_group", "delete_group", "view_group"]);
        assert!(Permission::parse("audit.delete_event").is_none(), "but those that it says it has not");
    }

    #[test]
    fn each_is_declared_once_is_short_enough_and_has_its_words() {
        let all: Vec<_> = Permission::all().collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len(), "{all:?}");
        for permission in all {
            assert!(permission.as_str().len() <= Permission::MAX_LENGTH, "{permission}");
            for language in Language::ALL {
                let key = format!("permission-{}-{}", permission.app(), permission.codename());
                assert!(language.find(&key, &[]).is_some(), "{key} is missing in {}", language.code());
            }
        }
    }
}
