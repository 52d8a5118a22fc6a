//! What S3 demands of a signature beyond its being right, and `s3s` does not: nothing that changes the
//! meaning of a request may be left out of it.
//!
//! Without this, whoever holds a presigned PUT could add `x-amz-copy-source` and copy any object.

use http::request::Parts;
use percent_encoding::percent_decode_str;
use s3s::{S3Error, S3ErrorCode, S3Result};

/// Refuses unsigned `x-amz-*` headers with `AccessDenied` and Signature Version 2 with `InvalidRequest`.
pub(crate) fn check(request: &Parts) -> S3Result<()> {
    let query = request.uri.query().unwrap_or_default();
    let authorization = request.headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if parameter(query, "AWSAccessKeyId").is_some() || authorization.is_some_and(|value| value.starts_with("AWS ")) {
        return Err(S3Error::with_message(
            S3ErrorCode::InvalidRequest,
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
        ));
    }
    let signed = match (parameter(query, "X-Amz-SignedHeaders"), authorization) {
        (Some(_), Some(_)) => {
            return Err(S3Error::with_message(
                S3ErrorCode::InvalidArgument,
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string \
                 parameter or the Authorization header should be specified",
            ));
        }
        (Some(signed), None) => signed,
        (None, Some(authorization)) => signed_by_header(authorization).to_owned(),
        // Anonymous: refused for that.
        (None, None) => return Ok(()),
    };
    let unsigned: Vec<&str> = request
        .headers
        .keys()
        .map(http::HeaderName::as_str)
        // The hash of the body is verified against the body, so it needs no signature of its own.
        .filter(|name| name.starts_with("x-amz-") && *name != "x-amz-content-sha256")
        .filter(|name| !signed.split(';').any(|signed| signed.eq_ignore_ascii_case(name)))
        .collect();
    if unsigned.is_empty() {
        return Ok(());
    }
    Err(S3Error::with_message(
        S3ErrorCode::AccessDenied,
        format!("There were headers present in the request which were not signed: {}", unsigned.join(", ")),
    ))
}

fn signed_by_header(authorization: &str) -> &str {
    authorization.split([',', ' ']).find_map(|part| part.trim().strip_prefix("SignedHeaders=")).unwrap_or_default()
}

/// The first value of a parameter of a query, decoded.
pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| percent_decode_str(key).decode_utf8_lossy() == name)
        .map(|(_, value)| percent_decode_str(value).decode_utf8_lossy().into_owned())
}
