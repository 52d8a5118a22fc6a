//! What no form of ours sends: each gets a clear answer in both renderings, and changes nothing.

use http::Method;
use serde_json::{Value, json};

use crate::site::{Answer, PASSWORD, Site, Visitor};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// A route that takes a form: its path, a good form, and what it must have.
struct Route {
    path: &'static str,
    good: Vec<(&'static str, &'static str)>,
    required: &'static [&'static str],
    /// A field of text, and more characters than it takes.
    long: Option<(&'static str, usize)>,
    /// Whether the fields are read in HTML, too.
    html: bool,
}

fn routes() -> Vec<Route> {
    let email = "new@example.com";
    vec![
        Route {
            path: "/signup",
            good: vec![("email", email), ("first_name", "A"), ("password1", PASSWORD), ("password2", PASSWORD)],
            required: &["email", "password1", "password2"],
            long: Some(("first_name", 151)),
            html: true,
        },
        Route {
            path: "/login",
            good: vec![("username", "kim@example.com"), ("password", "not the password")],
            required: &["username", "password"],
            long: Some(("username", 321)),
            html: true,
        },
        Route {
            path: "/profile",
            good: vec![("version", "1"), ("bio", "x"), ("phone", "1")],
            required: &["version"],
            long: Some(("bio", 161)),
            html: true,
        },
        Route {
            path: "/uploads",
            good: vec![("purpose", "avatar"), ("filename", "a.png"), ("content_type", "image/png"), ("size", "9")],
            required: &["purpose", "filename", "content_type", "size"],
            long: Some(("filename", 256)),
            html: false,
        },
        Route {
            path: "/preferences/theme",
            good: vec![("theme", "dark")],
            required: &["theme"],
            long: None,
            html: true,
        },
        Route {
            path: "/preferences/language",
            good: vec![("language", "ko")],
            required: &["language"],
            long: None,
            html: true,
        },
    ]
}

fn encode(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn object(fields: &[(&str, &str)]) -> Value {
    let typed = |name: &str, value: &str| match name {
        "version" | "size" => json!(value.parse::<u64>().unwrap()),
        _ => json!(value),
    };
    Value::Object(fields.iter().map(|(name, value)| ((*name).to_owned(), typed(name, value))).collect())
}

/// Everything that the tables and the bucket hold.
fn state(site: &Site) -> (Vec<Value>, Vec<Value>, Vec<String>) {
    (site.items("accounts"), site.items("sessions"), site.stack.objects())
}

/// Sends a body as a page and as a program would; both are refused, and the program is told in our shape.
async fn refused(kim: &Visitor<'_>, token: &str, path: &str, content_type: &str, body: &[u8], expected: &[u16]) {
    for accept in ["text/html", JSON] {
        let headers = [("content-type", content_type), ("accept", accept), ("x-csrftoken", token)];
        let answer = kim.clone().send(Method::POST, path, &headers, body.to_vec().into()).await;
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        let what = format!("{path} {content_type} {accept} {shown}: {}", answer.status);
        assert!(expected.contains(&answer.status.as_u16()), "{what}");
        assert!(!answer.header("x-request-id").is_empty(), "{what}");
        if accept == JSON {
            has_our_shape(&answer, &what);
        } else {
            assert!(answer.header("content-type").starts_with("text/html"), "{what}");
        }
    }
}

fn has_our_shape(answer: &Answer, what: &str) {
    let body = answer.json();
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["error"], "{what}");
    let error = body["error"].as_object().unwrap();
    for name in ["code", "message", "request_id"] {
        assert!(error[name].as_str().is_some_and(|text| !text.is_empty()), "{what}: {name}");
    }
    assert_eq!(error["request_id"], answer.header("x-request-id"), "{what}");
    assert_eq!(error.contains_key("fields"), error["code"] == "invalid", "{what}: {body}");
    for (field, errors) in error.get("fields").and_then(Value::as_object).into_iter().flatten() {
        for error in errors.as_array().unwrap() {
            let told = error["code"].is_string() && error["message"].as_str().is_some_and(|text| !text.is_empty());
            assert!(told, "{what}: {field}");
        }
    }
}

async fn member(site: &Site) -> (Visitor<'_>, String) {
    let mut kim = site.member("kim@example.com").await;
    let token = kim.csrf_token().await;
    (kim, token)
}

#[tokio::test]
async fn a_field_that_is_missing_or_empty_is_named() {
    let site = Site::by_hand().await;
    let (kim, token) = member(&site).await;
    let before = state(&site);
    for route in routes() {
        for required in route.required {
            for empty in [false, true] {
                let mut fields = route.good.clone();
                fields.retain(|(name, _)| name != required);
                let mut json = object(&fields);
                if empty {
                    fields.push((required, ""));
                    json[*required] = Value::Null;
                }
                let form = encode(&fields);
                if route.html {
                    refused(&kim, &token, route.path, FORM, form.as_bytes(), &[422]).await;
                }
                for (content_type, body) in [(FORM, form), (JSON, json.to_string())] {
                    let headers = [("content-type", content_type), ("accept", JSON), ("x-csrftoken", &*token)];
                    let answer = kim.clone().send(Method::POST, route.path, &headers, body.into()).await;
                    assert_eq!(answer.status, 422, "{} without {required}", route.path);
                    assert!(!answer.field(required).is_empty(), "{} without {required}: {}", route.path, answer.text());
                }
            }
        }
    }
    assert_eq!(state(&site), before);
}

