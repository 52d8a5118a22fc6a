//! Get and head.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use s3s::dto::{
    ChecksumMode, ETag, ETagCondition, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput,
    Range as Asked, StreamingBlob, Timestamp, TimestampFormat,
};
use s3s::{Body, S3Error, S3ErrorCode, S3Response, S3Result};

use crate::s3::checksums::{Sums, set_sums};
use crate::s3::events::timestamp;
use crate::s3::store::{Info, Reader, Store, blocking, internal, precondition_failed};

/// What S3 calls a body nobody named a type for.
const UNNAMED: &str = "binary/octet-stream";

pub(super) async fn get(store: &Arc<Store>, input: GetObjectInput) -> S3Result<GetObjectOutput> {
    let conditions = Conditions {
        etag: input.if_match,
        other_etag: input.if_none_match,
        modified_since: input.if_modified_since,
        unmodified_since: input.if_unmodified_since,
    };
    let (bucket, key, asked) = (input.bucket, input.key, input.range);
    let opened = blocking(store, move |store| {
        let (info, range, mut reader) = store.read(&bucket, &key, |info| {
            conditions.check(info).map_err(|refusal| refusal.error(info))?;
            asked.map_or(Ok(0..info.size), |asked| asked.check(info.size).map_err(Into::into))
        })?;
        // The first chunk, which is mostly all, comes with the same turn on a blocking thread.
        let first = reader.next().map_err(internal)?;
        Ok((info, range, reader, first))
    });
    let (info, range, reader, first) = opened.await?;
    let length = range.end - range.start;
    let body = match first {
        Some(first) if (first.len() as u64) < length => StreamingBlob::wrap(chunks(first, reader)),
        first => Body::from(first.unwrap_or_default()).into(),
    };
    let mut output = GetObjectOutput {
        body: Some(body),
        accept_ranges: Some("bytes".to_owned()),
        content_length: i64::try_from(length).ok(),
        content_range: asked.map(|_| content_range(&range, info.size)),
        content_type: Some(info.headers.content_type.unwrap_or_else(|| UNNAMED.to_owned())),
        cache_control: info.headers.cache_control,
        content_disposition: info.headers.content_disposition,
        content_encoding: info.headers.content_encoding,
        content_language: info.headers.content_language,
        expires: expires(info.headers.expires.as_deref()),
        e_tag: Some(ETag::Strong(info.etag)),
        last_modified: Some(timestamp(info.modified)),
        metadata: Some(info.headers.metadata.into_iter().collect()),
        ..Default::default()
    };
    // A checksum is of the whole object; with a part of it, a client would find it wrong.
    if asked.is_none() && wants_sums(input.checksum_mode.as_ref()) {
        output.checksum_type = info.headers.sums.kind();
        set_sums!(output, info.headers.sums);
    }
    Ok(output)
}

/// The rest of a large body, each chunk read on a blocking thread.
fn chunks(first: Bytes, reader: Reader) -> impl stream::Stream<Item = std::io::Result<Bytes>> {
    stream::unfold((Some(first), Some(reader)), |(first, reader)| async {
        if let Some(first) = first {
            return Some((Ok(first), (None, reader)));
        }
        let mut reader = reader?;
        let read = tokio::task::spawn_blocking(move || reader.next().map(|chunk| (chunk, reader))).await;
        match read {
            Ok(Ok((chunk, reader))) => Some((Ok(chunk?), (None, Some(reader)))),
            // The connection is cut, so that the client sees that its copy is incomplete.
            Ok(Err(error)) => Some((Err(error), (None, None))),
            Err(error) => Some((Err(std::io::Error::other(error)), (None, None))),
        }
    })
}

