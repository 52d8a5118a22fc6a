//! A user: as stored, and the part of it that is shown.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::tokens::LinkId;
use super::{CanonicalEmail, Email, PasswordHash, Username};
use crate::media::UploadId;
use crate::sessions::EpochEnds;
use crate::site::UserFields;
use crate::user_fields::{FieldChanges, Values};

/// A user's identifier: it never changes and is never given again, unlike address and name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(Uuid);

impl UserId {
    /// A fresh identifier.
    pub fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The identifier that no user has: it is looked up where there is nobody to look up, for equal work.
    pub fn nobody() -> Self {
        Self(Uuid::nil())
    }

    /// Its sixteen bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// Whether it was made from a row of another system (UUID version 5), not at a sign-up (version 7).
    pub fn is_imported(self) -> bool {
        self.0.get_version_num() == 5
    }

    /// The identifier that stands for whoever would have an address that nobody has. It is no user's, and never will be:
    /// theirs are of other versions (this is UUID version 8, of RFC 9562).
    pub(crate) fn stand_in(address: &CanonicalEmail) -> Self {
        let mut bytes = [0; 16];
        let digest = Sha256::digest(format!("portico.stand-in.v1\0{}", address.as_str()));
        bytes.copy_from_slice(&digest[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// Whether it is one of those.
    pub(crate) fn is_stand_in(self) -> bool {
        self.0.get_version_num() == 8
    }

    /// Parses the form that [`fmt::Display`] writes, and no other.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Uuid::try_parse(text).ok().map(Self)?;
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// A user as stored. Never sent as it is: [`PublicUser`] is what others see.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "Django's flags, each independent of the others")]
pub struct User {
    /// Identifier.
    pub id: UserId,
    /// Address, as it was typed, NFC: log-in identifier.
    pub email: Email,
    /// Whether its owner has proven that mail to the address arrives.
    #[serde(default)]
    pub email_verified: bool,
    /// Addresses that were replaced and can still be gone back to, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_emails: Vec<FormerEmail>,
    /// User name, NFKC: the other log-in identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<Username>,
    /// What the site keeps beside that, as flat attributes: [`crate::site`] declares it.
    #[serde(flatten)]
    pub fields: UserFields,
    /// The password's hash.
    pub password: PasswordHash,
    /// Whether the account may sign in.
    pub is_active: bool,
    /// Whether the account may enter the administration.
    #[serde(default)]
    pub is_staff: bool,
    /// Whether the account has every permission.
    #[serde(default)]
    pub is_superuser: bool,
    /// The groups that it is in, by their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// What it is permitted itself, as `app.codename`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub user_permissions: Vec<String>,
    /// Sessions of an older epoch are dead.
    #[serde(default)]
    pub session_epoch: u64,
    /// Why the last of those ended.
    #[serde(default, skip_serializing_if = "EpochEnds::is_empty")]
    pub session_ends: EpochEnds,
    /// Counts the edits of the profile.
    pub version: u64,
    /// A random name of the latest edit: by it a retry finds that its own answer was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_edit: Option<String>,
    /// When the account was created.
    pub date_joined: Timestamp,
    /// When it last signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_login: Option<Timestamp>,
    /// Counts the log-ins.
    #[serde(default)]
    pub login_count: u64,
    /// From where it last signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_login_ip: Option<String>,
    /// The picture.
    #[serde(flatten)]
    pub avatar: Avatar,
}

impl User {
    /// A newcomer: with everything that nobody has said anything about as it is for newcomers.
    pub fn new(id: UserId, email: Email, password: PasswordHash, now: Timestamp) -> Self {
        Self {
            id,
            email,
            email_verified: false,
            former_emails: Vec::new(),
            username: None,
            fields: UserFields::default(),
            password,
            is_active: true,
            is_staff: false,
            is_superuser: false,
            groups: Vec::new(),
            user_permissions: Vec::new(),
            session_epoch: 1,
            session_ends: EpochEnds::default(),
            version: 1,
            last_edit: None,
            date_joined: now,
            last_login: None,
            login_count: 0,
            last_login_ip: None,
            avatar: Avatar::default(),
        }
    }

    /// What to call somebody: as the site's fields say, else the user name, else the address.
    pub fn display_name(&self) -> &str {
        match (self.fields.short_name(), &self.username) {
            ("", Some(username)) => username.as_str(),
            ("", None) => self.email.as_str(),
            (name, _) => name,
        }
    }
}

/// An address that was replaced. Nobody else can have it while it can be gone back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerEmail {
    /// The address.
    pub email: Email,
    /// The link that goes back to it.
    pub undo: LinkId,
    /// Until when, epoch seconds.
    pub until: i64,
}

/// A user's picture, as flat attributes of the user's item.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Avatar {
    /// The newest upload that was asked for.
    #[serde(rename = "avatar_upload", default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<UploadId>,
    /// How far that upload is.
    #[serde(rename = "avatar_state", default, skip_serializing_if = "Option::is_none")]
    pub state: Option<AvatarState>,
    /// Why it was refused.
    #[serde(rename = "avatar_reason", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The published picture: the previous one until the newest is ready.
    #[serde(rename = "avatar_key", default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Until when a promised upload counts as on its way, epoch seconds.
    #[serde(rename = "avatar_pending_until", default, skip_serializing_if = "Option::is_none")]
    pub pending_until: Option<i64>,
}

/// How far a picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AvatarState {
    /// Promised, not here yet.
    Pending,
    /// Here, being checked.
    Verifying,
    /// Published.
    Ready,
    /// Refused.
    Rejected,
}

impl Avatar {
    /// The state to show at `now` (epoch seconds). A promise that was not kept in time is forgotten.
    pub fn shown_state(&self, now: i64) -> Option<AvatarState> {
        let broken_promise =
            self.state == Some(AvatarState::Pending) && self.pending_until.is_none_or(|until| until < now);
        if broken_promise { self.key.as_ref().map(|_| AvatarState::Ready) } else { self.state }
    }
}

/// A user as the user sees themself: exactly these fields, in HTML and JSON.
#[derive(Debug, Clone, Serialize)]
pub struct PublicUser {
    /// Identifier.
    pub id: UserId,
    /// Address.
    pub email: String,
    /// Whether its owner has proven that mail to the address arrives.
    pub email_verified: bool,
    /// User name, or empty.
    pub username: String,
    /// The site's fields, under their names.
    #[serde(flatten)]
    pub fields: Values,
    /// The picture, if there is or was to be one.
    pub avatar: Option<PublicAvatar>,
    /// Counts the edits: an edit names the version it is based on.
    pub version: u64,
    /// When the account was created.
    pub date_joined: Timestamp,
    /// When it last signed in.
    pub last_login: Option<Timestamp>,
}

/// A picture as its owner sees it.
#[derive(Debug, Clone, Serialize)]
pub struct PublicAvatar {
    /// How far the newest upload is.
    pub state: AvatarState,
    /// A short-lived address of the published picture.
    pub url: Option<String>,
    /// Why the newest upload was refused.
    pub reason: Option<String>,
}

impl PublicUser {
    /// Shows `user` at `now` (epoch seconds); `sign` makes a key into a short-lived address.
    pub fn new(user: &User, now: i64, sign: impl FnOnce(&str) -> Option<String>) -> Self {
        let avatar = user.avatar.shown_state(now).map(|state| PublicAvatar {
            state,
            url: user.avatar.key.as_deref().and_then(sign),
            reason: user.avatar.reason.clone().filter(|_| state == AvatarState::Rejected),
        });
        Self {
            id: user.id,
            email: user.email.as_str().to_owned(),
            email_verified: user.email_verified,
            username: user.username.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default(),
            fields: Values::new(&user.fields),
            avatar,
            version: user.version,
            date_joined: user.date_joined,
            last_login: user.last_login,
        }
    }
}

/// An edit of a profile: what was not sent stays as it is.
#[derive(Debug, Clone)]
pub struct ProfileChanges {
    /// The site's fields.
    pub fields: FieldChanges<UserFields>,
    /// Whether the picture goes.
    pub clear_avatar: bool,
}

impl ProfileChanges {
    /// Whether `user` has all of it already.
    pub fn are_in(&self, user: &User) -> bool {
        self.fields.are_in(&user.fields) && !(self.clear_avatar && user.avatar.key.is_some())
    }
}

#[cfg(test)]
impl User {
    /// A newcomer, for unit tests.
    pub(crate) fn sample() -> Self {
        let password = serde_json::from_str("\"!\"").unwrap();
        Self::new(UserId::nobody(), Email::parse("kim@example.com").unwrap(), password, Timestamp::UNIX_EPOCH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sessions::EndReason;
    use crate::user_fields::{FieldSet as _, is_reserved};

    impl User {
        /// Of whom everything is known.
        fn known() -> Self {
            let now = Timestamp::UNIX_EPOCH;
            Self {
                email_verified: true,
                former_emails: vec![FormerEmail {
                    email: Email::parse("lee@example.com").unwrap(),
                    undo: LinkId::new(Uuid::nil()),
                    until: 0,
                }],
                username: Username::parse("kim"),
                groups: vec!["editors".to_owned()],
                user_permissions: vec!["auth.view_user".to_owned()],
                session_ends: EpochEnds::default().with(0, EndReason::LoggedOut, 0),
                last_edit: Some("edit".to_owned()),
                last_login: Some(now),
                login_count: 1,
                last_login_ip: Some("192.0.2.1".to_owned()),
                avatar: Avatar {
                    upload: UploadId::parse("00000000-0000-0000-0000-000000000001"),
                    state: Some(AvatarState::Ready),
                    reason: Some("broken".to_owned()),
                    key: Some("media/x".to_owned()),
                    pending_until: Some(1),
                },
                ..Self::sample()
            }
        }
    }

    #[test]
    fn no_field_of_a_site_can_have_the_name_of_an_attribute_of_the_products() {
        let user = User::known();
        let public = PublicUser::new(&user, 0, |key| Some(key.to_owned()));
        let is_own = |name: &String| UserFields::FIELDS.iter().any(|field| field.is_stored_in(name));
        for value in [serde_json::to_value(&user).unwrap(), serde_json::to_value(&public).unwrap()] {
            for name in value.as_object().unwrap().keys().filter(|name| !is_own(name)) {
                assert!(is_reserved(name), "{name} is missing in RESERVED");
            }
        }
    }
}
