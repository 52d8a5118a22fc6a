//! Who asks: each role with an account, a session and a token of its own.

use portico::permissions::{Permission, groups};
use portico::sharing::{Access, Verb};

use crate::site::{Site, Visitor, author};

/// In what standing somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Nobody.
    Anonymous,
    /// Somebody whose account was deactivated while they were signed in.
    Inactive,
    /// Somebody who is permitted everything but what the route asks for.
    User,
    /// The same, and staff.
    Staff,
    /// Somebody in a group that permits what the route asks for, and nothing else.
    Member,
    /// The same, and staff.
    StaffMember,
    /// A superuser, and staff: one who is not does not enter the administration.
    Superuser,
    /// Whose the objects are.
    Owner,
    /// With whom they are shared to be seen,
    Viewer,
    /// to be changed,
    Editor,
    /// and to be shared.
    Manager,
}

impl Role {
    pub(super) const ALL: [Self; 11] = [
        Self::Anonymous,
        Self::Inactive,
        Self::User,
        Self::Staff,
        Self::Member,
        Self::StaffMember,
        Self::Superuser,
        Self::Owner,
        Self::Viewer,
        Self::Editor,
        Self::Manager,
    ];

    pub(super) fn is_signed_in(self) -> bool {
        !matches!(self, Self::Anonymous | Self::Inactive)
    }

    pub(super) fn is_staff(self) -> bool {
        matches!(self, Self::Staff | Self::StaffMember | Self::Superuser)
    }

    /// Whether they are permitted what the route asks for.
    pub(super) fn is_permitted(self) -> bool {
        matches!(self, Self::Member | Self::StaffMember | Self::Superuser)
    }

    /// What they may do with the objects.
    pub(super) fn access(self) -> Access {
        match self {
            Self::Owner => Access::Owner,
            Self::Viewer => Access::Granted(Verb::View),
            Self::Editor => Access::Granted(Verb::Edit),
            Self::Manager => Access::Granted(Verb::Manage),
            _ => Access::None,
        }
    }

    /// The address of the account.
    pub(super) fn email(self) -> String {
        format!("{self:?}@example.com").to_lowercase()
    }

    /// The group that it is in.
    fn group(self) -> Option<&'static str> {
        match self {
            Self::User | Self::Staff => Some(ALL_BUT_THAT),
            Self::Member | Self::StaffMember => Some(THAT_ALONE),
            _ => None,
        }
    }
}

/// A group that permits what the route asks for.
const THAT_ALONE: &str = "That alone";
/// A group that permits all the rest.
const ALL_BUT_THAT: &str = "All but that";

/// Somebody, with a token that is good for their session.
pub(super) struct Person<'a> {
    pub(super) visitor: Visitor<'a>,
    pub(super) token: String,
}

/// Everybody.
pub(super) struct People<'a>(Vec<Person<'a>>);

impl<'a> People<'a> {
    pub(super) async fn arrive(site: &'a Site) -> Self {
        for group in [THAT_ALONE, ALL_BUT_THAT] {
            site.group(group, &Permission::all().collect::<Vec<_>>()).await;
        }
        let mut people = Vec::new();
        for role in Role::ALL {
            let mut visitor = match role {
                Role::Anonymous => site.visitor(),
                _ => site.member(&role.email()).await,
            };
            if let Some(group) = role.group() {
                site.join(&visitor, group).await;
            }
            if role.is_staff() {
                site.raise(&visitor, |to| to.is_staff = true).await;
            }
            let token = visitor.csrf_token().await;
            match role {
                Role::Superuser => site.raise(&visitor, |to| to.is_superuser = true).await,
                Role::Inactive => site.raise(&visitor, |to| to.is_active = false).await,
                _ => {}
            }
            people.push(Person { visitor, token });
        }
        Self(people)
    }

    pub(super) fn get(&self, role: Role) -> &Person<'a> {
        &self.0[role as usize]
    }

    pub(super) fn visitor(&mut self, role: Role) -> &mut Visitor<'a> {
        &mut self.0[role as usize].visitor
    }
}

/// Has the one group permit the last of these alone, and the other one all but these.
pub(super) async fn permit(site: &Site, asked: &[Permission]) {
    let others = Permission::all().filter(|permission| !asked.contains(permission));
    let others: Vec<_> = others.map(|permission| permission.as_str().to_owned()).collect();
    let last: Vec<_> = asked.last().into_iter().map(|permission| permission.as_str().to_owned()).collect();
    for (name, permissions) in [(THAT_ALONE, last), (ALL_BUT_THAT, others)] {
        let group = site.store().get_group(name).await.unwrap().expect("there is the group");
        groups::set_permissions(&site.store(), &author(), &group, permissions).await.unwrap();
    }
}
