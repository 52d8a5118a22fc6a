//! A new password for somebody who is signed in.

use futures_util::future::join_all;
use http::Method;
use portico::meter::Cost;
use serde_json::{Value, json};

use super::NEW;
use crate::site::{Gate, PASSWORD, Site};

fn body(old: &str, new: &str) -> Value {
    json!({ "old_password": old, "new_password1": new, "new_password2": new })
}

#[tokio::test]
async fn every_other_session_ends_and_this_one_goes_on_under_another_name() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    kim.post("/preferences/theme", &[("theme", "dark")]).await;
    let mut elsewhere = site.program();
    elsewhere.log_in("kim@example.com").await;
    let (before, token) = (kim.session_cookie(), kim.csrf_token().await);
    let form = [("old_password", PASSWORD), ("new_password1", NEW), ("new_password2", NEW)];
    let answer = kim.post("/password/change", &form).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/profile"), "{}", answer.text());
    assert_ne!(kim.session_cookie(), before);
    assert_eq!(kim.whoami().await["email"], "kim@example.com");
    assert!(kim.with_session(Some(&before)).whoami().await.is_null(), "the session before it is over");
    assert!(elsewhere.whoami().await.is_null(), "and so is the one elsewhere");
    let page = kim.get("/profile").await.text();
    assert!(page.contains("data-theme=\"dark\"") && page.contains("class=\"message message-success\""), "{page}");
    let stale = kim.clone().json().send_with(&token, Method::POST, "/logout", json!({})).await;
    assert_eq!((stale.status.as_u16(), stale.code().as_str()), (403, "csrf_failed"), "the token is a new one");
    assert!(kim.can_log_in(&site, "kim@example.com", NEW).await);
    assert!(!kim.can_log_in(&site, "kim@example.com", PASSWORD).await);
    let mails = site.mails_to("kim@example.com").await;
    let told = mails.iter().filter(|mail| mail.subject.contains("was changed") || mail.subject.contains("변경"));
    assert_eq!(told.count(), 1, "the owner is told once");
}

#[tokio::test]
async fn a_remembered_session_stays_remembered_and_another_one_does_not_become_it() {
    let site = Site::uncounted(&[]).await;
    site.program().sign_up("kim@example.com").await;
    for (remember, new) in [(true, NEW), (false, PASSWORD)] {
        let old = if remember { PASSWORD } else { NEW };
        let mut kim = site.program();
        let login = json!({ "username": "kim@example.com", "password": old, "remember": remember });
        assert_eq!(kim.post_json("/login", login).await.status, 200);
        let answer = kim.post_json("/password/change", body(old, new)).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["next"]), (200, &json!("/profile")));
        let cookies = answer.set_cookies();
        let cookie = cookies.iter().find(|cookie| cookie.starts_with("sessionid=")).unwrap();
        assert_eq!(cookie.contains("Max-Age=12"), remember, "{cookie}");
    }
}

#[tokio::test]
async fn without_the_present_password_nothing_changes() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    let before = site.user(&kim.id);
    let long = "x".repeat(4_097);
    for (body, field, code) in [
        (body("wrong wrong wrong", NEW), "old_password", "password_incorrect"),
        (json!({ "new_password1": NEW, "new_password2": NEW }), "old_password", "required"),
        (body(&long, NEW), "old_password", "password_too_long"),
        (body(PASSWORD, "short"), "new_password2", "password_too_short"),
        (body(PASSWORD, &long), "new_password2", "password_too_long"),
        (body(PASSWORD, ""), "new_password1", "required"),
        (
            json!({ "old_password": PASSWORD, "new_password1": NEW, "new_password2": PASSWORD }),
            "new_password2",
            "password_mismatch",
        ),
    ] {
        let answer = kim.post_json("/password/change", body).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, "invalid"), "{code}");
        assert!(answer.field(field).contains(&code.to_owned()), "{}", answer.text());
    }
    let huge = "x".repeat(1_000_000);
    assert_eq!(kim.post_json("/password/change", body(PASSWORD, &huge)).await.status, 413);
    assert_eq!(site.user(&kim.id), before);
    let page = kim.clone().html().post("/password/change", &[("old_password", "canary-one")]).await;
    assert_eq!(page.status, 422);
    assert!(!page.text().contains("canary-one"), "a password came back");
    assert_eq!(kim.whoami().await["email"], "kim@example.com");
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once_and_a_guess_is_counted() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await.json();
    for _ in 0..5 {
        let wrong = json!({ "old_password": "wrong wrong wrong", "new_password1": "short", "new_password2": "other" });
        let answer = kim.post_json("/password/change", wrong).await;
        assert_eq!(answer.status, 422);
        assert_eq!(answer.field("old_password"), ["password_incorrect"]);
        let new = answer.field("new_password2");
        assert!(new.contains(&"password_mismatch".to_owned()) && new.contains(&"password_too_short".to_owned()));
    }
    let answer = kim.post_json("/password/change", body("wrong wrong wrong", "short")).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (429, "throttled"), "a weak new one guesses no more");
}