pub(super) async fn head(store: &Arc<Store>, input: HeadObjectInput) -> S3Result<S3Response<HeadObjectOutput>> {
    let overrides = overrides(&input)?;
    let conditions = Conditions {
        etag: input.if_match,
        other_etag: input.if_none_match,
        modified_since: input.if_modified_since,
        unmodified_since: input.if_unmodified_since,
    };
    let (bucket, key) = (input.bucket, input.key);
    let info = blocking(store, move |store| store.head(&bucket, &key)).await?;
    conditions.check(&info).map_err(|refusal| refusal.error(&info))?;
    let range = input.range.map_or(Ok(0..info.size), |asked| asked.check(info.size))?;
    let mut output = HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: i64::try_from(range.end - range.start).ok(),
        content_range: input.range.map(|_: Asked| content_range(&range, info.size)),
        content_type: Some(info.headers.content_type.unwrap_or_else(|| UNNAMED.to_owned())),
        cache_control: info.headers.cache_control,
        content_disposition: info.headers.content_disposition,
        content_encoding: info.headers.content_encoding,
        content_language: info.headers.content_language,
        expires: expires(info.headers.expires.as_deref()),
        e_tag: Some(ETag::Strong(info.etag)),
        last_modified: Some(timestamp(info.modified)),
        metadata: Some(info.headers.metadata.into_iter().collect()),
        ..Default::default()
    };
    if input.range.is_none() && wants_sums(input.checksum_mode.as_ref()) {
        output.checksum_type = info.headers.sums.kind();
        let sums: Sums = info.headers.sums;
        set_sums!(output, sums);
    }
    let mut response = S3Response::with_headers(output, overrides);
    if input.range.is_some() {
        response.status = Some(http::StatusCode::PARTIAL_CONTENT);
    }
    Ok(response)
}

/// `response-content-type` and the like, which `s3s` applies to GET and leaves out of HEAD.
fn overrides(input: &HeadObjectInput) -> S3Result<HeaderMap> {
    let expires = input.response_expires.as_ref().and_then(super::write::http_date);
    let pairs = [
        (http::header::CONTENT_TYPE, &input.response_content_type),
        (http::header::CACHE_CONTROL, &input.response_cache_control),
        (http::header::CONTENT_DISPOSITION, &input.response_content_disposition),
        (http::header::CONTENT_ENCODING, &input.response_content_encoding),
        (http::header::CONTENT_LANGUAGE, &input.response_content_language),
        (http::header::EXPIRES, &expires),
    ];
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        if let Some(value) = value {
            headers.insert(name, value.parse().map_err(|_| S3ErrorCode::InvalidArgument)?);
        }
    }
    Ok(headers)
}

/// A reader's preconditions, in the order RFC 9110 gives them.
pub(super) struct Conditions {
    /// `If-Match`
    pub(super) etag: Option<ETagCondition>,
    /// `If-None-Match`
    pub(super) other_etag: Option<ETagCondition>,
    pub(super) modified_since: Option<Timestamp>,
    pub(super) unmodified_since: Option<Timestamp>,
}

/// Why a reader gets no body.
pub(super) enum Refusal {
    NotModified,
    Failed,
}

impl Conditions {
    pub(super) fn check(&self, info: &Info) -> Result<(), Refusal> {
        // HTTP dates are whole seconds.
        let modified = timestamp(info.modified - info.modified.rem_euclid(1000));
        let matches = |condition: &ETagCondition| match condition {
            ETagCondition::Any => true,
            ETagCondition::ETag(etag) => etag.value() == info.etag,
        };
        match (&self.etag, &self.unmodified_since) {
            (Some(condition), _) if !matches(condition) => return Err(Refusal::Failed),
            (None, Some(time)) if modified > *time => return Err(Refusal::Failed),
            _ => {}
        }
        match (&self.other_etag, &self.modified_since) {
            (Some(condition), _) if matches(condition) => Err(Refusal::NotModified),
            (None, Some(time)) if modified <= *time => Err(Refusal::NotModified),
            _ => Ok(()),
        }
    }
}

impl Refusal {
    /// 412, or 304 with the headers a cache revalidates by.
    pub(super) fn error(self, info: &Info) -> S3Error {
        match self {
            Self::Failed => precondition_failed(),
            Self::NotModified => {
                let mut headers = HeaderMap::new();
                if let Ok(etag) = format!("\"{}\"", info.etag).parse() {
                    headers.insert(http::header::ETAG, etag);
                }
                let modified = super::write::http_date(&timestamp(info.modified));
                if let Some(modified) = modified.and_then(|date| date.parse().ok()) {
                    headers.insert(http::header::LAST_MODIFIED, modified);
                }
                let mut error = S3Error::new(S3ErrorCode::NotModified);
                error.set_headers(headers);
                error
            }
        }
    }
}

fn content_range(range: &Range<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1))
}

fn expires(date: Option<&str>) -> Option<Timestamp> {
    Timestamp::parse(TimestampFormat::HttpDate, date?).ok()
}

fn wants_sums(mode: Option<&ChecksumMode>) -> bool {
    mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED)
}
