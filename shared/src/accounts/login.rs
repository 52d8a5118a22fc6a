//! Logging in and out.

use super::hooks::{self, Scope};
use super::{Authenticated, LoginRecord, User};
use crate::audit::Action;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::mail::Letter;
use crate::sessions::{self, EndReason};
use crate::store::StoreError;

/// Whether a session outlives the browser (`remember`, off by default: computers are shared).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remember {
    /// For `SESSION_COOKIE_AGE`.
    Yes,
    /// Until the browser closes, and `SESSION_BROWSER_AGE` at most.
    No,
}

impl From<bool> for Remember {
    fn from(remember: bool) -> Self {
        if remember { Self::Yes } else { Self::No }
    }
}

/// Signs somebody in: a new session under a new identifier (ASVS 7.2.4), the old one gone, its values kept when it was
/// an anonymous visitor's, and the CSRF token rotated.
///
/// # Errors
/// [`Error::InvalidLogin`] when the account was deleted since the password was found right.
pub async fn login(cx: &Context, authenticated: Authenticated, remember: Remember) -> Result<User> {
    let Authenticated { user, backend, attempt } = authenticated;
    let mut begun = cx.begin_session(&user, remember).await?;
    begun.record.backend = Some(backend.to_owned());
    let store = cx.store();
    let address = cx.client_address();
    let now = cx.now();
    let known_device = cx.devices().are_known_to(&user);
    // The first log-in ever is from a device that nothing can be compared with. It is the first one here that counts: an
    // imported user has a `last_login` of another system, which told us of no devices. An address that nobody has proven
    // may be a stranger's, whom anybody could have us write to by logging in.
    let is_news = !known_device && user.login_count > 0 && user.email_verified;
    let news = is_news.then(|| cx.promise(Letter::NewDevice { user: user.id, client: cx.client() }));
    // At the same time: one trip. None of them depends on another, and each failure refuses the log-in.
    let (created, recorded, kept, ended, given_back) = tokio::join!(
        Box::pin(sessions::create(cx, &begun, news.as_ref())),
        store.record_login(user.id, now, &address),
        store.keep_login(user.id, LoginRecord::new(cx, &user, known_device)),
        async {
            match &begun.replaces {
                Some(old) => Box::pin(sessions::end(cx, old, EndReason::Replaced)).await.map(drop),
                None => Ok(()),
            }
        },
        attempt.succeeded(cx),
    );
    if recorded.as_ref().is_err_and(StoreError::is_condition) {
        // The account was deleted since the password was verified: its sessions are erased, and this one too.
        store.delete_session(&begun.key).await?;
        cx.app().sessions().forget(store, &begun.key).await?;
        store.forget_login(user.id, kept?).await?;
        return Err(Error::InvalidLogin);
    }
    created?;
    recorded?;
    kept?;
    ended?;
    given_back?;
    Box::pin(sessions::evict(cx, &user, &begun.key)).await?;
    let user = User { last_login: Some(now), ..user };
    cx.adopt_session(begun, user.clone());
    hooks::logged_in(cx, &user, backend).await;
    Ok(user)
}

/// Ends the session of this request, at once and on the server. Harmless when there is none.
pub async fn logout(cx: &Context) -> Result<()> {
    let user = cx.user().await?;
    cx.flush().await?;
    if let Some(user) = user {
        hooks::logged_out(cx, &user, Scope::Here).await;
    }
    Ok(())
}

/// Ends every session of this request's user by one transaction of two items, whatever their number:
/// the epoch moves on, and the audit trail says so.
pub async fn logout_everywhere(cx: &Context, user: &User) -> Result<()> {
    let event = cx.author(user).of_user(Action::SessionsEnded, user);
    cx.store().end_all_sessions(user, EndReason::LoggedOutEverywhere, None, &event).await?;
    cx.drop_session();
    hooks::logged_out(cx, user, Scope::Everywhere).await;
    Ok(())
}
