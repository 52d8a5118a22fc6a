//! A session ends when it is idle for too long, at a last instant however busy it is, and the server decides.

use jiff::SignedDuration;
use serde_json::json;

use crate::site::{PASSWORD, Site, Visitor};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

async fn remembered<'a>(site: &'a Site, email: &str) -> Visitor<'a> {
    let mut kim = site.program();
    let user = kim.sign_up(email).await;
    let body = json!({ "username": email, "password": PASSWORD, "remember": true });
    assert_eq!(kim.post_json("/login", body).await.status, 200);
    kim.id = user["id"].clone();
    kim
}

async fn ages(remembered: u32, browser: u32, absolute: u32) -> Site {
    let ages =
        [("SESSION_COOKIE_AGE", remembered), ("SESSION_BROWSER_AGE", browser), ("SESSION_ABSOLUTE_AGE", absolute)];
    Site::start_with(|options| {
        options.settings.extend(ages.map(|(name, seconds)| (name.to_owned(), seconds.to_string())));
    })
    .await
}

#[tokio::test]
async fn an_idle_session_ends_after_fourteen_days_or_twelve_hours() {
    let site = Site::start().await;
    let mut kim = remembered(&site, "kim@example.com").await;
    let mut lee = site.member("lee@example.com").await.json();
    site.clock.advance(HOUR * 12 - SignedDuration::from_mins(1));
    assert!(!lee.with_session(Some(&lee.session_cookie())).whoami().await.is_null());
    // That visit renewed it: twelve idle hours begin again.
    site.clock.advance(HOUR * 12);
    let answer = lee.get("/profile").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login_required"));
    assert!(!lee.cookies.contains_key("sessionid"), "the cookie is taken back");
    site.clock.advance(HOUR * 24 * 13 - SignedDuration::from_mins(1));
    assert!(!kim.whoami().await.is_null());
    site.clock.advance(HOUR * 24 * 14 + SignedDuration::from_mins(1));
    assert!(kim.whoami().await.is_null());
}

#[tokio::test]
async fn an_expired_session_is_refused_although_its_row_is_still_there() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let mut visitor = site.visitor();
    visitor.post("/preferences/theme", &[("theme", "dark")]).await;
    site.clock.advance(HOUR * 24 * 15);
    assert_eq!(site.sessions().len(), 2, "TTL deletes days later");
    let before = site.state();
    assert!(kim.whoami().await.is_null());
    assert!(visitor.get("/").await.text().contains("data-theme=\"auto\""));
    assert_eq!(site.state(), before, "and it is not renewed");
}

#[tokio::test]
async fn a_busy_session_ends_at_its_cap() {
    let site = ages(6 * 3_600, 3_600, 24 * 3_600).await;
    let mut kim = remembered(&site, "kim@example.com").await;
    for hour in 1..24 {
        site.clock.advance(HOUR);
        assert!(!kim.whoami().await.is_null(), "hour {hour}");
    }
    site.clock.advance(HOUR);
    assert!(kim.whoami().await.is_null());
}

#[tokio::test]
async fn a_session_is_renewed_once_in_a_twenty_fourth_of_its_life_by_one_write() {
    let site = ages(24 * 3_600, 3_600, 30 * 24 * 3_600).await;
    let mut kim = remembered(&site, "kim@example.com").await;
    site.clock.advance(HOUR - SignedDuration::from_secs(30));
    let early = kim.get("/profile").await;
    assert_eq!((early.cost().calls, early.cost().write_units), (1, 0.0));
    assert!(early.set_cookies().is_empty());
    site.clock.advance(SignedDuration::from_mins(1));
    let due = kim.get("/profile").await;
    assert_eq!((due.cost().calls, due.cost().trips, due.cost().write_units), (2, 2, 1.0));
    assert!(due.set_cookies().iter().any(|c| c.starts_with("sessionid=") && c.contains("Max-Age=86400")));
    let again = kim.get("/profile").await;
    assert_eq!((again.cost().calls, again.cost().write_units), (1, 0.0));
}

#[tokio::test]
async fn the_age_that_a_browser_claims_is_of_no_effect() {
    let site = ages(3_600, 600, 86_400).await;
    let mut kim = site.member("kim@example.com").await;
    // As if the cookie had been edited to live for ever: it is all that the server sees of it.
    let cookie = kim.session_cookie();
    kim.cookies.insert("Max-Age".to_owned(), "31536000".to_owned());
    site.clock.advance(SignedDuration::from_secs(601));
    assert!(kim.with_session(Some(&cookie)).whoami().await.is_null());
}
