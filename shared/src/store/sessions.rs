//! Sessions as items: read together with their user, saved key by key, never brought back once ended.

use std::collections::BTreeMap;

use super::call::{Write, from_item, to_item};
use super::expression::Expression;
use super::keys::{Key, PK, SESSION, TTL, user_partition};
use super::users::to_user;
use super::{Store, StoreError};
use crate::accounts::{User, UserId};
use crate::audit::Event;
use crate::mail::Promise;
use crate::sessions::{EndReason, Ended, SessionChanges, SessionKey, SessionRecord, Successor, Times};

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
        let session = Write::put(self.sessions(), to_item(&Key::session(key), record)?, Expression::new());
        self.transact(Some(mail.id.to_string()), &[session, self.promise(mail)?]).await
    }

    /// Saves what changed, and only that: two requests that set different keys keep both.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the session has ended meanwhile: it is not brought back.
    pub async fn save_session(&self, key: &SessionKey, changes: &SessionChanges, now: i64) -> Result<(), StoreError> {
        let data = || if_alive(now)?.merge("data", &changes.data);
        let change = match changes.times {
            None => data()?,
            Some(times) => match changes.renewed_from {
                Some(before) => renew(data()?, times, before)?,
                None => set_times(data()?, times)?,
            },
        };
        let (table, key) = (self.sessions(), Key::session(key));
        let Err(item) = self.try_update(table, &key, &change).await? else { return Ok(()) };
        // Renewed by another request since it was read, or given another end: that stays, and the rest is saved.
        let lives = !item.is_empty() && from_item::<SessionRecord>(item)?.is_over(now).is_none();
        if lives && changes.renewed_from.is_some() && changes.times.is_some() {
            if changes.data.is_empty() {
                return Ok(());
            }
            return self.update(table, &key, &data()?).await.map(drop);
        }
        Err(StoreError::Condition { failed: vec![0] })
    }

    /// Saves what changed of the instants of a session whose values are elsewhere, and finds out whether it lives.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when it has ended meanwhile.
    pub async fn save_session_times(
        &self,
        key: &SessionKey,
        changes: &SessionChanges,
        now: i64,
    ) -> Result<(), StoreError> {
        let changes = SessionChanges { data: BTreeMap::new(), ..changes.clone() };
        self.save_session(key, &changes, now).await
    }

    /// Puts a user's session under another key, and ends the one before: both or none.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when it has ended meanwhile.
    pub async fn rename_session(&self, successor: &Successor) -> Result<(), StoreError> {
        self.transact(None, &self.succeed(successor)?).await
    }

    /// The same, for a transaction with something else in it.
    pub(super) fn succeed(&self, successor: &Successor) -> Result<[Write; 2], StoreError> {
        let Successor { from, to, entry, now, kept } = successor;
        let ended = entomb(if_alive(*now)?, EndReason::Renamed, *now, *kept)?;
        Ok([
            Write::put(self.sessions(), to_item(&Key::session(to), entry)?, Expression::new()),
            Write::update(self.sessions(), Key::session(from), ended),
        ])
    }

    /// Ends a user's session: its item becomes a tombstone, kept for `kept` seconds, that says why. One that has ended
    /// already, or is gone, stays as it is; gives why it had ended.
    pub async fn end_session(
        &self,
        key: &SessionKey,
        why: EndReason,
        now: i64,
        kept: i64,
    ) -> Result<Option<EndReason>, StoreError> {
        let ended = entomb(Expression::new().if_exists(PK).if_absent(ENDED), why, now, kept)?;
        match self.try_update(self.sessions(), &Key::session(key), &ended).await? {
            Ok(_) => Ok(None),
            Err(item) if item.is_empty() => Ok(None),
            Err(item) => Ok(from_item::<SessionRecord>(item)?.ended.map(|ended| ended.why)),
        }
    }

    /// Ends a user's session, and tells of it: both, or neither where it has ended already or is gone. Whether it did.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when `witness` is not who they were.
    pub async fn end_session_and_tell(
        &self,
        key: &SessionKey,
        why: EndReason,
        kept: i64,
        witness: Option<&User>,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let living = Expression::new().if_exists(PK).if_absent(ENDED);
        let ended = entomb(living, why, event.at.as_second(), kept)?;
        let mut writes = vec![Write::update(self.sessions(), Key::session(key), ended), self.record(event)?];
        writes.extend(witness.map(|witness| self.if_still(witness)).transpose()?);
        match self.transact(Some(event.id.to_string()), &writes).await {
            Ok(()) => Ok(true),
            Err(StoreError::Condition { failed }) if failed.contains(&2) => Err(StoreError::Condition { failed }),
            Err(StoreError::Condition { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether a session is stored and neither ended nor expired at `now`.
    pub async fn is_alive(&self, key: &SessionKey, now: i64) -> Result<bool, StoreError> {
        let item = self.get(self.sessions(), &Key::session(key)).await?;
        let record: Option<SessionRecord> = item.map(from_item).transpose()?;
        Ok(record.is_some_and(|record| record.is_over(now).is_none()))
    }

    /// Removes a session, and leaves nothing.
    pub async fn delete_session(&self, key: &SessionKey) -> Result<(), StoreError> {
        self.delete(self.sessions(), &Key::session(key)).await
    }
}

fn if_alive(now: i64) -> Result<Expression, StoreError> {
    Expression::new().if_exists(PK).if_absent(ENDED).only_if(ENDS_AT, ">", now)
}

/// Lets the idle time begin anew, if the session is as it was read: renewed last at `before`, with these ends.
fn renew(change: Expression, times: Times, before: i64) -> Result<Expression, StoreError> {
    change
        .set(&["renewed_at"], times.renewed_at)?
        .set(&[ENDS_AT], times.ends_at)?
        .set(&[TTL], times.expires_at)?
        .only_if("renewed_at", "=", before)?
        .only_if("lifetime", "=", times.lifetime)?
        .only_if("absolute_at", "=", times.absolute_at)
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
