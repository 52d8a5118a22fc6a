//! `/uploads` and `/uploads/{id}`: what is signed, and what S3 makes of it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::site::uploading::ask;
use crate::site::{Site, pictures, s3};

/// The most bytes of an avatar.
const MOST: usize = 2_097_152;

fn policy(promised: &Value) -> Value {
    let policy = BASE64_STANDARD.decode(promised["fields"]["policy"].as_str().unwrap()).unwrap();
    serde_json::from_slice(&policy).unwrap()
}

fn is_ours(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'/' || b == b'-')
}

#[tokio::test]
async fn a_policy_allows_one_key_one_type_one_range_for_five_minutes() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let before = Timestamp::now();
    let promised = kim.promise("image/png", 70_000, "POST").await;
    let mut names: Vec<_> = promised.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["expires_at", "fields", "id", "method", "url"]);
    let policy = policy(&promised);
    let fields = promised["fields"].as_object().unwrap();
    let conditions = policy["conditions"].as_array().unwrap();
    // Each field but these two is named by a condition with exactly its value.
    for (name, value) in fields.iter().filter(|(name, _)| *name != "policy" && *name != "x-amz-signature") {
        assert!(conditions.contains(&json!({ name.as_str(): value })), "{name}");
    }
    assert!(conditions.contains(&json!(["content-length-range", 70_000, 70_000])), "as many bytes as were declared");
    assert!(conditions.contains(&json!({ "bucket": site.stack.app().media().bucket() })));
    assert_eq!(conditions.len(), fields.len() - 2 + 2, "no condition that loosens anything");
    let user = kim.whoami().await["id"].as_str().unwrap().to_owned();
    assert_eq!(fields["key"], format!("uploads/{user}/{}", promised["id"].as_str().unwrap()));
    assert_eq!((&fields["Content-Type"], &fields["success_action_status"]), (&json!("image/png"), &json!("204")));
    let expiration: Timestamp = policy["expiration"].as_str().unwrap().parse().unwrap();
    let age = expiration.duration_since(before).as_secs();
    assert!((299..=301).contains(&age), "{age} s");
    assert_eq!(promised["expires_at"].as_str().unwrap().parse::<Timestamp>().unwrap(), expiration);
}

#[tokio::test]
async fn s3_takes_a_file_of_the_size_that_was_declared_and_no_other() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    for (declared, size, status) in
        [(1, 1, 204), (MOST, MOST, 204), (1, 0, 400), (100, 99, 400), (100, 101, 400), (MOST, MOST + 1, 400)]
    {
        let promised = kim.promise("image/png", declared, "POST").await;
        let sent = s3::upload(&promised, &vec![7; size]).await;
        assert_eq!(sent.status, status, "{size} bytes: {}", sent.text());
    }
    assert_eq!(site.objects().0.len(), 2);
}

#[tokio::test]
async fn s3_refuses_a_form_that_is_not_the_one_that_was_signed() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let promised = kim.promise("image/png", 100, "POST").await;
    let url = promised["url"].as_str().unwrap();
    let loose = BASE64_STANDARD.encode(
        json!({ "expiration": "2099-01-01T00:00:00Z", "conditions": [["starts-with", "$key", ""]] }).to_string(),
    );
    let other_key = promised["fields"]["key"].as_str().unwrap().replacen("uploads/", "media/", 1);
    for (name, value) in [
        ("Content-Type", Some("image/svg+xml")),
        ("Content-Type", Some("text/html")),
        ("Content-Type", None),
        ("key", Some(other_key.as_str())),
        ("key", Some("../x")),
        ("key", None),
        ("policy", Some(loose.as_str())),
        ("policy", None),
        ("success_action_status", Some("200")),
        ("x-amz-signature", Some("00")),
        ("x-amz-signature", None),
        ("x-amz-date", Some("20300101T000000Z")),
        ("acl", Some("public-read")),
        ("x-amz-meta-x", Some("y")),
    ] {
        let mut fields = s3::fields(&promised);
        fields.retain(|(known, _)| known != name);
        fields.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        let sent = s3::post(url, &fields, b"x").await;
        assert!(sent.status.is_client_error(), "{name} as {value:?}: {} {}", sent.status, sent.text());
    }
    assert_eq!(site.stack.objects(), [] as [String; 0]);
}

