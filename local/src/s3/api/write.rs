//! Put, copy and delete.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, DeleteObjectInput, DeleteObjectsInput,
    DeleteObjectsOutput, DeletedObject, ETag, ETagCondition, MetadataDirective, PutObjectInput, PutObjectOutput,
    StreamingBlob, Timestamp, TimestampFormat,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result, StdError, TrailingHeaders};

use super::read::{Conditions, Refusal};
use crate::s3::checksums::{Claims, Sums, claimed_sums, set_sums};
use crate::s3::events::timestamp;
use crate::s3::store::{
    Cause, Draft, Expect, Finished, Info, NewObject, Store, blocking, internal, precondition_failed,
};

/// How much of a body is gathered before it is handed to a blocking thread.
const GATHER: usize = 256 * 1024;
/// All metadata of an object, names and values.
const METADATA: usize = 2 * 1024;

pub(super) async fn put(store: &Arc<Store>, request: S3Request<PutObjectInput>) -> S3Result<PutObjectOutput> {
    let claims = {
        let input = &request.input;
        claims(input.content_md5.as_deref(), claimed_sums!(input), input.checksum_algorithm.as_ref())
    };
    let claims = claims.announced(&request.headers);
    let input = request.input;
    let length = input.content_length.ok_or(S3ErrorCode::MissingContentLength)?;
    let object = NewObject {
        headers: headers!(input),
        expect: expect(input.if_match, input.if_none_match)?,
        bucket: input.bucket,
        key: input.key,
        cause: Cause::Put,
    };
    let body = input.body.unwrap_or_else(|| s3s::Body::empty().into());
    let keep = Keep { claims, trailers: request.trailing_headers, length: Some(length) };
    let info = self::store(store, body, keep, object).await?;
    let mut output = PutObjectOutput { e_tag: Some(ETag::Strong(info.etag)), ..Default::default() };
    output.checksum_type = info.headers.sums.kind();
    set_sums!(output, info.headers.sums);
    Ok(output)
}

/// What is known of a body besides its bytes.
pub(crate) struct Keep {
    pub(crate) claims: Claims,
    /// Filled once the body has been read.
    pub(crate) trailers: Option<TrailingHeaders>,
    /// How long the body has to be.
    pub(crate) length: Option<i64>,
}

/// Receives a body and makes it an object.
pub(crate) async fn store(store: &Arc<Store>, body: StreamingBlob, keep: Keep, object: NewObject) -> S3Result<Info> {
    store.bucket(&object.bucket)?;
    let metadata: usize = object.headers.metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    if metadata > METADATA {
        return Err(S3ErrorCode::MetadataTooLarge.into());
    }
    let (body, claims) = receive(store, body, keep).await?;
    blocking(store, move |store| store.put(body, &claims, object)).await
}

/// Reads a whole body into a draft, off the async threads.
pub(super) async fn receive(store: &Arc<Store>, mut body: StreamingBlob, keep: Keep) -> S3Result<(Finished, Claims)> {
    let Keep { mut claims, trailers, length } = keep;
    let mut draft: Option<Draft> = None;
    loop {
        let mut gathered = Vec::new();
        let mut size = 0;
        let mut ended = false;
        while size < GATHER {
            let Some(chunk) = body.next().await else {
                ended = true;
                break;
            };
            let chunk: Bytes = chunk.map_err(|error| interrupted(&error))?;
            size += chunk.len();
            gathered.push(chunk);
        }
        let wanted = claims.clone();
        let written = blocking(store, move |store| {
            let mut draft = draft.map_or_else(|| store.draft(&wanted), Ok)?;
            gathered.iter().try_for_each(|chunk| draft.write(chunk)).map_err(internal)?;
            Ok(draft)
        });
        let written = written.await?;
        if ended {
            let trailers = trailers.and_then(|trailers| trailers.take()).unwrap_or_default();
            for (name, value) in &trailers {
                claims.sums.read(name.as_str(), value.to_str().unwrap_or_default());
            }
            let body = written.finish();
            if length.is_some_and(|length| u64::try_from(length) != Ok(body.size)) {
                return Err(S3ErrorCode::IncompleteBody.into());
            }
            return Ok((body, claims));
        }
        draft = Some(written);
    }
}

/// Why a body could not be read. `s3s` keeps these error types to itself, so their words have to do.
pub(crate) fn interrupted(error: &StdError) -> S3Error {
    let text = error.to_string();
    if text.contains("Sha256Mismatch") {
        let code = S3ErrorCode::Custom("XAmzContentSHA256Mismatch".into());
        let message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
        let mut error = S3Error::with_message(code, message);
        error.set_status_code(http::StatusCode::BAD_REQUEST);
        return error;
    }
    if text.contains("SignatureMismatch") {
        return S3ErrorCode::SignatureDoesNotMatch.into();
    }
    let timed_out =
        error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::TimedOut);
    if timed_out || text.contains(&std::io::Error::from(std::io::ErrorKind::TimedOut).to_string()) {
        return S3Error::with_message(
            S3ErrorCode::RequestTimeout,
            "Your socket connection to the server was not read from or written to within the timeout period.",
        );
    }
    S3ErrorCode::IncompleteBody.into()
}

