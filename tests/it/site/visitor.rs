//! Somebody with a browser, or a program: keeps cookies, sends the CSRF token, reads HTML or JSON.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};

use super::{Answer, PASSWORD, Site};

const HTML: &str = "text/html";
const JSON: &str = "application/json";

/// Somebody who visits the site.
#[derive(Clone)]
pub(crate) struct Visitor<'a> {
    site: &'a Site,
    /// The cookies, by name.
    pub(crate) cookies: BTreeMap<String, String>,
    /// Headers that go with every request.
    pub(crate) headers: Vec<(String, String)>,
    /// The user's identifier, once a member.
    pub(crate) id: Value,
    /// Where the visitor comes from.
    pub(crate) address: SocketAddr,
    accept: &'static str,
}

impl<'a> Visitor<'a> {
    pub(super) fn new(site: &'a Site) -> Self {
        let address = SocketAddr::from(([192, 0, 2, 1], 50_000));
        Self { site, cookies: BTreeMap::new(), headers: Vec::new(), id: Value::Null, address, accept: HTML }
    }

    /// From now on asks for JSON.
    pub(crate) fn json(mut self) -> Self {
        self.accept = JSON;
        self
    }

    /// From now on asks for HTML.
    pub(crate) fn html(mut self) -> Self {
        self.accept = HTML;
        self
    }

    /// From now on says nothing about what it accepts.
    pub(crate) fn indifferent(mut self) -> Self {
        self.accept = "";
        self
    }

    /// From now on sends this header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// GET.
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Bytes::new()).await
    }

    /// POST of a form, with the CSRF token as a page would send it.
    pub(crate) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let token = self.csrf_token().await;
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.append_pair("csrfmiddlewaretoken", &token).extend_pairs(form);
        self.post_raw(path, "application/x-www-form-urlencoded", body.finish()).await
    }

    /// A JSON body under any method, with the CSRF token as a header.
    pub(crate) async fn send_json(&mut self, method: Method, path: &str, body: Value) -> Answer {
        let token = self.csrf_token().await;
        let headers = [("content-type", "application/json"), ("x-csrftoken", &*token)];
        self.send(method, path, &headers, body.to_string().into()).await
    }

    /// POST of JSON.
    pub(crate) async fn post_json(&mut self, path: &str, body: Value) -> Answer {
        self.send_json(Method::POST, path, body).await
    }

    /// POST of any body under any type, without a CSRF token of its own.
    pub(crate) async fn post_raw(&mut self, path: &str, content_type: &str, body: impl Into<Bytes>) -> Answer {
        self.send(Method::POST, path, &[("content-type", content_type)], body.into()).await
    }

    /// One request, exactly as given beside the cookies and the visitor's own headers.
    pub(crate) async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: Bytes) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        let has = |name: &str| {
            let own = self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
            own || headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        if !has("host") {
            request = request.header("host", "localhost:8000");
        }
        if !has("accept") && !self.accept.is_empty() {
            request = request.header("accept", self.accept);
        }
        if !self.cookies.is_empty() && !has("cookie") {
            let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", pairs.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body)).unwrap();
        let (parts, body) = self.site.stack.handle(request, self.address).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        self.keep_cookies(&answer);
        answer
    }

    /// The same browser, whose requests reach another process of the system.
    pub(crate) fn at(&self, site: &'a Site) -> Self {
        Self { site, ..self.clone() }
    }

    /// The same browser with another session cookie, or with none.
    pub(crate) fn with_session(&self, cookie: Option<&str>) -> Self {
        let mut other = self.clone();
        other.cookies.remove("sessionid");
        other.cookies.extend(cookie.map(|value| ("sessionid".to_owned(), value.to_owned())));
        other
    }

    /// The value of the session cookie.
    pub(crate) fn session_cookie(&self) -> String {
        self.cookies.get("sessionid").expect("a session cookie").clone()
    }

    /// A CSRF token for the visitor's present session.
    pub(crate) async fn csrf_token(&mut self) -> String {
        let answer = self.send(Method::GET, "/csrf", &[("accept", "application/json")], Bytes::new()).await;
        answer.json()["csrf_token"].as_str().expect("a token").to_owned()
    }

    /// Signs up with this address and [`PASSWORD`]. Gives the user.
    pub(crate) async fn sign_up(&mut self, email: &str) -> Value {
        let body = json!({ "email": email, "password1": PASSWORD, "password2": PASSWORD });
        let answer = self.clone().json().post_json("/signup", body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["user"].clone()
    }

    /// Logs in with [`PASSWORD`]. Gives the user.
    pub(crate) async fn log_in(&mut self, username: &str) -> Value {
        let accept = std::mem::replace(&mut self.accept, JSON);
        let answer = self.post_json("/login", json!({ "username": username, "password": PASSWORD })).await;
        self.accept = accept;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["user"].clone()
    }

    /// Who the site thinks this is. Messages that wait go on waiting for the next page.
    pub(crate) async fn whoami(&mut self) -> Value {
        let waiting = self.cookies.remove_entry("messages");
        let answer = self.send(Method::GET, "/", &[("accept", "application/json")], Bytes::new()).await;
        self.cookies.extend(waiting);
        answer.json()["user"].clone()
    }

    /// The site that is visited.
    pub(crate) fn site(&self) -> &'a Site {
        self.site
    }

    /// Does with the cookies of an answer what a browser does.
    pub(crate) fn keep_cookies(&mut self, answer: &Answer) {
        for cookie in answer.set_cookies() {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() || attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
