//! Answers that are lost, and processes that end, while an address is proven, changed or taken back.

use http::Method;
use serde_json::{Value, json};

use super::guards;
use crate::site::{Fault, PASSWORD, Site};

/// Whether the account has this address, proven, and the guards that go with it.
fn has(site: &Site, id: &Value, email: &str) -> bool {
    let user = site.user(id);
    let active: Vec<_> = guards(site).into_iter().filter(|(_, kept)| !kept).map(|(email, _)| email).collect();
    let is = user["email"]["S"] == email;
    assert_eq!(active.contains(&email.to_owned()), is, "user and guards say the same");
    assert_eq!(active.len(), 1);
    is
}

#[tokio::test]
async fn what_a_lost_answer_has_done_is_done_once_and_said() {
    let (site, faults) = Site::with_faults(&[("THROTTLE_ENABLED", "false")]).await;
    let mut kim = site.member("kim@example.com").await;
    let confirm = site.link_to("kim@example.com", "/email/confirm/").await;
    kim.follow(&confirm).await;
    let token = kim.csrf_token().await;
    faults.next("TransactWriteItems", 1, Fault::ReplyLost);
    assert_eq!(kim.send_with(&token, Method::POST, "/email/confirm", json!({})).await.status, 200);
    kim.ask_for_address("new@example.com").await;
    let change = site.link_to("new@example.com", "/email/change/").await;
    kim.follow(&change).await;
    faults.next("TransactWriteItems", 1, Fault::ReplyLost);
    let answer = kim.send_with(&token, Method::POST, "/email/change/confirm", json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(has(&site, &kim.id, "new@example.com"));
    assert_eq!(site.user(&kim.id)["former_emails"]["L"].as_array().unwrap().len(), 1);
    let undo = site.link_to("kim@example.com", "/email/undo/").await;
    let mut owner = site.visitor();
    owner.follow(&undo).await;
    let token = owner.csrf_token().await;
    faults.next("TransactWriteItems", 1, Fault::ReplyLost);
    let answer = owner.send_with(&token, Method::POST, "/email/undo", json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(has(&site, &kim.id, "kim@example.com"));
}

#[tokio::test]
async fn what_a_crash_ends_is_done_or_can_be_done_again() {
    for (fault, done) in [(Fault::CrashBefore, false), (Fault::CrashAfter, true)] {
        let (site, faults) = Site::with_faults(&[("THROTTLE_ENABLED", "false")]).await;
        let mut kim = site.member("kim@example.com").await;
        site.amend(&kim.id, "email_verified", json!({ "BOOL": true }));
        kim.ask_for_address("new@example.com").await;
        let change = site.link_to("new@example.com", "/email/change/").await;
        kim.follow(&change).await;
        let token = kim.csrf_token().await;
        faults.next("TransactWriteItems", 1, fault.clone());
        let answer = kim.send_with(&token, Method::POST, "/email/change/confirm", json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "unavailable"));
        faults.clear();
        assert_eq!(has(&site, &kim.id, "new@example.com"), done);
        let again = kim.send_with(&token, Method::POST, "/email/change/confirm", json!({})).await;
        assert_eq!(again.status, if done { 410 } else { 200 }, "{}", again.text());
        assert!(has(&site, &kim.id, "new@example.com"));
        let undo = site.link_to("kim@example.com", "/email/undo/").await;
        let mut owner = site.visitor();
        owner.follow(&undo).await;
        let token = owner.csrf_token().await;
        faults.next("TransactWriteItems", 1, fault);
        let answer = owner.send_with(&token, Method::POST, "/email/undo", json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "unavailable"));
        faults.clear();
        assert_eq!(has(&site, &kim.id, "kim@example.com"), done);
        let again = owner.send_with(&token, Method::POST, "/email/undo", json!({})).await;
        assert_eq!(again.status, if done { 410 } else { 200 }, "{}", again.text());
        assert!(has(&site, &kim.id, "kim@example.com"));
        let promised = site.promised();
        assert_eq!(promised, ["reset_password"], "once, with what was done");
    }
}

#[tokio::test]
async fn a_sign_up_whose_answer_is_lost_promises_one_mail() {
    for verification in ["optional", "mandatory"] {
        let (site, faults) =
            Site::with_faults(&[("ACCOUNT_EMAIL_VERIFICATION", verification), ("THROTTLE_ENABLED", "false")]).await;
        let mut kim = site.program();
        let token = kim.csrf_token().await;
        let body = json!({ "email": "kim@example.com", "password1": PASSWORD, "password2": PASSWORD });
        faults.next("TransactWriteItems", 1, Fault::ReplyLost);
        let answer = kim.send_with(&token, Method::POST, "/signup", body.clone()).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        assert_eq!(site.promised(), ["confirm_email"], "{verification}");
        if verification == "mandatory" {
            faults.next("TransactWriteItems", 1, Fault::ReplyLost);
            assert_eq!(kim.send_with(&token, Method::POST, "/signup", body).await.status, 201);
            assert_eq!(site.promised(), ["confirm_email", "account_exists"]);
        }
    }
}
