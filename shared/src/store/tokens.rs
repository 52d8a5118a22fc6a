//! One-time tokens: written by the mailer when their link is, marked as used by one conditional write.

use super::call::{Write, from_item, to_item};
use super::expression::Expression;
use super::keys::{Key, PK, TTL};
use super::{Store, StoreError};
use crate::accounts::tokens::{Grant, LinkId, Purpose};

impl Store {
    /// Notes what a link is good for. A repetition changes nothing: a used one does not become fresh.
    pub async fn put_grant(&self, purpose: Purpose, id: LinkId, grant: &Grant) -> Result<(), StoreError> {
        let item = to_item(&Key::token(id, purpose), grant)?;
        match self.put(self.sessions(), item, &Expression::new().if_absent(PK)).await {
            Ok(()) | Err(StoreError::Condition { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What a link is good for, used or not.
    pub async fn get_grant(&self, purpose: Purpose, id: LinkId) -> Result<Option<Grant>, StoreError> {
        self.get(self.sessions(), &Key::token(id, purpose)).await?.map(from_item).transpose()
    }

    /// Uses a link up, as a part of the transaction that it permits: of any number of redemptions one succeeds.
    pub(super) fn redeem(&self, purpose: Purpose, id: LinkId, now: i64) -> Result<Write, StoreError> {
        let used =
            Expression::new().set(&["used_at"], now)?.if_exists(PK).if_absent("used_at").only_if(TTL, ">", now)?;
        Ok(Write::update(self.sessions(), Key::token(id, purpose), used))
    }
}
