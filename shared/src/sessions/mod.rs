//! Sessions: a cookie that names one, the server that decides whether it lives, values that are merged key by key.
//!
//! [`Session`] is what a handler works with; [`record`] is what is kept, [`engine`] where; [`ending`] says why one is
//! not alive any more, [`listing`] lets people look through theirs. This file has what happens to a session in the
//! course of a request.

mod cache;
mod ending;
pub(crate) mod engine;
mod listing;
pub(crate) mod record;
mod session;
mod token;

pub use ending::{EndReason, EpochEnd, EpochEnds};
pub(crate) use engine::{Claim, Engine, engine};
pub(crate) use listing::end_of;
pub(crate) use listing::evict;
pub use listing::{Device, devices, end_one, end_others};
pub(crate) use record::Origin;
pub use record::{Ended, SessionChanges, SessionRecord, Times};
pub use session::{Begun, Expiry, Session};
pub(crate) use session::{CookieChange, Save};
pub use token::{SessionKey, SessionToken};

use crate::accounts::User;
use crate::audit::Action;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::mail::Promise;
use crate::secret::Secret;
use engine::Saved;

/// Judges what a cookie named and the engine gave: it and its user, if it is alive at `now` (epoch seconds): not ended, not expired,
/// whatever TTL has deleted by then, and, if it is a user's, of an active user, of the user's present epoch and of a
/// backend that is still trusted.
///
/// # Errors
/// Why it is not alive.
pub(crate) fn resume(
    token: &SessionToken,
    record: Option<SessionRecord>,
    user: Option<User>,
    now: i64,
    is_trusted: impl Fn(&str) -> bool,
) -> Result<(SessionRecord, Option<User>), EndReason> {
    let record = record.ok_or(EndReason::Unknown)?;
    if let Some(why) = why_dead(&token.key(), &record, user.as_ref(), now, is_trusted) {
        return Err(why);
    }
    let user = user.filter(|_| token.user().is_some());
    Ok((record, user))
}

/// Why a session that was found is not alive, if it is not: the answer to [`resume`], and to an administrator who asks.
pub fn why_dead(
    key: &SessionKey,
    record: &SessionRecord,
    user: Option<&User>,
    now: i64,
    is_trusted: impl Fn(&str) -> bool,
) -> Option<EndReason> {
    if let Some(why) = record.is_over(now) {
        return Some(why);
    }
    let id = key.user?;
    let Some(user) = user.filter(|user| user.id == id) else { return Some(EndReason::Deleted) };
    if record.epoch != user.session_epoch {
        return Some(user.session_ends.of(record.epoch).map_or(EndReason::EpochPassed, |end| end.why));
    }
    if !user.is_active {
        return Some(EndReason::Deactivated);
    }
    // One that is taken off the list takes its sessions along, as in Django.
    record.backend.as_deref().is_some_and(|backend| !is_trusted(backend)).then_some(EndReason::BackendRemoved)
}

/// A session that takes the place of another one, by a transaction: only if that one has not been ended meanwhile, so that
/// no log-out is lost to it.
#[derive(Debug)]
pub struct Successor {
    /// The session that ends.
    pub from: SessionKey,
    /// The one that takes its place.
    pub to: SessionKey,
    /// What of that stands in the table.
    pub entry: SessionRecord,
    /// The present instant, epoch seconds.
    pub now: i64,
    /// For how long the tombstone is kept, seconds.
    pub kept: i64,
}

impl Successor {
    /// # Errors
    /// [`Error::LoginRequired`] when there is nothing to take the place of.
    pub(crate) fn of(begun: &Begun, engine: &dyn Engine, cx: &Context) -> Result<Self> {
        let from = begun.replaces.clone().ok_or(Error::LoginRequired)?;
        let (now, kept) = (cx.now().as_second(), cx.config().session.ended_age);
        Ok(Self { from, to: begun.key.clone(), entry: begun.entry(engine), now, kept })
    }
}

/// Keeps the session of a log-in, and promises the mail that tells of it: both or none.
pub(crate) async fn create(cx: &Context, begun: &Begun, mail: Option<&Promise>) -> Result<()> {
    let Some(mail) = mail else { return place(cx, &begun.key, &begun.record).await };
    let (engine, store) = (cx.app().sessions(), cx.store());
    engine.keep(store, &begun.key, &begun.record, cx.now().as_second()).await?;
    Ok(store.create_session_and_tell(&begun.key, &begun.entry(engine), mail).await?)
}

/// Keeps a new session: first what the engine keeps of it, then what stands in the table, if anything does.
async fn place(cx: &Context, key: &SessionKey, record: &SessionRecord) -> Result<()> {
    let (engine, store) = (cx.app().sessions(), cx.store());
    engine.keep(store, key, record, cx.now().as_second()).await?;
    if let Some(entry) = engine.entry(key, record) {
        store.create_session(key, &entry).await?;
    }
    Ok(())
}

/// Ends a session: a user's leaves a tombstone that says why, a visitor's nothing. Gives why it had ended, if it had.
pub(crate) async fn end(cx: &Context, key: &SessionKey, why: EndReason) -> Result<Option<EndReason>> {
    let (now, kept) = (cx.now().as_second(), cx.config().session.ended_age);
    let before = match key.user {
        Some(_) => cx.store().end_session(key, why, now, kept).await?,
        None => None,
    };
    cx.app().sessions().forget(cx.store(), key).await?;
    Ok(before)
}

