//! What an administrator does to an account from the command line.

use super::call::Write;
use super::expression::Expression;
use super::keys::Key;
use super::{Store, StoreError};
use crate::accounts::{PasswordHash, UserId};
use crate::mail::Promise;

impl Store {
    /// Gives a user another password: every session ends with it, and the mail that tells of it is promised, all or
    /// nothing.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the user is gone.
    pub async fn set_password(
        &self,
        id: UserId,
        hash: &PasswordHash,
        mail: Option<&Promise>,
    ) -> Result<(), StoreError> {
        let change = Expression::new().set(&["password"], hash)?.add("session_epoch", 1)?.if_living();
        let mut writes = vec![Write::update(self.accounts(), Key::user(id), change)];
        if let Some(mail) = mail {
            writes.push(self.promise(mail)?);
        }
        self.transact(None, &writes).await
    }

    /// Lets a user log in, or not any more: then every session ends with it.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the user is gone.
    pub async fn set_active(&self, id: UserId, active: bool) -> Result<(), StoreError> {
        let mut change = Expression::new().set(&["is_active"], active)?.if_living();
        if !active {
            change = change.add("session_epoch", 1)?;
        }
        self.update(self.accounts(), &Key::user(id), &change).await.map(drop)
    }
}
