//! A browser that the account knows: strangers cannot lock its owner out, and it is no place to guess in either.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::json;

use super::{failures, from, guesses, retry_after, site, times, try_once};
use crate::site::{PASSWORD, Site, Visitor};

/// Kim's browser, and somebody elsewhere who has just used up what the account allows.
async fn besieged(site: &Site) -> (Visitor<'_>, Visitor<'_>) {
    let kim = site.member("kim@example.com").await;
    let stranger = from(&site.program(), "198.51.100.7");
    siege(&stranger).await;
    (kim, stranger)
}

async fn siege(stranger: &Visitor<'_>) {
    let answers = guesses(times(20, stranger, "kim@example.com")).await;
    assert_eq!(answers, BTreeMap::from([(401, 5), (429, 15)]));
}

fn without_session<'a>(visitor: &Visitor<'a>) -> Visitor<'a> {
    visitor.with_session(None)
}

#[tokio::test]
async fn a_known_browser_logs_in_while_strangers_guess() {
    let site = site(&[]).await;
    let (kim, stranger) = besieged(&site).await;
    let browser = without_session(&kim);
    assert_eq!(try_once(&browser, "kim@example.com", PASSWORD).await.status, 200);
    assert_eq!(try_once(&from(&browser, "203.0.113.5"), "kim@example.com", PASSWORD).await.status, 200, "anywhere");
    let same_office = from(&browser, "198.51.100.7");
    assert_eq!(try_once(&same_office, "kim@example.com", PASSWORD).await.status, 200, "also beside them");
    retry_after(&try_once(&site.program(), "kim@example.com", PASSWORD).await);
    retry_after(&try_once(&stranger, "kim@example.com", PASSWORD).await);
}

#[tokio::test]
async fn a_known_browser_has_five_guesses_and_then_delays() {
    let site = site(&[]).await;
    let kim = site.member("kim@example.com").await;
    let thief = from(&without_session(&kim), "198.51.100.7");
    let answers = guesses(times(40, &thief, "kim@example.com")).await;
    assert_eq!(answers, BTreeMap::from([(401, 5), (429, 35)]));
    site.clock.advance(SignedDuration::from_secs(30));
    let answers = guesses(times(20, &thief, "kim@example.com")).await;
    assert_eq!(answers, BTreeMap::from([(401, 1), (429, 19)]));
    let scopes: Vec<_> = failures(&site).into_keys().collect();
    // The account is there from the log-in that made the browser known.
    assert_eq!(scopes, ["ACCOUNT", "DEVICE", "DEVICES"]);
    assert_eq!(failures(&site)["ACCOUNT"][0]["failures"]["N"], "1", "the account's own counter is not touched");
    assert_eq!(try_once(&site.program(), "kim@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_known_browser_is_known_to_its_account_alone() {
    let site = site(&[]).await;
    site.program().sign_up("lee@example.com").await;
    let (kim, _) = besieged(&site).await;
    let browser = without_session(&kim);
    // For another account it is like any other browser.
    let answers = guesses(times(30, &browser, "lee@example.com")).await;
    assert_eq!(answers, BTreeMap::from([(401, 5), (429, 25)]));
    retry_after(&try_once(&site.program(), "lee@example.com", PASSWORD).await);
    assert_eq!(try_once(&browser, "kim@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_browser_is_known_to_four_accounts() {
    let site = site(&[]).await;
    let mut browser = site.program();
    let names: Vec<_> = (0..5).map(|number| format!("kim{number}@example.com")).collect();
    for name in &names {
        browser.sign_up(name).await;
        browser.log_in(name).await;
        assert!(browser.cookies["device"].len() < 1_000);
    }
    let browser = without_session(&browser);
    let stranger = from(&site.program(), "198.51.100.7");
    let mut known = Vec::new();
    for name in &names {
        let answers = guesses(times(5, &stranger, name)).await;
        assert_eq!(answers, BTreeMap::from([(401, 5)]));
        known.push(try_once(&browser, name, PASSWORD).await.status == 200);
    }
    assert_eq!(known, [false, true, true, true, true], "the one that was there longest ago is forgotten");
}

#[tokio::test]
async fn a_forged_or_planted_cookie_is_no_device() {
    let site = site(&[]).await;
    let (kim, _) = besieged(&site).await;
    let cookie = kim.cookies["device"].clone();
    let other = site.member("lee@example.com").await.cookies["device"].clone();
    let long = "A".repeat(3_000);
    let changed = format!("B{}", &cookie[1..]);
    for bad in ["", "x", &cookie[1..], &changed, &format!("{cookie}A"), &other, &long] {
        let mut browser = site.program();
        browser.cookies.insert("device".into(), bad.into());
        retry_after(&try_once(&browser, "kim@example.com", PASSWORD).await);
    }
    let mut browser = site.program();
    browser.cookies.insert("device".into(), cookie);
    assert_eq!(try_once(&browser, "kim@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_log_out_keeps_the_browser_known_and_one_everywhere_does_not() {
    let site = site(&[]).await;
    let (mut kim, stranger) = besieged(&site).await;
    kim.post("/logout", &[]).await;
    kim.log_in("kim@example.com").await;
    let elsewhere = without_session(&kim);
    kim.post("/logout/all", &[]).await;
    for browser in [kim, elsewhere] {
        retry_after(&try_once(&browser, "kim@example.com", PASSWORD).await);
    }
    let counted: Vec<_> = failures(&site).into_keys().collect();
    assert_eq!(
        counted,
        ["ACCOUNT", "DEVICES", "NAME", "NETWORK", "PAIR"],
        "what was counted for the device is given back"
    );
    assert_eq!(failures(&site)["DEVICES"][0]["failures"]["N"], "1", "but for the log-in");
    drop(stranger);
}

#[tokio::test]
async fn a_browser_is_forgotten_when_its_owner_was_away_for_long() {
    let site = site(&[]).await;
    let kim = site.member("kim@example.com").await;
    let stranger = from(&site.program(), "198.51.100.7");
    for (days, status) in [(399, 200), (401, 429)] {
        site.clock.advance(SignedDuration::from_hours(24 * days));
        siege(&stranger).await;
        let browser = without_session(&kim);
        assert_eq!(try_once(&browser, "kim@example.com", PASSWORD).await.status.as_u16(), status, "{days}");
        site.clock.advance(SignedDuration::from_hours(-24 * days));
        site.clock.advance(SignedDuration::from_hours(48));
    }
}

#[tokio::test]
async fn the_cookie_is_for_this_host_alone_and_for_no_script() {
    let site = site(&[]).await;
    let mut kim = site.program();
    kim.sign_up("kim@example.com").await;
    let answer = kim.post_json("/login", json!({ "username": "kim@example.com", "password": PASSWORD })).await;
    let cookies = answer.set_cookies();
    let cookie = cookies.iter().find(|cookie| cookie.starts_with("device=")).unwrap();
    assert!(cookie.contains("; HttpOnly; SameSite=Lax; Path=/; Max-Age=34560000; Expires="), "{cookie}");
    assert!(kim.get("/profile").await.set_cookies().is_empty(), "it is set by a log-in alone");
}