/// Ends a session that its owner wants to be over, whatever its name is by now.
pub(crate) async fn end_for_good(cx: &Context, key: &SessionKey, why: EndReason) -> Result<()> {
    if end(cx, key, why).await? == Some(EndReason::Renamed)
        && let Some(user) = cx.user().await?
    {
        // It goes on under a name that only another request knows: with all others it is sure to end.
        let event = cx.author(&user).of_user(Action::SessionsEnded, &user);
        cx.store().end_all_sessions(&user, why, None, &event).await?;
    }
    Ok(())
}

/// Saves what a request changed of its session, and renews it when that is due. Nothing is written for a request that
/// never looked at its session.
///
/// # Errors
/// [`Error::LoginRequired`] when the session was ended meanwhile and something was to be kept in it (Django's
/// `SessionInterrupted`), [`Error::SessionTooLarge`] when the engine cannot keep that much: nothing is changed then.
pub(crate) async fn save(cx: &Context) -> Result<()> {
    let Some(session) = cx.loaded_session() else { return Ok(()) };
    let Some(save) = finish(cx, session) else { return Ok(()) };
    let before = match &save {
        Save::Rename { from, .. } => Some(from.clone()),
        Save::Create(..) | Save::Update(..) => None,
    };
    match write(cx, session, &save).await {
        Ok(Saved::Done) => Ok(()),
        Ok(Saved::Ended) => go_on_without(cx, session, save).await,
        Err(error) => {
            let renamed = before.is_some();
            session.not_saved(before);
            if renamed {
                // The forms of the next page belong to the session that goes on.
                cx.rotate_csrf();
            }
            Err(error)
        }
    }
}

fn finish(cx: &Context, session: &Session) -> Option<Save> {
    session.finish(&cx.origin(), cx.app().sessions().carries_values(), || cx.new_token(None))
}

async fn write(cx: &Context, session: &Session, save: &Save) -> Result<Saved> {
    let (engine, store, now) = (cx.app().sessions(), cx.store(), cx.now().as_second());
    // What the cookie has to carry and cannot is refused before anything is written.
    if let CookieChange::Set(kept) = session.cookie_change() {
        engine.cookie(&kept.0, &kept.1)?;
    }
    match save {
        Save::Create(key, record) => {
            place(cx, key, record).await?;
            Ok(Saved::Done)
        }
        Save::Update(key, record, changes) => engine.save(store, key, record, changes, now).await,
        Save::Rename { from, to, record } => rename(cx, &from.key(), to, record).await,
    }
}

/// The session was ended meanwhile. A user's request is nobody's from here on; what a visitor wanted to keep, in a session
/// that another tab has logged in from, is kept in a new one.
async fn go_on_without(cx: &Context, session: &Session, save: Save) -> Result<()> {
    let wanted = match save {
        Save::Update(key, _, changes) if key.user.is_none() => {
            session.begin_anew(changes.data);
            return match finish(cx, session) {
                Some(save) => write(cx, session, &save).await.map(drop),
                None => Ok(()),
            };
        }
        Save::Update(_, _, changes) => !changes.data.is_empty(),
        Save::Create(..) | Save::Rename { .. } => true,
    };
    cx.drop_session();
    if wanted { Err(Error::LoginRequired) } else { Ok(()) }
}

/// Puts a session under another identifier, and ends the one before.
async fn rename(cx: &Context, from: &SessionKey, to: &SessionKey, record: &SessionRecord) -> Result<Saved> {
    let (engine, store, now) = (cx.app().sessions(), cx.store(), cx.now().as_second());
    match engine.entry(to, record) {
        Some(entry) if from.user.is_some() => {
            engine.keep(store, to, record, now).await?;
            let kept = cx.config().session.ended_age;
            let successor = Successor { from: from.clone(), to: to.clone(), entry, now, kept };
            if Saved::of(store.rename_session(&successor).await)? == Saved::Ended {
                engine.forget(store, to).await?;
                return Ok(Saved::Ended);
            }
        }
        // A visitor's: nobody is let in by it, so the one before may go after it has come.
        _ => place(cx, to, record).await?,
    }
    engine.forget(store, from).await?;
    Ok(Saved::Done)
}

impl Begun {
    /// The cookie that will name it, or carry it.
    pub(crate) fn cookie(&self, engine: &dyn Engine) -> Result<Secret> {
        engine.cookie(self.token(), &self.record)
    }

    /// What of it stands in the table.
    pub(crate) fn entry(&self, engine: &dyn Engine) -> SessionRecord {
        engine.entry(&self.key, &self.record).unwrap_or_else(|| self.record.without_data())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SessionSettings;
    use crate::rng::{Rng, SystemRng};

    fn resumed(change: impl FnOnce(&mut SessionRecord), now: i64) -> Result<(SessionRecord, Option<User>), EndReason> {
        let origin = Origin { now: 0, millis: 0, address: "192.0.2.1", user_agent: "test", is_admin_host: false };
        let mut record = SessionRecord::of_visitor(&origin, &SessionSettings::sample());
        change(&mut record);
        resume(&SessionToken::new(None, &SystemRng as &dyn Rng), Some(record), None, now, |_| true)
    }

    #[test]
    fn an_expired_session_is_dead_although_it_is_still_there() {
        assert!(resumed(|_| {}, 2_399).is_ok());
        assert_eq!(resumed(|_| {}, 2_400).err(), Some(EndReason::Idle));
    }

    #[test]
    fn what_was_ended_stays_ended() {
        let ended = Ended { why: EndReason::LoggedOut, at: 1 };
        assert_eq!(resumed(|record| record.ended = Some(ended), 2).err(), Some(EndReason::LoggedOut));
    }

    #[test]
    fn what_is_not_there_is_nobodys() {
        let token = SessionToken::new(None, &SystemRng as &dyn Rng);
        assert_eq!(resume(&token, None, None, 0, |_| true).err(), Some(EndReason::Unknown));
    }
}
