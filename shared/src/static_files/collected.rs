//! `STATIC_ROOT` as `collectstatic` left it, read once: which name is which file. No path is ever made of a request.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use std::{fs, io};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use percent_encoding::utf8_percent_encode;

use super::accept_encoding::Encoding;
use super::asset::{Asked, Asset, Unanswered};
use super::conditional::Modified;
use super::guard::Guard;
use super::manifest::{Manifest, ManifestReadError};
use super::memory::Memory;
use super::variant::Variant;
use crate::config::{Config, StaticSettings, StaticUrl};
use crate::event::PATH;

/// The `Cache-Control` of what the manifest gives. A year, and no question in it: the content is what the name says.
pub const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Every file of `STATIC_ROOT` by its name below `STATIC_URL`.
#[derive(Debug)]
pub struct Collected {
    entries: HashMap<String, Entry>,
    guard: Guard,
    memory: Arc<Memory>,
    /// The `Cache-Control` of what is not immutable.
    brief: HeaderValue,
    most: u64,
    oversize_url: Option<StaticUrl>,
}

#[derive(Debug)]
enum Entry {
    Asset(Box<Asset>),
    /// Another way of naming a folder; where it leads, relative to what was asked for.
    Folder(String),
}

/// Why `STATIC_ROOT` cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum CollectedError {
    /// A folder in it, or itself.
    #[error("STATIC_ROOT cannot be read at {0}: has `cargo manage collectstatic` run?")]
    Unreadable(PathBuf, #[source] io::Error),
    /// Its manifest is there and is none.
    #[error("STATIC_ROOT has no good manifest; `cargo manage collectstatic` writes it anew")]
    Manifest(#[from] ManifestReadError),
    /// Its manifest is of another version of the templates.
    #[error("{manifest} lacks {name}, which {place} asks for: run `cargo manage collectstatic`")]
    Lacks {
        /// Where it is.
        manifest: PathBuf,
        /// The name of the static file.
        name: &'static str,
        /// Template and line.
        place: &'static str,
    },
}

/// A file as it was found.
struct Found {
    path: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
}

impl Collected {
    /// Reads which files there are, and of what length; what is in them is read when somebody asks.
    ///
    /// # Errors
    /// When the folder cannot be read, or its manifest is corrupt. Without a manifest nothing is immutable.
    pub fn read(config: &Config) -> Result<Self, CollectedError> {
        let settings = &config.static_files;
        let mut found = BTreeMap::new();
        let root = fs::canonicalize(&settings.root)
            .map_err(|error| CollectedError::Unreadable(settings.root.clone(), error))?;
        walk(&root, &root, "", &mut found)?;
        let immutable = immutable_names(&settings.root.join(Manifest::NAME), &found)?;
        let mut collected = Self {
            entries: HashMap::with_capacity(found.len()),
            guard: Guard::new(config),
            memory: Memory::new(settings.memory_bytes),
            brief: HeaderValue::from_str(&format!("public, max-age={}", settings.max_age))
                .unwrap_or(HeaderValue::from_static("no-cache")),
            most: settings.max_response_bytes,
            oversize_url: settings.oversize_url.clone(),
        };
        for (name, file) in &found {
            if !is_sibling(name, &found) {
                let asset = collected.asset(name, file, &found, &immutable);
                collected.add(asset, settings);
            }
        }
        if collected.entries.is_empty() {
            tracing::warn!(root = %settings.root.display(), "there are no static files: run `cargo manage collectstatic`");
        }
        Ok(collected)
    }

    /// The answer for `name`, decoded, as it stands below `STATIC_URL`.
    ///
    /// # Errors
    /// When the file cannot be read, or takes more than may be answered and there is nowhere else to send anybody.
    pub fn answer(&self, name: &str, asked: &Asked<'_>) -> Result<Response<Bytes>, Unanswered> {
        let asset = match self.entries.get(name) {
            Some(Entry::Asset(asset)) => asset,
            Some(Entry::Folder(location)) => {
                return Ok(self.guard.redirect(StatusCode::FOUND, location, asked.query, &self.brief));
            }
            None => return Ok(self.guard.plain(StatusCode::NOT_FOUND, "Not Found")),
        };
        match (asset.answer(asked, &self.memory, self.most), &self.oversize_url) {
            (Err(Unanswered::TooLarge { .. }), Some(elsewhere)) => {
                let location = elsewhere.join(&utf8_percent_encode(asset.name(), &PATH).to_string());
                let status = StatusCode::TEMPORARY_REDIRECT;
                let mut response = self.guard.redirect(status, &location, asked.query, &self.brief);
                asset.vary(response.headers_mut());
                Ok(response)
            }
            (answer, _) => answer,
        }
    }

    fn asset(&self, name: &str, file: &Found, found: &BTreeMap<String, Found>, immutable: &HashSet<String>) -> Asset {
        let mut variants = vec![Variant::new(Encoding::Identity, file.path.clone(), file.length)];
        for encoding in Encoding::COMPRESSED {
            if let Some(sibling) = found.get(&format!("{name}{}", encoding.suffix())) {
                variants.push(Variant::new(encoding, sibling.path.clone(), sibling.length));
            }
        }
        let year = HeaderValue::from_static(IMMUTABLE);
        let kept = if immutable.contains(name) { &year } else { &self.brief };
        Asset::new(name.to_owned(), variants, file.modified.and_then(Modified::new), kept, &self.guard)
    }

    fn add(&mut self, asset: Asset, settings: &StaticSettings) {
        let (file, bytes) = (asset.name(), asset.smallest());
        if bytes > self.most && self.oversize_url.is_none() {
            tracing::warn!(file, bytes, most = self.most, "a static file is larger than a function may answer");
        }
        let name = file.to_owned();
        let index = settings.index_file.as_deref();
        let Some(folder) = index.and_then(|index| folder_of(&name, index)) else {
            self.entries.insert(name, Entry::Asset(Box::new(asset)));
            return;
        };
        if let Some(without_slash) = folder.strip_suffix('/') {
            self.entries.insert(without_slash.to_owned(), Entry::Folder(with_slash(without_slash)));
        }
        self.entries.insert(folder.to_owned(), Entry::Asset(Box::new(asset)));
        self.entries.insert(name, Entry::Folder("./".to_owned()));
    }
}

/// The folder, with its slash, that `name` answers for; the topmost one is empty.
pub fn folder_of<'a>(name: &'a str, index_file: &str) -> Option<&'a str> {
    name.strip_suffix(index_file).filter(|folder| folder.is_empty() || folder.ends_with('/'))
}

