//! A moving window over a file: what is asked for is read with a little of what follows, and how often is bounded.

use bytes::Bytes;

use super::Refusal;
use crate::media::ReadAt;
use crate::media::image::Rejection;
use crate::media::read_at::shorter;

/// The most reads of one file. A film has a dozen boxes; an hour that was recorded in fragments has thousands. At some
/// 20 ms a read it is five seconds.
const MOST_READS: u32 = 256;

/// Bytes of a first read, and of each one elsewhere in the file.
const SMALLEST: usize = 8 * 1024;

/// Bytes of a read at most. What is walked from one element to the next is read in ever larger pieces, up to these.
const LARGEST: usize = 1024 * 1024;

/// What was read last of a file.
pub(super) struct Window<'a> {
    source: &'a dyn ReadAt,
    from: u64,
    bytes: Bytes,
    next: usize,
    reads: u32,
}

impl<'a> Window<'a> {
    pub(super) fn new(source: &'a dyn ReadAt) -> Self {
        Self { source, from: 0, bytes: Bytes::new(), next: SMALLEST, reads: 0 }
    }

    /// Bytes of the file.
    pub(super) fn size(&self) -> u64 {
        self.source.size()
    }

    /// Exactly `count` bytes.
    pub(super) async fn exactly(&mut self, from: u64, count: usize) -> Result<&[u8], Refusal> {
        let bytes = self.up_to(from, count).await?;
        if bytes.len() < count { Err(Rejection::Truncated.into()) } else { Ok(bytes) }
    }

    /// So many bytes, fewer where the file ends before. No more than the [`LARGEST`] read.
    pub(super) async fn up_to(&mut self, from: u64, count: usize) -> Result<&[u8], Refusal> {
        let rest = usize::try_from(self.size().saturating_sub(from)).unwrap_or(usize::MAX);
        let count = count.min(rest).min(LARGEST);
        if self.place(from, count).is_none() {
            self.read(from, count, rest).await?;
        }
        let place = self.place(from, count).ok_or_else(shorter)?;
        self.bytes.get(place..place + count).ok_or_else(|| shorter().into())
    }

    async fn read(&mut self, from: u64, count: usize, rest: usize) -> Result<(), Refusal> {
        self.reads += 1;
        if self.reads > MOST_READS {
            return Err(Refusal::Spent);
        }
        let end = self.from.saturating_add(self.bytes.len() as u64);
        let goes_on = (self.from..=end.saturating_add(self.next as u64)).contains(&from);
        self.next = if goes_on && self.reads > 1 { (self.next * 2).min(LARGEST) } else { SMALLEST };
        self.bytes = self.source.read_at(from, count.max(self.next).min(rest)).await?;
        self.from = from;
        Ok(())
    }

    /// Where in the window these bytes stand, if they do.
    fn place(&self, from: u64, count: usize) -> Option<usize> {
        let place = usize::try_from(from.checked_sub(self.from)?).ok()?;
        (place.checked_add(count)? <= self.bytes.len()).then_some(place)
    }
}
