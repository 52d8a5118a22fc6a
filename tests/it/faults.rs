//! What visitors see when DynamoDB or S3 do not do what they should: an answer, in time, and never an identity.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};

use crate::site::uploading::ask;
use crate::site::{Answer, Fault, PASSWORD, Site, Visitor, pictures, s3};

fn sign_up() -> Value {
    json!({ "email": "kim@example.com", "password1": PASSWORD, "password2": PASSWORD })
}

fn log_in() -> Value {
    json!({ "username": "kim@example.com", "password": PASSWORD })
}

fn assert_unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.header("retry-after").parse::<u32>().is_ok());
    assert!(!answer.header("x-request-id").is_empty());
    assert_eq!(answer.code(), "unavailable");
    assert!(!answer.text().contains("kim@example.com"));
}

/// The page as a person gets it.
async fn page(visitor: &Visitor<'_>, path: &str) -> Answer {
    visitor.clone().html().get(path).await
}

#[tokio::test]
async fn a_sign_up_whose_answer_is_lost_has_signed_up_once() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.program();
    let token = kim.csrf_token().await;
    faults.next("TransactWriteItems", 1, Fault::ReplyLost);
    let answer = kim.send_with(&token, Method::POST, "/signup", sign_up()).await;
    assert_eq!(answer.status, 201, "nobody is told that their address is taken by themselves: {}", answer.text());
    assert_eq!(faults.count("TransactWriteItems"), 2);
    assert_eq!(site.items("accounts").len(), 2, "one user, one guard");
    kim.log_in("kim@example.com").await;
}

#[tokio::test]
async fn a_log_in_whose_answer_is_lost_has_logged_in() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.program();
    kim.sign_up("kim@example.com").await;
    let token = kim.csrf_token().await;
    for (name, sessions) in [("PutItem", 1), ("UpdateItem", 2)] {
        faults.next(name, 1, Fault::ReplyLost);
        let mut person = kim.clone();
        let answer = person.send_with(&token, Method::POST, "/login", log_in()).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        assert_eq!(person.whoami().await["email"], "kim@example.com");
        assert_eq!(site.sessions().len(), sessions);
    }
}

#[tokio::test]
async fn an_edit_whose_answer_is_lost_is_not_a_conflict_with_oneself() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    let token = kim.csrf_token().await;
    faults.next("UpdateItem", 1, Fault::ReplyLost);
    let body = json!({ "version": 1, "bio": "once" });
    let answer = kim.send_with(&token, Method::PATCH, "/profile", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!((&answer.json()["user"]["bio"], &answer.json()["user"]["version"]), (&json!("once"), &json!(2)));
}

#[tokio::test]
async fn a_promise_whose_answer_is_lost_is_made_once() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    let token = kim.csrf_token().await;
    faults.next("TransactWriteItems", 1, Fault::ReplyLost);
    let answer = kim.send_with(&token, Method::POST, "/uploads", ask("image/png", 10, "POST")).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(site.notes().len(), 1);
}

#[tokio::test]
async fn throttled_up_to_three_times_is_a_success_within_two_seconds() {
    let (site, faults) = Site::with_faults(&[]).await;
    let kim = site.member("kim@example.com").await.json();
    for times in 1..=3 {
        faults.clear();
        faults.next("BatchGetItem", times, Fault::throttled());
        let begun = Instant::now();
        let answer = kim.clone().get("/profile").await;
        assert_eq!(answer.status, 200, "{times} times: {}", answer.text());
        assert!(begun.elapsed() < Duration::from_secs(2), "{times} times took {:?}", begun.elapsed());
        assert_eq!(faults.count("BatchGetItem"), times + 1);
    }
}

#[tokio::test]
async fn throttled_for_ever_is_unavailable_and_says_when_to_come_back() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.program();
    let token = kim.csrf_token().await;
    for fault in [Fault::throttled(), Fault::internal(), Fault::NotSent] {
        faults.clear();
        faults.always("TransactWriteItems", fault);
        assert_unavailable(&kim.send_with(&token, Method::POST, "/signup", sign_up()).await);
        assert!(faults.count("TransactWriteItems") > 1, "it was tried again");
    }
    assert_eq!(site.items("accounts"), [] as [Value; 0]);
}

#[tokio::test]
async fn a_table_that_never_answers_is_unavailable_in_time() {
    let limits = [("AWS_ATTEMPT_TIMEOUT_MS", "100"), ("AWS_OPERATION_TIMEOUT_MS", "300")];
    let (site, faults) = Site::with_faults(&limits).await;
    let mut kim = site.member("kim@example.com").await.json();
    let token = kim.csrf_token().await;
    faults.always("", Fault::Silence);
    for (method, path, body) in [
        (Method::GET, "/profile", Value::Null),
        (Method::PATCH, "/profile", json!({ "version": 1 })),
        (Method::POST, "/uploads", ask("image/png", 10, "POST")),
        (Method::POST, "/login", log_in()),
        (Method::POST, "/logout", json!({})),
    ] {
        let begun = Instant::now();
        let answer = match method {
            Method::GET => kim.get(path).await,
            _ => kim.send_with(&token, method, path, body).await,
        };
        assert_unavailable(&answer);
        assert!(begun.elapsed() < Duration::from_secs(4), "{path} took {:?}", begun.elapsed());
    }
    faults.clear();
    assert_eq!(kim.get("/profile").await.status, 200, "and afterwards all is as it was");
}

