//! The one door: API Gateway's events, good and bad, and what API Gateway itself refuses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use local::functions::{self, Handler};
use portico::{Allow, Context, Error, Jobs, Response, Result, Routes, ScanStatus, StatusCode};
use serde_json::{Value, json};

use crate::site::{Site, root};

fn event(name: &str) -> Value {
    let file = root().join("events").join(format!("{name}.json"));
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// The routes of the function that the template gives this path to.
fn routes_of(site: &Site, route_key: &str) -> Arc<Routes> {
    let path = route_key.split(' ').next_back().unwrap();
    let mut functions = site.stack.template().functions.iter();
    let function = functions.find(|function| function.routes.iter().any(|route| route.path == path)).unwrap();
    let handler = functions::all().into_iter().find(|(name, _)| *name == function.name).unwrap().1;
    let Handler::Http(routes) = handler else { panic!("{path} is no page") };
    Arc::new(routes)
}

async fn answer(site: &Site, event: Value) -> Value {
    let route_key = event["routeKey"].as_str().unwrap_or("ANY /login").to_owned();
    portico::lambda::answer(site.stack.app(), &routes_of(site, &route_key), event).await
}

/// What is expected of each file of `events/`: of a request status and content type, of others the whole answer.
fn expected() -> BTreeMap<String, Value> {
    serde_json::from_slice(&std::fs::read(root().join("tests/fixtures/events.json")).unwrap()).unwrap()
}

#[tokio::test]
async fn every_event_of_the_folder_gets_its_answer() {
    // With the administration, whose function has a sample too.
    let site = Site::start_with(|options| {
        options.deliver_events = false;
        options.admin = true;
        options.settings.push(("ADMIN_ENABLED".into(), "true".into()));
    })
    .await;
    let expected = expected();
    for (name, expected) in &expected {
        let event = event(name);
        if event.get("routeKey").is_none() {
            continue;
        }
        let id = event["requestContext"]["requestId"].clone();
        let answer = answer(&site, event).await;
        assert_eq!(answer["statusCode"], expected["status"], "{name}: {answer}");
        let content_type = expected["type"].as_str().unwrap();
        assert!(answer["headers"]["content-type"].as_str().unwrap_or_default().starts_with(content_type), "{name}");
        assert_eq!(answer["headers"]["x-request-id"], id, "{name}: the gateway's identifier");
        assert_eq!(answer["isBase64Encoded"], false, "{name}");
    }
    let s3 = event("s3-object-created");
    let Some((_, Handler::Jobs(jobs))) = functions::all().into_iter().find(|(name, _)| *name == "process-upload")
    else {
        panic!("process-upload works through events");
    };
    let answer = jobs.run(site.stack.app(), s3).await.unwrap();
    assert_eq!(answer, expected["s3-object-created"]["answer"], "an upload that nobody has promised");
    let told = site.stack.put_event(&event("s3-object-scanned")).await;
    assert_eq!(told.len(), 1, "process-upload alone has a rule for it");
    let answer = site.stack.invoke("erase-account", event("stream-erase")).await.unwrap();
    assert_eq!(answer, expected["stream-erase"]["answer"], "somebody who is erased already");
    let answer = site.stack.invoke("mailer", event("stream-mail")).await.unwrap();
    assert_eq!(answer, expected["stream-mail"]["answer"], "a mail that is gone is done");
    let files = std::fs::read_dir(root().join("events")).unwrap();
    let files: BTreeSet<_> = files.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let named: BTreeSet<_> = expected.keys().map(|name| format!("{name}.json")).collect();
    assert_eq!(files, named, "every file is an input of this test");
    assert_eq!(site.items("accounts"), [] as [Value; 0], "and none of them changed anything");
}

#[tokio::test]
async fn an_s3_event_that_is_none_fails_or_is_passed_over() {
    let site = Site::by_hand().await;
    let Some((_, Handler::Jobs(jobs))) = functions::all().into_iter().find(|(name, _)| *name == "process-upload")
    else {
        panic!("process-upload works through events");
    };
    for bad in [json!(null), json!({}), json!([]), json!({ "Records": [{ "s3": 1 }] })] {
        assert!(jobs.run(site.stack.app(), bad.clone()).await.is_err(), "{bad}");
    }
    assert!(jobs.run(site.stack.app(), json!({ "Records": [] })).await.is_ok());
    for (pointer, value) in [
        ("/Records/0/eventName", json!("ObjectRemoved:Delete")),
        ("/Records/0/s3/object/key", json!("media/avatars/x")),
        ("/Records/0/s3/object/key", json!("uploads/../../x")),
        ("/Records/0/s3/object/key", json!("uploads/%00")),
        ("/Records/0/s3/object/key", json!("")),
    ] {
        let mut event = event("s3-object-created");
        *event.pointer_mut(pointer).unwrap() = value.clone();
        assert!(jobs.run(site.stack.app(), event).await.is_ok(), "{value}");
    }
}

#[tokio::test]
async fn a_function_is_given_objects_and_results_of_scans_each_by_its_own_handler() {
    let site = Site::by_hand().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (created, scanned) = (seen.clone(), seen.clone());
    let objects = Jobs::on_object_created(move |_, object| {
        created.lock().unwrap().push(("created", object.key, object.etag));
        std::future::ready(Ok("seen"))
    });
    let both = objects.clone().and_on_object_scanned(move |_, result| {
        scanned.lock().unwrap().push(("scanned", result.key, result.etag));
        std::future::ready(if result.status == ScanStatus::Failed { Err(Error::Conflict) } else { Ok("seen") })
    });
    let result = event("s3-object-scanned");
    both.run(site.stack.app(), event("s3-object-created")).await.unwrap();
    assert_eq!(both.run(site.stack.app(), result.clone()).await.unwrap(), json!({}));
    let [(_, key, etag), (what, copy, of)] = &std::mem::take(&mut *seen.lock().unwrap())[..] else { panic!("two") };
    assert_eq!((*what, of), ("scanned", etag));
    let upload = key.replacen("uploads/", "held/", 1);
    assert!(copy.starts_with(&upload), "the samples are of one upload: {key}, {copy}");

    let mut failed = result.clone();
    failed["detail"]["scanStatus"] = json!("FAILED");
    assert!(both.run(site.stack.app(), failed).await.is_err(), "it comes again");
    let mut other = result.clone();
    other["detail-type"] = json!("Object Created");
    assert!(both.run(site.stack.app(), other).await.is_err());
    assert!(objects.run(site.stack.app(), result).await.is_err(), "nobody here asked for them");
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_slash_at_the_end_leads_where_the_gateway_has_led_it() {
    let site = Site::start().await;
    let mut asked = event("login-get");
    asked["rawPath"] = json!("/login/");
    assert_eq!(answer(&site, asked.clone()).await["statusCode"], 200, "an HTTP API finds ANY /login for it");
    asked["rawPath"] = json!("/login//");
    assert_eq!(answer(&site, asked).await["statusCode"], 404);
    assert_eq!(site.visitor().get("/login/").await.status, 200);
    assert_eq!(site.visitor().get("/nowhere/").await.status, 404);
}

#[tokio::test]
async fn a_malformed_event_is_a_bad_request_in_both_renderings() {
    let site = Site::start().await;
    let changes: [(&str, Value); 9] = [
        ("/version", json!("1.0")),
        ("/version", Value::Null),
        ("/rawPath", json!("login")),
        ("/rawQueryString", json!("a b")),
        ("/rawQueryString", json!("a#b")),
        ("/headers/host", json!("a b")),
        ("/headers/host", json!("user@example.com")),
        ("/requestContext/http", json!({})),
        ("/requestContext/http/method", json!("G T")),
    ];
    for (pointer, value) in changes {
        for accept in ["text/html", "application/json"] {
            let mut event = event("login-get");
            event["headers"]["accept"] = json!(accept);
            *event.pointer_mut(pointer).unwrap() = value.clone();
            let answer = answer(&site, event).await;
            let what = format!("{pointer} = {value}, {accept}: {answer}");
            assert_eq!(answer["statusCode"], 400, "{what}");
            assert!(!answer["headers"]["x-request-id"].as_str().unwrap().is_empty(), "{what}");
            assert!(answer["headers"]["content-type"].as_str().unwrap().starts_with(accept), "{what}");
            if accept == "application/json" {
                let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
                assert_eq!(body["error"]["code"], "bad_request");
                assert_eq!(body["error"]["request_id"], answer["headers"]["x-request-id"]);
            }
        }
    }
    for nothing in [Value::Null, json!([]), json!("x"), json!({}), json!({ "version": "2.0" })] {
        let answer = answer(&site, nothing.clone()).await;
        assert_eq!(answer["statusCode"], 400, "{nothing}");
        assert!(!answer["headers"]["x-request-id"].as_str().unwrap().is_empty());
    }
    for name in ["bad-base64", "bad-utf8"] {
        let mut event = event(name);
        event["headers"]["accept"] = json!("application/json");
        let answer = answer(&site, event).await;
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!((&answer["statusCode"], &body["error"]["code"]), (&json!(400), &json!("bad_request")), "{name}");
    }
}

#[tokio::test]
async fn a_body_over_a_limit_is_refused_by_whoever_has_the_limit() {
    let site = Site::start().await;
    let mut visitor = site.visitor();
    let token = visitor.csrf_token().await;
    let form = "application/x-www-form-urlencoded";
    for (size, status, ours) in
        [(65_536, 422, true), (65_537, 413, true), (5 << 20, 413, false), (9 << 20, 413, false), (11 << 20, 413, false)]
    {
        let head = format!("csrfmiddlewaretoken={token}&password=x&username=");
        let body = head.clone() + &"a".repeat(size - head.len());
        let answer = visitor.post_raw("/login", form, body).await;
        assert_eq!(answer.status, status, "{size} bytes");
        assert!(!answer.header("x-request-id").is_empty(), "{size} bytes");
        assert_eq!(answer.header("content-type").starts_with("text/html"), ours, "{size} bytes");
        if status == 413 && ours {
            let json = visitor.clone().json().post_raw("/login", form, "a".repeat(size)).await;
            assert_eq!((json.status.as_u16(), json.code().as_str()), (413, "payload_too_large"));
        }
    }
    let just = visitor.post_raw("/login", form, "a".repeat(4 << 20)).await;
    assert!(just.header("content-type").starts_with("text/html"), "in base64 it still fits into an event");
}

#[tokio::test]
async fn headers_over_ten_kilobytes_are_refused() {
    let site = Site::start().await;
    let most = site.visitor().with("x-long", &"a".repeat(10_100)).get("/").await;
    assert_eq!(most.status, 200);
    let over = site.visitor().with("x-long", &"a".repeat(10_240)).get("/").await;
    assert_eq!(over.status, 431);
    assert_eq!(site.visitor().get(&format!("/?{}", "a".repeat(10_240))).await.status, 431);
}

async fn panic(_: Context) -> Result<Response> {
    panic!("on purpose")
}

async fn bytes(_: Context) -> Result<Response> {
    Ok(Response::bytes(StatusCode::OK, "application/octet-stream", vec![0, 159, 146, 150]))
}

async fn cookies(_: Context) -> Result<Response> {
    let response = Response::html(StatusCode::OK, "<p>".to_owned());
    Ok(response.header(http::header::VARY, "x"))
}

fn odd_routes() -> Arc<Routes> {
    Arc::new(Routes::new().get("/panic", Allow::ANYONE, panic).get("/bytes", Allow::ANYONE, bytes).get(
        "/cookies",
        Allow::ANYONE,
        cookies,
    ))
}

async fn odd(site: &Site, path: &str, accept: &str) -> Value {
    let mut event = event("home-get");
    event["rawPath"] = json!(path);
    event["headers"]["accept"] = json!(accept);
    portico::lambda::answer(site.stack.app(), &odd_routes(), event).await
}

#[tokio::test]
async fn a_handler_that_panics_is_an_internal_error_and_the_next_call_is_fine() {
    let site = Site::start().await;
    for accept in ["text/html", "application/json"] {
        let answer = odd(&site, "/panic", accept).await;
        assert_eq!(answer["statusCode"], 500);
        assert!(answer["headers"]["content-type"].as_str().unwrap().starts_with(accept));
        assert!(!answer["headers"]["x-request-id"].as_str().unwrap().is_empty());
        assert!(!answer["body"].as_str().unwrap().contains("on purpose"), "what went wrong is for the log");
        assert_eq!(odd(&site, "/cookies", accept).await["statusCode"], 200);
    }
}

#[tokio::test]
async fn text_is_answered_as_text_and_bytes_as_base64() {
    let site = Site::start().await;
    let binary = odd(&site, "/bytes", "*/*").await;
    assert_eq!(binary["isBase64Encoded"], true);
    assert_eq!(BASE64_STANDARD.decode(binary["body"].as_str().unwrap()).unwrap(), [0, 159, 146, 150]);
    let text = odd(&site, "/cookies", "*/*").await;
    assert_eq!((&text["isBase64Encoded"], &text["body"]), (&json!(false), &json!("<p>")));
}

#[tokio::test]
async fn several_cookies_are_an_array_of_their_own() {
    let site = Site::start().await;
    let mut event = event("login-get");
    // A dead session's cookie is taken back while a token's is given.
    event["cookies"] = json!(["sessionid=0197a3c4-5b6d-7e8f-9a0b-1c2d3e4f5a6b.x", "messages=x"]);
    let answer = answer(&site, event).await;
    let cookies = answer["cookies"].as_array().unwrap();
    assert!(cookies.len() >= 2, "{cookies:?}");
    assert!(cookies.iter().any(|cookie| cookie.as_str().unwrap().starts_with("csrftoken=")));
    assert!(answer["headers"].get("set-cookie").is_none());
}

#[tokio::test]
async fn no_header_changes_who_somebody_is_or_where_links_lead() {
    let site = Site::start().await;
    let mut kim = site.program();
    for (name, value) in [
        ("x-forwarded-for", "203.0.113.66"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-server", "evil.example"),
        ("x-real-ip", "203.0.113.66"),
        ("x-original-url", "/csrf"),
        ("x-rewrite-url", "/csrf"),
        ("x-http-method-override", "DELETE"),
        ("forwarded", "for=203.0.113.66;host=evil.example;proto=https"),
        ("client-ip", "203.0.113.66"),
        ("cloudfront-viewer-address", "203.0.113.66:1"),
        ("true-client-ip", "203.0.113.66"),
    ] {
        kim = kim.with(name, value);
    }
    kim.sign_up("kim@example.com").await;
    let user = kim.log_in("kim@example.com").await;
    let pk = format!("USER#{}", user["id"].as_str().unwrap());
    let stored = site.stored("accounts", &pk, "PROFILE").unwrap();
    assert_eq!(stored["last_login_ip"]["S"], "192.0.2.1");
    let session = site.sessions().remove(0);
    assert_eq!(session["ip"]["S"], "192.0.2.1");
    let mut kim = kim.html();
    let page = kim.post("/uploads", &[("purpose", "avatar")]).await.text().replace("&#x2f;", "/");
    assert!(page.contains("value=\"http://localhost:8000/uploads/"), "{page}");
    assert!(!page.contains("evil.example"));
    let away = kim.send(Method::GET, "/profile", &[("cookie", "x=1")], "".into()).await;
    assert_eq!(away.header("location"), "/login?next=%2Fprofile");
}
