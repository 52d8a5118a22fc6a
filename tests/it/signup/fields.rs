//! What is wrong with a field is said of that field, all of it at once, and nothing is stored.

use serde_json::{Value, json};

use super::form;
use crate::site::{PASSWORD, Site};

#[tokio::test]
async fn every_rule_that_a_field_breaks_is_named() {
    let site = Site::start().await;
    let mut program = site.program();
    let (long_name, long_phone, long_email) =
        ("x".repeat(151), "1".repeat(21), format!("{}@{}com", "x".repeat(60), "y.".repeat(100)));
    let cases: Vec<(&str, Value, &[&str])> = vec![
        ("email", json!(null), &["required"]),
        ("email", json!("   "), &["required"]),
        ("email", json!("kim"), &["invalid"]),
        ("email", json!("kim@example"), &["invalid"]),
        ("email", json!("kim@example.com, lee@example.com"), &["invalid"]),
        ("email", json!("kim\u{ff20}example.com"), &["invalid"]),
        ("email", json!("kim@example.com\r\nBcc: x@y.zz"), &["invalid"]),
        ("email", json!("kim@exa\0mple.com"), &["null_characters_not_allowed", "invalid"]),
        ("email", json!(long_email), &["max_length"]),
        ("email", json!(long_name.repeat(2)), &["max_length", "invalid"]),
        ("username", json!("kim lee"), &["invalid"]),
        ("username", json!("kim@example.com"), &["invalid"]),
        ("username", json!(long_name), &["max_length"]),
        ("username", json!("\u{fb03}".repeat(60)), &["max_length"]),
        ("username", json!(format!("{long_name} @")), &["max_length", "invalid"]),
        ("first_name", json!(long_name), &["max_length"]),
        ("first_name", json!("a\nb"), &["invalid"]),
        ("last_name", json!(long_name), &["max_length"]),
        ("last_name", json!("a\0b"), &["null_characters_not_allowed"]),
        ("phone", json!("call me"), &["invalid"]),
        ("phone", json!(long_phone), &["max_length"]),
        ("phone", json!("call me, but only after nine"), &["max_length", "invalid"]),
        ("is_marketing_agreed", json!("maybe"), &["invalid"]),
        ("password1", json!(null), &["required"]),
        ("password2", json!(""), &["required"]),
        ("password2", json!("another horse battery"), &["password_mismatch"]),
    ];
    for (name, value, codes) in cases {
        let mut body = form("kim@example.com");
        body[name] = value.clone();
        let answer = program.post_json("/signup", body).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, "invalid"), "{name} {value}");
        assert_eq!(answer.field(name), codes, "{name} {value}");
        assert_eq!(answer.json()["error"]["fields"].as_object().unwrap().len(), 1, "{name} {value}");
    }
    assert!(site.accounts().is_empty());
}

#[tokio::test]
async fn all_fields_that_are_wrong_are_named_at_once() {
    let site = Site::start().await;
    let body = json!({
        "email": "", "username": "a b", "first_name": "x".repeat(151), "last_name": "\0", "phone": "?",
        "is_marketing_agreed": "perhaps", "password1": "short", "password2": "other",
    });
    let answer = site.program().post_json("/signup", body).await;
    let fields = answer.json()["error"]["fields"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(fields, ["email", "first_name", "is_marketing_agreed", "last_name", "password2", "phone", "username"]);
    let messages = answer.json()["error"]["fields"].to_string();
    assert!(!messages.contains("\"message\":\"\""), "each comes with words");
}

#[tokio::test]
async fn the_rules_of_a_password_are_told_on_the_second_one() {
    let site = Site::start().await;
    let mut program = site.program();
    let mut refused = async |one: &str, two: &str| {
        let answer =
            program.post_json("/signup", json!({ "email": "a@b.de", "password1": one, "password2": two })).await;
        assert_eq!(answer.status, 422);
        assert!(answer.field("password1").is_empty());
        answer.field("password2")
    };
    assert_eq!(refused("ninechars", "ninechars").await, ["password_too_short"]);
    // Characters, not bytes: nine Hangul are 27 bytes.
    assert_eq!(refused("가나다라마바사아자", "가나다라마바사아자").await, ["password_too_short"]);
    assert_eq!(refused("short", "tiny").await, ["password_mismatch", "password_too_short"]);
    assert_eq!(refused(PASSWORD, "Correct horse battery").await, ["password_mismatch"]);
    assert_eq!(refused(PASSWORD, "correct horse battery ").await, ["password_mismatch"]);
    let ten = "가나다라마바사아자차";
    let answer = program.post_json("/signup", json!({ "email": "a@b.de", "password1": ten, "password2": ten })).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_and_changes_nothing() {
    let site = Site::start().await;
    let mut program = site.program();
    let token = program.csrf_token().await;
    let deep = format!(r#"{{"email":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let (form_type, json_type) = ("application/x-www-form-urlencoded", "application/json");
    let large = format!("email={}", "x".repeat(65_536));
    let cases: Vec<(&str, &[u8], u16)> = vec![
        (json_type, br#"{"email":{"S":"x"},"password1":"a","password2":"a"}"#, 400),
        (json_type, br#"{"email":["kim@example.com"]}"#, 400),
        (json_type, br#"{"email":1}"#, 400),
        (json_type, br#"{"is_marketing_agreed":1}"#, 400),
        (json_type, br#"{"password1":true}"#, 400),
        (json_type, br#"{"email":"a@b.de","email":"c@d.ef"}"#, 400),
        (json_type, br#"{"email":"a@b.de","\u0065mail":"c@d.ef"}"#, 400),
        (json_type, deep.as_bytes(), 400),
        (json_type, b"[]", 400),
        (json_type, b"{", 400),
        (json_type, b"\"text\"", 400),
        (json_type, b"{\"email\":\"\xff\"}", 400),
        (json_type, br#"{"email":"\ud800"}"#, 400),
        (form_type, b"email=a%40b.de&email=c%40d.ef", 400),
        (form_type, b"email=%ff", 400),
        (form_type, b"email=\xff", 400),
        (form_type, large.as_bytes(), 413),
        ("text/plain", b"email=a%40b.de", 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("application/xml", b"<email/>", 415),
        ("", b"email=a%40b.de", 415),
    ];
    for (content_type, body, status) in cases {
        let headers = [("content-type", content_type), ("x-csrftoken", &*token)];
        let answer = program.send(http::Method::POST, "/signup", &headers, body.to_vec().into()).await;
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        assert_eq!(answer.status.as_u16(), status, "{content_type} {shown}");
        let code = match status {
            400 => "bad_request",
            413 => "payload_too_large",
            _ => "unsupported_media_type",
        };
        assert_eq!(answer.code(), code, "{content_type} {shown}");
        let page = program.clone().html().send(http::Method::POST, "/signup", &headers, body.to_vec().into()).await;
        assert_eq!(page.status.as_u16(), status, "{content_type} {shown}");
        assert!(page.header("content-type").starts_with("text/html"));
    }
    assert!(site.state().is_empty());
}