/// Where the folder `name` is, seen from its name without a slash. Relative and beginning with a dot, it leads to this
/// host whatever the name is.
pub fn with_slash(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    format!("./{}/", utf8_percent_encode(last, &PATH))
}

/// Whether it is the coding of another file, and not a file of its own.
fn is_sibling(name: &str, found: &BTreeMap<String, Found>) -> bool {
    Encoding::of_sibling(name).is_some_and(|(plain, _)| found.contains_key(plain))
}

/// Finds the files below `folder`. What begins with a dot is not served, what leads out of the root is not either, and a
/// name that is not UTF-8 cannot be asked for.
fn walk(root: &Path, folder: &Path, prefix: &str, found: &mut BTreeMap<String, Found>) -> Result<(), CollectedError> {
    let unreadable = |error| CollectedError::Unreadable(folder.to_owned(), error);
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        let Ok(segment) = entry.file_name().into_string() else {
            tracing::warn!(path = %path.display(), "a static file's name is not UTF-8: it is not served");
            continue;
        };
        if segment.starts_with('.') {
            continue;
        }
        let name = format!("{prefix}{segment}");
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() {
            walk(root, &path, &format!("{name}/"), found)?;
            continue;
        }
        let inside = !kind.is_symlink() || fs::canonicalize(&path).is_ok_and(|target| target.starts_with(root));
        match fs::metadata(&path) {
            Ok(metadata) if inside && metadata.is_file() => {
                found.insert(name, Found { path, length: metadata.len(), modified: metadata.modified().ok() });
            }
            _ => tracing::warn!(path = %path.display(), "this is no static file, or leads to none: it is not served"),
        }
    }
    Ok(())
}

/// The names whose content cannot change: what the manifest gives, as far as it is there.
fn immutable_names(path: &Path, found: &BTreeMap<String, Found>) -> Result<HashSet<String>, CollectedError> {
    let Some(manifest) = Manifest::read(path)? else { return Ok(HashSet::new()) };
    let missing = manifest.paths().filter(|(_, hashed)| !found.contains_key(*hashed)).count();
    if missing > 0 {
        tracing::warn!(missing, manifest = %path.display(), "the manifest names files that are not there");
    }
    // A file that Django could not hash stands there under its own name: that one may change.
    Ok(manifest.paths().filter(|(name, hashed)| name != hashed).map(|(_, hashed)| hashed.to_owned()).collect())
}
