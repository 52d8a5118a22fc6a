//! The way back from a change that somebody else made.

use futures_util::future::join_all;
use http::Method;
use jiff::SignedDuration;
use portico::meter::Cost;
use serde_json::json;

use super::guards;
use crate::site::{PASSWORD, Site};

const NEW: &str = "staple battery horse";

#[tokio::test]
async fn the_owner_takes_the_address_back_and_whoever_took_it_has_nothing() {
    let site = Site::uncounted(&[]).await;
    let mut thief = site.member("kim@example.com").await;
    let id = thief.id.clone();
    thief.change_address(&site, "thief@example.com").await;
    let link = site.link_to("kim@example.com", "/email/undo/").await;
    let mut kim = site.visitor().with("accept-language", "en");
    for _ in 0..3 {
        let page = kim.follow(&link).await;
        assert_eq!((page.status.as_u16(), page.header("referrer-policy")), (200, "no-referrer"));
        assert!(page.text().contains("kim@example.com"));
    }
    assert_eq!(thief.whoami().await["email"], "thief@example.com", "looking undoes nothing");
    let answer = kim.post("/email/undo", &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login"), "{}", answer.text());
    assert!(kim.get("/login").await.text().contains("Your address is back"));
    assert!(kim.whoami().await.is_null(), "nobody is logged in by it");
    assert!(thief.whoami().await.is_null(), "every session has ended");
    for name in ["kim@example.com", "thief@example.com"] {
        assert!(!kim.can_log_in(&site, name, PASSWORD).await, "{name}");
    }
    assert_eq!(guards(&site), [("kim@example.com".to_owned(), false)]);
    let user = site.user(&id);
    assert_eq!((&user["email"]["S"], &user["email_verified"]["BOOL"]), (&json!("kim@example.com"), &json!(true)));
    assert!(user["password"]["S"].as_str().unwrap().starts_with('!') && user.get("former_emails").is_none());
    // The mail that leads to a new password is on its way already.
    let reset = site.link_to("kim@example.com", "/password/reset/").await;
    kim.follow(&reset).await;
    assert_eq!(kim.set_password(NEW).await.status, 303);
    assert!(kim.can_log_in(&site, "kim@example.com", NEW).await);
    assert_eq!(kim.get(&link).await.status, 410, "once");
}

#[tokio::test]
async fn it_works_after_further_changes_and_takes_their_way_back_with_it() {
    let site = Site::uncounted(&[]).await;
    let mut thief = site.member("kim@example.com").await;
    for email in ["one@example.com", "two@example.com", "three@example.com"] {
        thief.change_address(&site, email).await;
    }
    let undo = site.link_to("kim@example.com", "/email/undo/").await;
    let thiefs =
        [site.link_to("one@example.com", "/email/undo/").await, site.link_to("two@example.com", "/email/undo/").await];
    let mut waiting = site.visitor();
    waiting.follow(&thiefs[1]).await;
    let mut kim = site.program();
    kim.get(&undo).await;
    assert_eq!(kim.post_json("/email/undo", json!({})).await.json()["next"], "/login");
    assert_eq!(guards(&site), [("kim@example.com".to_owned(), false)]);
    assert_eq!(waiting.post("/email/undo", &[]).await.status, 410);
    for link in &thiefs {
        assert_eq!(site.visitor().get(link).await.status, 410);
    }
}

#[tokio::test]
async fn going_back_a_little_leaves_the_whole_way_back_open() {
    let site = Site::uncounted(&[]).await;
    let mut thief = site.member("kim@example.com").await;
    thief.change_address(&site, "one@example.com").await;
    thief.change_address(&site, "kim@example.com").await;
    thief.change_address(&site, "two@example.com").await;
    let undo = site.links_to("kim@example.com", "/email/undo/").await;
    let thiefs = site.link_to("one@example.com", "/email/undo/").await;
    assert_eq!(undo.len(), 2);
    // The thief uses what was sent to them: the owner's address must not become free by it.
    thief.follow(&thiefs).await;
    assert_eq!(thief.post("/email/undo", &[]).await.status, 303);
    assert_eq!(guards(&site), [("kim@example.com".to_owned(), true), ("one@example.com".to_owned(), false)]);
    let body = json!({ "email": "kim@example.com", "password1": PASSWORD, "password2": PASSWORD });
    assert_eq!(site.program().post_json("/signup", body).await.field("email"), ["unique"]);
    let mut kim = site.visitor();
    assert_eq!(kim.get(&undo[1]).await.status, 410, "that change was undone with it");
    kim.follow(&undo[0]).await;
    assert_eq!(kim.post("/email/undo", &[]).await.status, 303);
    assert_eq!(guards(&site), [("kim@example.com".to_owned(), false)]);
}

#[tokio::test]
async fn what_the_thief_had_asked_for_is_worth_nothing_afterwards() {
    let site = Site::uncounted(&[]).await;
    let mut thief = site.member("kim@example.com").await;
    thief.ask_for_address("other@example.com").await;
    let other = site.link_to("other@example.com", "/email/change/").await;
    thief.follow(&other).await;
    thief.change_address(&site, "thief@example.com").await;
    thief.ask_for_reset("thief@example.com").await;
    let reset = site.link_to("thief@example.com", "/password/reset/").await;
    let undo = site.link_to("kim@example.com", "/email/undo/").await;
    let mut kim = site.visitor();
    kim.follow(&undo).await;
    assert_eq!(kim.post("/email/undo", &[]).await.status, 303);
    for link in [&reset, &other] {
        assert_eq!(thief.get(link).await.status, 410, "the address is what it was, but not the session");
    }
    assert!(thief.post("/email/change/confirm", &[]).await.header("location").starts_with("/login"));
    assert_eq!(guards(&site), [("kim@example.com".to_owned(), false)]);
}

#[tokio::test]
async fn it_ends_after_a_week() {
    let site = Site::uncounted(&[]).await;
    let mut thief = site.member("kim@example.com").await;
    thief.change_address(&site, "thief@example.com").await;
    let undo = site.link_to("kim@example.com", "/email/undo/").await;
    let mut kim = site.visitor();
    kim.follow(&undo).await;
    site.clock.advance(SignedDuration::from_hours(7 * 24) - SignedDuration::from_secs(5));
    assert_eq!(kim.get("/email/undo").await.status, 200);
    site.clock.advance(SignedDuration::from_secs(5));
    assert_eq!(kim.post("/email/undo", &[]).await.status, 410);
    assert_eq!(site.visitor().get(&undo).await.status, 410);
}

#[tokio::test]
async fn another_spelling_is_taken_back_too() {
    let site = Site::uncounted(&[]).await;
    let mut thief = site.member("Kim@example.com").await;
    thief.change_address(&site, "kim@example.com").await;
    let undo = site.link_to("Kim@example.com", "/email/undo/").await;
    let mut kim = site.visitor();
    kim.follow(&undo).await;
    assert_eq!(kim.post("/email/undo", &[]).await.status, 303);
    assert_eq!(guards(&site), [("kim@example.com".to_owned(), false)]);
    assert_eq!(site.user(&thief.id)["email"]["S"], "Kim@example.com");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_at_once_one_succeeds() {
    let site = Site::uncounted(&[("AWS_ATTEMPT_TIMEOUT_MS", "30000"), ("AWS_OPERATION_TIMEOUT_MS", "30000")]).await;
    let mut thief = site.member("kim@example.com").await;
    thief.change_address(&site, "thief@example.com").await;
    let undo = site.link_to("kim@example.com", "/email/undo/").await;
    let mut kim = site.visitor();
    kim.follow(&undo).await;
    let answers = join_all((0..50).map(|_| {
        let mut kim = kim.clone();
        async move { kim.post("/email/undo", &[]).await.status.as_u16() }
    }))
    .await;
    assert_eq!(answers.iter().filter(|status| **status == 303).count(), 1, "{answers:?}");
    assert_eq!(site.promised(), ["reset_password"]);
    assert_eq!(site.user(&thief.id)["session_epoch"]["N"], "2");
}

#[tokio::test]
async fn it_is_one_transaction() {
    let site = Site::uncounted(&[]).await;
    let mut thief = site.member("kim@example.com").await;
    thief.change_address(&site, "thief@example.com").await;
    let undo = site.link_to("kim@example.com", "/email/undo/").await;
    let mut kim = site.program();
    kim.get(&undo).await;
    let token = kim.csrf_token().await;
    let answer = kim.send_with(&token, Method::POST, "/email/undo", json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let cost = Cost { calls: 5, trips: 5, read_units: 3.0, write_units: 16.0 };
    let why = "session, link, user; link, user, two guards, event, mail, three entries; the session";
    assert_eq!(answer.cost(), cost, "{why}");
}
