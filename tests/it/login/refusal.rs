//! A refused log-in tells nothing: neither by its words, nor by its cost, nor by its time.

use serde_json::{Value, json};

use crate::site::{PASSWORD, Site};

#[tokio::test]
async fn a_wrong_password_shows_the_form_again() {
    let site = Site::start().await;
    let mut kim = site.visitor().with("accept-language", "en");
    kim.sign_up("kim@example.com").await;
    let form = [("username", "kim@example.com"), ("password", "wrong wrong wrong"), ("next", "/profile")];
    let answer = kim.post("/login", &form).await;
    assert_eq!(answer.status, 401);
    let page = answer.text();
    assert!(page.contains("value=\"kim@example.com\"") && page.contains("role=\"alert\""));
    assert!(
        page.contains("name=\"next\" value=\"/profile\"") || page.contains("name=\"next\" value=\"&#x2f;profile\"")
    );
    assert!(!page.contains("wrong wrong"));
    assert!(kim.whoami().await.is_null());
    assert!(site.sessions().is_empty());
}

#[tokio::test]
async fn what_is_typed_as_a_name_is_escaped() {
    let site = Site::start().await;
    let answer = site.visitor().post("/login", &[("username", "\"><svg/onload=1>"), ("password", "wrong")]).await;
    assert_eq!(answer.status, 401);
    assert!(!answer.text().contains("<svg") && answer.text().contains("&lt;svg"));
}

#[tokio::test]
async fn a_missing_field_is_named() {
    let site = Site::start().await;
    let answer = site.program().post_json("/login", json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, "invalid"));
    assert_eq!(
        (answer.field("username"), answer.field("password")),
        (vec!["required".into()], vec!["required".into()])
    );
}

#[tokio::test]
async fn unknown_wrong_inactive_and_passwordless_are_answered_alike() {
    // Eight passes cost at least this much on any machine: an answer that is faster has computed no hash.
    const LEAST_MS: f64 = 20.0;
    let site = Site::start_with(|options| options.settings.push(("ARGON2_ITERATIONS".into(), "8".into()))).await;
    let mut program = site.program();
    program.sign_up("kim@example.com").await;
    let inactive = program.sign_up("inactive@example.com").await;
    site.amend(&inactive["id"], "is_active", json!({ "BOOL": false }));
    let passwordless = program.sign_up("passwordless@example.com").await;
    site.amend(&passwordless["id"], "password", json!({ "S": "!" }));

    let mut answers = Vec::new();
    for (who, password) in [
        ("kim@example.com", "wrong wrong wrong"),
        ("nobody@example.com", PASSWORD),
        ("nobody", PASSWORD),
        ("not a name at all!", PASSWORD),
        ("inactive@example.com", PASSWORD),
        ("inactive@example.com", "wrong wrong wrong"),
        ("passwordless@example.com", PASSWORD),
        ("passwordless@example.com", "!"),
    ] {
        let answer = program.post_json("/login", json!({ "username": who, "password": password })).await;
        let mut body = answer.json();
        assert_eq!(body["error"]["code"], "invalid_login");
        body["error"]["request_id"] = Value::Null;
        let mut headers: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        headers.sort();
        let cost = answer.cost();
        assert!(answer.line().0["duration_ms"].as_f64().unwrap() > LEAST_MS, "{who}: no hash");
        assert_eq!(answer.line().0["user"], "");
        answers.push((who, (answer.status.as_u16(), body, headers, cost.calls, cost.trips, cost.read_units)));
    }
    for (who, answer) in &answers {
        assert_eq!(answer, &answers[0].1, "{who}");
    }
    assert_eq!(answers[0].1.0, 401);
    assert!(site.sessions().is_empty());
}

#[tokio::test]
async fn an_account_that_is_closed_is_out_at_once() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    site.amend(&kim.id.clone(), "is_active", json!({ "BOOL": false }));
    assert!(kim.whoami().await.is_null());
    assert_eq!(kim.json().get("/profile").await.status, 401);
}
