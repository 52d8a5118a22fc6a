//! The objects themselves, as functions read, write and delete them.

use std::collections::BTreeSet;

use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{Media, QUARANTINE, UploadId};
use crate::accounts::UserId;
use crate::error::{BoxError, Error};

/// How many deletions are under way at once.
const REMOVALS_AT_ONCE: usize = 8;

/// Why S3 did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// It did not answer, or refused.
    #[error("the bucket is unavailable")]
    Unavailable(#[source] BoxError),
}

impl From<MediaError> for Error {
    fn from(MediaError::Unavailable(cause): MediaError) -> Self {
        Self::Unavailable(cause)
    }
}

/// What became of reading an object.
#[derive(Debug)]
pub enum Fetched {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// It is larger than it may be; nothing was read.
    TooLarge,
    /// It is not there, or no longer the one that the event spoke of.
    Gone,
}

impl Media {
    /// Reads the object that an event spoke of, and no other: its entity tag is pinned, since a presigned upload can
    /// be repeated until it expires.
    pub async fn fetch(&self, key: &str, etag: Option<&str>, max_bytes: u64) -> Result<Fetched, MediaError> {
        let request = self.client.get_object().bucket(self.bucket()).key(key);
        let request = request.set_if_match(etag.map(|etag| format!("\"{}\"", etag.trim_matches('"'))));
        let object = match request.send().await {
            Ok(object) => object,
            Err(error) if matches!(error.code(), Some("NoSuchKey" | "PreconditionFailed")) => return Ok(Fetched::Gone),
            Err(error) => return Err(unavailable(&error)),
        };
        let length = object.content_length().and_then(|length| u64::try_from(length).ok());
        if length.is_none_or(|length| length > max_bytes) {
            return Ok(Fetched::TooLarge);
        }
        let bytes = object.body.collect().await.map_err(|error| MediaError::Unavailable(error.into()))?;
        Ok(Fetched::Bytes(bytes.to_vec()))
    }

    /// Writes a published object.
    pub async fn store(&self, key: &str, bytes: Vec<u8>, content_type: &str) -> Result<(), MediaError> {
        let request = self.client.put_object().bucket(self.bucket()).key(key).content_type(content_type);
        request.body(ByteStream::from(bytes)).send().await.map(drop).map_err(|error| unavailable(&error))
    }

    /// Deletes every object of a user, waiting and published, a page at a time. Gives what uploads they were of.
    pub async fn remove_all_of(&self, owner: UserId) -> Result<Vec<UploadId>, MediaError> {
        // One may be there twice: as it was sent, and as it was published.
        let mut uploads = BTreeSet::new();
        for folder in [format!("{QUARANTINE}{owner}/"), self.avatar_folder(owner)] {
            loop {
                let keys = self.list(&folder).await?;
                if keys.is_empty() {
                    break;
                }
                uploads.extend(keys.iter().filter_map(|key| UploadId::of_key(key)));
                let removals = keys.into_iter().map(|key| async move { self.remove(&key).await });
                stream::iter(removals).buffer_unordered(REMOVALS_AT_ONCE).try_collect::<()>().await?;
            }
        }
        Ok(uploads.into_iter().collect())
    }

    /// The first keys that begin with `prefix`, up to a thousand.
    async fn list(&self, prefix: &str) -> Result<Vec<String>, MediaError> {
        let request = self.client.list_objects_v2().bucket(self.bucket()).prefix(prefix);
        let output = request.send().await.map_err(|error| unavailable(&error))?;
        Ok(output.contents.unwrap_or_default().into_iter().filter_map(|object| object.key).collect())
    }

    /// Deletes an object, whether it exists or not.
    pub async fn remove(&self, key: &str) -> Result<(), MediaError> {
        self.client
            .delete_object()
            .bucket(self.bucket())
            .key(key)
            .send()
            .await
            .map(drop)
            .map_err(|error| unavailable(&error))
    }
}

fn unavailable<E>(error: &SdkError<E>) -> MediaError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    MediaError::Unavailable(DisplayErrorContext(error).to_string().into())
}