#[tokio::test]
async fn a_promise_that_is_five_minutes_old_is_refused() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    site.clock.advance(SignedDuration::from_secs(-310));
    let mut late = kim.clone();
    for method in ["POST", "PUT"] {
        let promised = late.promise("image/png", 3, method).await;
        let sent = s3::upload(&promised, b"png").await;
        assert_eq!(sent.status, 403, "{method}: {}", sent.text());
    }
    assert_eq!(site.stack.objects(), [] as [String; 0]);
    site.clock.advance(SignedDuration::from_secs(310));
    assert_eq!(kim.promise("image/png", 3, "PUT").await["method"], "PUT");
}

#[tokio::test]
async fn a_put_takes_exactly_the_length_and_type_that_were_declared() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let promised = kim.promise("image/jpeg", 100, "PUT").await;
    assert_eq!(promised["headers"], json!({ "Content-Type": "image/jpeg", "Content-Length": "100" }));
    let url = promised["url"].as_str().unwrap();
    let jpeg = [("content-type", "image/jpeg")];
    for (headers, size) in
        [(&jpeg[..], 101), (&jpeg[..], 99), (&jpeg[..], 0), (&[("content-type", "image/png")][..], 100), (&[][..], 100)]
    {
        let sent = s3::send(Method::PUT, url, headers, vec![1; size]).await;
        assert_eq!(sent.status, 403, "{headers:?} {size}: {}", sent.text());
    }
    let elsewhere = url.replacen("/uploads/", "/media/", 1);
    assert_eq!(s3::send(Method::PUT, &elsewhere, &jpeg, vec![1; 100]).await.status, 403);
    let copy = [jpeg[0], ("x-amz-copy-source", "/x/y")];
    assert_eq!(s3::send(Method::PUT, url, &copy, vec![1; 100]).await.status, 403);
    assert_eq!(s3::get(url).await.status, 403, "signed for PUT, not for GET");
    assert_eq!(s3::upload(&promised, &[1; 100]).await.status, 200);
    assert_eq!(site.objects().0.len(), 1);
}

#[tokio::test]
async fn a_key_is_the_servers_whatever_the_file_is_called() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let long = format!("{}.png", "a".repeat(1_000));
    let at_limit = format!("{}.png", "\u{1f984}".repeat(251));
    let names: [(&str, u16); 19] = [
        ("me.png", 201),
        ("../../x.png", 201),
        ("/etc/passwd.png", 201),
        ("C:\\Users\\Kim\\me.png", 201),
        ("..\\..\\me.PNG", 201),
        ("photo\u{202e}gnp.png", 201),
        ("\u{200f}me.png", 201),
        ("\u{c0ac}\u{c9c4} a+b %ED%95%9C.png", 201),
        ("a\u{0301}?x#y&z=1;${filename}.png", 201),
        ("<script>.png", 201),
        ("'\"`$(id).png", 201),
        (&at_limit, 201),
        (&long, 422),
        ("a\0.png", 422),
        ("a\n.png", 422),
        ("", 422),
        ("png", 422),
        ("me.jpg", 422),
        ("me.png.exe", 422),
    ];
    for (name, status) in names {
        for method in ["POST", "PUT"] {
            let mut body = ask("image/png", 10, method);
            body["filename"] = json!(name);
            let answer = kim.clone().json().post_json("/uploads", body).await;
            assert_eq!(answer.status, status, "{name:?}: {}", answer.text());
            if status != 201 {
                assert!(!answer.field("filename").is_empty(), "{name:?}");
                continue;
            }
            let promised = answer.json();
            let key = match method {
                "POST" => promised["fields"]["key"].as_str().unwrap().to_owned(),
                _ => promised["url"].as_str().unwrap().split(['/', '?']).skip(4).take(3).collect::<Vec<_>>().join("/"),
            };
            assert!(is_ours(&key) && key.starts_with("uploads/"), "{name:?} became {key}");
        }
    }
    assert!(kim.whoami().await.is_object());
}

