//! What a site must refuse, before it is worth measuring.

use std::collections::BTreeMap;

use crate::Result;
use crate::description::Description;
use crate::message::Transport;
use crate::visitor::Visitor;

/// What was tried, and whether it went as it must.
pub(crate) type Guards = BTreeMap<&'static str, bool>;

/// Tries what an attacker would.
///
/// # Errors
/// A site that does not even do what it should.
pub(crate) fn prove(site: &Description, transport: &mut dyn Transport) -> Result<Guards> {
    let (login, profile) = (site.step("login")?, site.step("profile")?);
    let origin = transport.origin().to_owned();
    let mut guards = Guards::new();

    let stranger = Visitor::new(site, profile);
    let answer = transport.send(&stranger.request(profile, &origin))?;
    guards.insert("a profile without a session is refused", is_refused(answer.status));

    let mut guesser = Visitor::ready_for(site, "login_refused", transport)?;
    let refused = guesser.take(site, "login_refused", transport)?;
    let logged_in = guesser.judge(login, &origin, &refused).is_ok();
    guesser.jar.absorb(&refused);
    let answer = transport.send(&guesser.request(profile, &origin))?;
    guards.insert("a wrong password is refused", !logged_in && is_refused(answer.status));

    let mut forged = stranger.request(login, &origin);
    forged.set_header("Origin", "https://evil.example");
    forged.set_header("Sec-Fetch-Site", "cross-site");
    let answer = transport.send(&forged)?;
    guards.insert("a log-in from another site, without a token, is refused", answer.status == 403);

    let mut tokenless = Visitor::ready_for(site, "login", transport)?;
    tokenless.token.clear();
    let answer = transport.send(&tokenless.request(login, &origin))?;
    guards.insert("a log-in without a token is refused", answer.status == 403);

    let mut member = Visitor::ready_for(site, "profile", transport)?;
    guards.insert("a member sees their profile", member.take(site, "profile", transport).is_ok());

    let mut tampering = member.clone();
    let value = tampering.jar.value_mut(&site.session_cookie).ok_or("there is no session's cookie")?;
    *value = tampered(value);
    let answer = transport.send(&tampering.request(profile, &origin))?;
    guards.insert("a changed cookie is refused", is_refused(answer.status));

    let mut leaving = Visitor::ready_for(site, "logout", transport)?;
    let thief = leaving.clone();
    leaving.take(site, "logout", transport)?;
    let answer = transport.send(&thief.request(profile, &origin))?;
    guards.insert("a session is over after log-out", is_refused(answer.status));
    Ok(guards)
}

/// Sent to the log-in page, or told that nobody is there: an error is no refusal.
fn is_refused(status: u16) -> bool {
    matches!(status, 302 | 303 | 401 | 403)
}

/// Another character in the middle of the cookie's second half: the very last one may stand for bits that do not count.
fn tampered(value: &str) -> String {
    let place = value.len() * 3 / 4;
    let other = if value[place..].starts_with('a') { "b" } else { "a" };
    format!("{}{other}{}", &value[..place], &value[place + 1..])
}

/// A site that lets something through is not measured.
///
/// # Errors
/// What it lets through.
pub(crate) fn require(name: &str, guards: &Guards) -> Result<()> {
    let failed: Vec<_> = guards.iter().filter(|(_, held)| !**held).map(|(what, _)| *what).collect();
    if failed.is_empty() { Ok(()) } else { Err(format!("{name}: it is not so that {}", failed.join("; ")).into()) }
}
