//! What an administrator does to an account from the command line.

use super::call::Write;
use super::expression::Expression;
use super::keys::Key;
use super::users::end_epoch;
use super::{Store, StoreError};
use crate::accounts::{PasswordHash, User};
use crate::mail::Promise;
use crate::sessions::EndReason;

impl Store {
    /// Gives a user another password: every session ends with it, and the mail that tells of it is promised, all or
    /// nothing.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the user is gone.
    pub async fn set_password(
        &self,
        user: &User,
        hash: &PasswordHash,
        now: i64,
        mail: Option<&Promise>,
    ) -> Result<(), StoreError> {
        let change = Expression::new().set(&["password"], hash)?.if_living();
        let change = end_epoch(change, user, EndReason::PasswordSet, now)?;
        let mut writes = vec![Write::update(self.accounts(), Key::user(user.id), change)];
        if let Some(mail) = mail {
            writes.push(self.promise(mail)?);
        }
        self.transact(None, &writes).await
    }

    /// Lets a user log in, or not any more: then every session ends with it.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the user is gone.
    pub async fn set_active(&self, user: &User, active: bool, now: i64) -> Result<(), StoreError> {
        let mut change = Expression::new().set(&["is_active"], active)?.if_living();
        if !active {
            change = end_epoch(change, user, EndReason::Deactivated, now)?;
        }
        self.update(self.accounts(), &Key::user(user.id), &change).await.map(drop)
    }
}
