//! The log: one line a request that tells what happened, and no secret.

use http::Method;
use serde_json::{Value, json};

use crate::site::{Site, log};

#[tokio::test]
async fn a_request_is_one_line_with_what_is_known_of_it() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await.json();
    let page = kim.get("/profile").await;
    let line = page.line().0;
    assert_eq!((&line["method"], &line["route"], &line["status"]), (&json!("GET"), &json!("/profile"), &json!(200)));
    assert_eq!((&line["user"], &line["address"]), (&kim.id, &json!("192.0.2.1")));
    assert!(line["duration_ms"].as_f64().is_some_and(|ms| ms > 0.0 && ms < 60_000.0));
    assert_eq!((&line["dynamodb_calls"], &line["dynamodb_trips"]), (&json!(1), &json!(1)));
    assert_eq!((line["read_units"].as_f64(), line["write_units"].as_f64()), (Some(2.0), Some(0.0)));
    assert_eq!((&line["code"], &line["error"], &line["level"]), (&json!(""), &json!(""), &json!("INFO")));
    assert!(line["timestamp"].as_str().is_some());

    // The pattern of a route, not the path: identifiers in paths are somebody's.
    let upload = kim.get("/uploads/0190a5b0-0000-7000-8000-000000000000").await;
    assert_eq!(upload.line().0["route"], "/uploads/{id}");
    let missing = site.program().get("/nowhere").await.line().0;
    assert_eq!((&missing["route"], &missing["status"], &missing["user"]), (&json!("-"), &json!(404), &json!("")));
    let refused = kim.send(Method::POST, "/logout", &[], bytes::Bytes::new()).await.line().0;
    assert_eq!((&refused["code"], &refused["level"]), (&json!("csrf_failed"), &json!("WARN")));
    assert!(refused["error"].as_str().is_some_and(|cause| cause.contains("no token")), "{refused}");
    let all = log::lines();
    assert_eq!(all.iter().filter(|line| line.contains(page.header("x-request-id"))).count(), 1);
}

#[tokio::test]
async fn no_secret_is_in_any_line() {
    let site = Site::start().await;
    let canary = "canary-7d1f-password";
    let mut kim = site.program().with("user-agent", "canary-7d1f-agent").with("authorization", "Bearer canary-7d1f");
    let body = json!({ "email": "kim@example.com", "password1": canary, "password2": canary });
    let user = kim.post_json("/signup", body).await.json()["user"].clone();
    let short = json!({ "email": "lee@example.com", "password1": "canary-7d", "password2": "canary-7" });
    assert_eq!(kim.post_json("/signup", short).await.status, 422);
    for (password, status) in [("canary-7d1f-wrong", 401), (canary, 200)] {
        let body = json!({ "username": "kim@example.com", "password": password });
        assert_eq!(kim.post_json("/login", body).await.status, status);
    }
    let token = kim.csrf_token().await;
    let json_type = ("content-type", "application/json");
    for body in [
        format!("\"{canary}\""),
        format!("{{\"password\":\"{canary}\""),
        format!("{{\"{canary}\":1,\"{canary}\":2}}"),
        format!("{{\"username\":\"x\",\"password\":[\"{canary}\"]}}"),
        canary.to_owned(),
    ] {
        let headers = [json_type, ("x-csrftoken", &*token)];
        let answer = kim.send(Method::POST, "/login", &headers, body.clone().into()).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(!answer.line().0["error"].as_str().unwrap().is_empty(), "the log says why");
    }
    for body in [format!("{canary}&{canary}"), format!("password={canary}&password={canary}"), format!("{canary}=%ff")]
    {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-csrftoken", &*token)];
        assert_eq!(kim.send(Method::POST, "/login", &headers, body.into()).await.status, 400);
    }
    kim.get(&format!("/login?next=/{canary}&password={canary}")).await;
    kim.get(&format!("/login?next={canary}&next={canary}")).await;
    kim.get(&format!("/uploads/{canary}")).await;
    kim.get(&format!("/nowhere/{canary}")).await;
    let wrong = [("x-csrftoken", "canary-7d1f-token"), json_type];
    assert_eq!(kim.send(Method::POST, "/login", &wrong, "{}".into()).await.status, 403);
    kim.with_session(Some("canary-7d1f-cookie")).get("/profile").await;

    let log = log::lines().join("");
    let hash = site.user(&user["id"])["password"]["S"].as_str().unwrap().to_owned();
    let (session, csrf) = (kim.session_cookie(), kim.cookies["csrftoken"].clone());
    let secret = session.split('.').nth(1).unwrap().to_owned();
    for secret in ["canary-7d", &*hash, "$argon2id$", &*secret, &*csrf, &*token] {
        assert!(!log.contains(secret), "{secret}: {:?}", log.lines().find(|line| line.contains(secret)));
    }
}

#[tokio::test]
async fn nothing_that_is_sent_begins_a_line_of_its_own() {
    let site = Site::start().await;
    let nasty = "%0A{\"level\":\"ERROR\",\"target\":\"portico::request\",\"forged\":\"4711-a\"}%0D%0A%1B[31m";
    let agent = "x\" ,\"forged\":\"4711-b\"} {\"level\":\"ERROR\"}";
    let mut visitor = site.program().with("user-agent", agent);
    for path in [format!("/uploads/{nasty}"), format!("/{nasty}"), format!("/login?next={nasty}&next={nasty}")] {
        let answer = visitor.get(&path.replace(['{', '}', '"'], "%22")).await;
        assert!(answer.status.is_client_error());
        answer.line();
    }
    let body = r#"{"theme":"dark\n{\"forged\":\"4711-c\"}"}"#;
    let token = visitor.csrf_token().await;
    let headers = [("content-type", "application/json"), ("x-csrftoken", &*token)];
    assert_eq!(visitor.send(Method::POST, "/preferences/theme", &headers, body.into()).await.status, 422);
    for line in log::lines() {
        let parsed: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(parsed.get("forged").is_none());
        assert_eq!(line.trim_end().lines().count(), 1);
        assert!(!line.contains('\u{1b}'));
    }
}
