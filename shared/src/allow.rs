//! Whom a route answers: it is declared where the route is, beside the handler, and asked before that runs. A route
//! without a declaration does not compile.

use std::fmt;
use std::time::Duration;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::permissions::{Missing, Permission};
use crate::sharing::Verb;

/// Whom a route answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allow {
    who: Who,
    /// Whether whoever is signed in without the right is led to the log-in page.
    or_login: bool,
    /// Whether the handler only ends sessions.
    ends_sessions: bool,
    /// How old a log-in may be.
    fresh: Option<Fresh>,
    /// Whether it is a page of the administration.
    admin: bool,
}

/// Who.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Everybody.
    Anyone,
    /// Whoever is signed in.
    Users,
    /// Whoever is signed in, about what is their own: the handler finds nothing else.
    Owner,
    /// Whoever may do this with the object that the address names: the handler asks, and what it answers without having
    /// asked is refused.
    Object(Verb),
    /// Whoever may enter the administration.
    Staff,
    /// Whoever is permitted this.
    Permission(Permission),
    /// Whoever is permitted one of these.
    AnyOf(&'static [Permission]),
    /// Whoever is permitted all of these.
    AllOf(&'static [Permission]),
}

/// How old a log-in may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fresh {
    /// At most this.
    Within(Duration),
    /// As `ADMIN_LOGIN_AGE` says.
    ForAdmin,
}

impl Allow {
    /// Everybody.
    pub const ANYONE: Self = Self::who(Who::Anyone);
    /// Whoever is signed in; others are led to the log-in page (401 in JSON). Django's `login_required`.
    pub const USERS: Self = Self::who(Who::Users);
    /// Whoever is signed in, about what is their own.
    pub const OWNER: Self = Self::who(Who::Owner);
    /// Whoever is signed in and is staff. Django's `staff_member_required`.
    pub const STAFF: Self = Self::who(Who::Staff);

    /// Whoever is permitted this. Django's `permission_required`, with `raise_exception`: whoever is signed in without it is
    /// told what they lack, by 403.
    pub const fn permission(permission: Permission) -> Self {
        Self::who(Who::Permission(permission))
    }

    /// Whoever is permitted one of these.
    pub const fn any_of(permissions: &'static [Permission]) -> Self {
        Self::who(Who::AnyOf(permissions))
    }

    /// Whoever is permitted all of these: what Django's `permission_required` does with a list.
    pub const fn all_of(permissions: &'static [Permission]) -> Self {
        Self::who(Who::AllOf(permissions))
    }

    /// Whoever may do this with the object that the address names ([`crate::sharing::require`]).
    pub const fn object(verb: Verb) -> Self {
        Self::who(Who::Object(verb))
    }

    /// A page of the administration: for staff who are permitted one of these (any staff, where there are none), have
    /// logged in within `ADMIN_LOGIN_AGE`, and come from where administrators come from ([`crate::config::AdminSettings`]).
    /// For everybody else from elsewhere it is not there.
    pub const fn admin(any_of: &'static [Permission]) -> Self {
        let who = if any_of.is_empty() { Who::Staff } else { Who::AnyOf(any_of) };
        Self { fresh: Some(Fresh::ForAdmin), admin: true, ..Self::who(who) }
    }

    /// Whoever is signed in without the right is led to the log-in page, to come back as somebody else. Django's
    /// `permission_required` without `raise_exception`. A program is told 403 all the same.
    #[must_use]
    pub const fn or_login(self) -> Self {
        Self { or_login: true, ..self }
    }

    /// And has proven the password within this many minutes; else it is asked for again, and then one is back here.
    #[must_use]
    pub const fn fresh(self, minutes: u64) -> Self {
        Self { fresh: Some(Fresh::Within(Duration::from_secs(60 * minutes))), ..self }
    }

    /// The handler only ends sessions: it answers whatever becomes of the values in them, so that a cache that is down holds
    /// up no log-out.
    #[must_use]
    pub const fn only_ends_sessions(self) -> Self {
        Self { ends_sessions: true, ..self }
    }

    const fn who(who: Who) -> Self {
        Self { who, or_login: false, ends_sessions: false, fresh: None, admin: false }
    }

    /// Who it is.
    pub const fn whom(self) -> Who {
        self.who
    }

    /// Whether it is a page of the administration.
    pub const fn is_admin(self) -> bool {
        self.admin
    }

    /// Whether the log-in must be a recent one.
    pub const fn is_fresh(self) -> bool {
        self.fresh.is_some()
    }

