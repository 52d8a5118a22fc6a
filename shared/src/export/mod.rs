//! Everything that the site keeps of one user, as a ZIP that is made in memory and therefore bounded.

mod archive;
mod files;
mod shares;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::accounts::{self, User};
use crate::audit;
use crate::context::Context;
use crate::error::{Arg, Error, Result};
use crate::media::Fetched;
use crate::sessions::{EndReason, SessionKey, SessionRecord, why_dead};
use archive::Archive;

/// The attributes of a user that are nobody's business, not even the user's: what opens the account, and how we keep
/// count. Whatever else a user has is theirs to see, fields that a site has added included.
const SECRET: [&str; 3] = ["password", "session_epoch", "last_edit"];

/// Packs everything: `profile.json`, `sessions.json`, `logins.json`, `events.json`, picture and files under `media/` with `files.json`,
/// `shares.json`, and a `README.txt` in the visitor's language that says what is what. A file for which there is no room is
/// a short-lived address instead.
pub async fn archive(cx: &Context, user: &User) -> Result<Vec<u8>> {
    let mut zip = Archive::new(cx.now());
    zip.json("profile.json", &profile(user)?)?;

    let most = cx.config().export.max_sessions;
    let (sessions, more) = cx.store().sessions_of(user.id, "", most).await?;
    let sessions: Vec<_> = sessions.iter().map(|(key, session)| Session::new(cx, key, session, user)).collect();
    zip.json("sessions.json", &sessions)?;

    zip.json("logins.json", &accounts::last_logins(cx, user).await?)?;
    zip.json("events.json", &audit::own_events(cx, user).await?)?;

    let theirs = files::Theirs::read(cx, user).await?;
    let mut links = Vec::new();
    if let Some(key) = &user.avatar.key {
        let room = cx.config().export.max_bytes.saturating_sub(zip.bytes);
        match cx.app().media().fetch(key, None, room as u64).await? {
            Fetched::Bytes(picture) => {
                zip.packed(&format!("media/avatar.{}", ending(&picture)), &picture)?;
            }
            Fetched::TooLarge => {
                links.push(json!({ "name": "avatar", "url": cx.app().media().signed_url(key, cx.now())? }));
            }
            // Replaced or removed since the user was read.
            Fetched::Gone => {}
        }
    }
    let shares = shares::pack(cx, user, &theirs, &mut zip).await?;
    links.extend(theirs.pack(cx, &mut zip).await?);
    if !links.is_empty() {
        zip.json("media/links.json", &links)?;
    }
    let told = Told {
        sessions: more.then_some(most),
        files: !theirs.is_empty(),
        files_cut_at: theirs.cut_at(),
        shares,
        links: !links.is_empty(),
    };
    zip.text("README.txt", &readme(cx, user, &told))?;
    zip.finish()
}

/// Every field of a user but the secret ones, as it is stored.
fn profile(user: &User) -> Result<Value> {
    let mut profile = serde_json::to_value(user).map_err(Error::internal)?;
    if let Some(fields) = profile.as_object_mut() {
        fields.retain(|name, _| !SECRET.contains(&name.as_str()));
    }
    Ok(profile)
}

/// A session as its owner may see it: nothing of it opens anything.
#[derive(Serialize)]
struct Session<'a> {
    began_at: String,
    renewed_at: String,
    ends_at: String,
    remembered: bool,
    address: &'a str,
    browser: &'a str,
    /// Why it is not alive, if it is not.
    ended: Option<EndReason>,
}

impl<'a> Session<'a> {
    fn new(cx: &Context, key: &SessionKey, session: &'a SessionRecord, user: &User) -> Self {
        let now = cx.now().as_second();
        let is_trusted = |backend: &str| cx.app().backends().contains(backend);
        let time = |seconds| Timestamp::from_second(seconds).map(|at| at.to_string()).unwrap_or_default();
        Self {
            began_at: time(session.times.created_at),
            renewed_at: time(session.times.renewed_at),
            ends_at: time(session.times.ends_at),
            remembered: session.remembered,
            address: &session.ip,
            browser: &session.user_agent,
            ended: why_dead(key, session, Some(user), now, is_trusted),
        }
    }
}

/// What is published is PNG or JPEG.
fn ending(picture: &[u8]) -> &'static str {
    if picture.starts_with(b"\x89PNG") { "png" } else { "jpg" }
}

/// What an export has that not every export has.
struct Told {
    /// There are more sessions than this many.
    sessions: Option<usize>,
    /// There are files.
    files: bool,
    /// There are more than this many.
    files_cut_at: Option<usize>,
    /// Something is shared, by the user or with them.
    shares: bool,
    /// Something did not fit.
    links: bool,
}

fn readme(cx: &Context, user: &User, told: &Told) -> String {
    let email = ("email", Arg::Text(user.email.as_str().to_owned()));
    let at = ("at", Arg::Text(cx.now().strftime("%Y-%m-%d %H:%M UTC").to_string()));
    let site = ("site", Arg::Text(cx.config().mail.site_name.clone()));
    let mut text = vec![cx.text("export-readme-title", &[site, email, at]), String::new()];
    let sometimes = [("files", told.files), ("shares", told.shares)];
    let there = sometimes.into_iter().filter(|(_, there)| *there).map(|(file, _)| file);
    for file in ["profile", "sessions", "logins", "events", "media"].into_iter().chain(there) {
        text.push(cx.text(&format!("export-readme-{file}"), &[]));
    }
    if let Some(most) = told.sessions {
        text.push(cx.text("export-readme-cut", &[("count", Arg::Number(most as u64))]));
    }
    if let Some(most) = told.files_cut_at {
        text.push(cx.text("export-readme-files-cut", &[("count", Arg::Number(most as u64))]));
    }
    if told.links {
        let minutes = u64::from(cx.config().uploads.media_url_age) / 60;
        text.push(cx.text("export-readme-links", &[("minutes", Arg::Number(minutes.max(1)))]));
    }
    text.extend([String::new(), cx.text("export-readme-times", &[]), cx.text("export-readme-left-out", &[])]);
    // Windows' older editors know no other line break.
    text.join("\r\n") + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_user_sees_of_the_stored_fields_is_all_but_three() {
        let user: User = serde_json::from_value(json!({
            "id": "01a20380-4626-78f1-a5ed-15e9409b99f0", "email": "kim@example.com", "email_verified": true,
            "username": "kim", "password": "$argon2id$x", "is_active": true, "session_epoch": 3, "version": 2,
            "last_edit": "x", "date_joined": "2026-11-22T13:44:27Z", "last_login": "2026-11-22T13:44:27Z",
            "last_login_ip": "192.0.2.1", "avatar_upload": "01a20380-4626-78f1-a5ed-15e9409b99f1",
            "avatar_state": "rejected", "avatar_reason": "broken", "avatar_key": "media/x", "avatar_pending_until": 7,
        }))
        .unwrap();
        let shown = profile(&user).unwrap();
        let stored = serde_json::to_value(&user).unwrap();
        let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        // A new field that is secret is to be named in `SECRET`; any other belongs to the user.
        let hidden: Vec<_> = names(&stored).into_iter().filter(|name| !names(&shown).contains(name)).collect();
        assert_eq!(hidden, ["last_edit", "password", "session_epoch"]);
        for name in names(&shown) {
            let suspicious = ["password", "secret", "hash", "seed", "token", "epoch"];
            assert!(!suspicious.iter().any(|word| name.contains(word)), "{name}");
        }
    }
}
