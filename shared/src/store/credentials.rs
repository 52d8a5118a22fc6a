//! Passwords set anew, and addresses that are proven: each with the link that permits it, in one transaction.

use super::call::Write;
use super::expression::Expression;
use super::keys::{Key, PK};
use super::users::end_epoch;
use super::{Store, StoreError};
use crate::accounts::tokens::{LinkId, Purpose};
use crate::accounts::{PasswordHash, User};
use crate::audit::Event;
use crate::mail::Promise;
use crate::sessions::{EndReason, Successor};

/// The part of [`Store::change_password`] that fails when the session in which it was asked for has ended.
pub const OWN_SESSION: usize = 2;

impl Store {
    /// Sets a new password while signed in: every session of the account ends, and another one, of the epoch that begins
    /// with this, takes the place of the one in which it was asked for. The owner is told.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the password or the epoch is not the one of `user` any more, or the session has ended
    /// ([`OWN_SESSION`]).
    pub async fn change_password(
        &self,
        user: &User,
        password: &PasswordHash,
        session: &Successor,
        mail: &Promise,
        event: &Event,
    ) -> Result<(), StoreError> {
        let changed = Expression::new()
            .set(&["password"], password)?
            .only_if("password", "=", &user.password)?
            .only_if("session_epoch", "=", user.session_epoch)?;
        let changed = end_epoch(changed, user, EndReason::PasswordChanged, session.now)?;
        let [begun, ended] = self.succeed(session)?;
        let changed = Write::update(self.accounts(), Key::user(user.id), changed);
        let writes = [changed, begun, ended, self.promise(mail)?, self.record(event)?];
        // The mail is born with this attempt, so it names the transaction.
        self.transact(Some(mail.id.to_string()), &writes).await
    }

    /// Ends every session of `user`, and puts another one, of the epoch that begins with this, in the place of the one in
    /// which it was asked for.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when another end of all sessions came first, or of this one.
    pub async fn end_other_sessions(&self, user: &User, session: &Successor, event: &Event) -> Result<(), StoreError> {
        let as_read = Expression::new().only_if("session_epoch", "=", user.session_epoch)?.if_living();
        let others = end_epoch(as_read, user, EndReason::OthersEnded, session.now)?;
        let [begun, ended] = self.succeed(session)?;
        let others = Write::update(self.accounts(), Key::user(user.id), others);
        self.transact(None, &[others, begun, ended, self.record(event)?]).await
    }

    /// Sets a new password by a link: every session ends, the address is proven, the owner is told.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the link was used or has expired, or the account has another password or address
    /// by now, or is not active.
    pub async fn reset_password(
        &self,
        user: &User,
        password: &PasswordHash,
        link: LinkId,
        mail: &Promise,
        event: &Event,
    ) -> Result<(), StoreError> {
        let now = event.at.as_second();
        let reset = Expression::new()
            .set(&["password"], password)?
            .set(&["email_verified"], true)?
            .only_if("password", "=", &user.password)?
            .only_if("email", "=", &user.email)?
            .only_if("is_active", "=", true)?;
        let reset = end_epoch(reset, user, EndReason::PasswordReset, now)?;
        let (reset, name) = self.settle_username(user, reset).await?;
        let mut writes = vec![
            self.redeem(Purpose::ResetPassword, link, now)?,
            Write::update(self.accounts(), Key::user(user.id), reset),
            self.promise(mail)?,
            self.record(event)?,
        ];
        writes.extend(name);
        self.transact(Some(mail.id.to_string()), &writes).await
    }

    /// Notes that the address of `user` is proven.
    ///
    /// # Errors
    /// [`StoreError::Condition`] when the link was used or has expired, or the account has another address by now.
    pub async fn confirm_email(&self, user: &User, link: LinkId, event: &Event) -> Result<(), StoreError> {
        let confirmed =
            Expression::new().set(&["email_verified"], true)?.if_exists(PK).only_if("email", "=", &user.email)?;
        let (confirmed, name) = self.settle_username(user, confirmed).await?;
        let mut writes = vec![
            self.redeem(Purpose::ConfirmEmail, link, event.at.as_second())?,
            Write::update(self.accounts(), Key::user(user.id), confirmed),
            self.record(event)?,
        ];
        writes.extend(name);
        self.transact(None, &writes).await
    }
}
