//! What is wrong with files, each with its place.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// One thing that is wrong: where, and what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// A path, or the name of a static file; with line and column where it is inside.
    pub place: String,
    /// What is wrong, to be read after the place.
    pub what: String,
}

impl Problem {
    pub(crate) fn of(path: &Path, what: impl Into<String>) -> Self {
        Self { place: path.display().to_string(), what: what.into() }
    }

    /// Of what the system says.
    pub(crate) fn io(path: &Path, error: &io::Error) -> Self {
        Self::of(path, format!("cannot be read: {error}"))
    }

    pub(crate) fn in_file(name: &str, what: impl Into<String>) -> Self {
        Self { place: name.to_owned(), what: what.into() }
    }

    /// At a place in a file.
    pub(crate) fn at(name: &str, place: Place, what: impl Into<String>) -> Self {
        Self { place: format!("{name}:{}:{}", place.line, place.column), what: what.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What controls a terminal, in a name that somebody else has chosen, does not.
        let shown = |text: &str| text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect::<String>();
        write!(f, "{} {}", shown(&self.place), shown(&self.what))
    }
}

/// A line and a column of a text, each from 1 on; a column is a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    line: usize,
    column: usize,
}

/// Finds places in a text, one behind the other, without beginning anew for each: a text may have a hundred thousand.
pub(crate) struct Places<'a> {
    text: &'a str,
    at: usize,
    place: Place,
}

impl<'a> Places<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, place: Place { line: 1, column: 1 } }
    }

    /// The place `offset` bytes into the text.
    pub(crate) fn of(&mut self, offset: usize) -> Place {
        if offset < self.at {
            *self = Self::new(self.text);
        }
        let Some(between) = self.text.get(self.at..offset) else { return self.place };
        match between.rfind('\n') {
            Some(last) => {
                self.place.line += between.matches('\n').count();
                self.place.column = between[last + 1..].chars().count() + 1;
            }
            None => self.place.column += between.chars().count(),
        }
        self.at = offset;
        self.place
    }

    pub(crate) fn problem(&mut self, name: &str, offset: usize, what: impl Into<String>) -> Problem {
        Problem::at(name, self.of(offset), what)
    }
}

/// Why nothing was collected, or not all of it. The manifest is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// A pattern of what to leave out.
    #[error("--ignore {0}: {1}")]
    Ignore(String, String),
    /// There is nothing to collect from.
    #[error("there is no folder to collect from")]
    NoSources,
    /// `STATIC_ROOT` and a source are one, or one is inside the other.
    #[error("{0} is collected from and {1} is collected in: one is inside the other")]
    Overlap(PathBuf, PathBuf),
    /// Another one is at work there.
    #[error("another collectstatic works in {0}; try again when it is done")]
    InUse(PathBuf),
    /// The files themselves.
    #[error("{}", list(.0))]
    Problems(Vec<Problem>),
    /// A file that cannot be written, or a folder.
    #[error("{path}: {source}")]
    Io {
        /// Where.
        path: String,
        /// What the system says.
        source: io::Error,
    },
}

/// How many problems are told one by one.
pub(crate) const TOLD: usize = 50;

fn list(problems: &[Problem]) -> String {
    let mut lines: Vec<_> = problems.iter().take(TOLD).map(Problem::to_string).collect();
    if problems.len() > TOLD {
        lines.push(format!("and {} more", problems.len() - TOLD));
    }
    lines.join("\n")
}

/// Says where it went wrong.
pub(crate) trait At<T> {
    fn at(self, path: &Path) -> Result<T, CollectError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, CollectError> {
        self.map_err(|source| CollectError::Io { path: path.display().to_string(), source })
    }
}
