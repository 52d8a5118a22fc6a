//! The values of sessions as items of their own, counted revision by revision so that a copy of them can be told to be
//! the older one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::call::{from_item, to_item};
use super::expression::Expression;
use super::keys::{Key, PK, TTL};
use super::{Store, StoreError};
use crate::sessions::{SessionKey, SessionRecord};

/// The values of a session.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SessionValues {
    /// A value a key.
    #[serde(default)]
    pub data: Map<String, Value>,
    /// Counts the changes.
    #[serde(default)]
    pub revision: u64,
    /// When they may be deleted, epoch seconds.
    #[serde(default)]
    pub expires_at: i64,
}

impl Store {
    /// Reads the values of a session, if there are any.
    pub async fn get_values(&self, key: &SessionKey) -> Result<Option<SessionValues>, StoreError> {
        let item = self.get(self.sessions(), &Key::session_values(key)).await?;
        item.map(from_item).transpose()
    }

    /// Reads a visitor's session and its values, in one call.
    pub async fn get_session_and_values(
        &self,
        key: &SessionKey,
    ) -> Result<Option<(SessionRecord, Option<SessionValues>)>, StoreError> {
        let keys = [(self.sessions(), Key::session(key)), (self.sessions(), Key::session_values(key))];
        let (mut record, mut values) = (None, None);
        for (_, item) in self.batch_get(&keys).await? {
            if item.contains_key("revision") {
                values = Some(from_item(item)?);
            } else {
                record = Some(from_item(item)?);
            }
        }
        Ok(record.map(|record| (record, values)))
    }

    /// Writes the values of a new session.
    pub async fn put_values(
        &self,
        key: &SessionKey,
        data: &Map<String, Value>,
        expires_at: i64,
    ) -> Result<(), StoreError> {
        let values = SessionValues { data: data.clone(), revision: 1, expires_at };
        self.put(self.sessions(), to_item(&Key::session_values(key), values)?, &Expression::new()).await
    }

    /// Changes single values, and gives all of them as they are afterwards.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when they are gone: the session has ended.
    pub async fn merge_values(
        &self,
        key: &SessionKey,
        changes: &BTreeMap<String, Option<Value>>,
        expires_at: i64,
    ) -> Result<SessionValues, StoreError> {
        let change = Expression::new().if_exists(PK).add("revision", 1)?.set(&[TTL], expires_at)?;
        let change = change.merge("data", changes)?;
        from_item(self.update(self.sessions(), &Key::session_values(key), &change).await?)
    }

    /// Removes the values of a session.
    pub async fn delete_values(&self, key: &SessionKey) -> Result<(), StoreError> {
        self.delete(self.sessions(), &Key::session_values(key)).await
    }
}
