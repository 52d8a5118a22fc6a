//! Requests, answers, cookies, and who carries them.

use std::net::Ipv4Addr;

use crate::Result;

/// What a browser would send.
#[derive(Clone)]
pub(crate) struct Request {
    /// From where, where there is a gateway to say so.
    pub(crate) address: Ipv4Addr,
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) cookies: Jar,
    /// Empty for what has no body.
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
    /// The route that an API Gateway would find, as `ANY /login`.
    pub(crate) route: String,
    /// The function behind it.
    pub(crate) function: String,
}

#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Without cookies.
    pub(crate) headers: Vec<(String, String)>,
    /// The values of `Set-Cookie`.
    pub(crate) set_cookies: Vec<String>,
    pub(crate) body: Vec<u8>,
}

/// What carries a request to a site.
pub(crate) trait Transport {
    /// The site's origin, as a browser would send it.
    fn origin(&self) -> &str;

    /// Sends a request and waits for its answer.
    fn send(&mut self, request: &Request) -> Result<Answer>;
}

impl Request {
    /// Takes the place of a header of that name.
    pub(crate) fn set_header(&mut self, name: &str, value: &str) {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Notes a header, or a cookie. Blanks around a value do not count, as on a connection.
    pub(crate) fn add_header(&mut self, name: &str, value: &str) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("set-cookie") {
            self.set_cookies.push(value.to_owned());
        } else {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
    }

    pub(crate) fn contains(&self, text: &str) -> bool {
        find(&self.body, text.as_bytes()).is_some()
    }

    /// What stands between two texts.
    pub(crate) fn between(&self, before: &str, after: &str) -> Option<String> {
        let start = find(&self.body, before.as_bytes())? + before.len();
        let rest = &self.body[start..];
        let end = find(rest, after.as_bytes())?;
        Some(String::from_utf8_lossy(&rest[..end]).into_owned())
    }

    /// How the body begins, for people to read.
    pub(crate) fn beginning(&self) -> String {
        String::from_utf8_lossy(&self.body[..self.body.len().min(200)]).into_owned()
    }
}

/// The value of the first header of that name.
pub(crate) fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// A browser's cookies of one site.
#[derive(Clone, Default)]
pub(crate) struct Jar(Vec<(String, String)>);

impl Jar {
    /// Keeps what an answer sets, and forgets what it takes away.
    pub(crate) fn absorb(&mut self, answer: &Answer) {
        for cookie in &answer.set_cookies {
            let mut parts = cookie.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            let value = value.trim_matches('"');
            let over = parts.any(|attribute| attribute.eq_ignore_ascii_case("max-age=0"));
            self.0.retain(|(known, _)| known != name);
            if !over && !value.is_empty() {
                self.0.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    /// As `name=value`, each.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(name, value)| format!("{name}={value}"))
    }

    /// Forgets a cookie, under its name or its name on https.
    pub(crate) fn forget(&mut self, name: &str) {
        self.0.retain(|(known, _)| !is_named(known, name));
    }

    /// The value of a cookie, under its name or its name on https.
    pub(crate) fn value_mut(&mut self, name: &str) -> Option<&mut String> {
        self.0.iter_mut().find(|(known, _)| is_named(known, name)).map(|(_, value)| value)
    }
}

/// Whether a cookie is called that, or so with the prefix that it may have on https.
pub(crate) fn is_named(cookie: &str, name: &str) -> bool {
    cookie.strip_prefix("__Host-").unwrap_or(cookie) == name
}
