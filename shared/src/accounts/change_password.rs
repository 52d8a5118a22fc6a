//! A new password for somebody who is signed in and knows the present one.

use super::{Password, User};
use crate::audit::Action;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::mail::Letter;
use crate::sessions::Successor;
use crate::store::StoreError;
use crate::store::credentials::OWN_SESSION;
use crate::throttle;

/// What became of a new password.
#[derive(Debug)]
pub enum PasswordChange {
    /// It is the account's. The request goes on in a session of a new name, and every other one has ended.
    Done,
    /// Another change came first; this one was not made, and the visitor's session has ended with all others.
    Overtaken,
}

/// Gives `user` the password `new`; the present one must have been proven ([`super::confirm_password`]).
///
/// User, sessions and the mail to the owner change in one transaction, so that no session of the password before it
/// lives, not even of a log-in that is under way: that one begins under the epoch that it has read.
///
/// # Errors
/// [`Error::Conflict`] when the hash was stored anew at the same moment, by a log-in that upgraded it: nothing was
/// changed, and trying again will do. [`Error::LoginRequired`] when this session was ended at the same moment.
pub async fn change_password(cx: &Context, user: &User, new: Password) -> Result<PasswordChange> {
    let hash = cx.app().hasher().hash(new).await?;
    let changed = User { session_epoch: user.session_epoch + 1, password: hash, ..user.clone() };
    // The same session, with the ends that it had, in the epoch that begins with this.
    let begun = cx.session().await?.go_on(cx.new_token(Some(user)), changed.session_epoch);
    let mut begun = begun.ok_or(Error::LoginRequired)?;
    let now = cx.now().as_second();
    // They have just typed the present password in it.
    begun.record.prove(now, cx.is_admin_host());
    let mail = cx.promise(Letter::PasswordChanged { user: user.id, client: Some(cx.client()) });
    // Before the transaction, so that the session that goes on has its values; if that fails, it has no entry.
    let engine = cx.app().sessions();
    engine.keep(cx.store(), &begun.key, &begun.record, now).await?;
    let successor = Successor::of(&begun, engine, cx)?;
    let event = cx.author(user).of_user(Action::PasswordChanged, user);
    match cx.store().change_password(user, &changed.password, &successor, &mail, &event).await {
        Ok(()) => {
            throttle::forgive(cx, user).await;
            cx.adopt_session(begun, changed);
            Ok(PasswordChange::Done)
        }
        Err(StoreError::Condition { failed }) => {
            engine.forget(cx.store(), &successor.to).await?;
            if failed == [OWN_SESSION] {
                cx.drop_session();
                return Err(Error::LoginRequired);
            }
            let epoch = cx.store().get_user(user.id).await?.map(|current| current.session_epoch);
            if epoch == Some(user.session_epoch) {
                return Err(Error::Conflict);
            }
            cx.drop_session();
            Ok(PasswordChange::Overtaken)
        }
        Err(error) => Err(error.into()),
    }
}
