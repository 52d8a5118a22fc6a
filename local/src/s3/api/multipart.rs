//! Multipart uploads.

use std::sync::Arc;

use s3s::dto::{
    AbortMultipartUploadInput, CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, ETag, ListPartsInput, ListPartsOutput, Part, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};

use super::write::{Keep, claims, expect, kept_headers, receive};
use crate::s3::checksums::{claimed_sums, set_sums};
use crate::s3::events::timestamp;
use crate::s3::store::{Finish, PartInfo, Store, Upload, blocking};

pub(super) async fn create(
    store: &Arc<Store>,
    input: CreateMultipartUploadInput,
) -> S3Result<CreateMultipartUploadOutput> {
    let algorithm = input.checksum_algorithm.clone();
    let whole = input.checksum_type.as_ref().map(|kind| kind.as_str() == "FULL_OBJECT");
    let upload = Upload {
        // CRC64NVME has no composite form; the others are composite unless asked otherwise.
        composite: !whole.unwrap_or(algorithm.as_ref().is_some_and(|name| name.as_str() == "CRC64NVME")),
        algorithm: algorithm.as_ref().map(|algorithm| algorithm.as_str().to_owned()),
        headers: kept_headers!(input),
        bucket: input.bucket.clone(),
        key: input.key.clone(),
    };
    let id = blocking(store, move |store| store.begin(&upload)).await?;
    Ok(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(id),
        checksum_algorithm: algorithm,
        checksum_type: input.checksum_type,
        ..Default::default()
    })
}

pub(super) async fn part(store: &Arc<Store>, request: S3Request<UploadPartInput>) -> S3Result<UploadPartOutput> {
    let claims = {
        let input = &request.input;
        claims(input.content_md5.as_deref(), claimed_sums!(input), input.checksum_algorithm.as_ref())
    };
    let mut claims = claims.announced(&request.headers);
    let input = request.input;
    let number = input.part_number;
    if !(1..=10_000).contains(&number) {
        return Err(S3Error::with_message(
            S3ErrorCode::InvalidArgument,
            "Part number must be an integer between 1 and 10000, inclusive",
        ));
    }
    let length = input.content_length.ok_or(S3ErrorCode::MissingContentLength)?;
    let (bucket, key, id) = (input.bucket, input.key, input.upload_id);
    let (target, part) = ((bucket.clone(), key.clone(), id.clone()), number);
    let upload = blocking(store, move |store| store.upload(&target.0, &target.1, &target.2)).await?;
    if let Some(other) = claims.unlike(upload.algorithm.as_deref(), upload.composite) {
        return Err(S3Error::with_message(
            S3ErrorCode::InvalidRequest,
            format!(
                "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {other}",
                upload.algorithm.map_or_else(|| "null".to_owned(), |name| name.to_ascii_lowercase()),
            ),
        ));
    }
    claims.algorithms.extend(upload.algorithm);
    let body = input.body.unwrap_or_else(|| s3s::Body::empty().into());
    let keep = Keep { claims, trailers: request.trailing_headers, length: Some(length) };
    let (body, claims) = receive(store, body, keep).await?;
    let part = blocking(store, move |store| store.put_part((&bucket, &key, &id), part, body, &claims)).await?;
    let mut output = UploadPartOutput { e_tag: Some(ETag::Strong(part.etag)), ..Default::default() };
    set_sums!(output, part.sums);
    Ok(output)
}

pub(super) async fn complete(
    store: &Arc<Store>,
    input: CompleteMultipartUploadInput,
) -> S3Result<CompleteMultipartUploadOutput> {
    let claimed = claimed_sums!(input);
    let mut parts = Vec::new();
    for part in input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default() {
        let (Some(number), Some(etag)) = (part.part_number, part.e_tag.clone()) else {
            return Err(S3ErrorCode::MalformedXML.into());
        };
        parts.push((number, etag.into_value(), claimed_sums!(part)));
    }
    let finish = Finish {
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        upload: input.upload_id,
        parts,
        claimed,
        size: input.mpu_object_size.and_then(|size| u64::try_from(size).ok()),
        expect: expect(input.if_match, input.if_none_match)?,
    };
    let info = blocking(store, move |store| store.complete(finish)).await?;
    let mut output = CompleteMultipartUploadOutput {
        location: Some(format!("/{}/{}", input.bucket, input.key)),
        bucket: Some(input.bucket),
        key: Some(input.key),
        e_tag: Some(ETag::Strong(info.etag)),
        checksum_type: info.headers.sums.kind(),
        ..Default::default()
    };
    set_sums!(output, info.headers.sums);
    Ok(output)
}

pub(super) async fn abort(store: &Arc<Store>, input: AbortMultipartUploadInput) -> S3Result<()> {
    blocking(store, move |store| store.abort(&input.bucket, &input.key, &input.upload_id)).await
}

pub(super) async fn parts(store: &Arc<Store>, input: ListPartsInput) -> S3Result<ListPartsOutput> {
    let limit = usize::try_from(input.max_parts.unwrap_or(1000)).map_err(|_| S3ErrorCode::InvalidArgument)?.min(1000);
    let after = input.part_number_marker.unwrap_or(0);
    let (bucket, key, id) = (input.bucket.clone(), input.key.clone(), input.upload_id.clone());
    let parts = blocking(store, move |store| store.parts(&bucket, &key, &id)).await?;
    let mut parts: Vec<PartInfo> = parts.into_iter().filter(|part| part.number > after).collect();
    let more = parts.len() > limit;
    parts.truncate(limit);
    Ok(ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        max_parts: i32::try_from(limit).ok(),
        part_number_marker: input.part_number_marker,
        is_truncated: Some(more),
        next_part_number_marker: parts.last().filter(|_| more).map(|part| part.number),
        parts: Some(parts.into_iter().map(described).collect()),
        ..Default::default()
    })
}

fn described(part: PartInfo) -> Part {
    let mut output = Part {
        part_number: Some(part.number),
        size: i64::try_from(part.size).ok(),
        e_tag: Some(ETag::Strong(part.etag)),
        last_modified: Some(timestamp(part.modified)),
        ..Default::default()
    };
    set_sums!(output, part.sums);
    output
}
