//! An answer: status, headers, and a body that is text or bytes.

use bytes::Bytes;
use http::header::{CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::next::Next;

/// One HTTP response.
#[derive(Debug, Clone, Default)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
    /// What a refused form's page says in words: its error, for the log.
    pub(crate) refused: Option<Refused>,
    /// Whether it brings all of its headers along: it is a file and no page.
    pub(crate) is_asset: bool,
}

/// Text of this length fits into Lambda's answer even if JSON must escape every byte of it.
const SURELY_FITS: usize = 1_000_000;

/// The error behind an answer.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) code: &'static str,
    pub(crate) cause: String,
}

impl From<&Error> for Refused {
    fn from(error: &Error) -> Self {
        Self { code: error.code(), cause: crate::log::chain(error) }
    }
}

/// A body: API Gateway takes text as it is and bytes in base64.
#[derive(Debug, Clone, Default)]
pub enum Body {
    /// Nothing.
    #[default]
    Empty,
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
}

impl Response {
    /// An answer without a body.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, ..Self::default() }
    }

    /// An HTML page.
    pub fn html(status: StatusCode, page: String) -> Self {
        Self::empty(status).body("text/html; charset=utf-8", Body::Text(page))
    }

    /// A JSON value.
    pub fn json(status: StatusCode, value: &impl Serialize) -> Result<Self> {
        let text = serde_json::to_string(value).map_err(Error::internal)?;
        Ok(Self::empty(status).body("application/json", Body::Text(text)))
    }

    /// Bytes of this media type, e.g. `image/png`.
    pub fn bytes(status: StatusCode, content_type: &'static str, bytes: Vec<u8>) -> Self {
        Self::empty(status).body(content_type, Body::Binary(bytes))
    }

    /// A static file, or what is answered in its place, with all of its headers: they say how long it may be kept and by
    /// whom, and the pipeline adds none of a page's.
    pub fn asset(answer: http::Response<Bytes>) -> Self {
        let (parts, body) = answer.into_parts();
        let refused = (parts.status == StatusCode::NOT_FOUND).then(|| Refused::from(&Error::NotFound));
        // Part of a text may begin within a letter; what is compressed is no text.
        let is_text = !parts.headers.contains_key(CONTENT_ENCODING)
            && body.len() <= SURELY_FITS
            && parts.headers.get(CONTENT_TYPE).is_some_and(|value| {
                let kind = value.as_bytes();
                kind.starts_with(b"text/") || kind.ends_with(b"json") || kind.ends_with(b"xml")
            });
        let body = match (body.is_empty(), is_text) {
            (true, _) => Body::Empty,
            (false, false) => Body::Binary(body.into()),
            (false, true) => {
                String::from_utf8(body.into()).map_or_else(|error| Body::Binary(error.into_bytes()), Body::Text)
            }
        };
        Self { status: parts.status, headers: parts.headers, body, refused, is_asset: true }
    }

    /// A redirect that is followed by GET (RFC 9110, 15.4.4).
    pub fn see_other(to: &Next) -> Self {
        let mut response = Self::empty(StatusCode::SEE_OTHER);
        if let Ok(location) = HeaderValue::from_str(to.as_str()) {
            response.headers.insert(LOCATION, location);
        }
        response
    }

    /// A redirect to an address of ours elsewhere, a signed one as a rule: 302, since the same question leads to another
    /// one the next time (RFC 9110, 15.4.3).
    ///
    /// # Errors
    /// When the address cannot stand in a header.
    pub fn found(url: &str) -> Result<Self> {
        let mut response = Self::empty(StatusCode::FOUND);
        response.headers.insert(LOCATION, HeaderValue::from_str(url).map_err(Error::internal)?);
        Ok(response)
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }

    /// Has a browser keep it as a file of this name, of ASCII letters, digits, `.` and `-`.
    pub fn attachment(mut self, file_name: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{file_name}\"")) {
            self.headers.insert(CONTENT_DISPOSITION, value);
        }
        self
    }

    fn body(mut self, content_type: &'static str, body: Body) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        self.body = body;
        self
    }
}

impl Body {
    /// Its bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
