//! What `cargo manage collectstatic` does: finds the static files, names them by their content, rewrites what refers to
//! them, compresses them, and leaves all of it in `STATIC_ROOT` with Django's manifest.
//!
//! The order is the safety: everything is found, read and resolved before anything is written ([`finders`], [`reading`],
//! [`linking`]); each file comes into the folder whole ([`root`]); the manifest, by which pages find them, comes last. A run
//! that ends early leaves the folder as good as it was, and the next one completes it.

mod collecting;
mod compression;
mod css;
mod digest;
mod error;
mod finders;
mod ignore;
mod javascript;
mod linking;
mod locating;
mod manifest;
mod parallel;
mod reading;
mod reference;
mod root;
mod run;
mod snapshot;
mod source_map;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use digest::{Digest, plain_name};
pub use error::{CollectError, Problem};
pub use finders::{Shadowed, Source};
pub use locating::{Hit, Located, locate, names};
pub use run::collect;

/// What to collect, where, and how.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line, each on its own")]
pub struct Options {
    /// Where the files come from; the first that has a name wins.
    pub sources: Vec<Source>,
    /// `STATIC_ROOT`
    pub root: PathBuf,
    /// A folder that remembers compressed contents and the last run; `None` remembers nothing.
    pub cache: Option<PathBuf>,
    /// The path of `STATIC_URL` with its slashes, by which files may refer to others; `None` where it is an address.
    pub static_path: Option<String>,
    /// Patterns of names to leave out.
    pub ignore: Vec<String>,
    /// Whether Django's own patterns (`CVS`, `.*`, `*~`) are left out too.
    pub default_ignore: bool,
    /// Whether the imports of modules are rewritten.
    pub modules: bool,
    /// The largest file that is compressed, bytes; `None` compresses nothing.
    pub compress: Option<u64>,
    /// Whether the folder is emptied first.
    pub clear: bool,
    /// Whether to tell what would be done, and do none of it.
    pub dry_run: bool,
}

/// What a run does at the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Files are read and hashed.
    Read,
    /// Files are written.
    Write,
    /// Contents are compressed.
    Compress,
}

/// Somebody who watches a run.
pub trait Observer: Sync {
    /// A stage begins that has this many bytes to go.
    fn begin(&self, stage: Stage, bytes: u64);
    /// So many more bytes are done.
    fn advance(&self, bytes: u64);
}

/// What a run has done, or would have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files that were copied under their plain names.
    pub copied: usize,
    /// Files that were there already.
    pub unchanged: usize,
    /// Files that were written under a name with a hash.
    pub post_processed: usize,
    /// Compressed forms that were written.
    pub compressed: usize,
    /// Compressed forms of contents that are no more.
    pub removed: usize,
    /// Bytes that were written.
    pub bytes: u64,
    /// Files that another one of the same name hides.
    pub shadowed: Vec<Shadowed>,
    /// Of a dry run: what it would do with which name, as `write css/site.css`.
    pub foreseen: Vec<String>,
    /// What is not as it should be, and stops nothing.
    pub warnings: Vec<Problem>,
    /// The hash of the manifest.
    pub manifest: String,
}
