//! One event, and who writes it.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use uuid::Uuid;

use crate::accounts::{Email, User, UserId};
use crate::rng::Rng;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// An account was made from the command line.
    UserCreated,
    /// Its flags, groups or permissions were changed.
    UserChanged,
    /// Its password was changed by somebody who knew it.
    PasswordChanged,
    /// Its password was set by a link in a mail.
    PasswordReset,
    /// Its password was set from the command line.
    PasswordSet,
    /// An administrator had the link to another password sent to its owner.
    PasswordResetSent,
    /// Its address was proven.
    EmailConfirmed,
    /// It has another address.
    EmailChanged,
    /// A change of its address was taken back.
    EmailRestored,
    /// Its sessions were ended: all of them, or all others than the one that asked.
    SessionsEnded,
    /// One of its sessions was ended by an administrator.
    SessionEnded,
    /// It was deleted.
    UserDeleted,
    /// A group was made.
    GroupCreated,
    /// A group has other permissions.
    GroupChanged,
    /// A group was deleted.
    GroupDeleted,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::UserCreated,
        Self::UserChanged,
        Self::PasswordChanged,
        Self::PasswordReset,
        Self::PasswordSet,
        Self::PasswordResetSent,
        Self::EmailConfirmed,
        Self::EmailChanged,
        Self::EmailRestored,
        Self::SessionsEnded,
        Self::SessionEnded,
        Self::UserDeleted,
        Self::GroupCreated,
        Self::GroupChanged,
        Self::GroupDeleted,
    ];

    /// Its name, as it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserCreated => "user_created",
            Self::UserChanged => "user_changed",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::PasswordSet => "password_set",
            Self::PasswordResetSent => "password_reset_sent",
            Self::EmailConfirmed => "email_confirmed",
            Self::EmailChanged => "email_changed",
            Self::EmailRestored => "email_restored",
            Self::SessionsEnded => "sessions_ended",
            Self::SessionEnded => "session_ended",
            Self::UserDeleted => "user_deleted",
            Self::GroupCreated => "group_created",
            Self::GroupChanged => "group_changed",
            Self::GroupDeleted => "group_deleted",
        }
    }
}

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// Somebody with an account: its owner, or an administrator.
    User(UserId),
    /// Whoever may work on the tables: `cargo manage`.
    Command,
    /// Whoever had the link of a mail.
    Link,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "USER#{id}"),
            Self::Command => f.write_str("COMMAND"),
            Self::Link => f.write_str("LINK"),
        }
    }
}

/// What it was done to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// An account.
    User(UserId),
    /// The group of this name.
    Group(String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "USER#{id}"),
            Self::Group(name) => write!(f, "GROUP#{name}"),
        }
    }
}

impl Actor {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "COMMAND" => Some(Self::Command),
            "LINK" => Some(Self::Link),
            text => UserId::parse(text.strip_prefix("USER#")?).map(Self::User),
        }
    }
}

impl Subject {
    fn parse(text: &str) -> Option<Self> {
        match text.split_once('#')? {
            ("USER", id) => UserId::parse(id).map(Self::User),
            ("GROUP", name) => Some(Self::Group(name.to_owned())),
            _ => None,
        }
    }
}

/// As the text that `Display` writes.
macro_rules! as_text {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom("of no kind that is known"))
            }
        }
    };
}

as_text!(Actor);
as_text!(Subject);

/// What one attribute was and is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Before.
    pub before: Value,
    /// After.
    pub after: Value,
}

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// A UUID of version 7: unique, and in the order of time.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: Action,
    /// By whom.
    pub actor: Actor,
    /// To whom, or to what.
    pub subject: Subject,
    /// From which address, where a request did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// From which browser, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// What has changed, by attribute.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub changes: BTreeMap<String, Change>,
    /// When it may be forgotten, epoch seconds (the TTL attribute); never, where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audited_until: Option<i64>,
}

