//! The objects themselves, as functions read, write, copy and delete them.

use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{MetadataDirective, TaggingDirective};
use percent_encoding::utf8_percent_encode;

use super::Media;
use super::signer::KEY;
use crate::error::{BoxError, Error};

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

/// What became of copying an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copy {
    /// It is there.
    Copied,
    /// The source is not there, or no longer the one that was meant.
    Gone,
}

impl Media {
    /// Reads the object that an event spoke of, and no other: its entity tag is pinned, since a presigned upload can
    /// be repeated until it expires.
    pub async fn fetch(&self, key: &str, etag: Option<&str>, max_bytes: u64) -> Result<Fetched, MediaError> {
        let Some(object) = self.open(key, etag, None).await? else { return Ok(Fetched::Gone) };
        let length = object.content_length().and_then(|length| u64::try_from(length).ok());
        if length.is_none_or(|length| length > max_bytes) {
            return Ok(Fetched::TooLarge);
        }
        Ok(Fetched::Bytes(collect(object).await?))
    }

    /// Reads `length` bytes of the object from the byte `from` on, or what there is of them: nothing from the end on.
    /// `None` when it is not there, or no longer the one that was meant.
    pub async fn read_range(
        &self,
        key: &str,
        etag: Option<&str>,
        from: u64,
        length: u64,
    ) -> Result<Option<Vec<u8>>, MediaError> {
        let Some(last) = length.checked_sub(1).and_then(|more| from.checked_add(more)) else {
            return Ok(Some(Vec::new()));
        };
        match self.open(key, etag, Some(format!("bytes={from}-{last}"))).await? {
            Some(object) => Ok(Some(collect(object).await?)),
            None => Ok(None),
        }
    }

    async fn open(
        &self,
        key: &str,
        etag: Option<&str>,
        range: Option<String>,
    ) -> Result<Option<GetObjectOutput>, MediaError> {
        let request = self.client().get_object().bucket(self.bucket()).key(key).set_range(range);
        match request.set_if_match(etag.map(quoted)).send().await {
            Ok(object) => Ok(Some(object)),
            Err(error) if matches!(error.code(), Some("NoSuchKey" | "PreconditionFailed")) => Ok(None),
            // From its end on an object has nothing.
            Err(error) if error.code() == Some("InvalidRange") => Ok(Some(GetObjectOutput::builder().build())),
            Err(error) => self.gone_or(key, &error).await.map(|()| None),
        }
    }

    /// The size of an object and its entity tag. `None` when it is not there.
    pub async fn head(&self, key: &str) -> Result<Option<(u64, String)>, MediaError> {
        let request = self.client().head_object().bucket(self.bucket()).key(key);
        match request.send().await {
            Ok(head) => {
                let size = head.content_length().and_then(|length| u64::try_from(length).ok());
                size.zip(head.e_tag).map(Some).ok_or_else(|| MediaError::Unavailable("a HEAD without a size".into()))
            }
            // An answer to HEAD has no body, and so no code.
            Err(error) => match error.raw_response().map(|response| response.status().as_u16()) {
                Some(404) => Ok(None),
                _ => self.gone_or(key, &error).await.map(|()| None),
            },
        }
    }

    /// An error that says that nothing is there: S3 tells what is missing from what is forbidden to nobody who may list no
    /// more than what is under a prefix (`GetObject` in the Amazon S3 API Reference), but lists it to them, which leaves no doubt.
    async fn gone_or<E>(&self, key: &str, error: &SdkError<E>) -> Result<(), MediaError>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let refused = error.raw_response().is_some_and(|response| response.status().as_u16() == 403);
        if refused && !self.is_listed(key).await? { Ok(()) } else { Err(unavailable(error)) }
    }

    /// Writes a published object.
    pub async fn store(&self, key: &str, bytes: Vec<u8>, content_type: &str) -> Result<(), MediaError> {
        let request = self.client().put_object().bucket(self.bucket()).key(key).content_type(content_type);
        request.body(ByteStream::from(bytes)).send().await.map(drop).map_err(|error| unavailable(&error))
    }

    /// Copies an object without reading it: the one that an event spoke of and no other, under this type alone,
    /// whatever its sender has stored with it. S3 copies up to 5 GiB in one piece.
    pub async fn copy(&self, from: &str, to: &str, etag: &str, content_type: &str) -> Result<Copy, MediaError> {
        let source = format!("{}/{}", self.bucket(), utf8_percent_encode(from, &KEY));
        let request = self.client().copy_object().bucket(self.bucket()).key(to).copy_source(source);
        let request = request.copy_source_if_match(quoted(etag));
        let request = request.metadata_directive(MetadataDirective::Replace).content_type(content_type);
        // Whoever may tag what waits, a scanner as it may be, says nothing of what is published.
        let request = request.tagging_directive(TaggingDirective::Replace);
        match request.customize().config_override(self.unhurried()).send().await {
            Ok(_) => Ok(Copy::Copied),
            Err(error) if matches!(error.code(), Some("NoSuchKey" | "PreconditionFailed")) => Ok(Copy::Gone),
            Err(error) => self.gone_or(from, &error).await.map(|()| Copy::Gone),
        }
    }

    /// Deletes an object, whether it exists or not.
    pub async fn remove(&self, key: &str) -> Result<(), MediaError> {
        let request = self.client().delete_object().bucket(self.bucket()).key(key);
        request.send().await.map(drop).map_err(|error| unavailable(&error))
    }
}

async fn collect(object: GetObjectOutput) -> Result<Vec<u8>, MediaError> {
    let bytes = object.body.collect().await.map_err(|error| MediaError::Unavailable(error.into()))?;
    Ok(bytes.to_vec())
}

fn quoted(etag: &str) -> String {
    format!("\"{}\"", etag.trim_matches('"'))
}

pub(super) fn unavailable<E>(error: &SdkError<E>) -> MediaError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    MediaError::Unavailable(DisplayErrorContext(error).to_string().into())
}