#[tokio::test]
async fn what_is_declared_is_held_to_the_rule_of_its_purpose() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await.json();
    let cases: [(&str, Value, u16, &str, &str); 20] = [
        ("size", json!(0), 422, "size", "min_value"),
        ("size", json!(MOST + 1), 422, "size", "max_value"),
        ("size", json!(4_294_967_296_u64), 422, "size", "max_value"),
        ("size", json!(i64::MAX), 422, "size", "max_value"),
        ("size", Value::Null, 422, "size", "required"),
        ("size", json!(-1), 400, "", ""),
        ("size", json!(9_223_372_036_854_775_808_u64), 400, "", ""),
        ("size", json!(1.5), 400, "", ""),
        ("size", json!("10"), 400, "", ""),
        ("purpose", json!("banner"), 422, "purpose", "invalid_choice"),
        ("purpose", json!("Avatar"), 422, "purpose", "invalid_choice"),
        ("purpose", json!(""), 422, "purpose", "required"),
        ("content_type", json!("image/svg+xml"), 422, "content_type", "invalid_choice"),
        ("content_type", json!("text/html"), 422, "content_type", "invalid_choice"),
        ("content_type", json!("application/octet-stream"), 422, "content_type", "invalid_choice"),
        ("content_type", json!("image/png; charset=x"), 422, "content_type", "invalid_choice"),
        ("content_type", json!("image/jpeg"), 422, "filename", "invalid_extension"),
        ("method", json!("DELETE"), 422, "method", "invalid_choice"),
        ("method", json!("put"), 422, "method", "invalid_choice"),
        ("filename", json!(["me.png"]), 400, "", ""),
    ];
    for (name, value, status, field, code) in cases {
        let mut body = ask("image/png", 10, "POST");
        body[name] = value.clone();
        let answer = kim.post_json("/uploads", body).await;
        assert_eq!(answer.status, status, "{name} = {value}: {}", answer.text());
        if status == 422 {
            assert!(answer.field(field).contains(&code.to_owned()), "{name} = {value}: {}", answer.text());
        }
    }
    for name in ["purpose", "filename", "content_type", "size"] {
        let mut body = ask("image/png", 10, "POST");
        body.as_object_mut().unwrap().remove(name);
        let answer = kim.post_json("/uploads", body).await;
        assert_eq!(answer.status, 422);
        assert!(answer.field(name).contains(&"required".to_owned()), "{name}: {}", answer.text());
    }
    assert_eq!(kim.avatar().await, Value::Null, "nothing was begun");
    assert_eq!(site.notes(), [] as [Value; 0]);
    let mut body = ask("image/png", MOST, "POST");
    body.as_object_mut().unwrap().remove("method");
    assert_eq!(kim.post_json("/uploads", body).await.json()["method"], "POST", "the default");
    for content_type in ["image/jpeg", "image/webp", "image/gif", "image/PNG"] {
        let body = ask(&content_type.to_lowercase(), MOST, "PUT");
        assert_eq!(kim.post_json("/uploads", body).await.status, 201, "{content_type}");
    }
}

#[tokio::test]
async fn without_javascript_a_page_has_the_form_and_s3_leads_back_to_the_state() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let page = kim.post("/uploads", &[("purpose", "avatar")]).await;
    assert_eq!(page.status, 200);
    let fields = hidden_fields(&page.text());
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap();
    assert_eq!(field("Content-Type"), "application/octet-stream");
    assert!(is_ours(&field("key")));
    assert!(fields.iter().all(|(name, _)| name != "csrfmiddlewaretoken"), "the token is not for S3");
    let url = page.after("<form class=\"form\" method=\"post\" action=\"").replace("&#x2f;", "/");
    assert_eq!(url, format!("{}/{}", site.stack.s3_url(), site.stack.app().media().bucket()));

    let id = field("key").rsplit('/').next().unwrap().to_owned();
    let before = kim.get(&format!("/uploads/{id}")).await;
    assert!(before.text().contains("<meta http-equiv=\"refresh\" content=\"2\">"));
    let sent = s3::post(&url, &fields, &pictures::png()).await;
    assert_eq!(sent.status, 303, "{}", sent.text());
    let back = url::Url::parse(sent.header("location")).unwrap();
    assert_eq!(back.origin().ascii_serialization(), "http://localhost:8000");
    assert_eq!(back.path(), format!("/uploads/{id}"));
    assert_eq!(kim.settled(&id).await["state"], "ready");
    let state = kim.get(&format!("{}?{}", back.path(), back.query().unwrap())).await;
    assert_eq!(state.status, 200);
    assert!(!state.text().contains("http-equiv=\"refresh\""));
    let picture = state.after("<img src=\"").replace("&amp;", "&").replace("&#x2f;", "/");
    assert_eq!(s3::get(&picture).await.status, 200);
}

