//! The ZIP that an export is.

use std::io::{Cursor, Write as _};

use jiff::Timestamp;
use serde::Serialize;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::error::{Error, Result};

/// A ZIP that is being written.
pub(super) struct Archive {
    zip: ZipWriter<Cursor<Vec<u8>>>,
    options: SimpleFileOptions,
    /// Bytes so far, before they were compressed: never fewer than the archive has.
    pub(super) bytes: usize,
}

impl Archive {
    pub(super) fn new(now: Timestamp) -> Self {
        let options = SimpleFileOptions::default().last_modified_time(dos(now).unwrap_or_default());
        Self { zip: ZipWriter::new(Cursor::new(Vec::new())), options, bytes: 0 }
    }

    pub(super) fn json(&mut self, name: &str, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(value).map_err(Error::internal)?;
        self.text(name, &(text + "\n"))
    }

    pub(super) fn text(&mut self, name: &str, text: &str) -> Result<()> {
        self.file(name, text.as_bytes(), CompressionMethod::Deflated)
    }

    /// What is compressed already, as pictures and videos are.
    pub(super) fn packed(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.file(name, bytes, CompressionMethod::Stored)
    }

    fn file(&mut self, name: &str, bytes: &[u8], method: CompressionMethod) -> Result<()> {
        self.zip.start_file(name, self.options.compression_method(method)).map_err(Error::internal)?;
        self.zip.write_all(bytes).map_err(Error::internal)?;
        self.bytes += bytes.len();
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Vec<u8>> {
        Ok(self.zip.finish().map_err(Error::internal)?.into_inner())
    }
}

/// The time as a ZIP has it: by the clock, to two seconds, in no time zone. Ours is UTC.
fn dos(now: Timestamp) -> Option<DateTime> {
    let at = now.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    let part = |number: i8| u8::try_from(number).ok();
    let (month, day) = (part(at.month())?, part(at.day())?);
    let (hour, minute, second) = (part(at.hour())?, part(at.minute())?, part(at.second())?);
    DateTime::from_date_and_time(u16::try_from(at.year()).ok()?, month, day, hour, minute, second).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zip_has_the_time_in_utc() {
        let at = dos("2026-11-22T13:44:27Z".parse().unwrap()).unwrap();
        assert_eq!((at.year(), at.month(), at.day(), at.hour(), at.minute(), at.second()), (2026, 11, 22, 13, 44, 26));
    }
}
