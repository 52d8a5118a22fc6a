//! One folder of static files: what is in it is read once, and asked of the disk each time whether it is still that.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use portico::static_files::{Asset, Encoding, Guard, Modified, Variant};

use super::ASK;

/// A file that was changed this lately may be changed again without its time telling: file systems count in steps.
const SETTLES: Duration = Duration::from_secs(2);

/// A folder, and the files of it that were asked for.
#[derive(Debug)]
pub(super) struct Folder {
    /// What its files' names begin with, with a slash at the end; or nothing.
    prefix: String,
    path: PathBuf,
    known: RwLock<HashMap<String, Arc<Known>>>,
}

/// A file as it was when it was read.
#[derive(Debug)]
struct Known {
    path: PathBuf,
    identity: Identity,
    asset: Arc<Asset>,
}

/// What there is under a name.
#[derive(Debug)]
pub(super) enum Found {
    File(Arc<Asset>),
    Folder,
    Nothing,
}

/// Whether a file may be read for an answer, or only what was read before used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Allowed,
    OfMemory,
}

impl Folder {
    pub(super) fn new(prefix: &str, path: PathBuf) -> Self {
        let prefix = prefix.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Self { prefix, path, known: RwLock::default() }
    }

    /// Finds what `name` is here; `None` where that takes reading that is not allowed.
    pub(super) fn find(&self, name: &str, reading: Reading, guard: &Guard) -> Option<Found> {
        let Some(inner) = name.strip_prefix(&self.prefix) else {
            let is_prefix = self.prefix.strip_suffix('/') == Some(name);
            return Some(if is_prefix { Found::Folder } else { Found::Nothing });
        };
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(inner).cloned();
        if let Some(known) = known {
            if fs::metadata(&known.path).is_ok_and(|metadata| known.identity.is_that_of(&metadata)) {
                return Some(Found::File(known.asset.clone()));
            }
            self.known.write().unwrap_or_else(PoisonError::into_inner).remove(inner);
        }
        let path = self.path.join(inner);
        let Ok(metadata) = fs::metadata(&path) else { return Some(Found::Nothing) };
        if reading == Reading::OfMemory {
            return None;
        }
        Some(self.look(inner, name, path, &metadata, guard))
    }

    fn look(&self, inner: &str, name: &str, path: PathBuf, metadata: &Metadata, guard: &Guard) -> Found {
        // A link may lead anywhere within the folder, and nowhere else.
        let inside = match (fs::canonicalize(&self.path), fs::canonicalize(&path)) {
            (Ok(folder), Ok(target)) => target.starts_with(folder),
            _ => false,
        };
        if !inside || !(metadata.is_file() || metadata.is_dir()) {
            return Found::Nothing;
        }
        if metadata.is_dir() {
            return Found::Folder;
        }
        if fs::File::open(&path).is_err() {
            return Found::Nothing;
        }
        let variants = vec![Variant::new(Encoding::Identity, path.clone(), metadata.len())];
        let modified = metadata.modified().ok().and_then(Modified::new);
        let asset = Arc::new(Asset::new(name.to_owned(), variants, modified, &ASK, guard));
        if let Some(identity) = Identity::of(metadata) {
            let known = Arc::new(Known { path, identity, asset: asset.clone() });
            self.known.write().unwrap_or_else(PoisonError::into_inner).insert(inner.to_owned(), known);
        }
        Found::File(asset)
    }
}

/// By what a file is known again: whoever changes it changes one of these.
#[derive(Debug, PartialEq, Eq)]
struct Identity {
    length: u64,
    modified: SystemTime,
    #[cfg(unix)]
    inode: (u64, u64),
    #[cfg(unix)]
    changed: (i64, i64),
}

impl Identity {
    /// `None` for a file that has only just been changed.
    fn of(metadata: &Metadata) -> Option<Self> {
        let identity = Self::read(metadata)?;
        let settled = |age: Duration| age > SETTLES;
        SystemTime::now().duration_since(identity.last_touched()).is_ok_and(settled).then_some(identity)
    }

    fn is_that_of(&self, metadata: &Metadata) -> bool {
        Self::read(metadata).as_ref() == Some(self)
    }

    #[cfg(unix)]
    fn read(metadata: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        Some(Self {
            length: metadata.len(),
            modified: metadata.modified().ok()?,
            inode: (metadata.dev(), metadata.ino()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }

    #[cfg(not(unix))]
    fn read(metadata: &Metadata) -> Option<Self> {
        Some(Self { length: metadata.len(), modified: metadata.modified().ok()? })
    }

    /// A time that somebody set says nothing of when they did; the one that the system keeps beside it does.
    #[cfg(unix)]
    fn last_touched(&self) -> SystemTime {
        let changed = u64::try_from(self.changed.0).unwrap_or(0);
        self.modified.max(SystemTime::UNIX_EPOCH + Duration::from_secs(changed))
    }

    #[cfg(not(unix))]
    fn last_touched(&self) -> SystemTime {
        self.modified
    }
}