#[tokio::test]
async fn a_field_that_is_repeated_over_long_or_not_text_is_refused() {
    let site = Site::by_hand().await;
    let (kim, token) = member(&site).await;
    let before = state(&site);
    for route in routes() {
        let (name, value) = route.good[0];
        let good = encode(&route.good);
        let malformed: [Vec<u8>; 6] = [
            format!("{good}&{}", encode(&[(name, value)])).into_bytes(),
            format!("{good}&{}", encode(&[(name, "other")])).into_bytes(),
            [good.as_bytes(), b"&x=%ff%fe"].concat(),
            [good.as_bytes(), b"&x=\xff"].concat(),
            [good.as_bytes(), b"&%c3=1"].concat(),
            (0..1_010).map(|n| format!("f{n}=1")).collect::<Vec<_>>().join("&").into_bytes(),
        ];
        for body in malformed {
            refused(&kim, &token, route.path, FORM, &body, &[400]).await;
        }
        if let Some((name, length)) = route.long {
            let long = "a".repeat(length);
            let mut fields = route.good.clone();
            fields.retain(|(known, _)| *known != name);
            fields.push((name, &long));
            let headers = [("content-type", JSON), ("accept", JSON), ("x-csrftoken", &*token)];
            let body = object(&fields).to_string();
            let answer = kim.clone().send(Method::POST, route.path, &headers, body.into()).await;
            assert_eq!((answer.status.as_u16(), answer.field(name)), (422, vec!["max_length".to_owned()]));
            if route.html {
                refused(&kim, &token, route.path, FORM, encode(&fields).as_bytes(), &[422]).await;
            }
        }
        if route.html {
            for (name, value) in &route.good {
                let mut fields = route.good.clone();
                fields.retain(|(known, _)| known != name);
                let nul = format!("{value}\0");
                fields.push((name, &nul));
                refused(&kim, &token, route.path, FORM, encode(&fields).as_bytes(), &[422]).await;
            }
        }
    }
    assert_eq!(state(&site), before);
}

#[tokio::test]
async fn json_that_is_malformed_repeated_deep_or_of_a_wrong_type_is_refused() {
    let site = Site::by_hand().await;
    let (kim, token) = member(&site).await;
    let before = state(&site);
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let deep_object = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    for route in routes() {
        let good = object(&route.good).to_string();
        let (name, _) = route.good[0];
        let first = object(&route.good[..1]).to_string();
        let first = first.trim_matches(['{', '}']);
        let twice = good.replacen('{', &format!("{{{first},"), 1);
        let lone = good.replacen('{', "{\"x\":\"\\ud800\",", 1);
        let mut bodies: Vec<Vec<u8>> =
            [&twice, &lone, &deep, &deep_object, "", "{", "[]", "null", "1", "\"x\"", "{}x", "{'a':1}", "{\"a\":NaN}"]
                .iter()
                .filter(|body| !body.is_empty())
                .map(|body| body.as_bytes().to_vec())
                .collect();
        bodies.push([&good.as_bytes()[..good.len() - 1], b",\"x\":\"\xff\"}"].concat());
        bodies.push([b"\xef\xbb\xbf", good.as_bytes()].concat());
        for body in &bodies {
            refused(&kim, &token, route.path, JSON, body, &[400]).await;
        }
        if route.html {
            for wrong in [json!([]), json!({}), json!(1.5), json!([["a"]]), json!({ "S": "a" })] {
                let mut body = object(&route.good);
                body[name] = wrong;
                refused(&kim, &token, route.path, JSON, body.to_string().as_bytes(), &[400]).await;
            }
        }
    }
    assert_eq!(state(&site), before);
}

#[tokio::test]
async fn a_body_of_another_type_or_too_large_is_refused() {
    let site = Site::by_hand().await;
    let (kim, token) = member(&site).await;
    let before = state(&site);
    for route in routes() {
        let good = encode(&route.good);
        for content_type in ["text/plain", "multipart/form-data; boundary=x", "application/xml", "x", "", "text/json"] {
            refused(&kim, &token, route.path, content_type, good.as_bytes(), &[415]).await;
        }
        let huge = format!("{good}&x={}", "a".repeat(65_536));
        refused(&kim, &token, route.path, FORM, huge.as_bytes(), &[413]).await;
        let huge = json!({ "x": "a".repeat(65_536) }).to_string();
        refused(&kim, &token, route.path, JSON, huge.as_bytes(), &[413]).await;
    }
    assert_eq!(state(&site), before);
}

#[tokio::test]
async fn a_path_or_query_that_nobody_links_to_is_refused_or_not_found() {
    let site = Site::by_hand().await;
    let (kim, _) = member(&site).await;
    let before = state(&site);
    for path in [
        "/profile//",
        "//profile",
        "/Profile",
        "/profile%00",
        "/%2e%2e/profile",
        "/uploads//",
        "/uploads/a/b",
        "/uploads/%ff",
        "/%ed%95%9c",
        "/profile%3Fx",
        "/.env",
        "/signup;x",
    ] {
        for accept in ["text/html", JSON] {
            let answer = kim.clone().send(Method::GET, path, &[("accept", accept)], "".into()).await;
            assert!(matches!(answer.status.as_u16(), 400 | 404), "{path}: {}", answer.status);
        }
    }
    assert_eq!(state(&site), before);
}
