//! What the system says of a file: enough to know, as Git does, that it is the one that was read before.

use std::fs::Metadata;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Size and times of a file, and which one it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stat {
    /// Bytes.
    pub size: u64,
    /// Nanoseconds since 1970.
    modified: i64,
    /// The same for the last change of content, name count or rights, which no program can set back.
    changed: i64,
    device: u64,
    inode: u64,
}

impl Stat {
    /// Of what the system said.
    #[cfg(unix)]
    pub fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let nanos = |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000).saturating_add(nanos);
        Self {
            size: metadata.size(),
            modified: nanos(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanos(metadata.ctime(), metadata.ctime_nsec()),
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }

    /// Of what the system said.
    #[cfg(not(unix))]
    pub fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified = modified.map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or_default());
        Self { size: metadata.len(), modified, changed: modified, device: 0, inode: 0 }
    }

    /// Whether it was changed at that time or later: another change within the clock's tick would not show.
    pub fn is_as_young_as(&self, time: SystemTime) -> bool {
        let nanos =
            time.duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX));
        self.modified >= nanos || self.changed >= nanos
    }
}
