//! A cookie that is not exactly one of ours is nobody's: no error, no row.

use http::Method;

use crate::site::{Site, Visitor};

/// What the site answers to this whole `Cookie` header: anonymous, without an error.
async fn assert_anonymous(visitor: &Visitor<'_>, header: &str) {
    let shown = &header[..header.len().min(80)];
    let mut visitor = visitor.with_session(None).json();
    let answer = visitor.send(Method::GET, "/", &[("cookie", header)], bytes::Bytes::new()).await;
    assert_eq!(answer.status, 200, "{shown}");
    assert!(answer.json()["user"].is_null(), "{shown}");
    let answer = visitor.send(Method::GET, "/profile", &[("cookie", header)], bytes::Bytes::new()).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login_required"), "{shown}");
}

#[tokio::test]
async fn odd_cookies_are_nobodys() {
    let site = Site::start().await;
    let kim = site.member("kim@example.com").await;
    let lee = site.member("lee@example.com").await;
    let (good, other) = (kim.session_cookie(), lee.session_cookie());
    let (id, secret) = good.split_once('.').unwrap();
    let (lees_id, lees_secret) = other.split_once('.').unwrap();
    let before = site.state();
    let mut headers: Vec<String> =
        ["", " ", "   ", "%00", "\"\"", ".", "..", "null", "undefined", "0", "{}", "*", "#n", ":v", "USER#1"]
            .iter()
            .map(|value| format!("sessionid={value}"))
            .collect();
    headers.extend([
        "sessionid".to_owned(),
        format!("sessionid=\"{good}\""),
        format!("sessionid={good}="),
        format!("sessionid={good}."),
        format!("sessionid=.{good}"),
        format!("sessionid={good}%00"),
        format!("sessionid={id}"),
        format!("sessionid={id}."),
        format!("sessionid={secret}"),
        // Without the user, and with another one.
        format!("sessionid=.{secret}"),
        format!("sessionid={lees_id}.{secret}"),
        format!("sessionid={id}.{lees_secret}"),
        format!("sessionid={}.{secret}", id.to_uppercase()),
        format!("sessionid={}.{secret}", id.replace('-', "")),
        format!("sessionid={{{id}}}.{secret}"),
        format!("sessionid=00000000-0000-0000-0000-000000000000.{secret}"),
        format!("sessionid={}", &good[..good.len() - 1]),
        format!("sessionid={good}A"),
        format!("SESSIONID={good}"),
        format!("__Host-sessionid={good}"),
        format!("xsessionid={good}"),
        // Twice: one of them was planted, and nobody can tell which.
        format!("sessionid={good}; sessionid={other}"),
        format!("sessionid={good}; sessionid={good}"),
        format!("sessionid={good}; a=b; sessionid="),
        format!("sessionid={}", "x".repeat(9_000)),
        format!("a=[; b=\"sessionid={good}\""),
    ]);
    for header in &headers {
        assert_anonymous(&kim, header).await;
    }
    let mut kim = kim;
    let answer = kim.with_session(Some(&"x".repeat(20_000))).get("/").await;
    assert_eq!(answer.status, 431, "API Gateway's own limit");
    assert_eq!(site.state(), before);
    assert_eq!(kim.whoami().await["email"], "kim@example.com", "the right one still is");
}

#[tokio::test]
async fn a_flipped_bit_anywhere_makes_it_nobodys() {
    let site = Site::start().await;
    let kim = site.member("kim@example.com").await;
    let cookie = kim.session_cookie();
    let before = site.state();
    for index in 0..cookie.len() {
        for bit in [1, 2, 4] {
            let mut bytes = cookie.clone().into_bytes();
            bytes[index] ^= bit;
            let text = String::from_utf8(bytes).unwrap();
            let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
            if visible {
                assert!(kim.with_session(Some(&text)).whoami().await.is_null(), "byte {index}, bit {bit}");
            }
        }
    }
    assert_eq!(site.state(), before);
}

#[tokio::test]
async fn a_thousand_random_cookies_make_no_row() {
    let site = Site::start().await;
    let rng = &portico::rng::SystemRng as &dyn portico::rng::Rng;
    let user = rng.uuid(jiff::Timestamp::now());
    for index in 0..1_000 {
        let owner = if index % 2 == 0 { String::new() } else { user.to_string() };
        let mut visitor = site.visitor().with_session(Some(&format!("{owner}.{}", rng.token())));
        let answer = visitor.get("/csrf").await;
        assert_eq!(answer.status, 200);
        assert!(!visitor.cookies.contains_key("sessionid"), "it is taken back");
    }
    assert!(site.state().is_empty());
}

#[tokio::test]
async fn a_cookie_of_anothers_epoch_is_dead() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    site.amend(&kim.id.clone(), "session_epoch", serde_json::json!({ "N": "2" }));
    assert!(kim.with_session(Some(&kim.session_cookie())).whoami().await.is_null());
    // An epoch of the future is no better: a restored backup must not bring sessions back.
    site.amend(&kim.id.clone(), "session_epoch", serde_json::json!({ "N": "0" }));
    assert!(kim.whoami().await.is_null());
}
