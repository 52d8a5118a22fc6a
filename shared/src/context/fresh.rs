//! How long ago the visitor has proven who they are: for what an unattended browser must not be able to do (ASVS 7.5.1).
//! Django has nothing of the kind; allauth's `reauthentication_required` is.

use std::sync::Arc;
use std::time::Duration;

use super::Context;
use crate::accounts::User;
use crate::error::{Error, Result};

impl Context {
    /// Who is signed in, if they have proven in this session not longer than `max_age` ago who they are: by a log-in, by a
    /// change of the password, at this host (the site's or the administration's), or on the page to which this leads otherwise, and which leads back here.
    ///
    /// # Errors
    /// [`Error::LoginRequired`] as [`Self::require_login`], [`Error::FreshLoginRequired`] when it was longer ago.
    pub async fn require_fresh(&self, max_age: Duration) -> Result<Arc<User>> {
        let user = self.require_login().await?;
        if self.is_fresh(max_age).await? { Ok(user) } else { Err(Error::FreshLoginRequired) }
    }

    /// Whether they have: for a page that shows more to who has. Nobody is never fresh.
    pub async fn is_fresh(&self, max_age: Duration) -> Result<bool> {
        let Some(at) = self.session().await?.authenticated_at(self.is_admin_host()) else { return Ok(false) };
        // An age that does not fit is none that anything could be older than.
        let max_age = i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX);
        Ok(self.now().as_second().saturating_sub(at) <= max_age)
    }
}
