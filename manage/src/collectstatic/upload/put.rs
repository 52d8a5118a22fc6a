//! The transfer: many files at once, each read from the disk as it is sent.

use std::cell::Cell;
use std::future::ready;
use std::time::Duration;

use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::primitives::ByteStream;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt as _, stream};

use super::bucket::{AT_ONCE, Bucket, MD5};
use super::plan::Object;
use super::tree::Tree;
use crate::Failure;
use crate::progress::Progress;

/// The slowest line that is waited for, bytes a second for one of many files. A line that stands still is noticed by the
/// SDK itself, within seconds.
const SLOWEST: u64 = 4 * 1024;

/// How long an answer may take besides.
const ANSWER: Duration = Duration::from_mins(1);

/// Puts all of them, in no order. Once one has failed no other is begun, and those under way are finished.
pub(super) async fn all(bucket: &Bucket<'_>, objects: Vec<Object>, tree: &Tree) -> Result<(), Failure> {
    let mut progress = Progress::of_bytes(objects.iter().map(|object| object.content.size).sum());
    let count = objects.len();
    let stopped = Cell::new(false);
    let mut transfers = stream::iter(objects)
        .take_while(|_| ready(!stopped.get()))
        .map(|object| async move { (object.content.size, one(bucket, &object, tree).await) })
        .buffer_unordered(AT_ONCE);
    let (mut done, mut bytes) = (0, 0);
    let mut failure: Option<Failure> = None;
    while let Some((size, result)) = transfers.next().await {
        match result {
            Ok(()) => {
                done += 1;
                bytes += size;
                progress.tell(bytes, || format!("{done} of {count} files"));
            }
            Err(error) => {
                stopped.set(true);
                failure.get_or_insert(error);
            }
        }
    }
    match failure {
        None => Ok(()),
        Some(failure) => Err(Failure::new(format!(
            "{}; {done} of {count} files are there, and the manifest is still the one before: run it once more",
            failure.message()
        ))),
    }
}

/// Puts one after the other.
pub(super) async fn in_order(bucket: &Bucket<'_>, objects: Vec<Object>, tree: &Tree) -> Result<(), Failure> {
    for object in &objects {
        one(bucket, object, tree).await?;
    }
    Ok(())
}

/// Puts an object. S3 holds its content to the MD5, so that a file that changes meanwhile is refused.
async fn one(bucket: &Bucket<'_>, object: &Object, tree: &Tree) -> Result<(), Failure> {
    let path = tree.root.join(&object.file);
    let body = ByteStream::from_path(&path).await;
    let body = body.map_err(|error| Failure::new(format!("{} cannot be read: {error}", path.display())))?;
    let patience = TimeoutConfig::builder()
        .operation_attempt_timeout(ANSWER + Duration::from_secs(object.content.size / SLOWEST))
        .disable_operation_timeout()
        .build();
    let request = bucket
        .client
        .put_object()
        .bucket(bucket.name)
        .key(&object.key)
        .body(body)
        .content_md5(STANDARD.encode(object.content.md5.bytes()))
        .content_type(object.content_type)
        .set_content_encoding(object.encoding.map(str::to_owned))
        .cache_control(&object.cache_control)
        .metadata(MD5, object.content.md5.hex());
    // The MD5 is its checksum. The SDK's own would follow the body, which then goes in chunks and under a second
    // Content-Encoding, beside the one that is to be kept.
    let config = aws_sdk_s3::Config::builder()
        .timeout_config(patience)
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired);
    let request = request.customize().config_override(config);
    request.send().await.map(drop).map_err(|error| bucket.failed(&format!("does not take {}", object.key), &error))
}
