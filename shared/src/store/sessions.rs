//! Sessions as items: read together with their user, saved key by key, never brought back once ended.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::call::{Write, from_item, to_item};
use super::expression::Expression;
use super::keys::{Key, PK, SESSION, TTL, user_partition};
use super::users::to_user;
use super::{Store, StoreError};
use crate::accounts::{User, UserId};
use crate::mail::Promise;
use crate::sessions::SessionKey;

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// What the site keeps for the visitor, a value a key.
    #[serde(default)]
    pub data: Map<String, Value>,
    /// The user's `session_epoch` at log-in; 0 for a visitor.
    #[serde(default)]
    pub epoch: u64,
    /// Whether the cookie outlives the browser.
    pub persistent: bool,
    /// Idle time allowed, seconds.
    pub lifetime: i64,
    /// When it began, epoch seconds.
    pub created_at: i64,
    /// When it was last renewed, epoch seconds.
    pub renewed_at: i64,
    /// When it ends unless it is renewed, epoch seconds: also the TTL attribute, which deletes days later.
    pub expires_at: i64,
    /// When it ends however busy it is, epoch seconds.
    pub absolute_at: i64,
    /// The address it began from.
    #[serde(default)]
    pub ip: String,
    /// The browser it began from.
    #[serde(default)]
    pub user_agent: String,
}

/// What a request changed in its session.
#[derive(Debug, Default, Clone)]
pub struct SessionChanges {
    /// New values; `None` removes the key.
    pub data: BTreeMap<String, Option<Value>>,
    /// New `(renewed_at, expires_at)`.
    pub renewal: Option<(i64, i64)>,
}

impl Store {
    /// Reads a session and, when it is a user's, that user: one strongly consistent call.
    pub async fn get_session(&self, key: &SessionKey) -> Result<(Option<SessionRecord>, Option<User>), StoreError> {
        let session = (self.sessions(), Key::session(key));
        let Some(user) = key.user else {
            let item = self.get(session.0, &session.1).await?;
            return Ok((item.map(from_item).transpose()?, None));
        };
        let (mut record, mut owner) = (None, None);
        for (table, item) in self.batch_get(&[session, (self.accounts(), Key::user(user))]).await? {
            if table == self.sessions() {
                record = Some(from_item(item)?);
            } else {
                owner = to_user(item)?;
            }
        }
        Ok((record, owner))
    }

    /// The sessions of a user that are stored, up to `most` of them, and whether there are more. Expired ones are among
    /// them until TTL deletes them.
    pub async fn sessions_of(&self, user: UserId, most: usize) -> Result<(Vec<SessionRecord>, bool), StoreError> {
        let mut found = Vec::new();
        let mut from = None;
        loop {
            let page = self.page(self.sessions(), &user_partition(user), SESSION, false, from).await?;
            for item in page.items {
                if found.len() == most {
                    return Ok((found, true));
                }
                found.push(from_item(item)?);
            }
            from = page.next;
            if from.is_none() {
                return Ok((found, false));
            }
        }
    }

    /// Writes a new session. Without a condition, so that a retry after a lost answer does the same once more: 256
    /// random bits name the item, nobody else's is there.
    pub async fn create_session(&self, key: &SessionKey, record: &SessionRecord) -> Result<(), StoreError> {
        let item = to_item(&Key::session(key), record)?;
        self.put(self.sessions(), item, &Expression::new()).await
    }

    /// Writes the session of a log-in and promises the mail that tells of it: both or none.
    pub async fn create_session_and_tell(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
        mail: &Promise,
    ) -> Result<(), StoreError> {
        let session = Write::put(self.sessions(), to_item(&Key::session(key), record)?, Expression::new());
        self.transact(Some(mail.id.to_string()), &[session, self.promise(mail)?]).await
    }

    /// Saves what changed, and only that: two requests that set different keys keep both.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the session has ended meanwhile: it is not brought back.
    pub async fn save_session(&self, key: &SessionKey, changes: &SessionChanges, now: i64) -> Result<(), StoreError> {
        let mut change = Expression::new().if_exists(PK).only_if(TTL, ">", now)?;
        for (name, value) in &changes.data {
            change = match value {
                Some(value) => change.set(&["data", name], value)?,
                None => change.remove(&["data", name]),
            };
        }
        if let Some((renewed_at, expires_at)) = changes.renewal {
            change = change.set(&["renewed_at"], renewed_at)?.set(&[TTL], expires_at)?;
        }
        self.update(self.sessions(), &Key::session(key), &change).await.map(drop)
    }

    /// Ends a session.
    pub async fn delete_session(&self, key: &SessionKey) -> Result<(), StoreError> {
        self.delete(self.sessions(), &Key::session(key)).await
    }
}