pub(super) async fn copy(store: &Arc<Store>, request: S3Request<CopyObjectInput>) -> S3Result<CopyObjectOutput> {
    let create_only = request.headers.get(http::header::IF_NONE_MATCH).is_some_and(|value| value == "*");
    let input = request.input;
    let CopySource::Bucket { bucket, key, .. } = input.copy_source else {
        return Err(S3ErrorCode::NotImplemented.into());
    };
    let replace =
        input.metadata_directive.as_ref().is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
    if !replace && *bucket == *input.bucket && *key == *input.key {
        return Err(S3Error::with_message(
            S3ErrorCode::InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself without changing the \
             object's metadata, storage class, website redirect location or encryption attributes.",
        ));
    }
    let conditions = Conditions {
        etag: input.copy_source_if_match,
        other_etag: input.copy_source_if_none_match,
        modified_since: input.copy_source_if_modified_since,
        unmodified_since: input.copy_source_if_unmodified_since,
    };
    let algorithm = input.checksum_algorithm.map(|algorithm| algorithm.as_str().to_owned());
    let object = NewObject {
        headers: headers!(input),
        bucket: input.bucket,
        key: input.key,
        cause: Cause::Copy,
        expect: if create_only { Expect::Absent } else { Expect::Anything },
    };
    let info = blocking(store, move |store| {
        // A source that is "not modified" is a failed precondition here: there is no 304 for a copy.
        let accept = |info: &Info| conditions.check(info).map_err(|_: Refusal| precondition_failed());
        store.copy((&bucket, &key), algorithm, replace, object, accept)
    });
    let info = info.await?;
    let mut result = CopyObjectResult {
        e_tag: Some(ETag::Strong(info.etag)),
        last_modified: Some(timestamp(info.modified)),
        checksum_type: info.headers.sums.kind(),
        ..Default::default()
    };
    set_sums!(result, info.headers.sums);
    Ok(CopyObjectOutput { copy_object_result: Some(result), ..Default::default() })
}

pub(super) async fn delete(store: &Arc<Store>, input: DeleteObjectInput) -> S3Result<()> {
    let expect = expect(input.if_match, None)?;
    blocking(store, move |store| store.delete(&input.bucket, &input.key, &expect)).await
}

pub(super) async fn delete_many(store: &Arc<Store>, input: DeleteObjectsInput) -> S3Result<DeleteObjectsOutput> {
    store.bucket(&input.bucket)?;
    if input.delete.objects.len() > 1000 {
        return Err(S3ErrorCode::MalformedXML.into());
    }
    let quiet = input.delete.quiet.unwrap_or(false);
    blocking(store, move |store| {
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for object in input.delete.objects {
            let expect = object.e_tag.map_or(Expect::Anything, |etag| Expect::Etag(etag.into_value()));
            match store.delete(&input.bucket, &object.key, &expect) {
                Ok(()) => deleted.push(DeletedObject { key: Some(object.key), ..Default::default() }),
                Err(error) => errors.push(s3s::dto::Error {
                    code: Some(error.code().as_str().to_owned()),
                    key: Some(object.key),
                    message: error.message().map(str::to_owned),
                    version_id: None,
                }),
            }
        }
        Ok(DeleteObjectsOutput {
            deleted: (!quiet).then_some(deleted),
            errors: (!errors.is_empty()).then_some(errors),
            ..Default::default()
        })
    })
    .await
}

/// What a client says of its body in headers.
pub(super) fn claims(md5: Option<&str>, sums: Sums, algorithm: Option<&s3s::dto::ChecksumAlgorithm>) -> Claims {
    let algorithms = algorithm.iter().map(|algorithm| algorithm.as_str().to_owned()).collect();
    Claims { md5: md5.map(str::to_owned), sums, algorithms }
}

/// The writer's precondition. S3 knows `If-None-Match` only as `*`.
pub(super) fn expect(if_match: Option<ETagCondition>, if_none_match: Option<ETagCondition>) -> S3Result<Expect> {
    match (if_match, if_none_match) {
        (None, None) => Ok(Expect::Anything),
        (None, Some(ETagCondition::Any)) => Ok(Expect::Absent),
        (Some(ETagCondition::Any), None) => Ok(Expect::Present),
        (Some(ETagCondition::ETag(etag)), None) => Ok(Expect::Etag(etag.into_value())),
        _ => Err(S3Error::with_message(
            S3ErrorCode::NotImplemented,
            "A header you provided implies functionality that is not implemented",
        )),
    }
}

/// `Expires` as the text it was.
pub(super) fn http_date(time: &Timestamp) -> Option<String> {
    let mut text = Vec::new();
    time.format(TimestampFormat::HttpDate, &mut text).ok()?;
    String::from_utf8(text).ok()
}

/// `aws-chunked` is how a body travels, not what it is: S3 does not keep it.
pub(super) fn without_chunked(encoding: Option<String>) -> Option<String> {
    let encoding = encoding?;
    let rest: Vec<&str> =
        encoding.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != "aws-chunked").collect();
    (!rest.is_empty()).then(|| rest.join(","))
}

/// The headers to keep, out of the inputs that carry them.
macro_rules! headers {
    ($input:expr) => {
        $crate::s3::store::Headers {
            content_type: $input.content_type.filter(|value| !value.is_empty()),
            cache_control: $input.cache_control,
            content_disposition: $input.content_disposition,
            content_encoding: $crate::s3::api::write::without_chunked($input.content_encoding),
            content_language: $input.content_language,
            expires: $input.expires.as_ref().and_then($crate::s3::api::write::http_date),
            metadata: $input.metadata.unwrap_or_default().into_iter().collect(),
            sums: $crate::s3::checksums::Sums::default(),
        }
    };
}
use headers;
pub(super) use headers as kept_headers;
