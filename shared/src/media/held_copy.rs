//! The copy that is verified, read in ranges: one and the same all the way.

use async_trait::async_trait;
use bytes::Bytes;

use super::{Media, MediaError, ReadAt};

/// A copy of what was sent, where no browser can write.
#[derive(Debug)]
pub struct HeldCopy<'a> {
    media: &'a Media,
    key: &'a str,
    etag: String,
    size: u64,
}

impl<'a> HeldCopy<'a> {
    /// The copy of this key; `None` when it is not there.
    ///
    /// # Errors
    /// When S3 does not answer.
    pub async fn find(media: &'a Media, key: &'a str) -> Result<Option<Self>, MediaError> {
        let found = media.head(key).await?;
        Ok(found.map(|(size, etag)| Self { media, key, etag, size }))
    }

    /// Its key.
    pub fn key(&self) -> &str {
        self.key
    }

    /// Its entity tag.
    pub fn etag(&self) -> &str {
        &self.etag
    }

    /// All of it, for what is decoded in memory: its size was held to its purpose's limit.
    ///
    /// # Errors
    /// When S3 does not answer, or it is not the one any more.
    pub async fn read_all(&self) -> Result<Bytes, MediaError> {
        self.read_at(0, usize::try_from(self.size).unwrap_or(usize::MAX)).await
    }
}

#[async_trait]
impl ReadAt for HeldCopy<'_> {
    fn size(&self) -> u64 {
        self.size
    }

    async fn read_at(&self, from: u64, len: usize) -> Result<Bytes, MediaError> {
        match self.media.read_range(self.key, Some(&self.etag), from, len as u64).await? {
            Some(bytes) => Ok(bytes.into()),
            // Another delivery came to its end while it was read. The event comes again, and finds that at its beginning.
            None => Err(MediaError::Unavailable("the copy is gone".into())),
        }
    }
}
