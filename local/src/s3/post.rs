//! POST Object: an upload by an HTML form, allowed by a signed policy.
//!
//! The form's signature covers the policy and the policy covers the form, so a browser needs no key.

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HOST, LOCATION};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body_util::BodyExt as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{PostResponse, Timestamp};
use s3s::{Body, S3Error, S3ErrorCode, S3Result};
use sha2::Sha256;

use super::api::write::{self, Keep};
use super::body::Guarded;
use super::checksums::{Claims, Sums};
use super::form::{Form, Malformed};
use super::front::Front;
use super::policy::Policy;
use super::store::{Cause, Expect, Headers, NewObject};

/// What stays unescaped in the path of a `Location` and in a redirect's query.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Whether the request is a form for this operation.
pub(crate) fn is_form(request: &Parts) -> bool {
    request.method == http::Method::POST && boundary(&request.headers).is_some()
}

fn boundary(headers: &HeaderMap) -> Option<String> {
    Form::boundary(headers.get(CONTENT_TYPE)?.to_str().ok()?)
}

/// Stores the form's file and answers as the form asks.
pub(crate) async fn handle(front: &Front, request: &Parts, body: Guarded) -> S3Result<Response<Body>> {
    let bucket = request.uri.path().trim_matches('/');
    if bucket.contains('/') {
        return Err(S3ErrorCode::MethodNotAllowed.into());
    }
    front.store.bucket(bucket)?;
    let body = read(front, request, body).await?;
    let boundary = boundary(&request.headers).ok_or(S3ErrorCode::MalformedPOSTRequest)?;
    let mut form = Form::parse(&body, &boundary).map_err(|error| malformed(&error))?;
    form.expand();
    authorise(front, &form, bucket)?;
    let (object, claims) = object(&form, bucket)?;
    let key = object.key.clone();
    let keep = Keep { claims, trailers: None, length: None };
    let info = write::store(&front.store, Body::from(form.file.clone()).into(), keep, object).await?;
    answer(request, &form, bucket, &key, &info.etag)
}

/// The whole body. It is held in memory, so its length is asked for first and bounded.
async fn read(front: &Front, request: &Parts, body: Guarded) -> S3Result<Bytes> {
    let length = request.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let length = length.ok_or(S3ErrorCode::MissingContentLength)?;
    if length > front.max_form {
        return Err(S3Error::with_message(
            S3ErrorCode::EntityTooLarge,
            "Your proposed upload exceeds the maximum allowed size",
        ));
    }
    let body = body.collect().await.map_err(|error| write::interrupted(&error))?;
    Ok(body.to_bytes())
}

fn malformed(error: &Malformed) -> S3Error {
    let code = match error {
        Malformed::Body => S3ErrorCode::MalformedPOSTRequest,
        Malformed::FieldsTooLarge => S3ErrorCode::MaxPostPreDataLengthExceededError,
        Malformed::NoFile => S3ErrorCode::IncorrectNumberOfFilesInPostRequest,
        Malformed::Twice(_) => S3ErrorCode::InvalidArgument,
    };
    S3Error::with_message(code, error.to_string())
}

/// Checks the signature of the policy, then the form against the policy.
fn authorise(front: &Front, form: &Form, bucket: &str) -> S3Result<()> {
    let Some(policy) = form.field("policy") else {
        return Err(S3Error::with_message(S3ErrorCode::AccessDenied, "Anonymous uploads are not allowed."));
    };
    let needed = |name: &'static str| {
        form.field(name).ok_or_else(|| {
            S3Error::with_message(
                S3ErrorCode::InvalidArgument,
                format!("Bucket POST must contain a field named '{name}'."),
            )
        })
    };
    if needed("x-amz-algorithm")? != "AWS4-HMAC-SHA256" {
        return Err(S3Error::with_message(
            S3ErrorCode::InvalidArgument,
            "X-Amz-Algorithm only supports AWS4-HMAC-SHA256",
        ));
    }
    let date = needed("x-amz-date")?;
    let scope: Vec<&str> = needed("x-amz-credential")?.split('/').collect();
    let [access_key, day, region, "s3", "aws4_request"] = scope[..] else {
        return Err(S3Error::with_message(S3ErrorCode::InvalidArgument, "Invalid X-Amz-Credential."));
    };
    let secret = front.keys.secret(access_key).ok_or(S3ErrorCode::InvalidAccessKeyId)?;
    let signature = needed("x-amz-signature")?;
    let mut signing = mac(format!("AWS4{}", secret.expose()).as_bytes())?;
    signing.update(day.as_bytes());
    for part in [region, "s3", "aws4_request", policy] {
        let key = signing.finalize().into_bytes();
        signing = mac(&key)?;
        signing.update(part.as_bytes());
    }
    let signature = unhex(signature).unwrap_or_default();
    // `verify_slice` takes the same time wherever the difference is.
    if !date.starts_with(day) || signing.verify_slice(&signature).is_err() {
        return Err(S3ErrorCode::SignatureDoesNotMatch.into());
    }
    let now = Timestamp::from(std::time::SystemTime::now());
    Policy::parse(policy)?.check(form, bucket, &now)?;
    front.keys.check_post(access_key, bucket, form.field("key").unwrap_or_default())
}

