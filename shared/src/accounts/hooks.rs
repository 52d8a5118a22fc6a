//! What a site does when somebody logs in, fails to, logs out or signs up: Django's signals.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;

use super::User;
use crate::context::Context;
use crate::error::BoxError;

/// Code of a site that runs when something has happened to an account.
///
/// A hook runs before the answer and after the fact: what it sets in the session and what it writes is part of the
/// request, but neither its error nor its panic undoes what has happened, or shows. Both are logged, as is a hook that
/// takes longer than `HOOK_TIMEOUT_MS`. Who may log in is for a [`super::Backend`] to say.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Somebody logged in. `backend` is the name of what said who it is. Django's `user_logged_in`.
    async fn on_login(&self, cx: &Context, user: &User, backend: &str) -> Result<(), BoxError> {
        let _ = (cx, user, backend);
        Ok(())
    }

    /// A log-in was refused. `name` is what was typed: perhaps nobody's, perhaps a password in the wrong field. Whether
    /// there is such an account is not told, so that the hook takes no longer for one. Django's `user_login_failed`.
    async fn on_login_failed(&self, cx: &Context, name: &str, failure: Failure) -> Result<(), BoxError> {
        let _ = (cx, name, failure);
        Ok(())
    }

    /// Somebody logged out. Django's `user_logged_out`.
    async fn on_logout(&self, cx: &Context, user: &User, scope: Scope) -> Result<(), BoxError> {
        let _ = (cx, user, scope);
        Ok(())
    }

    /// Somebody signed up.
    async fn on_user_created(&self, cx: &Context, user: &User) -> Result<(), BoxError> {
        let _ = (cx, user);
        Ok(())
    }
}

/// Why a log-in was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Wrong name or password, an account that may not sign in, or a backend's denial.
    Refused,
    /// Too many attempts: the password was not looked at.
    Throttled,
    /// The right password, of an account whose address must be proven first (`ACCOUNT_EMAIL_VERIFICATION=mandatory`).
    Unverified,
}

/// What a log-out ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The session of the request.
    Here,
    /// Every session of the user.
    Everywhere,
}

pub(super) async fn logged_in(cx: &Context, user: &User, backend: &str) {
    for hooks in &cx.app().site().hooks {
        run(cx, "on_login", hooks.on_login(cx, user, backend)).await;
    }
}

pub(super) async fn login_failed(cx: &Context, name: &str, failure: Failure) {
    for hooks in &cx.app().site().hooks {
        run(cx, "on_login_failed", hooks.on_login_failed(cx, name, failure)).await;
    }
}

pub(super) async fn logged_out(cx: &Context, user: &User, scope: Scope) {
    for hooks in &cx.app().site().hooks {
        run(cx, "on_logout", hooks.on_logout(cx, user, scope)).await;
    }
}

pub(super) async fn user_created(cx: &Context, user: &User) {
    for hooks in &cx.app().site().hooks {
        run(cx, "on_user_created", hooks.on_user_created(cx, user)).await;
    }
}

async fn run(cx: &Context, hook: &'static str, work: impl Future<Output = Result<(), BoxError>>) {
    let most = Duration::from_millis(cx.config().users.hook_timeout_ms);
    let error = match tokio::time::timeout(most, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(Ok(()))) => return,
        Ok(Ok(Err(error))) => crate::log::chain(&*error),
        Ok(Err(panic)) => format!("it panicked: {}", crate::pipeline::panic_text(&*panic)),
        Err(_) => format!("it took longer than {} ms", most.as_millis()),
    };
    tracing::error!(request_id = cx.request().id, hook, error, "a hook failed");
}
