//! Answers that are lost, and processes that end: done once or not at all, and never half.

use http::Method;
use serde_json::{Value, json};

use super::NEW;
use crate::site::{Fault, PASSWORD, Site};

fn change() -> Value {
    json!({ "old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW })
}

fn reset() -> Value {
    json!({ "new_password1": NEW, "new_password2": NEW })
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_has_changed_once() {
    let (site, faults) = Site::with_faults(&[("THROTTLE_ENABLED", "false")]).await;
    let mut kim = site.member("kim@example.com").await.json();
    let token = kim.csrf_token().await;
    faults.next("TransactWriteItems", 1, Fault::ReplyLost);
    let answer = kim.send_with(&token, Method::POST, "/password/change", change()).await;
    assert_eq!(answer.status, 200, "nobody is overtaken by themselves: {}", answer.text());
    assert_eq!(kim.whoami().await["email"], "kim@example.com");
    assert_eq!(site.user(&kim.id)["session_epoch"]["N"], "2");
}

#[tokio::test]
async fn a_change_that_a_crash_ends_is_made_or_not() {
    for (fault, made) in [(Fault::CrashBefore, false), (Fault::CrashAfter, true)] {
        let (site, faults) = Site::with_faults(&[("THROTTLE_ENABLED", "false")]).await;
        let mut kim = site.member("kim@example.com").await.json();
        let (token, before) = (kim.csrf_token().await, kim.session_cookie());
        faults.next("TransactWriteItems", 1, fault);
        let answer = kim.send_with(&token, Method::POST, "/password/change", change()).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "unavailable"));
        faults.clear();
        let mut old = kim.with_session(Some(&before));
        assert_eq!(old.whoami().await.is_null(), made, "the session before it ends with the change");
        assert_eq!(kim.can_log_in(&site, "kim@example.com", NEW).await, made);
        assert_eq!(kim.can_log_in(&site, "kim@example.com", PASSWORD).await, !made);
        let told = site.promised().iter().filter(|kind| *kind == "password_changed").count();
        assert_eq!(told, usize::from(made), "the owner is told of what was done");
    }
}

#[tokio::test]
async fn a_promise_that_cannot_be_kept_is_not_made() {
    let (site, faults) = Site::with_faults(&[("THROTTLE_ENABLED", "false")]).await;
    let mut kim = site.program();
    let token = kim.csrf_token().await;
    faults.always("PutItem", Fault::internal());
    let answer = kim.send_with(&token, Method::POST, "/password/reset", json!({ "email": "a@b.de" })).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "unavailable"));
    faults.clear();
    faults.next("PutItem", 1, Fault::ReplyLost);
    let answer = kim.send_with(&token, Method::POST, "/password/reset", json!({ "email": "a@b.de" })).await;
    assert_eq!(answer.status, 202);
    assert_eq!(site.promised(), ["reset_password"], "once");
}

#[tokio::test]
async fn a_reset_whose_answer_is_lost_has_reset_once() {
    let (site, faults) = Site::with_faults(&[("THROTTLE_ENABLED", "false")]).await;
    let member = site.member("kim@example.com").await;
    site.visitor().ask_for_reset("kim@example.com").await;
    let link = site.link_to("kim@example.com", "/password/reset/0").await;
    let mut kim = site.program();
    kim.get(&link).await;
    let token = kim.csrf_token().await;
    faults.next("TransactWriteItems", 1, Fault::ReplyLost);
    let answer = kim.send_with(&token, Method::POST, "/password/reset/confirm", reset()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(kim.can_log_in(&site, "kim@example.com", NEW).await);
    assert_eq!(site.user(&member.id)["session_epoch"]["N"], "2");
}

#[tokio::test]
async fn a_reset_that_a_crash_ends_is_made_or_can_be_made_again() {
    for (fault, made) in [(Fault::CrashBefore, false), (Fault::CrashAfter, true)] {
        let (site, faults) = Site::with_faults(&[("THROTTLE_ENABLED", "false")]).await;
        site.program().sign_up("kim@example.com").await;
        site.visitor().ask_for_reset("kim@example.com").await;
        let link = site.link_to("kim@example.com", "/password/reset/0").await;
        let mut kim = site.program();
        kim.get(&link).await;
        let token = kim.csrf_token().await;
        faults.next("TransactWriteItems", 1, fault);
        let answer = kim.send_with(&token, Method::POST, "/password/reset/confirm", reset()).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "unavailable"));
        faults.clear();
        assert_eq!(kim.can_log_in(&site, "kim@example.com", NEW).await, made);
        let again = kim.send_with(&token, Method::POST, "/password/reset/confirm", reset()).await;
        assert_eq!(again.status, if made { 410 } else { 200 }, "{}", again.text());
        assert!(kim.can_log_in(&site, "kim@example.com", NEW).await);
    }
}
