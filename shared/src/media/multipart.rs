//! Uploads in parts: begun, looked at, completed and given up by the server; the parts come from the browser.

use std::fmt;

use aws_sdk_s3::config::Builder;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use serde::{Deserialize, Serialize};

use super::object::{MediaError, unavailable};
use super::{Media, Sha256};

/// How S3 names an upload in parts: its word, opaque.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MultipartId(String);

impl MultipartId {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for MultipartId {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// Long, and of no use without the right to it.
impl fmt::Debug for MultipartId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MultipartId(..)")
    }
}

/// Whether the parts of an upload come with their checksums. S3 wants that decided at the beginning: it then refuses
/// a part without one, and otherwise a part with one ("Checksum Type mismatch occurred").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartChecksums {
    /// None has one.
    None,
    /// Each has its SHA-256, which is signed with its address.
    Sha256,
}

/// A part that S3 has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// From 1.
    pub number: u16,
    /// Bytes.
    pub size: u64,
    /// S3's name for what is in it.
    pub etag: String,
    /// Its checksum, where it was sent with one.
    pub sha256: Option<Sha256>,
}

/// What became of completing an upload in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completion {
    /// The object is there, and S3 tells of it.
    Done,
    /// The object was there already, of as many parts and bytes: an earlier answer was lost, or somebody was faster.
    Already,
    /// There is neither such an upload nor such an object: it was given up, or completed and taken away since. Nothing
    /// but the upload's own state tells which.
    Gone,
    /// The parts are not, or no longer, those that S3 has: look again.
    PartsChanged,
}

impl Media {
    /// Begins an upload in parts. Nothing is announced, and nothing readable, until it is completed.
    pub async fn begin_multipart(
        &self,
        key: &str,
        content_type: &str,
        checksums: PartChecksums,
    ) -> Result<MultipartId, MediaError> {
        let request = self.client().create_multipart_upload().bucket(self.bucket()).key(key).content_type(content_type);
        let request = request.set_checksum_algorithm(match checksums {
            PartChecksums::None => None,
            PartChecksums::Sha256 => Some(ChecksumAlgorithm::Sha256),
        });
        let begun = request.send().await.map_err(|error| unavailable(&error))?;
        let id = begun.upload_id.ok_or_else(|| MediaError::Unavailable("S3 began an upload without an id".into()))?;
        Ok(MultipartId(id))
    }

    /// The parts that S3 has of an upload, by their numbers. `None` when there is no such upload: it is completed, or
    /// was given up.
    pub async fn parts(&self, key: &str, upload: &MultipartId) -> Result<Option<Vec<Part>>, MediaError> {
        let mut parts = Vec::new();
        let mut marker = None;
        loop {
            let request = self.client().list_parts().bucket(self.bucket()).key(key).upload_id(upload.as_str());
            let page = match request.set_part_number_marker(marker).send().await {
                Ok(page) => page,
                Err(error) if error.code() == Some("NoSuchUpload") => return Ok(None),
                Err(error) => return Err(unavailable(&error)),
            };
            for part in page.parts.unwrap_or_default() {
                let number = part.part_number.and_then(|number| u16::try_from(number).ok());
                let size = part.size.and_then(|size| u64::try_from(size).ok());
                if let (Some(number), Some(size), Some(etag)) = (number, size, part.e_tag) {
                    let sha256 = part.checksum_sha256.as_deref().and_then(Sha256::parse);
                    parts.push(Part { number, size, etag, sha256 });
                }
            }
            marker = page.next_part_number_marker.filter(|_| page.is_truncated == Some(true));
            if marker.is_none() {
                return Ok(Some(parts));
            }
        }
    }

    /// Joins the parts into the object. An answer that was lost is told apart from an upload that is not there.
    pub async fn complete_multipart(
        &self,
        key: &str,
        upload: &MultipartId,
        parts: &[Part],
    ) -> Result<Completion, MediaError> {
        if parts.is_empty() {
            return Ok(Completion::PartsChanged);
        }
        let completed = parts.iter().map(|part| {
            let one = CompletedPart::builder().part_number(part.number.into()).e_tag(&part.etag);
            one.set_checksum_sha256(part.sha256.map(|sum| sum.to_string())).build()
        });
        let completed = CompletedMultipartUpload::builder().set_parts(Some(completed.collect())).build();
        let request = self.client().complete_multipart_upload().bucket(self.bucket()).key(key);
        let request = request.upload_id(upload.as_str()).multipart_upload(completed);
        match request.customize().config_override(self.unhurried()).send().await {
            Ok(_) => Ok(Completion::Done),
            Err(error) => match error.code() {
                Some("InvalidPart" | "InvalidPartOrder" | "EntityTooSmall") => Ok(Completion::PartsChanged),
                Some("NoSuchUpload") => self.completed_before(key, parts).await,
                _ => Err(unavailable(&error)),
            },
        }
    }

    /// Whether the object at `key` is the one that these parts make. The right to list is asked for rather than the
    /// right to read: who signs uploads need not be able to open them.
    async fn completed_before(&self, key: &str, parts: &[Part]) -> Result<Completion, MediaError> {
        let page = self.list(key, None).await?;
        let size: u64 = parts.iter().map(|part| part.size).sum();
        // Not the digest: how S3 makes an ETag depends on how the bucket is encrypted. The number of parts is in it.
        let count = format!("-{}", parts.len());
        let same = page
            .objects
            .iter()
            .any(|object| object.key == key && object.size == size && object.etag.trim_matches('"').ends_with(&count));
        Ok(if same { Completion::Already } else { Completion::Gone })
    }

    /// Gives an upload up, with the parts that it has; also when it is gone already.
    pub async fn abort_multipart(&self, key: &str, upload: &MultipartId) -> Result<(), MediaError> {
        let request = self.client().abort_multipart_upload().bucket(self.bucket()).key(key).upload_id(upload.as_str());
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("NoSuchUpload") => Ok(()),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// For what S3 takes its time for, joining and copying: one attempt may use all the time that there is.
    pub(super) fn unhurried(&self) -> Builder {
        let whole = std::time::Duration::from_millis(self.timeouts.operation_ms);
        Builder::new().timeout_config(TimeoutConfig::builder().operation_attempt_timeout(whole).build())
    }
}