#[tokio::test]
async fn s3_leads_back_to_the_address_that_the_visitor_uses() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    for (origin, expected) in [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/uploads/"),
        ("http://localhost:8000", "http://localhost:8000/uploads/"),
    ] {
        let mut browser = kim.clone().with("origin", origin);
        let page = browser.post("/uploads", &[("purpose", "avatar")]).await;
        let fields = hidden_fields(&page.text());
        let back = fields.iter().find(|(name, _)| name == "success_action_redirect").unwrap();
        assert!(back.1.starts_with(expected), "{}", back.1);
    }
    assert_eq!(
        kim.clone().with("origin", "http://evil.com").post("/uploads", &[("purpose", "avatar")]).await.status,
        403
    );
    assert_eq!(
        kim.get("/login?next=http://127.0.0.1:8000/profile").await.after("name=\"next\" value=\""),
        "&#x2f;profile"
    );
}

#[tokio::test]
async fn without_javascript_the_purpose_is_still_checked() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    for form in [&[("purpose", "banner")][..], &[][..], &[("purpose", "")][..]] {
        assert_eq!(kim.post("/uploads", form).await.status, 422, "{form:?}");
    }
    assert_eq!(kim.avatar().await, Value::Null);
}

#[tokio::test]
async fn strangers_do_not_learn_of_an_upload() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let id = kim.promise("image/png", 10, "POST").await["id"].as_str().unwrap().to_owned();
    let state = kim.state(&id).await;
    let told = json!({
        "id": id, "purpose": "avatar", "name": "me.png", "state": "pending", "reason": null, "bytes": 10, "url": null,
        "poll_after_ms": 400,
    });
    assert_eq!(state, told);
    let mut lee = site.member("lee@example.com").await;
    let unknown = "0197a3c9-0f1e-7d2c-8b3a-4c5d6e7f8091";
    for path in [&*id, unknown, &id.to_uppercase(), "x", "..%2fx", "%00", &"a".repeat(500)] {
        let path = format!("/uploads/{path}");
        assert_eq!(lee.get(&path).await.status, 404, "{path}");
        let answer = lee.clone().json().get(&path).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "not_found"), "{path}");
    }
    let path = format!("/uploads/{id}");
    let answer = site.visitor().get(&path).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, &*format!("/login?next=%2Fuploads%2F{id}")));
    assert_eq!(site.program().get(&path).await.status, 401);
    let answer = site.program().post_json("/uploads", ask("image/png", 10, "POST")).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login_required"));
    assert_eq!(
        site.visitor().post("/uploads", &[("purpose", "avatar")]).await.header("location"),
        "/login?next=%2F",
        "GET of /uploads shows nothing"
    );
}

#[tokio::test]
async fn a_promise_that_is_not_kept_is_over_and_does_not_hide_the_picture() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let first = kim.upload(&pictures::png(), "image/png").await;
    assert_eq!(kim.settled(&first).await["state"], "ready");
    let id = kim.promise("image/png", 10, "POST").await["id"].as_str().unwrap().to_owned();
    let avatar = kim.avatar().await;
    assert_eq!(avatar["state"], "pending");
    assert!(avatar["url"].is_string(), "the old picture is shown until there is a new one");
    site.clock.advance(SignedDuration::from_mins(16));
    let state = kim.state(&id).await;
    assert_eq!((&state["state"], &state["reason"]), (&json!("rejected"), &json!("expired")));
    assert_eq!(kim.avatar().await["state"], "ready");
}

#[tokio::test]
async fn a_promise_takes_two_trips_and_a_look_takes_two() {
    let site = Site::by_hand().await;
    let kim = site.member("kim@example.com").await;
    let answer = kim.clone().json().post_json("/uploads", ask("image/png", 10, "POST")).await;
    let cost = answer.cost();
    assert_eq!(
        (cost.calls, cost.trips, cost.read_units, cost.write_units),
        (2, 2, 2.0, 8.0),
        "quota, note, list, user"
    );
    let look = kim.clone().json().get(&format!("/uploads/{}", answer.json()["id"].as_str().unwrap())).await.cost();
    assert_eq!((look.calls, look.trips, look.read_units, look.write_units), (2, 2, 3.0, 0.0));
}

/// The hidden fields of the form that goes to S3, in their order.
pub(crate) fn hidden_fields(page: &str) -> Vec<(String, String)> {
    let (_, form) = page.split_once("enctype=\"multipart/form-data\">").unwrap();
    let (form, _) = form.split_once("type=\"file\"").unwrap();
    let inputs = form.split("<input type=\"hidden\" name=\"").skip(1);
    let unescape = |text: &str| text.replace("&#x2f;", "/").replace("&quot;", "\"").replace("&amp;", "&");
    let pair = |input: &str| {
        let (name, rest) = input.split_once("\" value=\"").unwrap();
        (name.to_owned(), unescape(rest.split('"').next().unwrap()))
    };
    inputs.map(pair).collect()
}
