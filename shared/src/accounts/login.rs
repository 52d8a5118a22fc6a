//! Logging in and out.

use super::User;
use crate::context::Context;
use crate::error::Result;

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

/// Signs `user` in: a new session under a new identifier (ASVS 7.2.4), the old one gone, its values kept when it was
/// an anonymous visitor's, and the CSRF token rotated.
pub async fn login(cx: &Context, user: User, remember: Remember) -> Result<User> {
    let begun = cx.begin_session(&user, remember).await?;
    let store = cx.store();
    let address = cx.client_address();
    let now = cx.now();
    // At the same time: one trip. None of them depends on another, and each failure refuses the log-in.
    let (created, recorded, ended) = tokio::join!(
        store.create_session(&begun.key, &begun.record),
        store.record_login(user.id, now, &address),
        async {
            match &begun.replaces {
                Some(old) => store.delete_session(old).await,
                None => Ok(()),
            }
        },
    );
    created?;
    recorded?;
    ended?;
    let user = User { last_login: Some(now), ..user };
    cx.adopt_session(begun, user.clone());
    Ok(user)
}

/// Ends the session of this request, at once and on the server. Harmless when there is none.
pub async fn logout(cx: &Context) -> Result<()> {
    if let Some(key) = cx.session().await?.key() {
        cx.store().delete_session(&key).await?;
    }
    cx.drop_session();
    Ok(())
}

/// Ends every session of this request's user by one write, whatever their number: the epoch moves on.
pub async fn logout_everywhere(cx: &Context, user: &User) -> Result<()> {
    cx.store().end_all_sessions(user.id).await?;
    cx.drop_session();
    Ok(())
}
