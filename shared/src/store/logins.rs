//! The last log-ins of a user: a ring of slots beside the user's item.

use super::call::{from_item, to_item};
use super::expression::Expression;
use super::keys::{Key, user_partition};
use super::{Store, StoreError};
use crate::accounts::{LAST_LOGINS, LoginRecord, UserId};

/// How many numbers are tried: as many log-ins may be under way at the same time as the ring holds, and then some.
const ATTEMPTS: u64 = 2 * LAST_LOGINS;

impl Store {
    /// Keeps a log-in in the slot of its number, in the place of the oldest. A number that another log-in has taken
    /// meanwhile leads to the next one. Gives the number that it has.
    pub async fn keep_login(&self, user: UserId, mut record: LoginRecord) -> Result<u64, StoreError> {
        let first = record.number;
        loop {
            let item = to_item(&Key::login(user, record.number), &record)?;
            let older = Expression::new().only_if_absent_or("number", "<", record.number)?;
            match self.put(self.accounts(), item, &older).await {
                Ok(()) => return Ok(record.number),
                Err(error) if error.is_condition() && record.number - first < ATTEMPTS => record.number += 1,
                // More at once than are kept: the ring is full of newer ones.
                Err(error) if error.is_condition() => return Ok(record.number),
                Err(error) => return Err(error),
            }
        }
    }

    /// Forgets a log-in: its account is gone.
    pub async fn forget_login(&self, user: UserId, number: u64) -> Result<(), StoreError> {
        self.delete(self.accounts(), &Key::login(user, number)).await
    }

    /// The log-ins that are kept, in no particular order.
    pub async fn logins_of(&self, user: UserId) -> Result<Vec<LoginRecord>, StoreError> {
        let page = self.page(self.accounts(), &user_partition(user), Key::LOGINS, false, None).await?;
        page.items.into_iter().map(from_item).collect()
    }
}