    /// Turns away whoever it does not answer, before the handler runs.
    pub(crate) async fn check(self, cx: &Context) -> Result<()> {
        if self.ends_sessions {
            cx.only_ends_sessions();
        }
        match self.who {
            // Who comes with a link is nobody, and may see what it opens: the handler asks.
            Who::Anyone | Who::Object(Verb::View) => {}
            Who::Users | Who::Owner | Who::Object(_) => drop(cx.require_login().await?),
            Who::Staff => drop(cx.require_staff().await?),
            Who::Permission(permission) => drop(cx.require_permission(permission).await?),
            Who::AllOf(permissions) => drop(cx.require_all(permissions).await?),
            Who::AnyOf(permissions) => {
                if self.admin {
                    cx.require_staff().await?;
                }
                cx.require_any(permissions).await?;
            }
        }
        match self.fresh {
            None => Ok(()),
            Some(Fresh::Within(age)) => cx.require_fresh(age).await.map(drop),
            Some(Fresh::ForAdmin) => {
                cx.require_fresh(Duration::from_secs(cx.config().admin.login_age.unsigned_abs())).await.map(drop)
            }
        }
    }

    /// Whether an error of [`Self::check`] leads to the log-in page.
    pub(crate) fn leads_to_login(self, error: &Error) -> bool {
        self.or_login
            && matches!(
                error,
                Error::PermissionDenied(Missing::Permission(_) | Missing::Permissions(_) | Missing::Staff)
            )
    }

    /// Whether the handler must have asked about an object.
    pub(crate) fn must_judge(self) -> bool {
        matches!(self.who, Who::Object(_))
    }
}

fn names(permissions: &[Permission], between: &str) -> String {
    permissions.iter().map(|permission| permission.as_str()).collect::<Vec<_>>().join(between)
}

/// As `cargo manage routes` tells it.
impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.admin {
            f.write_str("admin")?;
        }
        match self.who {
            Who::Anyone => f.write_str("anyone")?,
            Who::Users => f.write_str("users")?,
            Who::Owner => f.write_str("owner")?,
            Who::Object(verb) => write!(f, "object: {}", verb.as_str())?,
            Who::Staff if self.admin => {}
            Who::Staff => f.write_str("staff")?,
            Who::Permission(permission) => write!(f, "{permission}")?,
            Who::AllOf(permissions) => f.write_str(&names(permissions, " and "))?,
            Who::AnyOf(permissions) => {
                write!(f, "{}{}", if self.admin { ": " } else { "" }, names(permissions, " or "))?;
            }
        }
        if self.or_login {
            f.write_str(", or log in")?;
        }
        if matches!(self.fresh, Some(Fresh::Within(_))) {
            f.write_str(", fresh")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::auth;
    use crate::site::shop::Order;

    #[test]
    fn each_says_in_a_word_whom_it_answers() {
        for (allow, word) in [
            (Allow::ANYONE, "anyone"),
            (Allow::ANYONE.only_ends_sessions(), "anyone"),
            (Allow::USERS, "users"),
            (Allow::USERS.fresh(15), "users, fresh"),
            (Allow::OWNER, "owner"),
            (Allow::object(Verb::View), "object: view"),
            (Allow::object(Verb::Manage).fresh(1), "object: manage, fresh"),
            (Allow::STAFF, "staff"),
            (Allow::STAFF.or_login(), "staff, or log in"),
            (Allow::permission(Order::VIEW), "shop.view_order"),
            (Allow::any_of(&[Order::VIEW, Order::ADD]).or_login(), "shop.view_order or shop.add_order, or log in"),
            (Allow::all_of(&[Order::VIEW, Order::ADD]), "shop.view_order and shop.add_order"),
            (Allow::admin(&[]), "admin"),
            (Allow::admin(&[auth::User::VIEW]), "admin: auth.view_user"),
        ] {
            assert_eq!(allow.to_string(), word);
        }
    }

    #[test]
    fn the_administration_always_asks_for_a_recent_log_in() {
        for allow in [Allow::admin(&[]), Allow::admin(&[auth::User::VIEW])] {
            assert!(allow.is_admin() && allow.is_fresh() && !allow.must_judge());
        }
        assert!(!Allow::STAFF.is_admin() && !Allow::STAFF.is_fresh());
        assert_eq!(Allow::admin(&[]).whom(), Who::Staff);
    }

    #[test]
    fn only_who_lacks_something_that_others_have_is_led_to_the_log_in_page() {
        let lacks = Error::PermissionDenied(Missing::Permission(vec![Order::VIEW]));
        let allow = Allow::permission(Order::VIEW);
        assert!(allow.or_login().leads_to_login(&lacks) && !allow.leads_to_login(&lacks));
        for other in [Error::PermissionDenied(Missing::Right), Error::NotFound, Error::FreshLoginRequired] {
            assert!(!allow.or_login().leads_to_login(&other), "{other}");
        }
    }

    #[test]
    fn a_handler_must_ask_about_an_object_and_about_nothing_else() {
        assert!(Verb::ALL.into_iter().all(|verb| Allow::object(verb).must_judge()));
        for allow in [Allow::ANYONE, Allow::USERS, Allow::OWNER, Allow::STAFF, Allow::permission(Order::VIEW)] {
            assert!(!allow.must_judge(), "{allow}");
        }
    }
}
