//! How a command ends, and the status by which a script can tell.

use std::process::ExitCode;

use portico::media::MediaError;
use portico::store::StoreError;

/// How a command ends.
pub type Outcome = Result<Finished, Failure>;

/// What a command that ran to its end has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// All that was asked: status 0.
    Whole,
    /// Nothing was to be done but to tell that there is something to do: status 2, as that of `terraform plan
    /// -detailed-exitcode`.
    Pending,
    /// All but what it told: status 3.
    InPart,
}

/// Why a command did not do what was asked: status 1. (2 is also a command line that cannot be read.)
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// With words for the person who gave the command.
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }

    /// The words.
    pub fn message(&self) -> &str {
        &self.0
    }

    #[expect(clippy::print_stderr, reason = "what stopped the command, for the person who gave it")]
    pub(crate) fn tell(&self) -> ExitCode {
        eprintln!("error: {}", self.0);
        ExitCode::FAILURE
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(match error {
            StoreError::Unavailable(cause) => {
                format!("the tables do not answer, or not in time: {}", portico::log::chain(&*cause))
            }
            error => portico::log::chain(&error),
        })
    }
}

impl From<MediaError> for Failure {
    fn from(error: MediaError) -> Self {
        Self::new(portico::log::chain(&error))
    }
}

impl From<portico::Error> for Failure {
    fn from(error: portico::Error) -> Self {
        Self::new(portico::log::chain(&error))
    }
}

impl From<Finished> for ExitCode {
    fn from(finished: Finished) -> Self {
        match finished {
            Finished::Whole => Self::SUCCESS,
            Finished::Pending => Self::from(2),
            Finished::InPart => Self::from(3),
        }
    }
}
