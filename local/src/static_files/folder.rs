//! One folder of static files: what is in it is read once, and asked of the disk each time whether it is still that.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use portico::static_files::{Asset, Encoding, Guard, Modified, Stat, Variant};

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
    stat: Stat,
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
            if fs::metadata(&known.path).is_ok_and(|metadata| Stat::of(&metadata) == known.stat) {
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
        let stat = Stat::of(metadata);
        if !stat.is_as_young_as(SystemTime::now() - SETTLES) {
            let known = Arc::new(Known { path, stat, asset: asset.clone() });
            self.known.write().unwrap_or_else(PoisonError::into_inner).insert(inner.to_owned(), known);
        }
        Found::File(asset)
    }
}
