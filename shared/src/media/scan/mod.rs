//! Malware: who looks for it in what was uploaded, before anybody can read it.
//!
//! Where somebody is to look (`SCANNER`), what nobody has looked at is never readable. A scanner that does not answer is
//! no verdict: the event comes again. One that will not take a file as large as this is none either, and the file is
//! refused.

mod clamd;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::{MediaError, ReadAt};
use crate::config::{ScannerKind, ScannerSettings};
use crate::error::{BoxError, Error};

pub use clamd::Clamd;

/// Why an upload is refused in which something was found: the stable name of the reason, and the key of its translation.
pub const MALWARE: &str = "malware";

/// The same of an upload that the scanner does not take, or cannot look into.
pub const UNSCANNABLE: &str = "unscannable";

/// What a scanner says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It found nothing.
    Clean,
    /// It found something.
    Infected {
        /// What it calls that. For the log: it tells nobody else anything, and whoever sent it could learn from it.
        name: String,
    },
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The scanner does not look at all of a file like this. It will not later either: the file is to be refused.
    #[error("the scanner does not take a file as large as this")]
    TooLarge,
    /// It is not there, or did not answer in time or with sense. The file is to be tried again.
    #[error("the scanner is unavailable")]
    Unavailable(#[source] BoxError),
    /// The file could not be read.
    #[error(transparent)]
    Source(#[from] MediaError),
}

impl ScanError {
    fn unavailable(why: impl Into<BoxError>) -> Self {
        Self::Unavailable(why.into())
    }
}

/// For whoever has dealt with [`ScanError::TooLarge`]: what remains is to be tried again.
impl From<ScanError> for Error {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Source(error) => error.into(),
            ScanError::TooLarge => Self::Internal(error.into()),
            ScanError::Unavailable(cause) => Self::Unavailable(cause),
        }
    }
}

/// Something that looks for malware while one waits.
#[async_trait]
pub trait Scanner: Send + Sync + fmt::Debug {
    /// Looks at all of a file.
    ///
    /// # Errors
    /// When there is no verdict: see [`ScanError`]. None of them means that the file is clean.
    async fn scan(&self, source: &dyn ReadAt) -> Result<Verdict, ScanError>;
}

/// Who looks for malware.
#[derive(Debug, Clone)]
pub enum ScannedBy {
    /// Nobody: what was verified is published.
    Nobody,
    /// A scanner that is asked.
    Scanner(Arc<dyn Scanner>),
    /// GuardDuty Malware Protection for S3, which is asked by nobody: its verdict arrives as an event
    /// ([`crate::ScanResult`]), and until then nothing is published.
    GuardDuty,
}

impl ScannedBy {
    /// What the settings ask for. Nothing is connected.
    pub fn new(settings: &ScannerSettings) -> Self {
        match settings.kind {
            ScannerKind::None => Self::Nobody,
            ScannerKind::Clamd => Self::Scanner(Arc::new(Clamd::new(&settings.clamd))),
            ScannerKind::GuardDuty => Self::GuardDuty,
        }
    }
}
