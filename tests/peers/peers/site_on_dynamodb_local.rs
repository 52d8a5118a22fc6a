//! The site itself on AWS's `DynamoDB` Local: what it does there is what it does here, answer by answer.

use std::sync::Arc;

use http::Method;
use serde_json::json;
use uuid::Uuid;

use crate::dynamodb_local::DynamoDbLocal;
use crate::mirror::Mirror;
use crate::site::{PASSWORD, Site, pictures};
use crate::tables::contract::tables;

const KIM: &str = "kim@example.com";
const NEW: &str = "a new pass phrase";

/// A site on it, with what becomes of its calls.
async fn start() -> (Site, Mirror, Arc<DynamoDbLocal>) {
    let server = DynamoDbLocal::running();
    let prefix = format!("t{}-", Uuid::new_v4().simple());
    server.create(&tables(&prefix)).await;
    let mirror = Mirror::new(server.url(), prefix);
    let site = Site::start_with(|options| {
        options.http_client = Some(mirror.client());
        options.deliver_events = false;
        // A machine that runs many tests at once is slow, and each call is two.
        for name in ["AWS_ATTEMPT_TIMEOUT_MS", "AWS_OPERATION_TIMEOUT_MS"] {
            options.settings.push((name.to_owned(), "20000".to_owned()));
        }
    })
    .await;
    (site, mirror, server)
}

/// That both engines have answered alike, and were asked for all of these.
fn agree(mirror: &Mirror, operations: &[&str]) {
    let differences = mirror.differences();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    let calls = mirror.calls();
    for operation in operations {
        assert!(calls.contains_key(*operation), "{operation} is not among {calls:?}");
    }
}

#[tokio::test]
async fn an_account_from_the_sign_up_to_the_forced_log_out() {
    let (site, mirror, _server) = start().await;
    let mut kim = site.visitor();
    kim.post("/preferences/theme", &[("theme", "dark")]).await;
    kim.sign_up(KIM).await;
    let link = site.link_to(KIM, "/email/confirm/").await;
    assert_eq!(kim.follow(&link).await.status, 200);
    assert_eq!(kim.post("/email/confirm", &[]).await.status, 303);
    let body = json!({ "username": KIM, "password": "wrong" });
    assert_eq!(site.program().post_json("/login", body).await.status, 401);
    kim.log_in(KIM).await;
    assert_eq!(kim.whoami().await["email_verified"], true);

    let edit = json!({ "version": 1, "bio": "hello" });
    assert_eq!(kim.clone().json().send_json(Method::PATCH, "/profile", edit.clone()).await.status, 200);
    let late = json!({ "version": 1, "bio": "something else" });
    assert_eq!(kim.clone().json().send_json(Method::PATCH, "/profile", late).await.status, 409);
    let page = kim.get("/profile").await;
    assert!(page.text().contains("hello"));

    let mut other = site.visitor();
    other.log_in(KIM).await;
    assert_eq!(other.clone().post("/logout", &[]).await.status, 303);
    assert!(other.whoami().await.is_null(), "this device is logged out");
    assert_eq!(kim.whoami().await["email"], KIM, "the other one is not");
    let mut others = Vec::new();
    for _ in 0..3 {
        let mut other = site.visitor();
        other.log_in(KIM).await;
        others.push(other);
    }
    assert_eq!(kim.clone().post("/logout/all", &[]).await.status, 303);
    for visitor in others.iter_mut().chain([&mut kim]) {
        assert!(visitor.whoami().await.is_null(), "every one is logged out, on the very next request");
    }
    kim.log_in(KIM).await;
    assert_eq!(kim.whoami().await["email"], KIM);
    let operations = ["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"];
    agree(&mirror, &operations);
}

#[tokio::test]
async fn a_password_is_reset_and_an_address_changed_by_the_links_in_the_mails() {
    let (site, mirror, _server) = start().await;
    let mut kim = site.member(KIM).await;
    assert_eq!(site.visitor().ask_for_reset(KIM).await.status, 303);
    let link = site.link_to(KIM, "/password/reset/").await;
    let mut mailed = site.visitor();
    assert_eq!(mailed.follow(&link).await.status, 200);
    assert_eq!(mailed.set_password(NEW).await.status, 303);
    assert!(kim.whoami().await.is_null());
    assert!(kim.can_log_in(&site, KIM, NEW).await);
    assert_ne!(site.visitor().get(&link).await.status, 200, "once");
    let mut kim = site.visitor();
    kim.post("/login", &[("username", KIM), ("password", NEW)]).await;
    let asked = kim.post("/email", &[("email", "kim@example.org"), ("password", NEW)]).await;
    assert_eq!(asked.status, 303, "{}", asked.text());
    let link = site.link_to("kim@example.org", "/email/change/").await;
    assert_eq!(kim.follow(&link).await.status, 200);
    assert_eq!(kim.post("/email/change/confirm", &[]).await.status, 303);
    let link = site.link_to(KIM, "/email/undo/").await;
    let mut owner = site.visitor();
    assert_eq!(owner.follow(&link).await.status, 200);
    assert!(owner.post("/email/undo", &[]).await.status.is_redirection());
    assert!(kim.whoami().await.is_null(), "whoever changed it is out");
    let taken = json!({ "email": KIM, "password1": PASSWORD, "password2": PASSWORD });
    assert_eq!(site.program().post_json("/signup", taken).await.status, 422);
    agree(&mirror, &["GetItem", "UpdateItem", "TransactWriteItems"]);
}

#[tokio::test]
async fn a_picture_and_then_the_whole_account_go() {
    let (site, mirror, _server) = start().await;
    let mut kim = site.member(KIM).await;
    let id = kim.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    assert_eq!(kim.state(&id).await["state"], "ready");
    assert!(kim.avatar().await["url"].is_string());
    let files = kim.send_file("document", "notes.txt", "text/plain", b"hello").await;
    site.deliver_next().await;
    assert_eq!(kim.state(&files).await["state"], "ready");
    assert_eq!(kim.clone().json().get("/media").await.status, 200);

    let answer = kim.post("/profile/delete", &[("password", PASSWORD), ("confirm", "on")]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    site.deliver_mail().await;
    assert!(kim.whoami().await.is_null());
    assert_eq!(site.lasting_objects(), Vec::<String>::new());
    kim.sign_up(KIM).await;
    agree(&mirror, &["Query", "BatchWriteItem", "DeleteItem", "TransactWriteItems"]);
}
