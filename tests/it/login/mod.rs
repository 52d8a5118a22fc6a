//! `/login`.

mod next;
mod refusal;

use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::site::{PASSWORD, Site};

#[tokio::test]
async fn a_member_logs_in_by_address_or_by_name_in_any_case() {
    let site = Site::start().await;
    let body =
        json!({ "email": "Kim@Example.com", "username": "Kim_Lee", "password1": PASSWORD, "password2": PASSWORD });
    let user = site.program().post_json("/signup", body).await.json()["user"].clone();
    for name in ["Kim@Example.com", " kim@example.COM ", "kim_lee", "\u{ff2b}IM_LEE"] {
        let mut kim = site.program();
        let answer = kim.post_json("/login", json!({ "username": name, "password": PASSWORD })).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        assert_eq!((&answer.json()["user"]["id"], &answer.json()["next"]), (&user["id"], &json!("/")));
        assert_eq!(kim.whoami().await["email"], "Kim@Example.com");
    }
}

#[tokio::test]
async fn a_page_leads_on_with_a_message_and_greets() {
    let site = Site::start().await;
    let mut kim = site.visitor().with("accept-language", "en");
    kim.sign_up("kim@example.com").await;
    let page = kim.get("/login").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("name=\"remember\""));
    let answer = kim.post("/login", &[("username", "kim@example.com"), ("password", PASSWORD)]).await;
    assert_eq!((answer.status.as_u16(), answer.header("location"), answer.body.len()), (303, "/", 0));
    let page = kim.get("/").await.text();
    assert!(
        page.contains("You are logged in") && page.contains("kim@example.com") && page.contains("action=\"/logout\"")
    );
}

#[tokio::test]
async fn the_time_and_the_address_of_a_log_in_are_recorded() {
    let site = Site::start().await;
    let mut kim = site.program().with("x-forwarded-for", "203.0.113.9").with("forwarded", "for=203.0.113.9");
    let id = kim.sign_up("kim@example.com").await["id"].clone();
    assert!(site.user(&id).get("last_login").is_none());
    site.clock.advance(SignedDuration::from_hours(5));
    let user = kim.log_in("kim@example.com").await;
    let at: jiff::Timestamp = user["last_login"].as_str().unwrap().parse().unwrap();
    assert!(at > jiff::Timestamp::now() + SignedDuration::from_hours(4));
    let stored = site.user(&id);
    assert_eq!(stored["last_login"]["S"], user["last_login"]);
    assert_eq!(stored["last_login_ip"]["S"], "192.0.2.1", "no header changes the address");
    assert_eq!(kim.whoami().await["last_login"], user["last_login"]);
}

#[tokio::test]
async fn remembering_is_a_cookie_with_an_age_and_its_absence_one_without() {
    let site = Site::start().await;
    site.program().sign_up("kim@example.com").await;
    for (remember, age) in [
        (json!(true), Some("Max-Age=1209600")),
        (json!("on"), Some("Max-Age=1209600")),
        (json!(false), None),
        (Value::Null, None),
    ] {
        let body = json!({ "username": "kim@example.com", "password": PASSWORD, "remember": remember });
        let answer = site.program().post_json("/login", body).await;
        let cookies = answer.set_cookies();
        let cookie = cookies.iter().find(|cookie| cookie.starts_with("sessionid=")).unwrap();
        match age {
            Some(age) => assert!(cookie.contains(age), "{remember}: {cookie}"),
            None => assert!(!cookie.contains("Max-Age") && !cookie.contains("Expires"), "{remember}: {cookie}"),
        }
    }
}

#[tokio::test]
async fn a_log_in_changes_the_identifier_and_keeps_what_a_visitor_chose() {
    let site = Site::start().await;
    let mut kim = site.visitor();
    kim.sign_up("kim@example.com").await;
    kim.post("/preferences/theme", &[("theme", "dark")]).await;
    let planted = kim.session_cookie();
    kim.log_in("kim@example.com").await;
    assert_ne!(kim.session_cookie(), planted);
    assert!(kim.get("/").await.text().contains("data-theme=\"dark\""));
    // Whoever planted the identifier has nothing with it.
    let mut attacker = site.visitor().with_session(Some(&planted));
    let page = attacker.get("/").await.text();
    assert!(!page.contains("kim@example.com") && page.contains("data-theme=\"auto\""));
    assert_eq!(site.sessions().len(), 1);
    // Logging in again moves on once more.
    let first = kim.session_cookie();
    kim.log_in("kim@example.com").await;
    assert!(kim.with_session(Some(&first)).whoami().await.is_null());
    assert_eq!(site.sessions().len(), 1);
}

#[tokio::test]
async fn another_users_session_hands_nothing_on() {
    let site = Site::start().await;
    let mut browser = site.member("kim@example.com").await;
    site.program().sign_up("lee@example.com").await;
    browser.post("/preferences/theme", &[("theme", "dark")]).await;
    let kims = browser.session_cookie();
    browser.log_in("lee@example.com").await;
    assert_eq!(browser.whoami().await["email"], "lee@example.com");
    let page = browser.get("/").await.text();
    assert!(page.contains("data-theme=\"auto\"") && !page.contains("kim@example.com"));
    assert!(browser.with_session(Some(&kims)).whoami().await.is_null(), "the session that was replaced is over");
}

#[tokio::test]
async fn a_password_that_is_typed_in_other_code_points_is_the_same() {
    let site = Site::start().await;
    let (composed, decomposed) = ("caf\u{e9} au lait", "cafe\u{301} au lait");
    let body = json!({ "email": "kim@example.com", "password1": composed, "password2": decomposed });
    assert_eq!(site.program().post_json("/signup", body).await.status, 201);
    for (password, status) in [(decomposed, 200), ("caf\u{e9} au lait ", 401), ("Caf\u{e9} au lait", 401)] {
        let body = json!({ "username": "kim@example.com", "password": password });
        assert_eq!(site.program().post_json("/login", body).await.status.as_u16(), status, "{password:?}");
    }
}

#[tokio::test]
async fn looking_at_the_form_changes_nothing() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let before = site.state();
    for path in ["/login", "/signup", "/login?next=/profile", "/logout"] {
        kim.get(path).await;
        kim.send(Method::HEAD, path, &[], bytes::Bytes::new()).await;
    }
    assert_eq!(site.state(), before);
}
