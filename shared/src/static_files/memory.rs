//! How much of the files is kept in memory: a number of bytes that all of them share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// One file may take this part of it.
const SHARE: usize = 16;

/// Room for contents. What finds none is read each time.
#[derive(Debug)]
pub struct Memory {
    most: usize,
    used: AtomicUsize,
}

/// A content that is kept; its room is given back with it.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) bytes: Bytes,
    memory: Arc<Memory>,
}

impl Memory {
    /// Room for `most` bytes.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, used: AtomicUsize::new(0) })
    }

    /// Whether a file of this length may be kept at all.
    pub(super) fn takes(&self, length: u64) -> bool {
        usize::try_from(length).is_ok_and(|length| length <= self.most / SHARE)
    }

    /// Keeps `bytes`, if there is room.
    pub(super) fn keep(self: &Arc<Self>, bytes: Bytes) -> Option<Kept> {
        let length = bytes.len();
        let room = |used: usize| used.checked_add(length).filter(|used| *used <= self.most);
        let kept =
            self.takes(length as u64) && self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).is_ok();
        kept.then(|| Kept { bytes, memory: self.clone() })
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.memory.used.fetch_sub(self.bytes.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_kept_than_there_is_room_for_and_room_is_given_back() {
        let memory = Memory::new(64);
        let four = || Bytes::from_static(b"1234");
        let mut kept: Vec<_> = (0..16).map(|_| memory.keep(four()).unwrap()).collect();
        assert!(memory.keep(four()).is_none(), "full");
        kept.pop();
        assert!(memory.keep(four()).is_some());
        assert!(memory.keep(Bytes::from_static(b"12345")).is_none(), "more than a sixteenth");
        assert!(Memory::new(0).keep(four()).is_none());
        assert!(!Memory::new(64).takes(u64::MAX));
    }
}