impl Event {
    /// With an attribute that has changed; one that has not is left out.
    #[must_use]
    pub fn changed(mut self, name: &str, before: impl Serialize, after: impl Serialize) -> Self {
        let value = |value| serde_json::to_value(value).unwrap_or_default();
        let change = Change { before: value(before), after: serde_json::to_value(after).unwrap_or_default() };
        if change.before != change.after {
            self.changes.insert(name.to_owned(), change);
        }
        self
    }

    /// With an address that has changed: of each as much as its owner knows it again by.
    #[must_use]
    pub(crate) fn changed_email(self, before: &Email, after: &Email) -> Self {
        self.changed("email", masked(before), masked(after))
    }
}

/// `k***@example.com`: an event outlives the account, and tells nobody where to write to.
fn masked(email: &Email) -> String {
    let (local, domain) = email.as_str().rsplit_once('@').unwrap_or_default();
    format!("{}***@{domain}", local.chars().next().map(String::from).unwrap_or_default())
}

/// Who does something, from where and when: by it events are written.
#[derive(Clone)]
pub struct Author<'a> {
    /// Who.
    pub actor: Actor,
    /// From which address, if by a request.
    pub address: Option<String>,
    /// From which browser, if by one.
    pub user_agent: Option<String>,
    /// When.
    pub now: Timestamp,
    /// Who must still be who they were when it is written: an administrator, whose rights may be taken at the same moment.
    pub witness: Option<&'a User>,
    /// For how long an event is kept, seconds (`AUDIT_MAX_AGE`); for ever, where there is no such time.
    pub max_age: Option<i64>,
    /// What names events.
    pub rng: &'a dyn Rng,
}

impl fmt::Debug for Author<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Author").field("actor", &self.actor).field("now", &self.now).finish_non_exhaustive()
    }
}

impl Author<'_> {
    /// That this was done.
    pub fn event(&self, action: Action, subject: Subject) -> Event {
        Event {
            id: self.rng.uuid(self.now),
            at: self.now,
            action,
            actor: self.actor,
            subject,
            address: self.address.clone(),
            user_agent: self.user_agent.clone(),
            changes: BTreeMap::new(),
            audited_until: self.max_age.map(|age| self.now.as_second() + age),
        }
    }

    /// The same of an account.
    pub fn of_user(&self, action: Action, user: &User) -> Event {
        self.event(action, Subject::User(user.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;

    fn author() -> Author<'static> {
        let (address, user_agent, witness) = (Some("192.0.2.1".to_owned()), Some("test".to_owned()), None);
        let now = Timestamp::from_second(1_000).unwrap();
        Author { actor: Actor::Command, address, user_agent, now, witness, max_age: Some(10), rng: &SystemRng }
    }

    #[test]
    fn an_event_is_stored_as_it_is_read() {
        for (actor, subject) in [
            (Actor::Command, Subject::Group("Staff #1".to_owned())),
            (Actor::User(UserId::nobody()), Subject::User(UserId::nobody())),
            (Actor::Link, Subject::Group("주문".to_owned())),
        ] {
            let event =
                Author { actor, ..author() }.event(Action::GroupChanged, subject).changed("permissions", ["a"], ["b"]);
            let text = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
        }
    }

    #[test]
    fn what_has_not_changed_is_not_told_and_addresses_only_as_far_as_their_owner_knows_them() {
        let [kim, lee] = ["kim@example.com", "lee@example.org"].map(|text| Email::parse(text).unwrap());
        let event = author().event(Action::EmailChanged, Subject::User(UserId::nobody()));
        let event = event.changed("is_staff", true, true).changed_email(&kim, &lee);
        let told = serde_json::to_value(&event.changes).unwrap();
        assert_eq!(told, serde_json::json!({ "email": { "before": "k***@example.com", "after": "l***@example.org" } }));
        let expires = &serde_json::to_value(&event).unwrap()[crate::store::keys::AUDIT_TTL];
        assert_eq!(*expires, 1_010, "the attribute by which the table deletes it");
    }

    #[test]
    fn an_action_is_stored_under_its_name() {
        for action in Action::ALL {
            assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
        }
    }
}
