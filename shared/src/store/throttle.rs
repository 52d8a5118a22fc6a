//! Counters of tries: each step is one conditional write, so that tries at the same time are counted one by one.

use serde::de::DeserializeOwned;

use super::call::{Item, from_item, to_item};
use super::expression::Expression;
use super::keys::{Key, PK, TTL};
use super::{Store, StoreError};
use crate::config::Rate;
use crate::throttle::{Counter, Failures, Ladder, Spent};

impl Store {
    /// Counts a failure that `ladder` has free at `now`. Gives what was there before.
    ///
    /// # Errors
    /// The inner `Err` is the counter that has none left: nothing was counted.
    pub async fn count_failure(
        &self,
        counter: &Counter,
        ladder: &Ladder,
        now: i64,
    ) -> Result<Result<Option<Failures>, Failures>, StoreError> {
        let mut change = Expression::new()
            .add("failures", 1)?
            .add("total", 1)?
            .set(&["last_at"], now)?
            .set_if_absent("resets_at", now + ladder.memory)?
            .set(&[TTL], now + ladder.kept)?
            .only_if_absent_or("failures", "<", ladder.free)?
            .only_if_absent_or("resets_at", ">", now)?
            .only_if_absent_or(TTL, ">", now)?;
        if let Some(in_all) = ladder.in_all {
            change = change.only_if_absent_or("total", "<", in_all)?;
        }
        Ok(match self.try_update(self.sessions(), &Key::throttle(counter), &change).await? {
            Ok(before) => Ok(found(before)?),
            Err(seen) => Err(from_item(seen)?),
        })
    }

    /// Puts `new` in the place of `seen` (nothing, to delete it), and tells whether it was still there.
    pub async fn replace_failures(
        &self,
        counter: &Counter,
        seen: &Failures,
        new: Option<&Failures>,
    ) -> Result<bool, StoreError> {
        let key = Key::throttle(counter);
        let unchanged = Expression::new()
            .only_if("failures", "=", seen.failures)?
            .only_if("total", "=", seen.total)?
            .only_if("last_at", "=", seen.last_at)?;
        held(match new {
            Some(new) => self.put(self.sessions(), to_item(&key, new)?, &unchanged).await,
            None => self.delete_if(self.sessions(), &key, &unchanged).await,
        })
    }

    /// Takes one failure back, whatever was counted since.
    pub async fn uncount_failure(&self, counter: &Counter) -> Result<(), StoreError> {
        let change = Expression::new().add("failures", -1)?.add("total", -1)?.only_if("failures", ">", 0)?;
        self.try_update(self.sessions(), &Key::throttle(counter), &change).await.map(drop)
    }

    /// Lets the free failures begin anew and takes one back of those in all.
    pub async fn clear_failures(&self, counter: &Counter) -> Result<(), StoreError> {
        let change = Expression::new()
            .set(&["failures"], 0)?
            .remove(&["resets_at"])
            .add("total", -1)?
            .only_if("total", ">", 0)?;
        self.try_update(self.sessions(), &Key::throttle(counter), &change).await.map(drop)
    }

    /// Takes one failure back of those in all. That it was a try stays.
    pub async fn spare_failure(&self, counter: &Counter) -> Result<(), StoreError> {
        let change = Expression::new().add("total", -1)?.only_if("total", ">", 0)?;
        self.try_update(self.sessions(), &Key::throttle(counter), &change).await.map(drop)
    }

    /// Deletes a counter.
    pub async fn forget_failures(&self, counter: &Counter) -> Result<(), StoreError> {
        self.delete(self.sessions(), &Key::throttle(counter)).await
    }

    /// Counts one try in the window that is open at `now`, or opens one.
    ///
    /// # Errors
    /// The inner `Err` is the window that is full: nothing was counted.
    pub async fn spend(&self, counter: &Counter, rate: Rate, now: i64) -> Result<Result<Spent, Spent>, StoreError> {
        let key = Key::throttle(counter);
        let change = Expression::new()
            .add("spent", 1)?
            .set_if_absent(TTL, now + rate.window)?
            .only_if_absent_or("spent", "<", rate.times)?
            .only_if_absent_or(TTL, ">", now)?;
        let seen: Spent = match self.try_update(self.sessions(), &key, &change).await? {
            Ok(before) => {
                let before: Option<Spent> = found(before)?;
                let spent = before.map_or(0, |before| before.spent) + 1;
                return Ok(Ok(Spent {
                    spent,
                    expires_at: before.map_or(now + rate.window, |before| before.expires_at),
                }));
            }
            Err(seen) => from_item(seen)?,
        };
        if seen.expires_at > now {
            return Ok(Err(seen));
        }
        // Over, and not deleted yet: a new window, if nobody else opens it.
        let new = Spent { spent: 1, expires_at: now + rate.window };
        let over = Expression::new().only_if(TTL, "=", seen.expires_at)?.only_if("spent", "=", seen.spent)?;
        let opened = held(self.put(self.sessions(), to_item(&key, new)?, &over).await)?;
        Ok(if opened { Ok(new) } else { Err(seen) })
    }

    /// Gives back one try of a window.
    pub async fn give_back(&self, counter: &Counter, spent: &Spent) -> Result<(), StoreError> {
        let change = Expression::new().add("spent", -1)?.if_exists(PK).only_if(TTL, "=", spent.expires_at)?;
        self.try_update(self.sessions(), &Key::throttle(counter), &change).await.map(drop)
    }
}

/// What was there before: of an item that is new, nothing, or no more than its key.
fn found<T: DeserializeOwned>(item: Item) -> Result<Option<T>, StoreError> {
    item.contains_key(TTL).then(|| from_item(item)).transpose()
}

fn held(result: Result<(), StoreError>) -> Result<bool, StoreError> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.is_condition() => Ok(false),
        Err(error) => Err(error),
    }
}
