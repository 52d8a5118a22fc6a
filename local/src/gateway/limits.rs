//! The sizes and times API Gateway and Lambda allow.

use std::{io, time::Duration};

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, header, request::Parts};
use http_body_util::BodyExt;
use hyper::body::Body;
use serde_json::Value;

use super::refusal::Refusal;

/// Request line and headers together, in bytes (API Gateway's quota, which cannot be raised).
pub(super) const HEAD: usize = 10_240;
/// A request's body, in bytes.
pub(super) const BODY: usize = 10 * 1024 * 1024;
/// What Lambda takes and gives in one synchronous invocation, in bytes of JSON: 6 MB and a bit.
pub(super) const PAYLOAD: usize = 6_291_556;
/// How much of a refused body is still read, so that the client gets to see the refusal: a connection
/// closed over unread bytes is reset, and the response is lost with it.
const DRAIN: usize = 8 * BODY;

/// Whether the request line and the headers, as they stood on the wire, are within the quota.
pub(super) fn head_fits(parts: &Parts) -> bool {
    let line = parts.method.as_str().len() + parts.uri.to_string().len() + "  HTTP/1.1\r\n".len();
    let headers: usize =
        parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum();
    line + headers <= HEAD
}

/// The whole body, or the refusal it earns.
pub(super) async fn read_body<B>(headers: &HeaderMap, body: B, patience: Duration) -> Result<Bytes, Refusal>
where
    B: Body,
{
    tokio::time::timeout(patience, collect(headers, body)).await.unwrap_or(Err(Refusal::RequestTimeout))
}

async fn collect<B: Body>(headers: &HeaderMap, body: B) -> Result<Bytes, Refusal> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY) && headers.contains_key(header::EXPECT) {
        // The client waits for a word before it sends: there is nothing to drain.
        return Err(Refusal::TooLarge);
    }
    let mut body = std::pin::pin!(body);
    let mut collected = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(mut data) = frame.map_err(|_| Refusal::BadRequest)?.into_data() else {
            continue;
        };
        length += data.remaining();
        if length > DRAIN {
            return Err(Refusal::TooLarge);
        }
        if length > BODY {
            collected = BytesMut::new();
            continue;
        }
        while data.has_remaining() {
            let chunk = data.chunk();
            collected.extend_from_slice(chunk);
            let taken = chunk.len();
            data.advance(taken);
        }
    }
    if length > BODY { Err(Refusal::TooLarge) } else { Ok(collected.freeze()) }
}

/// Whether Lambda would carry this event or answer.
pub(super) fn payload_fits(payload: &Value) -> bool {
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, payload).is_ok() && counter.0 <= PAYLOAD
}

/// Counts what is written to it.
struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
