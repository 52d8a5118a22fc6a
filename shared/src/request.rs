//! A request as the pipeline sees it: decoded once, before anything is decided about it.

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE, HeaderName, USER_AGENT};
use http::{HeaderMap, Method};

use crate::config::Limits;
use crate::error::{Error, Result};
use crate::fields::Fields;
use crate::negotiation::Format;
use crate::secret::Secret;
use crate::user_agent;

/// One HTTP request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The identifier that the answer and the log carry.
    pub id: String,
    /// The method.
    pub method: Method,
    /// The path, percent-decoded once.
    pub path: String,
    /// The query, as it was sent.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The peer's address, as the gateway saw it: no header can change it.
    pub source_ip: String,
    /// The host as the visitor's browser named it, in small letters, with its port unless that is the default; empty where
    /// it is not known. It chooses between the hosts that the settings name, and says nothing else.
    pub host: String,
}

impl Request {
    /// A header's text; what is not visible ASCII counts as absent.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A parameter of the query. One that stands there twice is refused: which of them would count is anybody's guess.
    pub fn query_param(&self, name: &str) -> Result<Option<String>> {
        let mut values = form_urlencoded::parse(self.query.as_bytes()).filter(|(key, _)| key == name);
        let value = values.next().map(|(_, value)| value.into_owned());
        match values.next() {
            None => Ok(value),
            Some(_) => Err(Error::bad_request(format!("the parameter {name} stands twice"))),
        }
    }

    /// A cookie's value.
    pub(crate) fn cookie(&self, name: &str) -> Option<Secret> {
        crate::cookies::find(self.header(&COOKIE)?, name)
    }

    /// Whether there was a cookie of this name, whatever it holds.
    pub(crate) fn has_cookie(&self, name: &str) -> bool {
        let header = self.headers.get(COOKIE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        header.unwrap_or_default().split(';').any(|pair| pair.trim().split('=').next() == Some(name))
    }

    /// The rendering that the answer takes.
    pub fn format(&self) -> Format {
        // A header that is there but unreadable asks for nothing that we know.
        let accept = self.headers.get(ACCEPT).map(|value| value.to_str().unwrap_or_default());
        Format::negotiate(accept, self.media_type() == "application/json")
    }

    /// The languages that the visitor's browser prefers.
    pub fn accept_language(&self) -> &str {
        self.header(&ACCEPT_LANGUAGE).unwrap_or_default()
    }

    /// What the visitor's browser calls itself, as much of it as is looked at and kept.
    pub fn user_agent(&self) -> &str {
        let header = self.header(&USER_AGENT).unwrap_or_default();
        let end = header.char_indices().nth(user_agent::MOST_CHARACTERS).map(|(end, _)| end);
        end.and_then(|end| header.get(..end)).unwrap_or(header)
    }

    /// The body's fields.
    ///
    /// # Errors
    /// 413 over the limit, 415 for a type that is neither a form nor JSON, 400 for what cannot be read.
    pub fn fields(&self, limits: &Limits) -> Result<Fields> {
        self.check_size(limits)?;
        match self.media_type().as_str() {
            "" | "application/json" if self.body.is_empty() => Ok(Fields::default()),
            "application/x-www-form-urlencoded" => Fields::from_form(&self.body, limits.fields),
            "application/json" => Fields::from_json(&self.body, limits.fields),
            _ => Err(Error::UnsupportedMediaType),
        }
    }

    /// Whether the body is within its limit, whatever it is.
    pub(crate) fn check_size(&self, limits: &Limits) -> Result<()> {
        if self.body.len() > limits.body_bytes { Err(Error::PayloadTooLarge) } else { Ok(()) }
    }

    /// Whether the body is what a page's form sends.
    pub(crate) fn is_form(&self) -> bool {
        self.media_type() == "application/x-www-form-urlencoded"
    }

    fn media_type(&self) -> String {
        let header = self.header(&CONTENT_TYPE).unwrap_or_default();
        header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }
}

#[cfg(test)]
impl Request {
    /// A request for unit tests.
    pub(crate) fn sample() -> Self {
        Self {
            id: String::new(),
            method: Method::GET,
            path: "/".to_owned(),
            query: String::new(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            source_ip: String::new(),
            host: String::new(),
        }
    }
}
