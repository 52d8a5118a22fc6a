//! Who has this name and this password, in equal time for everybody.

use super::backend::{Credentials, Verdict};
use super::hooks::{self, Failure};
use super::upgrade::upgrade_password;
use super::verify_email::{confirm_again, must_prove_email};
use super::{Identifier, User, UserId};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::throttle::Attempt;

/// Somebody who has proven who they are.
#[derive(Debug)]
pub struct Authenticated {
    /// Who it is.
    pub user: User,
    /// The backend that says so.
    pub backend: &'static str,
    /// What was counted, until it is given back.
    pub(super) attempt: Attempt,
}

/// Finds the user with these credentials, by the backends of `AUTHENTICATION_BACKENDS`. `None` when there is none,
/// whatever the reason, also that the address must be proven first; the hooks hear of it.
///
/// An unknown name, an inactive account, one without a password and one whose address must be proven first, with its
/// right password, cost the same reads and equal work in hashing, whatever the list of backends, so that neither the answer nor its time tells which names exist (ASVS 6.3.8;
/// CVE-2016-2513, CVE-2018-6188). Each try is counted before the password is looked at, and given back by
/// [`super::login`].
///
/// # Errors
/// [`Error::Throttled`] after too many wrong passwords: no hash is computed then.
pub async fn authenticate(cx: &Context, credentials: &Credentials) -> Result<Option<Authenticated>> {
    let authenticated = decide(cx, credentials).await;
    let failure = match &authenticated {
        Ok(Some(Authenticated { user, .. })) if must_prove_email(cx, user) => Failure::Unverified,
        Ok(None) => Failure::Refused,
        Err(Error::Throttled(_)) => Failure::Throttled,
        _ => return authenticated,
    };
    // The right password of an account whose address is not proven is refused as a wrong one is, and counts like one: by a
    // password of their own choice anybody could see whether a sign-up has made the account, or it was there before.
    if let Some(found) = authenticated.as_ref().ok().map(Option::as_ref) {
        confirm_again(cx, found.map(|found| found.user.id)).await?;
    }
    hooks::login_failed(cx, &credentials.username, failure).await;
    authenticated.map(|_| None)
}

async fn decide(cx: &Context, credentials: &Credentials) -> Result<Option<Authenticated>> {
    // Identify: the name leads to one guard.
    let named = cx.app().backends().identify(&credentials.username);
    let (by_password, identifier) = named.unzip();
    // The visitor's session is needed for the answer anyway; fetched now, it costs no trip of its own.
    let (attempt, found, session) = tokio::join!(
        Attempt::begin(cx, &credentials.username, identifier.as_ref()),
        find(cx, identifier.as_ref()),
        cx.session(),
    );
    let mut attempt = attempt?;
    let judged = async {
        session?;
        judge(cx, credentials, &mut attempt, found?, by_password).await
    };
    match judged.await {
        Ok(found) => Ok(found.map(|(user, backend)| Authenticated { user, backend, attempt })),
        // What the limits refuse is counted nowhere.
        Err(error @ Error::Throttled(_)) => Err(error),
        // Nobody has said that the password is wrong: a fault of ours is no failure of theirs.
        Err(error) => {
            if let Err(also) = attempt.take_back(cx).await {
                let request_id = &cx.request().id;
                tracing::warn!(request_id, error = %crate::log::chain(&also), "a try could not be taken back");
            }
            Err(error)
        }
    }
}

async fn judge(
    cx: &Context,
    credentials: &Credentials,
    attempt: &mut Attempt,
    id: Option<UserId>,
    by_password: Option<&'static str>,
) -> Result<Option<(User, &'static str)>> {
    // Verify: one user is read, equal work is done for whoever it is.
    let (counted, user) = tokio::join!(attempt.go_on(cx, id), cx.store().get_user(id.unwrap_or(UserId::nobody())));
    counted?;
    let user = user?;
    attempt.look_at(cx, user.as_ref()).await?;
    let hash = user.as_ref().filter(|user| user.is_active).map(|user| user.password.clone());
    // Who is refused with the right password too takes as long as with a wrong one: by a password of their own choice
    // anybody could see by the time whether a sign-up has made the account.
    let unproven = user.as_ref().is_some_and(|user| must_prove_email(cx, user));
    let (hasher, password) = (cx.app().hasher(), credentials.password.clone());
    let verified =
        if unproven { hasher.verify_in_vain(password, hash).await? } else { hasher.verify(password, hash).await? };
    let user = match user.filter(|user| user.is_active) {
        Some(user) if verified && !unproven => Some(upgrade_password(cx, user, &credentials.password).await),
        other => other,
    };

    // Decide: the first backend that accepts wins, and one may refuse for all that follow.
    for named in cx.app().backends().iter() {
        let accepted = match named.backend.authenticate(cx, credentials).await? {
            Verdict::Deny => return Ok(None),
            Verdict::Accept(id) if user.as_ref().is_some_and(|user| user.id == id) => user,
            Verdict::Accept(id) => cx.store().get_user(id).await?.filter(|user| user.is_active),
            Verdict::Pass if verified && by_password == Some(named.name) => user,
            Verdict::Pass => continue,
        };
        return Ok(accepted.map(|user| (user, named.name)));
    }
    Ok(None)
}

async fn find(cx: &Context, identifier: Option<&Identifier>) -> Result<Option<UserId>> {
    match identifier {
        Some(identifier) => Ok(cx.store().find_user(identifier).await?),
        // What can be nobody's name is looked for all the same.
        None => Ok(cx.store().get_user(UserId::nobody()).await?.map(|user| user.id)),
    }
}