#[tokio::test]
async fn what_a_batch_leaves_unread_is_never_taken_for_absent() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    kim.get("/profile").await;
    let read = faults.calls().into_iter().rev().find(|call| call.name == "BatchGetItem").unwrap();
    let nothing = json!({ "Responses": {}, "UnprocessedKeys": read.body["RequestItems"] });
    faults.always("BatchGetItem", Fault::Answer(200, nothing.clone()));
    assert_unavailable(&kim.get("/profile").await);
    assert_unavailable(&kim.get("/").await);
    let page = page(&kim, "/profile").await;
    assert_eq!((page.status.as_u16(), page.header("location")), (503, ""), "not the log-in page");
    assert!(page.set_cookies().iter().all(|cookie| !cookie.starts_with("sessionid=")), "and the cookie stays");
    faults.clear();
    faults.next("BatchGetItem", 2, Fault::Answer(200, nothing));
    assert_eq!(kim.get("/profile").await.status, 200, "what was left is asked for again");
    assert_eq!(faults.count("BatchGetItem"), 3);
}

#[tokio::test]
async fn a_session_that_cannot_be_read_is_nobodys() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    let token = kim.csrf_token().await;
    for fault in [Fault::internal(), Fault::error("AccessDeniedException"), Fault::Answer(200, json!("nonsense"))] {
        faults.clear();
        faults.always("BatchGetItem", fault.clone());
        for path in ["/", "/profile", "/login", "/no-such-page"] {
            for answer in [kim.get(path).await, page(&kim, path).await] {
                let is_json = answer.header("content-type") == "application/json";
                // The form of a log-in asks nobody who they are, in JSON.
                let expected: &[u16] = if is_json && path == "/login" { &[200] } else { &[500, 503] };
                assert!(expected.contains(&answer.status.as_u16()), "{fault:?} {path}: {}", answer.status);
                assert!(!answer.text().contains("kim@example.com"), "{fault:?} {path}");
                assert!(answer.set_cookies().iter().all(|cookie| !cookie.starts_with("sessionid=")), "{path}");
            }
        }
        let edit = kim.clone().send_with(&token, Method::PATCH, "/profile", json!({ "version": 1, "bio": "x" })).await;
        assert!(edit.status.is_server_error(), "{fault:?}: {}", edit.status);
    }
    faults.clear();
    assert_eq!(kim.get("/profile").await.json()["user"]["bio"], "");
}

#[tokio::test]
async fn a_conflict_of_transactions_is_tried_again_and_then_unavailable() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.program();
    let token = kim.csrf_token().await;
    faults.always("TransactWriteItems", Fault::transaction_conflict());
    assert_unavailable(&kim.send_with(&token, Method::POST, "/signup", sign_up()).await);
    assert_eq!(faults.count("TransactWriteItems"), 5);
    faults.clear();
    faults.next("TransactWriteItems", 4, Fault::transaction_conflict());
    assert_eq!(kim.send_with(&token, Method::POST, "/signup", sign_up()).await.status, 201);
}

#[tokio::test]
async fn a_write_that_meets_a_transaction_is_tried_again() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    let token = kim.csrf_token().await;
    faults.next("UpdateItem", 2, Fault::error("TransactionConflictException"));
    let body = json!({ "version": 1, "bio": "in the end" });
    let answer = kim.send_with(&token, Method::PATCH, "/profile", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    faults.always("UpdateItem", Fault::error("TransactionConflictException"));
    assert_unavailable(&kim.send_with(&token, Method::PATCH, "/profile", json!({ "version": 2, "bio": "x" })).await);
}

#[tokio::test]
async fn a_log_in_that_cannot_be_written_down_is_refused() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.program();
    kim.sign_up("kim@example.com").await;
    let token = kim.csrf_token().await;
    for name in ["PutItem", "UpdateItem", "GetItem"] {
        faults.clear();
        faults.always(name, Fault::internal());
        let mut person = kim.clone();
        let answer = person.send_with(&token, Method::POST, "/login", log_in()).await;
        assert_unavailable(&answer);
        assert!(answer.set_cookies().iter().all(|cookie| !cookie.starts_with("sessionid=")), "{name}");
        faults.clear();
        assert_eq!(person.whoami().await, Value::Null, "{name}");
    }
}

#[tokio::test]
async fn a_log_out_that_cannot_be_written_down_is_not_said_to_be_done() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    let token = kim.csrf_token().await;
    for (path, name) in [("/logout", "UpdateItem"), ("/logout/all", "TransactWriteItems")] {
        faults.clear();
        faults.always(name, Fault::internal());
        assert_unavailable(&kim.clone().send_with(&token, Method::POST, path, json!({})).await);
        faults.clear();
        assert_eq!(kim.get("/profile").await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn without_s3_pages_and_promises_still_work_and_pictures_come_later() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    kim.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    let id = kim.upload(&pictures::png(), "image/png").await;
    for name in ["GET held", "PUT media", "DELETE uploads", "DELETE media"] {
        faults.always(name, Fault::CrashBefore);
    }
    let event = site.stack.next_s3_event().await;
    assert_eq!(site.stack.deliver(&event).await, local::Delivery::Failed);
    assert_eq!(page(&kim, "/profile").await.status, 200);
    assert_eq!(kim.clone().json().post_json("/uploads", ask("image/png", 10, "POST")).await.status, 201);
    assert_eq!(kim.state(&id).await["state"], "verifying");
    faults.clear();
    // A newer promise was made meanwhile, so this one is superseded; the next is not.
    assert_eq!(site.stack.deliver(&event).await, local::Delivery::Done);
    let id = kim.upload(&pictures::png(), "image/png").await;
    faults.next("GET held", 1, Fault::CrashBefore);
    let event = site.stack.next_s3_event().await;
    assert_eq!(site.stack.deliver(&event).await, local::Delivery::Failed);
    assert_eq!(site.stack.deliver(&event).await, local::Delivery::Done);
    let state = kim.state(&id).await;
    assert_eq!(state["state"], "ready");
    assert_eq!(s3::get(state["url"].as_str().unwrap()).await.status, 200);
}
