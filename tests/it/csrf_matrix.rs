//! Every kind of client, by every method, with every kind of token: carried out or refused as these tables say.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Method;
use portico::{Allow, Context, Response, Routes, StatusCode};
use serde_json::json;

use crate::site::{Sent, Site};

/// What the headers say of where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whence {
    /// Nothing against it: the token decides.
    Fine,
    /// That it is foreign: no token helps.
    Foreign,
}
use Whence::{Fine, Foreign};

/// A client: what it is, what it sends (`OWN` is the site's origin, `OTHER` that of its host by the other scheme), what that
/// says to a site on https and to one on http.
type Client = (&'static str, &'static [(&'static str, &'static str)], Whence, Whence);

const CLIENTS: [Client; 24] = [
    ("a form in a browser of today", &[("sec-fetch-site", "same-origin"), ("origin", "OWN")], Fine, Fine),
    ("a form on a page without referrer", &[("sec-fetch-site", "same-origin"), ("origin", "null")], Fine, Fine),
    ("a form in an older browser", &[("origin", "OWN")], Fine, Fine),
    ("a form in an old browser", &[("referer", "OWN/profile?a=b")], Fine, Fine),
    (
        "HTMX",
        &[("sec-fetch-site", "same-origin"), ("origin", "OWN"), ("hx-request", "true"), ("accept", "*/*")],
        Fine,
        Fine,
    ),
    ("fetch on a page of ours", &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")], Fine, Fine),
    ("an address that was typed", &[("sec-fetch-site", "none")], Fine, Fine),
    (
        "an SPA on a trusted origin",
        &[("sec-fetch-site", "cross-site"), ("origin", "https://spa.example.net")],
        Fine,
        Fine,
    ),
    ("the same in an older browser", &[("origin", "https://spa.example.net")], Fine, Fine),
    ("the same in an old browser", &[("referer", "https://spa.example.net/app")], Fine, Fine),
    ("below a trusted star", &[("sec-fetch-site", "same-site"), ("origin", "https://a.b.trusted.example")], Fine, Fine),
    ("the same in an old browser", &[("referer", "https://a.trusted.example/x")], Fine, Fine),
    ("a program without any header", &[], Fine, Fine),
    ("the domain of a trusted star", &[("origin", "https://trusted.example")], Foreign, Foreign),
    ("a trusted star by another port", &[("origin", "https://a.trusted.example:8443")], Foreign, Foreign),
    ("a trusted star in the clear", &[("origin", "http://a.trusted.example")], Foreign, Foreign),
    ("a sibling", &[("sec-fetch-site", "same-site"), ("origin", "https://blog.example.com")], Foreign, Foreign),
    ("an attacker", &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")], Foreign, Foreign),
    ("an attacker's old victim", &[("origin", "https://evil.example")], Foreign, Foreign),
    ("an attacker's very old victim", &[("referer", "https://evil.example/?OWN/")], Foreign, Fine),
    ("an attacker's sandbox", &[("sec-fetch-site", "cross-site"), ("origin", "null")], Foreign, Foreign),
    ("Origin: null and no more", &[("origin", "null")], Foreign, Foreign),
    ("cross-site under our name", &[("sec-fetch-site", "cross-site"), ("origin", "OWN")], Foreign, Foreign),
    // To a site on https this one came in the clear.
    ("our host by the other scheme", &[("referer", "OTHER/profile")], Foreign, Fine),
];

/// What stands where the token belongs.
#[derive(Debug, Clone, Copy)]
enum Put {
    Nothing,
    Empty,
    /// A token of this session, masked for this use alone.
    Right,
    /// The value of this session's cookie.
    Cookie,
    /// A right one without its last letters.
    Cut,
    /// A token of another session of the same person.
    OtherSession,
    /// The value of that session's cookie.
    OtherCookie,
    /// A token of somebody who is not logged in.
    Visitor,
}
use Put::{Cookie, Cut, Empty, Nothing, OtherCookie, OtherSession, Right, Visitor};

/// Field, header, and whether they prove the form. The header counts unless it is empty.
const TOKENS: [(Put, Put, bool); 16] = [
    (Nothing, Nothing, false),
    (Empty, Empty, false),
    (Right, Nothing, true),
    (Nothing, Right, true),
    (Right, Empty, true),
    (Right, Right, true), // under two masks
    (Cookie, Nothing, true),
    (Nothing, Cookie, true),
    (OtherSession, Right, true),
    (Right, OtherSession, false),
    (Right, Cut, false),
    (OtherSession, Nothing, false),
    (Nothing, OtherSession, false),
    (Nothing, OtherCookie, false),
    (Visitor, Nothing, false),
    (Nothing, Visitor, false),
];

/// The methods, and what becomes of them: `PURGE` is no method that HTTP knows, and has a route; `COPY` has none.
const METHODS: [(&str, Kind); 8] = [
    ("GET", Kind::Safe),
    ("HEAD", Kind::Safe),
    ("POST", Kind::Unsafe),
    ("PUT", Kind::Unsafe),
    ("PATCH", Kind::Unsafe),
    ("DELETE", Kind::Unsafe),
    ("PURGE", Kind::Unsafe),
    ("COPY", Kind::Absent),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Safe,
    Unsafe,
    Absent,
}

/// What must be answered.
fn expected(from: Whence, proven: bool, kind: Kind) -> u16 {
    match (kind, from, proven) {
        (Kind::Absent, ..) => 405,
        (Kind::Safe, ..) | (Kind::Unsafe, Fine, true) => 200,
        (Kind::Unsafe, ..) => 403,
    }
}

/// Routes for every method, and how often they were carried out.
fn routes() -> (Arc<Routes>, Arc<AtomicUsize>) {
    let done = Arc::new(AtomicUsize::new(0));
    let mut routes = Routes::new();
    for (method, kind) in METHODS {
        if kind == Kind::Absent || method == "HEAD" {
            continue;
        }
        let done = done.clone();
        let answer = move |_: Context| {
            done.fetch_add(1, Ordering::Relaxed);
            async { Response::json(StatusCode::OK, &json!({})) }
        };
        routes = routes.on(Method::from_bytes(method.as_bytes()).unwrap(), "/thing", Allow::ANYONE, answer);
    }
    (Arc::new(routes), done)
}

async fn holds(own: &str, verdict: impl Fn(&Client) -> Whence) {
    let site = Site::start_with(|options| {
        let trusted = "https://spa.example.net, https://*.trusted.example";
        for (name, value) in [("PUBLIC_URL", own), ("CSRF_TRUSTED_ORIGINS", trusted)] {
            options.settings.push((name.to_owned(), value.to_owned()));
        }
    })
    .await;
    let other = if own.starts_with("https") { own.replace("https:", "http:") } else { own.replace("http:", "https:") };
    let cookie = if own.starts_with("https") { "__Host-csrftoken" } else { "csrftoken" };
    let mut kim = site.member("kim@example.com").await;
    let mut elsewhere = site.program();
    elsewhere.log_in("kim@example.com").await;
    let mut visitor = site.visitor();
    let put = [kim.csrf_token().await, kim.csrf_token().await];
    let (theirs, nobodys) = (elsewhere.csrf_token().await, visitor.csrf_token().await);
    let text = |put_as: Put, at: usize| match put_as {
        Nothing => None,
        Empty => Some(String::new()),
        Right => Some(put[at].clone()),
        Cookie => Some(kim.cookies[cookie].clone()),
        Cut => Some(put[at][..put[at].len() - 4].to_owned()),
        OtherSession => Some(theirs.clone()),
        OtherCookie => Some(elsewhere.cookies[cookie].clone()),
        Visitor => Some(nobodys.clone()),
    };
    let (routes, done) = routes();
    let before = site.state();
    for client in &CLIENTS {
        let values: Vec<_> =
            client.1.iter().map(|(name, value)| (*name, value.replace("OWN", own).replace("OTHER", &other))).collect();
        for (field, header, proven) in TOKENS {
            let body = text(field, 0).map(|token| format!("csrfmiddlewaretoken={token}&a=b")).unwrap_or_default();
            let header = text(header, 1);
            let mut headers: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
            headers.extend(header.as_deref().map(|token| ("x-csrftoken", token)));
            headers.push(("content-type", "application/x-www-form-urlencoded"));
            if !headers.iter().any(|(name, _)| *name == "accept") {
                headers.push(("accept", "application/json"));
            }
            for (method, kind) in METHODS {
                let what = format!("{own} {}: {method} {field:?} {header:?}", client.0);
                let expected = expected(verdict(client), proven, kind);
                let already = done.load(Ordering::Relaxed);
                let sent = Sent { method, path: "/thing", headers: &headers, body: &body };
                let answer = site.answer_by(&routes, &kim, sent).await;
                assert_eq!(answer.status.as_u16(), expected, "{what}");
                assert_eq!(done.load(Ordering::Relaxed) - already, usize::from(expected == 200), "{what}");
            }
        }
    }
    assert_eq!(site.state(), before);
}

#[tokio::test]
async fn every_client_and_method_and_token_on_https() {
    holds("https://www.example.com", |client| client.2).await;
}

#[tokio::test]
async fn every_client_and_method_and_token_on_http() {
    holds("http://localhost:8000", |client| client.3).await;
}
