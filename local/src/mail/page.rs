//! `/__local/mail`: the tray in a browser, and as JSON for programs. In front of the routes, on one machine alone.
//!
//! What is in a mail is somebody else's: it is shown in a frame that runs nothing and belongs to no site. And as there are
//! links in it that open accounts, other sites must not read it: not by another name for this machine (DNS rebinding), not
//! in a frame, not from a script.

use std::net::SocketAddr;

use async_trait::async_trait;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use jiff::Timestamp;
use minijinja::Environment;
use minijinja::value::Serde;
use portico::config::Origin;
use serde::Serialize;
use serde_json::json;

use super::message::Mail;
use super::store::Tray;
use crate::gateway::Front;

/// Where the tray is shown.
pub(crate) const PATH: &str = "/__local/mail";

const STYLE: &str = include_str!("page/style.css");

/// What the pages may do: nothing but show themselves.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; \
                           base-uri 'none'; frame-ancestors 'none'";
/// What a mail may do: less. Its links open in a tab of their own.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; \
                           base-uri 'none'; frame-ancestors 'self'; \
                           sandbox allow-popups allow-popups-to-escape-sandbox";

/// The pages of a tray.
pub(crate) struct TrayPages {
    tray: Tray,
    templates: Environment<'static>,
}

/// A mail with the time as people read it.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    mail: &'a Mail,
    sent: String,
}

/// A piece of a text, which may be an address.
#[derive(Serialize)]
struct Piece<'a> {
    text: &'a str,
    link: bool,
}

impl TrayPages {
    pub(crate) fn new(tray: Tray) -> Self {
        let mut templates = Environment::new();
        for (name, source) in [
            ("base.html", include_str!("page/base.html")),
            ("list.html", include_str!("page/list.html")),
            ("mail.html", include_str!("page/mail.html")),
        ] {
            // A test renders each.
            let _ = templates.add_template(name, source);
        }
        Self { tray, templates }
    }

    fn respond(&self, request: &Parts) -> Option<Response<Bytes>> {
        let rest = request.uri.path().strip_prefix(PATH)?;
        let steps: Vec<_> = rest.strip_prefix('/').map(|rest| rest.split('/').collect()).unwrap_or_default();
        if !(rest.is_empty() || rest.starts_with('/')) {
            return None;
        }
        if !is_here(&request.headers) {
            return Some(text(StatusCode::FORBIDDEN, "text/plain", "This is for localhost alone.\n"));
        }
        let get = matches!(request.method, Method::GET | Method::HEAD);
        let json = accepts_json(&request.headers);
        Some(match *steps.as_slice() {
            ["clear"] if request.method == Method::POST => self.clear(&request.headers),
            _ if !get => text(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "Method Not Allowed\n"),
            [] => self.list(json),
            ["style.css"] => text(StatusCode::OK, "text/css", STYLE),
            [id] => self.mail(id, json),
            [id, "html"] => self.part(id, "text/html", MAIL_POLICY, |mail| with_target(&mail.html).into_bytes()),
            [id, "raw"] => self.part(id, "text/plain", PAGE_POLICY, |mail| mail.raw.clone()),
            _ => not_found(),
        })
    }

    fn list(&self, json: bool) -> Response<Bytes> {
        let mut mails = self.tray.mails();
        mails.reverse();
        let mails: Vec<_> = mails.iter().map(Shown::of).collect();
        if json {
            return text(StatusCode::OK, "application/json", json!({ "mails": mails }).to_string());
        }
        self.page("list.html", json!({ "mails": mails }))
    }

    fn mail(&self, id: &str, json: bool) -> Response<Bytes> {
        let Some(mail) = self.find(id) else { return not_found() };
        let shown = Shown::of(&mail);
        if json {
            return text(StatusCode::OK, "application/json", json!(shown).to_string());
        }
        self.page("mail.html", json!({ "mail": shown, "text": pieces(&mail.text) }))
    }

    fn part(&self, id: &str, kind: &str, policy: &'static str, show: impl Fn(&Mail) -> Vec<u8>) -> Response<Bytes> {
        let Some(mail) = self.find(id) else { return not_found() };
        let mut response = text(StatusCode::OK, kind, show(&mail));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        response
    }

    fn clear(&self, headers: &HeaderMap) -> Response<Bytes> {
        if !is_own(headers) {
            return text(StatusCode::FORBIDDEN, "text/plain", "Only the page itself clears the tray.\n");
        }
        self.tray.clear();
        let mut response = text(StatusCode::SEE_OTHER, "text/plain", "");
        response.headers_mut().insert(header::LOCATION, HeaderValue::from_static(PATH));
        response
    }

    fn find(&self, id: &str) -> Option<Mail> {
        self.tray.mail(id.parse().ok()?)
    }

    fn page(&self, template: &str, page: serde_json::Value) -> Response<Bytes> {
        let rendered = self
            .templates
            .get_template(template)
            .and_then(|template| template.render(minijinja::Value::from(Serde(page))));
        match rendered {
            Ok(html) => text(StatusCode::OK, "text/html", html),
            Err(error) => {
                tracing::error!(%error, "the tray cannot be shown");
                text(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "The tray cannot be shown.\n")
            }
        }
    }
}

#[async_trait]
impl Front for TrayPages {
    async fn answer(&self, request: &Parts, _: SocketAddr) -> Option<Response<Bytes>> {
        self.respond(request)
    }
}

impl<'a> Shown<'a> {
    fn of(mail: &'a Mail) -> Self {
        let sent = Timestamp::from_millisecond(mail.received).unwrap_or_default();
        Self { mail, sent: sent.to_string() }
    }
}

/// Whether the request names this machine as people do: a foreign name that leads here is another site's.
fn is_here(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let host = host.to_str().ok();
    host.and_then(|host| Origin::parse(&format!("http://{host}"))).is_some_and(|origin| origin.is_loopback())
}

/// Whether the request is the page's own, or a program's: browsers say where a POST comes from.
fn is_own(headers: &HeaderMap) -> bool {
    let get = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let same_site = get("sec-fetch-site").is_none_or(|site| site == "same-origin");
    let host = get("host").unwrap_or_default();
    same_site && get("origin").is_none_or(|origin| origin == format!("http://{host}"))
}

fn accepts_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.contains("application/json") && !accept.contains("text/html")
}

/// A mail's links open in a tab: in the frame of the mail, no site would let itself be shown.
fn with_target(html: &str) -> String {
    let head = html.find("<head>").map(|at| at + "<head>".len());
    match head {
        Some(at) => format!("{}<base target=\"_blank\">{}", &html[..at], &html[at..]),
        None => html.to_owned(),
    }
}

/// A text with the addresses in it apart.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = [rest.find("http://"), rest.find("https://")].into_iter().flatten().min() {
        let (before, from) = rest.split_at(at);
        let (link, after) =
            from.split_at(from.find(|c: char| c.is_whitespace() || "<>\"".contains(c)).unwrap_or(from.len()));
        pieces.push(Piece { text: before, link: false });
        pieces.push(Piece { text: link, link: true });
        rest = after;
    }
    pieces.push(Piece { text: rest, link: false });
    pieces
}

fn not_found() -> Response<Bytes> {
    text(StatusCode::NOT_FOUND, "text/plain", "There is no such mail.\n")
}

fn text(status: StatusCode, kind: &str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(&format!("{kind}; charset=utf-8")) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Without a referrer for itself the page's form would come from nowhere (`Origin: null`).
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    response
}
