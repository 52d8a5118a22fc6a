//! A file of which any part can be read without the rest: an object of the bucket by ranges, or bytes in memory.

use async_trait::async_trait;
use bytes::Bytes;

use super::MediaError;

/// A file that is read in parts, since it may be larger than memory.
#[async_trait]
pub trait ReadAt: Send + Sync {
    /// Its bytes.
    fn size(&self) -> u64;

    /// The `len` bytes from `from` on: fewer where the file ends before, and none behind its end.
    ///
    /// # Errors
    /// When it cannot be read now, or is no longer the file that `size` spoke of.
    async fn read_at(&self, from: u64, len: usize) -> Result<Bytes, MediaError>;
}

/// A file that is in memory already.
#[async_trait]
impl ReadAt for Bytes {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    async fn read_at(&self, from: u64, len: usize) -> Result<Bytes, MediaError> {
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(self.len());
        Ok(self.slice(from..from.saturating_add(len).min(self.len())))
    }
}

/// Another file stands in the place of the one that `size` spoke of.
pub(super) fn shorter() -> MediaError {
    MediaError::Unavailable("the file is shorter than it said".into())
}

/// Files that cannot be read to their end, for the tests of those who read.
#[cfg(test)]
pub(super) mod unreadable {
    use super::{Bytes, MediaError, ReadAt, async_trait};

    /// Taken away since its size was told.
    pub(in crate::media) struct Gone;

    /// Another, shorter one stands in its place.
    pub(in crate::media) struct Shrunk;

    #[async_trait]
    impl ReadAt for Gone {
        fn size(&self) -> u64 {
            100
        }

        async fn read_at(&self, _from: u64, _len: usize) -> Result<Bytes, MediaError> {
            Err(MediaError::Unavailable("gone".into()))
        }
    }

    #[async_trait]
    impl ReadAt for Shrunk {
        fn size(&self) -> u64 {
            100
        }

        async fn read_at(&self, from: u64, len: usize) -> Result<Bytes, MediaError> {
            Bytes::from_static(b"text").read_at(from, len).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_ends_where_the_file_does() {
        let file = Bytes::from_static(b"0123456789");
        for (from, len, expected) in [
            (0, 4, "0123"),
            (8, 4, "89"),
            (10, 4, ""),
            (99, 4, ""),
            (3, 0, ""),
            (u64::MAX, usize::MAX, ""),
            (1, usize::MAX, "123456789"),
        ] {
            assert_eq!(file.read_at(from, len).await.unwrap(), expected, "{from} {len}");
        }
        assert_eq!(file.size(), 10);
    }
}
