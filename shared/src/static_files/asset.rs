//! A static file with its codings, and what somebody who asks for it is answered: conditions, codings and ranges as
//! RFC 9110 has them. What can be computed before anybody asks is.

#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, LAST_MODIFIED, VARY};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use super::accept_encoding::{Accepted, Encoding};
use super::conditional::{self, Modified, Verdict};
use super::content_type;
use super::guard::Guard;
use super::memory::Memory;
use super::range::Span;
use super::variant::Variant;

/// A static file.
#[derive(Debug)]
pub struct Asset {
    name: String,
    /// The smallest first.
    variants: Vec<Variant>,
    modified: Option<Modified>,
    guard: Guard,
    /// What an answer with it carries in every coding.
    shared: HeaderMap,
}

/// What somebody asks for: GET or HEAD of an asset.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// GET or HEAD.
    pub method: &'a Method,
    /// The request's headers.
    pub headers: &'a HeaderMap,
    /// The query, as it was sent.
    pub query: &'a str,
    /// The present instant.
    pub now: SystemTime,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// It takes more bytes than may be answered.
    #[error(
        "the static file {name} takes {bytes} bytes, and {most} may be answered (STATIC_MAX_RESPONSE_BYTES): put it where \
         STATIC_OVERSIZE_URL says, or into the bucket"
    )]
    TooLarge {
        /// The file's name below `STATIC_URL`.
        name: String,
        /// What was asked for.
        bytes: u64,
        /// The limit.
        most: u64,
    },
    /// It cannot be read.
    #[error("the static file {0} cannot be read")]
    Unreadable(String, #[source] io::Error),
}

impl Asset {
    /// The file `name` in its codings, one of which is [`Encoding::Identity`]. `kept` is its `Cache-Control`.
    pub fn new(
        name: String,
        mut variants: Vec<Variant>,
        modified: Option<Modified>,
        kept: &HeaderValue,
        guard: &Guard,
    ) -> Self {
        variants.sort_by_key(|variant| (variant.length, variant.encoding));
        let mut shared = guard.headers().clone();
        shared.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(&name)));
        shared.insert(CACHE_CONTROL, kept.clone());
        if let Some(modified) = &modified {
            shared.insert(LAST_MODIFIED, modified.header().clone());
        }
        if variants.len() > 1 {
            shared.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        }
        Self { name, variants, modified, guard: guard.clone(), shared }
    }

    /// The file's name below `STATIC_URL`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bytes of its smallest coding.
    pub fn smallest(&self) -> u64 {
        self.variants.first().map_or(0, |variant| variant.length)
    }

    /// Whether it can be answered in every coding without reading a file.
    pub fn is_in_memory(&self) -> bool {
        self.variants.iter().all(Variant::is_kept)
    }

    /// The answer, of at most `most` bytes.
    pub fn answer(&self, asked: &Asked<'_>, memory: &Arc<Memory>, most: u64) -> Result<Response<Bytes>, Unanswered> {
        let unreadable = |error| Unanswered::Unreadable(self.name.clone(), error);
        let Some(variant) = self.choose(Accepted::read(asked.headers), most) else {
            return Err(unreadable(io::ErrorKind::NotFound.into()));
        };
        let ready = variant.ready(&self.shared, self.guard.headers(), memory).map_err(unreadable)?;
        let modified = self.modified.as_ref();
        match conditional::evaluate(asked.headers, &ready.etag, modified) {
            Verdict::Go => {}
            Verdict::NotModified => return Ok(respond(StatusCode::NOT_MODIFIED, ready.brief.clone(), Bytes::new())),
            Verdict::Failed => return Ok(self.refuse(StatusCode::PRECONDITION_FAILED)),
        }
        // A range of HEAD is none (14.2), and neither is one of a file that is not the one it was of.
        let heard =
            asked.method == Method::GET && conditional::may_range(asked.headers, &ready.etag, modified, asked.now);
        let span = if heard { Span::read(asked.headers, variant.length) } else { Span::Whole };
        let (status, first, length) = match span {
            Span::Whole => (StatusCode::OK, 0, variant.length),
            Span::Part(first, last) => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
            Span::Unsatisfiable => return Ok(self.unsatisfiable(variant.length)),
        };
        if length > most {
            return Err(Unanswered::TooLarge { name: self.name.clone(), bytes: length, most });
        }
        let mut headers = ready.full.clone();
        if let Span::Part(first, last) = span {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
            if let Ok(range) = HeaderValue::from_str(&format!("bytes {first}-{last}/{}", variant.length)) {
                headers.insert(CONTENT_RANGE, range);
            }
        }
        let body = if asked.method == Method::HEAD {
            Bytes::new()
        } else {
            variant.read(ready, first, length).map_err(unreadable)?
        };
        Ok(respond(status, headers, body))
    }

    /// The coding that is wanted most, the smaller of two that are wanted as much; of those that fit, if one does. Where
    /// nothing that there is is wanted, the bytes as they are: 406 would help nobody (12.5.3 leaves that to the server).
    fn choose(&self, accepted: Accepted, most: u64) -> Option<&Variant> {
        let best = |fits: &dyn Fn(&Variant) -> bool| {
            let wanted = self.variants.iter().filter(|variant| accepted.weight(variant.encoding) > 0 && fits(variant));
            // Of equals `max_by_key` takes the last.
            wanted.rev().max_by_key(|variant| accepted.weight(variant.encoding))
        };
        let identity = || self.variants.iter().find(|variant| variant.encoding == Encoding::Identity);
        best(&|variant| variant.length <= most).or_else(|| best(&|_| true)).or_else(identity)
    }

    fn unsatisfiable(&self, length: u64) -> Response<Bytes> {
        let mut response = self.refuse(StatusCode::RANGE_NOT_SATISFIABLE);
        if let Ok(range) = HeaderValue::from_str(&format!("bytes */{length}")) {
            response.headers_mut().insert(CONTENT_RANGE, range);
        }
        response.headers_mut().insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        response
    }

    fn refuse(&self, status: StatusCode) -> Response<Bytes> {
        let mut response = self.guard.plain(status, "");
        self.vary(response.headers_mut());
        response
    }

    /// Says on an answer about this file that another coding would have another one.
    pub(super) fn vary(&self, headers: &mut HeaderMap) {
        if let Some(vary) = self.shared.get(VARY) {
            headers.insert(VARY, vary.clone());
        }
    }
}

fn respond(status: StatusCode, headers: HeaderMap, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
