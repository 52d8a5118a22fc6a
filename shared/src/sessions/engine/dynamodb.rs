//! `dynamodb`, the default: a session is one item, read with its user in one call, saved key by key.

use async_trait::async_trait;

use super::{Claim, Engine, Saved};
use crate::accounts::User;
use crate::error::Result;
use crate::sessions::{SessionChanges, SessionKey, SessionRecord};
use crate::store::Store;

/// Sessions in the table of sessions alone.
#[derive(Debug)]
pub(crate) struct DynamoDb;

#[async_trait]
impl Engine for DynamoDb {
    async fn load(&self, store: &Store, claim: &Claim, _now: i64) -> Result<(Option<SessionRecord>, Option<User>)> {
        Ok(store.get_session(&claim.token.key()).await?)
    }

    fn entry(&self, _key: &SessionKey, record: &SessionRecord) -> Option<SessionRecord> {
        Some(record.clone())
    }

    async fn save(
        &self,
        store: &Store,
        key: &SessionKey,
        _record: &SessionRecord,
        changes: &SessionChanges,
        now: i64,
    ) -> Result<Saved> {
        Saved::of(store.save_session(key, changes, now).await)
    }

    /// A visitor's session leaves no tombstone: there is nobody who could ask.
    async fn forget(&self, store: &Store, key: &SessionKey) -> Result<()> {
        if key.user.is_none() {
            store.delete_session(key).await?;
        }
        Ok(())
    }
}
