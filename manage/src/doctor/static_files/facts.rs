//! What is known of a static file: in the folders, in `STATIC_ROOT`, at the site, in the bucket.

use std::path::PathBuf;

use super::address::Misplaced;
use crate::doctor::http::{Answer, NoAnswer};

/// All that was found out.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// The address that was asked about.
    pub(super) asked: String,
    /// The one under which the file should be; the site was asked for this one.
    pub(super) right: String,
    /// What is wrong with the path.
    pub(super) misplaced: Option<Misplaced>,
    /// The origin that `STATIC_URL` names, where another one was asked.
    pub(super) other_host: Option<String>,
    /// Whether the site is on this machine.
    pub(super) is_local: bool,
    /// The stack that was named.
    pub(super) stack: Option<String>,
    /// The file, where the address can be of one.
    pub(super) file: Option<File>,
}

/// Of one file.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// Its plain name, as `css/site.css`.
    pub(super) name: String,
    /// The name that was asked for, perhaps with a hash.
    pub(super) asked_name: String,
    pub(super) version: Version,
    pub(super) source: Source,
    pub(super) collected: Collected,
    pub(super) site: Site,
    pub(super) bucket: Option<Bucket>,
}

/// Which of a file's names was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// Its own.
    Plain,
    /// The one with the hash that the manifest in `STATIC_ROOT` gives.
    Current,
    /// One with another hash.
    Other,
}

/// The folders that files come from.
#[derive(Debug, Clone, Default)]
pub(super) struct Source {
    /// The file that is collected.
    pub(super) path: Option<PathBuf>,
    /// A file that is not, and the pattern that leaves it out.
    pub(super) ignored: Option<(PathBuf, String)>,
    /// What is called so and may not be served.
    pub(super) problems: Vec<String>,
    /// Names that are nearly this one.
    pub(super) near: Vec<String>,
}

/// `STATIC_ROOT`.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "facts, each of its own")]
pub(super) struct Collected {
    pub(super) root: PathBuf,
    pub(super) manifest: Local,
    /// Whether the name that was asked for is there.
    pub(super) has_asked: bool,
    /// Whether the plain copy is there.
    pub(super) has_plain: bool,
    /// Whether the plain copy is of another content than the source.
    pub(super) is_outdated: bool,
    /// Whether there is a compressed form of the name that was asked for.
    pub(super) has_sibling: bool,
}

/// The manifest in `STATIC_ROOT`.
#[derive(Debug, Clone)]
pub(super) enum Local {
    Missing,
    Unreadable(String),
    Read {
        /// The name that it gives.
        hashed: Option<String>,
        /// Its own hash.
        hash: String,
    },
}

/// What the site answers.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) answer: Result<Answer, NoAnswer>,
    /// The same, by somebody who takes `br` and `gzip`.
    pub(super) compressed: Option<Answer>,
    /// The status of the same with a query that nobody has asked before, where the first was an error.
    pub(super) fresh: Option<u16>,
    /// The manifest at `STATIC_URL`.
    pub(super) manifest: Remote,
    /// Whether the answer is what is in the source.
    pub(super) is_source: Option<bool>,
    /// Whether the answer is what is in `STATIC_ROOT` under the name that was asked for.
    pub(super) is_collected: Option<bool>,
    /// The status of the name that is right now, where another one was asked for.
    pub(super) current: Option<u16>,
    /// Whether it serves the file from its folder, as `runserver` does: browsers are to ask each time.
    pub(super) is_from_folder: bool,
}

/// The manifest at the site.
#[derive(Debug, Clone)]
pub(super) enum Remote {
    /// What is there instead.
    Missing(u16),
    Unreadable,
    Read {
        hashed: Option<String>,
        hash: String,
    },
}

/// The stack's bucket.
#[derive(Debug, Clone)]
pub(super) enum Bucket {
    /// It could not be asked.
    Unreadable(String),
    /// The key that was looked for, and whether it is there.
    Read { name: String, key: String, is_there: bool },
}
