//! How the keys of the tables are spelled: here and nowhere else.

use uuid::Uuid;

use crate::accounts::tokens::{LinkId, Purpose};
use crate::accounts::{CanonicalEmail, CanonicalUsername, UserId};
use crate::media::UploadId;
use crate::sessions::SessionKey;

/// The partition key's attribute, in every table.
pub const PK: &str = "PK";
/// The sort key's attribute, in every table.
pub const SK: &str = "SK";
/// The attribute by which `DynamoDB`'s TTL deletes: epoch seconds.
pub const TTL: &str = "expires_at";

/// The primary key of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Key {
    /// A user.
    pub fn user(id: UserId) -> Self {
        Self { pk: user_partition(id), sk: "PROFILE".to_owned() }
    }

    /// What keeps an address unique.
    pub fn email(email: &CanonicalEmail) -> Self {
        Self { pk: format!("EMAIL#{}", email.as_str()), sk: "GUARD".to_owned() }
    }

    /// What keeps a user name unique.
    pub fn username(name: &CanonicalUsername) -> Self {
        Self { pk: format!("NAME#{}", name.as_str()), sk: "GUARD".to_owned() }
    }

    /// An uploaded object.
    pub fn upload(id: UploadId) -> Self {
        Self { pk: format!("MEDIA#{id}"), sk: "META".to_owned() }
    }

    /// What a link permits.
    pub fn token(id: LinkId, purpose: Purpose) -> Self {
        Self { pk: format!("TOKEN#{id}"), sk: purpose.as_str().to_owned() }
    }

    /// A promised mail.
    pub fn mail(id: Uuid) -> Self {
        Self { pk: id.to_string(), sk: "MAIL".to_owned() }
    }

    /// A session: a user's stand together, so that they can be listed; a visitor's stand alone.
    pub fn session(key: &SessionKey) -> Self {
        let pk = match key.user {
            Some(user) => user_partition(user),
            None => format!("ANON#{}", key.digest),
        };
        Self { pk, sk: format!("SESSION#{}", key.digest) }
    }
}

fn user_partition(id: UserId) -> String {
    format!("USER#{id}")
}
