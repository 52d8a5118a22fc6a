//! Listing objects, unfinished uploads and buckets.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{
    Bucket, ChecksumAlgorithm, ChecksumType, CommonPrefix, ETag, ListBucketsOutput, ListMultipartUploadsInput,
    ListMultipartUploadsOutput, ListObjectsV2Input, ListObjectsV2Output, MultipartUpload, Object, ObjectStorageClass,
};
use s3s::{S3Error, S3ErrorCode, S3Result};

use crate::s3::events::timestamp;
use crate::s3::store::{After, Begun, Entry, Listing, Store, Unfinished, blocking};

/// What `encoding-type=url` leaves as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*').remove(b'/');

pub(super) async fn objects(store: &Arc<Store>, input: ListObjectsV2Input) -> S3Result<ListObjectsV2Output> {
    let limit = match input.max_keys {
        None => 1000,
        Some(asked) => usize::try_from(asked).map_err(|_| S3ErrorCode::InvalidArgument)?.min(1000),
    };
    let after = match &input.continuation_token {
        Some(token) => Some(parse_token(token)?),
        None => input.start_after.clone().filter(|key| !key.is_empty()).map(After::Key),
    };
    let (bucket, prefix) = (input.bucket.clone(), input.prefix.clone().unwrap_or_default());
    let delimiter = input.delimiter.clone().filter(|delimiter| !delimiter.is_empty());
    let listed = blocking(store, move |store| {
        let delimiter = delimiter.as_deref();
        store.list(&Listing { bucket: &bucket, prefix: &prefix, delimiter, after, limit })
    });
    let (entries, more) = listed.await?;

    let url = input.encoding_type.as_ref().is_some_and(|encoding| encoding.as_str() == "url");
    let encode = |text: String| {
        if url { utf8_percent_encode(&text, ENCODED).to_string() } else { text }
    };
    let count = i32::try_from(entries.len()).ok();
    let next = entries.last().filter(|_| more).map(|last| token(&last.after()));
    let (mut contents, mut prefixes) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry {
            Entry::Prefix(prefix) => prefixes.push(CommonPrefix { prefix: Some(encode(prefix)) }),
            Entry::Object { key, size, etag, modified } => contents.push(Object {
                key: Some(encode(key)),
                size: i64::try_from(size).ok(),
                e_tag: Some(ETag::Strong(etag)),
                last_modified: Some(timestamp(modified)),
                storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
                ..Default::default()
            }),
        }
    }
    Ok(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: input.prefix.map(encode),
        delimiter: input.delimiter.map(encode),
        start_after: input.start_after.map(encode),
        max_keys: i32::try_from(limit).ok(),
        key_count: count,
        continuation_token: input.continuation_token,
        is_truncated: Some(more),
        next_continuation_token: next,
        contents: Some(contents),
        common_prefixes: Some(prefixes),
        encoding_type: input.encoding_type,
        ..Default::default()
    })
}

pub(super) async fn unfinished(
    store: &Arc<Store>,
    input: ListMultipartUploadsInput,
) -> S3Result<ListMultipartUploadsOutput> {
    if input.delimiter.as_ref().is_some_and(|delimiter| !delimiter.is_empty()) {
        return Err(S3ErrorCode::NotImplemented.into());
    }
    let limit = match input.max_uploads {
        None => 1000,
        Some(asked) => usize::try_from(asked).map_err(|_| S3ErrorCode::InvalidArgument)?.min(1000),
    };
    let (bucket, prefix) = (input.bucket.clone(), input.prefix.clone().unwrap_or_default());
    // Without the key's, S3 ignores the marker of the upload.
    let (key, id) = (input.key_marker.clone().filter(|key| !key.is_empty()), input.upload_id_marker.clone());
    let listed = blocking(store, move |store| {
        let after = key.as_deref().map(|key| (key, id.as_deref().filter(|id| !id.is_empty())));
        store.unfinished(&Unfinished { bucket: &bucket, prefix: &prefix, after, limit })
    });
    let (uploads, more) = listed.await?;

    let url = input.encoding_type.as_ref().is_some_and(|encoding| encoding.as_str() == "url");
    let encode = |text: String| {
        if url { utf8_percent_encode(&text, ENCODED).to_string() } else { text }
    };
    let last = uploads.last().filter(|_| more);
    Ok(ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        prefix: input.prefix.map(encode),
        key_marker: input.key_marker.map(encode),
        upload_id_marker: input.upload_id_marker,
        next_key_marker: last.map(|last| encode(last.key.clone())),
        next_upload_id_marker: last.map(|last| last.id.clone()),
        max_uploads: i32::try_from(limit).ok(),
        is_truncated: Some(more),
        encoding_type: input.encoding_type,
        uploads: Some(uploads.into_iter().map(|upload| begun(upload, encode)).collect()),
        ..Default::default()
    })
}

fn begun(upload: Begun, encode: impl Fn(String) -> String) -> MultipartUpload {
    let kind = if upload.composite { ChecksumType::COMPOSITE } else { ChecksumType::FULL_OBJECT };
    MultipartUpload {
        key: Some(encode(upload.key)),
        upload_id: Some(upload.id),
        initiated: Some(timestamp(upload.created)),
        checksum_type: upload.algorithm.is_some().then(|| ChecksumType::from_static(kind)),
        checksum_algorithm: upload.algorithm.map(ChecksumAlgorithm::from),
        ..Default::default()
    }
}

pub(super) async fn buckets(store: &Arc<Store>, region: &str) -> S3Result<ListBucketsOutput> {
    let buckets = blocking(store, Store::buckets).await?;
    let buckets = buckets.into_iter().map(|(name, created)| Bucket {
        name: Some(name),
        creation_date: Some(timestamp(created)),
        bucket_region: Some(region.to_owned()),
    });
    Ok(ListBucketsOutput { buckets: Some(buckets.collect()), ..Default::default() })
}

/// Where the next page begins, opaque to clients.
fn token(after: &After) -> String {
    let (kind, name) = match after {
        After::Key(key) => ('k', key),
        After::Prefix(prefix) => ('p', prefix),
    };
    URL_SAFE_NO_PAD.encode(format!("{kind}{name}"))
}

fn parse_token(token: &str) -> S3Result<After> {
    let invalid =
        || S3Error::with_message(S3ErrorCode::InvalidArgument, "The continuation token provided is incorrect");
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid())?;
    let text = String::from_utf8(bytes).map_err(|_| invalid())?;
    match (text.strip_prefix('k'), text.strip_prefix('p')) {
        (Some(key), _) => Ok(After::Key(key.to_owned())),
        (_, Some(prefix)) => Ok(After::Prefix(prefix.to_owned())),
        _ => Err(invalid()),
    }
}
