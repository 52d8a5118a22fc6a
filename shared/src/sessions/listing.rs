//! A person's sessions, for the person to look through and to end (ASVS 7.5.2, 7.4.3), and for administrators.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde::Serialize;

use super::{EndReason, SessionKey, SessionRecord, Successor, end, end_for_good, why_dead};
use crate::accounts::User;
use crate::audit::{Action, Author};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::user_agent::UserAgent;

/// A living session, as its owner sees it: nothing of it opens anything.
#[derive(Debug, Clone, Serialize)]
pub struct Device {
    /// How it is called.
    pub id: String,
    /// Whether it is the one that asks.
    pub current: bool,
    /// Browser and system, in the visitor's language.
    pub device: String,
    /// From where it began.
    pub address: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When somebody was last seen in it, to a twenty-fourth of its idle time: a renewal notes it.
    pub last_seen: Timestamp,
    /// When it ends unless somebody comes.
    pub ends_at: Timestamp,
    /// Whether it outlives the browser.
    pub remembered: bool,
}

/// The living sessions of `user`, the one that asks first, then the one seen last. Up to `SESSION_LIST_MAX` of them, and
/// whether there are more: one call in all but extreme cases.
pub async fn devices(cx: &Context, user: &User) -> Result<(Vec<Device>, bool)> {
    let most = cx.config().session.list_max;
    let (mut living, more) = living(cx, user, "").await?;
    let more = more || living.len() > most;
    let present = cx.session().await?.key();
    living.sort_by_key(|(key, record)| {
        let seen = Reverse((record.times.renewed_at, record.times.created_at));
        (Some(key) != present.as_ref(), seen)
    });
    living.truncate(most);
    let language = cx.language();
    let time = |seconds| Timestamp::from_second(seconds).unwrap_or_default();
    let devices = living
        .into_iter()
        .map(|(key, record)| Device {
            id: key.handle().to_owned(),
            current: Some(&key) == present.as_ref(),
            device: UserAgent::parse(&record.user_agent).text(language),
            created_at: time(record.times.created_at),
            last_seen: time(record.times.renewed_at),
            ends_at: time(record.times.ends_at),
            remembered: record.remembered,
            address: record.ip,
        })
        .collect();
    Ok((devices, more))
}

/// Ends the session of `user` that is called `handle`. Gives whether it was the one that asks, whose cookie goes.
///
/// # Errors
/// [`Error::NotFound`] when none that lives is called so: somebody else's is not found either.
pub async fn end_one(cx: &Context, user: &User, handle: &str) -> Result<bool> {
    let Some((None, handle)) = SessionKey::parse_id(handle) else { return Err(Error::NotFound) };
    let (living, _) = living(cx, user, handle).await?;
    let (key, _) = living.first().ok_or(Error::NotFound)?;
    if cx.session().await?.key().as_ref() == Some(key) {
        crate::accounts::logout(cx).await?;
        return Ok(true);
    }
    let (event, kept) = (cx.author(user).of_user(Action::SessionEnded, user), cx.config().session.ended_age);
    if cx.store().end_session_and_tell(key, EndReason::EndedElsewhere, kept, None, &event).await? {
        cx.app().sessions().forget(cx.store(), key).await?;
    } else {
        end_for_good(cx, key, EndReason::EndedElsewhere).await?;
    }
    Ok(false)
}

/// Ends the session of `user` that is called `handle`, for the administrator `author`.
///
/// # Errors
/// [`Error::NotFound`] when none that lives is called so, also when it goes on under another name by now; [`Error::Conflict`]
/// when the author's witness is not who they were.
pub(crate) async fn end_of(cx: &Context, user: &User, handle: &str, author: &Author<'_>) -> Result<()> {
    let Some((None, handle)) = SessionKey::parse_id(handle) else { return Err(Error::NotFound) };
    let (living, _) = living(cx, user, handle).await?;
    let (key, _) = living.first().ok_or(Error::NotFound)?;
    let (event, kept) = (author.of_user(Action::SessionEnded, user), cx.config().session.ended_age);
    match cx.store().end_session_and_tell(key, EndReason::EndedByAdministrator, kept, author.witness, &event).await {
        Ok(true) => {}
        Ok(false) => return Err(Error::NotFound),
        Err(error) if error.is_condition() => return Err(Error::Conflict),
        Err(error) => return Err(error.into()),
    }
    cx.app().sessions().forget(cx.store(), key).await
}

/// Ends every session of `user` but the one that asks, by one transaction, whatever their number: the epoch moves on, and
/// the one that asks goes on in the new one, under another identifier and with the ends that it had.
///
/// # Errors
/// [`Error::LoginRequired`] when another end of all sessions came first, or of this one.
pub async fn end_others(cx: &Context, user: &User) -> Result<()> {
    let changed = User { session_epoch: user.session_epoch + 1, ..user.clone() };
    let begun = cx.session().await?.go_on(cx.new_token(Some(user)), changed.session_epoch);
    let begun = begun.ok_or(Error::LoginRequired)?;
    let engine = cx.app().sessions();
    let now = cx.now().as_second();
    if let Err(error) = engine.keep(cx.store(), &begun.key, &begun.record, now).await {
        // The others must end all the same: without a cache this one goes on with nothing in it.
        tracing::warn!(error = %crate::log::chain(&error), "the values of a session are left behind");
    }
    let successor = Successor::of(&begun, engine, cx)?;
    let event = cx.author(user).of_user(Action::SessionsEnded, user);
    match cx.store().end_other_sessions(user, &successor, &event).await {
        Ok(()) => {
            cx.adopt_session(begun, changed);
            Ok(())
        }
        Err(error) if error.is_condition() => {
            engine.forget(cx.store(), &begun.key).await?;
            cx.drop_session();
            Err(Error::LoginRequired)
        }
        Err(error) => Err(error.into()),
    }
}

/// Ends the sessions of `user` that were seen longest ago, as many as are beyond `SESSION_MAX_PER_USER`. None that was seen
/// after `new` began is one of them, so that of log-ins at the same time none ends those that come after it.
pub(crate) async fn evict(cx: &Context, user: &User, new: &SessionKey) -> Result<()> {
    let most = cx.config().session.max_per_user;
    if most == 0 {
        return Ok(());
    }
    let (mut living, _) = living(cx, user, "").await?;
    living.sort_by_cached_key(|(key, record)| (record.times.renewed_at, record.created_ms, key.digest.clone()));
    let beyond = living.len().saturating_sub(most);
    for (key, _) in living.iter().take_while(|(key, _)| key != new).take(beyond) {
        end(cx, key, EndReason::Evicted).await?;
    }
    Ok(())
}

/// The living sessions whose digest begins with `prefix`, and whether there may be more.
async fn living(cx: &Context, user: &User, prefix: &str) -> Result<(Vec<(SessionKey, SessionRecord)>, bool)> {
    let now = cx.now().as_second();
    let is_trusted = |backend: &str| cx.app().backends().contains(backend);
    // The tombstones among them are as many as log-outs in `SESSION_ENDED_AGE`: somebody who has more of both is shown
    // what a page of the table holds.
    let (mut found, more) = cx.store().sessions_of(user.id, prefix, MOST_READ).await?;
    found.retain(|(key, record)| why_dead(key, record, Some(user), now, is_trusted).is_none());
    Ok((found, more))
}

/// How many items are read at most to find the living ones.
const MOST_READ: usize = 5_000;
