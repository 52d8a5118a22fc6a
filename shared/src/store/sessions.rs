//! Sessions as items: read together with their user, saved key by key, never brought back once ended.

use super::call::{Write, from_item, to_item};
use super::expression::Expression;
use super::keys::{Key, PK, SESSION, TTL, user_partition};
use super::users::to_user;
use super::{Store, StoreError};
use crate::accounts::{User, UserId};
use crate::mail::Promise;
use crate::sessions::{EndReason, Ended, SessionChanges, SessionKey, SessionRecord, Times};

/// The attribute by which a session's item is the tombstone of one.
const ENDED: &str = "ended";
/// When a session ends unless it is renewed.
const ENDS_AT: &str = "ends_at";

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

    /// The sessions of a user whose digest begins with `prefix`, up to `most` of them, and whether there are more. What
    /// is left of ended and expired ones is among them until TTL deletes it.
    pub async fn sessions_of(
        &self,
        user: UserId,
        prefix: &str,
        most: usize,
    ) -> Result<(Vec<(SessionKey, SessionRecord)>, bool), StoreError> {
        let mut found = Vec::new();
        let mut from = None;
        loop {
            let begins = format!("{SESSION}{prefix}");
            let page = self.page(self.sessions(), &user_partition(user), &begins, false, from).await?;
            for item in page.items {
                if found.len() == most {
                    return Ok((found, true));
                }
                let key = Key::session_of(user, &item);
                if let Some(key) = key {
                    found.push((key, from_item(item)?));
                }
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
        let session = self.new_session(key, record)?;
        self.transact(Some(mail.id.to_string()), &[session, self.promise(mail)?]).await
    }

    /// A new session, for a transaction.
    pub(super) fn new_session(&self, key: &SessionKey, record: &SessionRecord) -> Result<Write, StoreError> {
        Ok(Write::put(self.sessions(), to_item(&Key::session(key), record)?, Expression::new()))
    }

    /// Saves what changed, and only that: two requests that set different keys keep both.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the session has ended meanwhile: it is not brought back.
    pub async fn save_session(&self, key: &SessionKey, changes: &SessionChanges, now: i64) -> Result<(), StoreError> {
        let mut change = if_alive(now)?;
        for (name, value) in &changes.data {
            change = match value {
                Some(value) => change.set(&["data", name], value)?,
                None => change.remove(&["data", name]),
            };
        }
        if let Some(times) = changes.times {
            change = set_times(change, times)?;
        }
        self.update(self.sessions(), &Key::session(key), &change).await.map(drop)
    }

    /// Gives a session another end.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when it has ended meanwhile.
    pub async fn save_session_times(&self, key: &SessionKey, times: Times, now: i64) -> Result<(), StoreError> {
        let change = set_times(if_alive(now)?, times)?;
        self.update(self.sessions(), &Key::session(key), &change).await.map(drop)
    }

    /// Puts a user's session under another key, and ends the one before: both or none.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when it has ended meanwhile.
    pub async fn rename_session(
        &self,
        from: &SessionKey,
        to: &SessionKey,
        record: &SessionRecord,
        now: i64,
        kept: i64,
    ) -> Result<(), StoreError> {
        let ended = entomb(if_alive(now)?, EndReason::Renamed, now, kept)?;
        let writes = [self.new_session(to, record)?, Write::update(self.sessions(), Key::session(from), ended)];
        self.transact(None, &writes).await
    }

    /// Ends a user's session: its item becomes a tombstone, kept for `kept` seconds, that says why. One that has ended
    /// already, or is gone, stays as it is.
    pub async fn end_session(&self, key: &SessionKey, why: EndReason, now: i64, kept: i64) -> Result<(), StoreError> {
        let ended = entomb(Expression::new().if_exists(PK).if_absent(ENDED), why, now, kept)?;
        match self.update(self.sessions(), &Key::session(key), &ended).await {
            Ok(_) | Err(StoreError::Condition { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes a session, and leaves nothing.
    pub async fn delete_session(&self, key: &SessionKey) -> Result<(), StoreError> {
        self.delete(self.sessions(), &Key::session(key)).await
    }
}

fn if_alive(now: i64) -> Result<Expression, StoreError> {
    Expression::new().if_exists(PK).if_absent(ENDED).only_if(ENDS_AT, ">", now)
}

fn set_times(change: Expression, times: Times) -> Result<Expression, StoreError> {
    change
        .set(&["persistent"], times.persistent)?
        .set(&["lifetime"], times.lifetime)?
        .set(&["renewed_at"], times.renewed_at)?
        .set(&[ENDS_AT], times.ends_at)?
        .set(&["absolute_at"], times.absolute_at)?
        .set(&[TTL], times.expires_at)
}

fn entomb(change: Expression, why: EndReason, now: i64, kept: i64) -> Result<Expression, StoreError> {
    Ok(change.set(&[ENDED], Ended { why, at: now })?.set(&[TTL], now + kept)?.remove(&["data"]))
}
