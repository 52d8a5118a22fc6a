//! How much an export of one's data carries.

use super::reader::Reader;

/// The bounds of an export.
#[derive(Debug, Clone, Copy)]
pub struct ExportSettings {
    /// Bytes of its files before they are compressed. Lambda answers with 6 MB at most, in base64.
    pub max_bytes: usize,
    /// Files that it lists, the newest first.
    pub max_files: usize,
    /// Sessions that it lists.
    pub max_sessions: usize,
}

impl ExportSettings {
    pub(super) fn read(env: &mut Reader) -> Self {
        Self {
            max_bytes: env.number("EXPORT_MAX_BYTES", "bytes", 1_048_576, 4_500_000, 4_000_000),
            max_files: env.number("EXPORT_MAX_FILES", "files", 1, 1_000, 500),
            max_sessions: env.number("EXPORT_MAX_SESSIONS", "sessions", 1, 1_000, 500),
        }
    }
}
