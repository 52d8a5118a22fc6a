//! What the diagnosis says.

use std::fmt;

/// What is wrong, of all that can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// The address is not that of the file.
    WrongAddress,
    /// `STATIC_URL` names another origin.
    OtherHost,
    /// No folder has such a file.
    NoSuchFile,
    /// One has, and `collectstatic` leaves it out.
    Ignored,
    /// One has, and it may not be served.
    Refused,
    /// It is not in `STATIC_ROOT`, or not in its manifest.
    NotCollected,
    /// The manifest in `STATIC_ROOT` cannot be used.
    DamagedManifest,
    /// What is in `STATIC_ROOT` is older than the source.
    Outdated,
    /// The name has the hash of another version.
    StaleManifest,
    /// What was collected is not at the site.
    NotUploaded,
    /// The site may not read it.
    Forbidden,
    /// Something else has answered.
    NotStatic,
    /// It is not said to be what it is.
    WrongType,
    /// It is not said that browsers must believe it.
    NoNosniff,
    /// What is compressed is not said to be, or nothing is compressed.
    WrongEncoding,
    /// A cache answers with what was there before.
    Cached,
    /// Nobody answers.
    NoAnswer,
    /// TLS fails.
    Tls,
    /// It leads on and on.
    Redirects,
    /// All seems well, and yet it is not there.
    Unexplained,
}

impl Cause {
    /// For people.
    fn label(self) -> &'static str {
        match self {
            Self::WrongAddress => "wrong address",
            Self::OtherHost => "other host",
            Self::NoSuchFile => "no such file",
            Self::Ignored => "left out",
            Self::Refused => "refused",
            Self::NotCollected => "not collected",
            Self::DamagedManifest => "damaged manifest",
            Self::Outdated => "outdated",
            Self::StaleManifest => "stale manifest",
            Self::NotUploaded => "not uploaded",
            Self::Forbidden => "forbidden",
            Self::NotStatic => "not a static file",
            Self::WrongType => "wrong type",
            Self::NoNosniff => "no nosniff",
            Self::WrongEncoding => "wrong encoding",
            Self::Cached => "cached",
            Self::NoAnswer => "no answer",
            Self::Tls => "TLS",
            Self::Redirects => "redirects",
            Self::Unexplained => "not served",
        }
    }
}

/// One thing that is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) cause: Cause,
    what: String,
    remedy: String,
}

impl Finding {
    pub(super) fn new(cause: Cause, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { cause, what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {}.", self.cause.label(), self.what, self.remedy)
    }
}
