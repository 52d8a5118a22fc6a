//! Passwords that were stolen elsewhere: asked about by five digits, accepted when nobody answers.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;

use super::form;
use crate::site::{PASSWORD, Site, log};

/// SHA-1 of [`PASSWORD`]: the first five digits, and the rest.
const DIGEST: (&str, &str) = ("98DEC", "C62ECE399A22ED30D490EF333BE7FDE7385");

/// What a service was asked.
type Asked = Arc<Mutex<Vec<(String, HeaderMap)>>>;

/// A service on this machine that answers every question alike.
async fn service(status: u16, body: String) -> (String, Asked) {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let url = format!("http://{}/range/", listener.local_addr().unwrap());
    let asked = Asked::default();
    let notes = asked.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (notes, body) = (notes.clone(), body.clone());
            let answer = service_fn(move |request: Request<Incoming>| {
                notes.lock().unwrap().push((request.uri().path().to_owned(), request.headers().clone()));
                let response = Response::builder().status(status).body(Full::new(Bytes::from(body.clone())));
                async move { Ok::<_, Infallible>(response.unwrap()) }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    });
    (url, asked)
}

async fn site(url: &str) -> Site {
    Site::start_with(|options| {
        options.settings.push(("PASSWORD_BREACH_CHECK_URL".into(), url.into()));
        options.settings.push(("PASSWORD_BREACH_CHECK_TIMEOUT_MS".into(), "2000".into()));
    })
    .await
}

#[tokio::test]
async fn a_stolen_password_is_refused_and_only_five_digits_are_told() {
    let (prefix, rest) = DIGEST;
    let (url, asked) = service(200, format!("{}:0\r\n{rest}:12\r\n", "0".repeat(35))).await;
    let site = site(&url).await;
    let mut program = site.program().with("accept-language", "en");
    let rules = program.get("/signup").await.json()["password_rules"].clone();
    assert_eq!(rules[4]["code"], "password_breached");
    let answer = program.post_json("/signup", form("kim@example.com", PASSWORD)).await;
    assert_eq!((answer.status.as_u16(), answer.field("password2")), (422, vec!["password_breached".to_owned()]));
    assert!(site.accounts().is_empty());
    let asked = std::mem::take(&mut *asked.lock().unwrap());
    let [(path, headers)] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(*path, format!("/range/{prefix}"));
    assert_eq!(headers["add-padding"], "true");
    assert!(!format!("{headers:?}").contains("kim"));
}

#[tokio::test]
async fn nobody_is_asked_about_a_password_that_is_refused_anyway() {
    let (url, asked) = service(200, String::new()).await;
    let site = site(&url).await;
    let mut program = site.program();
    for body in [form("kim@example.com", "1234567890"), form("kim", PASSWORD)] {
        assert_eq!(program.post_json("/signup", body).await.status, 422);
    }
    assert!(asked.lock().unwrap().is_empty());
    assert_eq!(program.post_json("/signup", form("kim@example.com", PASSWORD)).await.status, 201);
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_changed_password_is_asked_about_too() {
    // What is left of the SHA-1 of `staple horse battery`.
    let (url, _) = service(200, "4ad85c9509d224b6f584700c377da6a6a80:1".to_owned()).await;
    let site = site(&url).await;
    let mut kim = site.member("kim@example.com").await.json();
    for (password, status) in [("staple horse battery", 422), ("battery horse staple", 200)] {
        let body = json!({ "old_password": PASSWORD, "new_password1": password, "new_password2": password });
        let answer = kim.post_json("/password/change", body).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    }
}

#[tokio::test]
async fn a_service_that_fails_keeps_nobody_out() {
    let (broken, _) = service(503, String::new()).await;
    let (garbled, _) = service(200, "\u{fffd}".repeat(200_000)).await;
    // A port that nobody listens on any more.
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    // One that accepts and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let urls = [broken, garbled, format!("http://{closed}/"), format!("http://{}/", silent.local_addr().unwrap())];
    for url in urls {
        let site = Site::start_with(|options| {
            options.settings.push(("PASSWORD_BREACH_CHECK_URL".into(), url.clone()));
            options.settings.push(("PASSWORD_BREACH_CHECK_TIMEOUT_MS".into(), "300".into()));
        })
        .await;
        let answer = site.program().post_json("/signup", form("kim@example.com", PASSWORD)).await;
        assert_eq!(answer.status, 201, "{url}: {}", answer.text());
        let said = log::lines().iter().any(|line| line.contains("a new password was not looked up"));
        assert!(said, "{url}");
    }
}