#[tokio::test]
async fn it_is_for_people_who_are_signed_in() {
    let site = Site::uncounted(&[]).await;
    let answer = site.visitor().get("/password/change").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login?next=%2Fpassword%2Fchange"));
    let answer = site.program().post_json("/password/change", body(PASSWORD, NEW)).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login_required"));
}

#[tokio::test]
async fn the_page_tells_a_password_manager_what_is_what() {
    let site = Site::uncounted(&[]).await;
    let page = site.member("kim@example.com").await.get("/password/change").await.text();
    for part in [
        "autocomplete=\"username\"",
        "value=\"kim@example.com\"",
        "name=\"old_password\" autocomplete=\"current-password\"",
        "name=\"new_password1\" autocomplete=\"new-password\"",
        "name=\"new_password2\" autocomplete=\"new-password\"",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}

#[tokio::test]
async fn the_same_password_again_is_a_change_too() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    let mut elsewhere = site.program();
    elsewhere.log_in("kim@example.com").await;
    assert_eq!(kim.post_json("/password/change", body(PASSWORD, PASSWORD)).await.status, 200);
    assert!(elsewhere.whoami().await.is_null());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_changes_at_once_one_wins_and_the_other_is_told() {
    let site = Site::uncounted(&[]).await;
    let kim = site.member("kim@example.com").await.json();
    let mut other = site.program();
    other.log_in("kim@example.com").await;
    let answers =
        join_all([(kim, NEW), (other, "another horse staple")].map(async |(mut person, new)| {
            (person.post_json("/password/change", body(PASSWORD, new)).await, person, new)
        }))
        .await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(answer, ..)| answer.status == 200);
    assert_eq!((won.len(), lost.len()), (1, 1));
    let (_, mut winner, new) = won.into_iter().next().unwrap();
    let (told, mut loser, _) = lost.into_iter().next().unwrap();
    // Who was overtaken before the request began is not signed in any more.
    assert!(
        matches!((told.status.as_u16(), &*told.code()), (409, "conflict") | (401, "login_required")),
        "{}",
        told.text()
    );
    assert_eq!(winner.whoami().await["email"], "kim@example.com");
    assert!(loser.whoami().await.is_null());
    assert!(winner.can_log_in(&site, "kim@example.com", new).await);
    let promised = site.promised();
    assert_eq!(promised.iter().filter(|kind| *kind == "password_changed").count(), 1, "{promised:?}");
}

#[tokio::test]
async fn a_change_that_was_overtaken_says_so_and_ends_in_the_login_page() {
    let gate = Gate::before("TransactWriteItems");
    let site = Site::start_with(|options| options.http_client = Some(gate.client())).await;
    gate.open();
    let kim = site.member("kim@example.com").await.with("accept-language", "en");
    gate.close();
    let mut slow = kim.clone();
    let form = [("old_password", PASSWORD), ("new_password1", NEW), ("new_password2", NEW)];
    let mut watching = kim.clone();
    let (answer, ()) = tokio::join!(slow.post("/password/change", &form), async {
        gate.arrival().await;
        site.amend(&watching.id, "session_epoch", json!({ "N": "2" }));
        gate.open();
    });
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login"), "{}", answer.text());
    assert!(slow.get("/login").await.text().contains("was changed from somewhere else"));
    assert!(watching.whoami().await.is_null());
}

#[tokio::test]
async fn a_log_in_by_the_old_password_that_is_under_way_leaves_no_session() {
    let gate = Gate::before("PutItem");
    let site = Site::start_with(|options| options.http_client = Some(gate.client())).await;
    gate.open();
    let mut kim = site.member("kim@example.com").await.json();
    gate.close();
    let mut thief = site.program();
    let token = thief.csrf_token().await;
    let login = json!({ "username": "kim@example.com", "password": PASSWORD });
    let (answer, changed) = tokio::join!(thief.send_with(&token, Method::POST, "/login", login), async {
        gate.arrival().await;
        let changed = kim.post_json("/password/change", body(PASSWORD, NEW)).await;
        gate.open();
        changed
    });
    assert_eq!(
        (answer.status.as_u16(), changed.status.as_u16()),
        (200, 200),
        "the password was right when it was read"
    );
    assert!(thief.whoami().await.is_null(), "but its session never lived");
    assert_eq!(kim.whoami().await["email"], "kim@example.com");
}

#[tokio::test]
async fn it_takes_one_read_and_one_transaction() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    let token = kim.csrf_token().await;
    let changed = kim.send_with(&token, Method::POST, "/password/change", body(PASSWORD, NEW)).await;
    let cost = Cost { calls: 6, trips: 3, read_units: 2.0, write_units: 15.0 };
    assert_eq!(changed.cost(), cost, "session and user; user, two sessions, event, mail; four counts are forgotten");
}
