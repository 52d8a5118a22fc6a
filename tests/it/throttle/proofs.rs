//! Proving the password while signed in: no place to guess in, and nothing that a right one uses up.

use jiff::SignedDuration;
use serde_json::json;

use super::{WRONG, counters, failures, retry_after, site, try_once};
use crate::site::{Fault, PASSWORD, Site};

#[tokio::test]
async fn right_ones_use_nothing_up() {
    let site = site(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    let before = counters(&site);
    for _ in 0..8 {
        assert_eq!(kim.post("/profile/export", &[("password", PASSWORD)]).await.status, 200);
    }
    let failures = failures(&site);
    assert!(failures.values().flatten().all(|item| item["total"]["N"] == "0"), "{failures:?}");
    for (scope, items) in counters(&site) {
        let spent: Vec<_> = items.iter().map(|item| &item["spent"]["N"]).collect();
        assert!(before.contains_key(&scope) || spent.iter().all(|spent| *spent == "0"), "{scope}: {spent:?}");
    }
}

#[tokio::test]
async fn five_wrong_ones_in_a_quarter_of_an_hour_are_looked_at() {
    let site = site(&[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    let wrong = json!({ "password": WRONG });
    for _ in 0..5 {
        assert_eq!(kim.post_json("/profile/export", wrong.clone()).await.status, 422);
    }
    assert!(retry_after(&kim.post_json("/profile/export", json!({ "password": PASSWORD })).await) > 800);
    site.clock.advance(SignedDuration::from_mins(15));
    assert_eq!(kim.post_json("/profile/export", wrong).await.status, 422);
}

#[tokio::test]
async fn a_stolen_session_has_as_many_guesses_in_all_as_a_stranger() {
    let site = site(&[("LOGIN_ACCOUNT_FAILURE_MAX", "3")]).await;
    let mut kim = site.program();
    kim.sign_up("kim@example.com").await;
    let body = json!({ "username": "kim@example.com", "password": PASSWORD, "remember": true });
    assert_eq!(kim.post_json("/login", body).await.status, 200);
    // The thief has the session and not the cookie of the device.
    let mut thief = kim.clone();
    thief.cookies.remove("device");
    for _ in 0..3 {
        site.clock.advance(SignedDuration::from_hours(25));
        assert_eq!(thief.post_json("/profile/export", json!({ "password": WRONG })).await.status, 422);
    }
    for hours in [1, 25, 50] {
        site.clock.advance(SignedDuration::from_hours(hours));
        retry_after(&thief.post_json("/profile/export", json!({ "password": PASSWORD })).await);
    }
    // Its owner's browser is judged by itself, there as at the log-in page.
    assert_eq!(kim.clone().post_json("/profile/export", json!({ "password": PASSWORD })).await.status, 200);
    assert_eq!(try_once(&kim.with_session(None), "kim@example.com", PASSWORD).await.status, 200);
    retry_after(&try_once(&site.program(), "kim@example.com", PASSWORD).await);
}

#[tokio::test]
async fn what_is_refused_in_all_leaves_the_window_as_it_was() {
    let site = site(&[("LOGIN_ACCOUNT_FAILURE_MAX", "1")]).await;
    let mut kim = site.member("kim@example.com").await.json();
    assert_eq!(kim.post_json("/profile/export", json!({ "password": WRONG })).await.status, 422);
    let before = counters(&site);
    retry_after(&kim.post_json("/profile/export", json!({ "password": PASSWORD })).await);
    assert_eq!(counters(&site), before);
}

#[tokio::test]
async fn without_the_counters_nothing_is_proven() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    let token = kim.csrf_token().await;
    faults.on("UpdateItem", "THROTTLE#", Fault::internal());
    let body = json!({ "password": PASSWORD });
    let answer = kim.send_with(&token, http::Method::POST, "/profile/export", body).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "unavailable"));
}

#[tokio::test]
async fn each_form_says_when_to_come_back_and_keeps_what_was_typed() {
    let settings = [("CONFIRM_PASSWORD_RATE", "1/h"), ("RESET_PASSWORD_RATE", "1/h"), ("CONFIRM_EMAIL_RATE", "1/h")];
    let site = site(&settings).await;
    let mut kim = site.member("kim@example.com").await.with("accept-language", "en");
    let new = "another horse battery";
    let change = [("old_password", WRONG), ("new_password1", new), ("new_password2", new)];
    assert_eq!(kim.post("/password/change", &change).await.status, 422);
    kim.post("/password/reset", &[("email", "Kim@example.com")]).await;
    kim.post("/email/resend", &[]).await;
    let email = [("email", "new@example.com"), ("password", PASSWORD)];
    for (path, form, typed) in [
        ("/password/change", &change[..], "name=\"new_password1\""),
        ("/password/reset", &[("email", "Kim@example.com")], "value=\"Kim@example.com\""),
        ("/email", &email, "value=\"new@example.com\""),
        ("/email/resend", &[], "action=\"/email\""),
        ("/profile/export", &[("password", PASSWORD)], "action=\"/profile/export\""),
        ("/reauthenticate", &[("password", PASSWORD), ("next", "/media")], "name=\"next\" value=\"&#x2f;media\""),
        ("/profile/delete", &[("password", PASSWORD), ("confirm", "on")], "name=\"confirm\" value=\"on\" checked"),
    ] {
        let page = kim.post(path, form).await;
        assert_eq!((page.status.as_u16(), page.header("retry-after").is_empty()), (429, false), "{path}");
        let text = page.text();
        assert!(text.contains("Please wait 60 minutes") && text.contains(typed), "{path}: {text}");
        assert!(!text.contains(PASSWORD) && !text.contains(new), "{path}");
        let answer = kim.clone().json().post(path, form).await;
        assert!(retry_after(&answer) > 3_000, "{path}");
    }
}

#[tokio::test]
async fn one_user_has_mails_sent_to_so_many_addresses() {
    let site = site(&[("CONFIRM_EMAIL_RATE", "3/h")]).await;
    let mut kim = site.member("kim@example.com").await;
    let mut lee = site.member("lee@example.com").await;
    for number in 0..3 {
        assert_eq!(kim.ask_for_address(&format!("new{number}@example.com")).await.status, 303);
    }
    assert_eq!(kim.ask_for_address("another@example.com").await.status, 429);
    assert_eq!(lee.ask_for_address("another@example.com").await.status, 303, "it was counted for nobody");
}
