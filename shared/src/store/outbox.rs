//! The outbox: mails that were promised, each an item until it is delivered.

use super::call::{Write, to_item};
use super::expression::Expression;
use super::keys::{Key, PK};
use super::{Store, StoreError};
use crate::mail::Promise;

impl Store {
    /// A promised mail as a part of the transaction that is its cause.
    pub(super) fn promise(&self, mail: &Promise) -> Result<Write, StoreError> {
        Ok(Write::put(self.outbox(), to_item(&Key::mail(mail.id), mail)?, Expression::new().if_absent(PK)))
    }

    /// Promises a mail whose only cause is the request for it.
    pub async fn put_mail(&self, mail: &Promise) -> Result<(), StoreError> {
        self.put(self.outbox(), to_item(&Key::mail(mail.id), mail)?, &Expression::new()).await
    }
}
