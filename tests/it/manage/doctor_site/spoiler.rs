//! Somebody who stands between a visitor and the site, and the ways to spoil what goes through.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header::{ACCEPT, COOKIE, DATE, HOST, SET_COOKIE};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::site::Site;

/// An answer, as it is sent.
pub(super) type Sent = Response<Bytes>;

/// What becomes of a request; an answer, where it goes no further.
pub(super) type SpoilRequest = fn(&mut Parts) -> Option<Sent>;

/// What becomes of an answer.
pub(super) type SpoilAnswer = fn(&mut Sent);

/// Pages by their path.
type Kept = Arc<Mutex<Vec<(String, Sent)>>>;

/// What the distribution knows, and nobody else.
pub(super) const SECRET: &str = "the distribution knows this, and nobody else";

/// Somebody in between.
#[derive(Clone, Copy)]
pub(super) enum Spoiler {
    /// Nobody.
    Nobody,
    Requests(SpoilRequest),
    Answers(SpoilAnswer),
    /// Keeps pages, and hands them to whoever asks for their path.
    Cache,
}

/// Lets visitors reach the site through the spoiler.
pub(super) fn stand_before(site: Arc<Site>, listener: TcpListener, spoiler: Spoiler) {
    let kept = Kept::default();
    tokio::spawn(async move {
        loop {
            let (stream, peer) = listener.accept().await.unwrap();
            let (site, kept) = (site.clone(), kept.clone());
            let service = service_fn(move |request: Request<Incoming>| {
                let (site, kept) = (site.clone(), kept.clone());
                async move {
                    let (mut parts, body) = request.into_parts();
                    let path = parts.uri.path().to_owned();
                    let early = match spoiler {
                        Spoiler::Requests(spoil) => spoil(&mut parts),
                        Spoiler::Cache => find(&kept, &path),
                        Spoiler::Nobody | Spoiler::Answers(_) => None,
                    };
                    if let Some(answer) = early {
                        return Ok::<_, Infallible>(answer.map(Full::new));
                    }
                    let body = body.collect().await.unwrap().to_bytes();
                    let answer = site.stack.handle(Request::from_parts(parts, Full::new(body)), peer).await;
                    let (head, body) = answer.into_parts();
                    let mut answer = Response::from_parts(head, body.collect().await.unwrap().to_bytes());
                    match spoiler {
                        Spoiler::Answers(spoil) => spoil(&mut answer),
                        Spoiler::Cache => kept.lock().unwrap().push((path, answer.clone())),
                        Spoiler::Nobody | Spoiler::Requests(_) => {}
                    }
                    Ok(answer.map(Full::new))
                }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
}

fn find(kept: &Kept, path: &str) -> Option<Sent> {
    kept.lock().unwrap().iter().find(|(known, _)| known == path).map(|(_, page)| page.clone())
}

fn refusal(status: u16, body: &'static str) -> Sent {
    Response::builder().status(status).body(Bytes::from_static(body.as_bytes())).unwrap()
}

fn host(parts: &Parts) -> &str {
    parts.headers[HOST].to_str().unwrap()
}

// ---------------------------------------------------------------- Requests

pub(super) fn comes_through_the_distribution(parts: &mut Parts) -> Option<Sent> {
    let host = parts.headers[HOST].clone();
    parts.headers.insert("x-origin-secret", HeaderValue::from_static(SECRET));
    parts.headers.insert("x-viewer-host", host);
    None
}

pub(super) fn drops_cookies(parts: &mut Parts) -> Option<Sent> {
    parts.headers.remove(COOKIE);
    None
}

pub(super) fn drops_the_query(parts: &mut Parts) -> Option<Sent> {
    parts.uri = Uri::try_from(parts.uri.path()).unwrap();
    None
}

pub(super) fn says_what_is_accepted(parts: &mut Parts) -> Option<Sent> {
    if parts.method == Method::GET {
        parts.headers.insert(ACCEPT, HeaderValue::from_static("text/html"));
    }
    None
}

/// As API Gateway does with a name that is not its own.
pub(super) fn knows_its_own_name_alone(parts: &mut Parts) -> Option<Sent> {
    (!host(parts).contains(".execute-api.")).then(|| refusal(403, r#"{"message":"Forbidden"}"#))
}

pub(super) fn leads_to_whatever_host_is_named(parts: &mut Parts) -> Option<Sent> {
    let to = format!("http://{}/login", host(parts));
    to.contains("invalid").then(|| Response::builder().status(301).header("location", to).body(Bytes::new()).unwrap())
}

/// As CloudFront does with a method that is not allowed.
pub(super) fn lets_get_through_alone(parts: &mut Parts) -> Option<Sent> {
    (parts.method != Method::GET).then(|| refusal(403, "This distribution is not configured to allow the method"))
}

// ---------------------------------------------------------------- Answers

pub(super) fn is_another_site(answer: &mut Sent) {
    *answer = refusal(200, "hello");
}

pub(super) fn removes_cookies(answer: &mut Sent) {
    answer.headers_mut().remove(SET_COOKIE);
}

pub(super) fn keeps_the_last_cookie(answer: &mut Sent) {
    if let Some(last) = answer.headers().get_all(SET_COOKIE).iter().next_back().cloned() {
        answer.headers_mut().insert(SET_COOKIE, last);
    }
}

pub(super) fn folds_cookies(answer: &mut Sent) {
    let lines = cookies(answer);
    if !lines.is_empty() {
        answer.headers_mut().insert(SET_COOKIE, HeaderValue::from_str(&lines.join(", ")).unwrap());
    }
}

pub(super) fn gives_cookies_a_domain(answer: &mut Sent) {
    let lines = cookies(answer);
    answer.headers_mut().remove(SET_COOKIE);
    for line in lines {
        let line = HeaderValue::from_str(&format!("{line}; Domain=localhost")).unwrap();
        answer.headers_mut().append(SET_COOKIE, line);
    }
}

fn cookies(answer: &Sent) -> Vec<String> {
    answer.headers().get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap().to_owned()).collect()
}

/// As a site of one page asks for.
pub(super) fn has_a_page_for_everything(answer: &mut Sent) {
    if answer.status() == StatusCode::NOT_FOUND {
        *answer.status_mut() = StatusCode::OK;
    }
}

pub(super) fn may_be_framed(answer: &mut Sent) {
    answer.headers_mut().remove("x-frame-options");
}

pub(super) fn lets_scripts_run(answer: &mut Sent) {
    if answer.status() == StatusCode::OK {
        answer.headers_mut().remove("content-security-policy");
    }
}

pub(super) fn lives_in_the_past(answer: &mut Sent) {
    answer.headers_mut().insert(DATE, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"));
}

pub(super) fn says_that_it_remembers(answer: &mut Sent) {
    answer.headers_mut().insert("x-cache", HeaderValue::from_static("Hit from cloudfront"));
}