fn mac(key: &[u8]) -> S3Result<Hmac<Sha256>> {
    Hmac::new_from_slice(key).map_err(S3Error::internal_error)
}

fn object(form: &Form, bucket: &str) -> S3Result<(NewObject, Claims)> {
    let field = |name: &str| form.field(name).map(str::to_owned);
    let key = field("key").filter(|key| !key.is_empty()).ok_or_else(|| {
        S3Error::with_message(
            S3ErrorCode::InvalidArgument,
            "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
        )
    })?;
    if key.len() > 1024 {
        return Err(S3ErrorCode::KeyTooLongError.into());
    }
    let mut sums = Sums::default();
    form.fields.iter().for_each(|(name, value)| sums.read(name, value));
    let metadata = form
        .fields
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("x-amz-meta-")?.to_owned(), value.clone())));
    let headers = Headers {
        content_type: field("content-type"),
        cache_control: field("cache-control"),
        content_disposition: field("content-disposition"),
        content_encoding: field("content-encoding"),
        expires: field("expires"),
        metadata: metadata.collect(),
        ..Headers::default()
    };
    let claims =
        Claims { md5: field("content-md5"), sums, algorithms: field("x-amz-checksum-algorithm").into_iter().collect() };
    let bucket = bucket.to_owned();
    Ok((NewObject { bucket, key, headers, cause: Cause::Post, expect: Expect::Anything }, claims))
}

/// 204, or the form's `success_action_status`, or the redirect it asks for.
fn answer(request: &Parts, form: &Form, bucket: &str, key: &str, etag: &str) -> S3Result<Response<Body>> {
    let etag = format!("\"{etag}\"");
    let host = request.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let escaped = utf8_percent_encode(key, PATH).to_string();
    let location = format!("http://{host}/{bucket}/{escaped}");
    let redirect = form.field("success_action_redirect").or_else(|| form.field("redirect"));
    let redirect = redirect.filter(|url| url.starts_with("http://") || url.starts_with("https://"));
    let (status, location, body) = if let Some(url) = redirect {
        let (url, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
        let join = if url.contains('?') { '&' } else { '?' };
        let query = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let url = format!("{url}{join}bucket={bucket}&key={}&etag={}{fragment}", query(key), query(&etag));
        (StatusCode::SEE_OTHER, url, Body::empty())
    } else {
        match form.field("success_action_status") {
            Some("201") => {
                let created = PostResponse { location: &location, bucket, key, etag: &etag };
                let xml = xml(&created)?;
                (StatusCode::CREATED, location, xml)
            }
            Some("200") => (StatusCode::OK, location, Body::empty()),
            _ => (StatusCode::NO_CONTENT, location, Body::empty()),
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(LOCATION, HeaderValue::try_from(location).map_err(|_| S3ErrorCode::InvalidArgument)?);
    headers.insert(ETAG, HeaderValue::try_from(etag).map_err(S3Error::internal_error)?);
    if status == StatusCode::CREATED {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    }
    Ok(response)
}

fn xml(value: &impl s3s::xml::Serialize) -> S3Result<Body> {
    let mut text = Vec::new();
    let mut serializer = s3s::xml::Serializer::new(&mut text);
    serializer.decl().and_then(|()| value.serialize(&mut serializer)).map_err(S3Error::internal_error)?;
    Ok(text.into())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}
