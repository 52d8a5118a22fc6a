//! `staticfiles.json`, Django's own format 1.1: which name with a hash stands for which name of a template.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Deserialize;

/// What `collectstatic` has written: names and the names under which their content is served.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Manifest {
    paths: BTreeMap<String, String>,
    hash: String,
}

/// Why a manifest is none.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It is no JSON, or not of this shape.
    #[error("it is not a manifest")]
    Shape(#[from] serde_json::Error),
    /// It is of another version of the format.
    #[error("it is of version {0:?}; 1.0 and 1.1 are read")]
    Version(String),
}

/// Why the file of a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestReadError {
    /// It is there and cannot be read.
    #[error("{0} cannot be read")]
    Unreadable(PathBuf, #[source] io::Error),
    /// It can be read and is none.
    #[error("{0} cannot be used")]
    Unusable(PathBuf, #[source] ManifestError),
}

#[derive(Deserialize)]
struct Stored {
    version: String,
    paths: BTreeMap<String, String>,
    #[serde(default)]
    hash: String,
}

impl Manifest {
    /// What it is called, in `STATIC_ROOT`.
    pub const NAME: &'static str = "staticfiles.json";

    /// The version of the format that is written.
    pub const VERSION: &'static str = "1.1";

    /// Of names with their hashed names, and the hash of them all.
    pub fn new(paths: BTreeMap<String, String>, hash: String) -> Self {
        Self { paths, hash }
    }

    /// Reads what `collectstatic` wrote, ours or Django's.
    pub fn parse(json: &str) -> Result<Self, ManifestError> {
        let stored: Stored = serde_json::from_str(json)?;
        match stored.version.as_str() {
            "1.0" | "1.1" => Ok(Self { paths: stored.paths, hash: stored.hash }),
            _ => Err(ManifestError::Version(stored.version)),
        }
    }

    /// Reads the file at `path`; `None` where nothing was collected.
    ///
    /// # Errors
    /// That it is there, and cannot be read or is no manifest.
    pub fn read(path: &Path) -> Result<Option<Self>, ManifestReadError> {
        Ok(Self::read_text(path)?.map(|(manifest, _)| manifest))
    }

    /// The same, with the text as it stands there.
    ///
    /// # Errors
    /// As of [`Manifest::read`].
    pub fn read_text(path: &Path) -> Result<Option<(Self, String)>, ManifestReadError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ManifestReadError::Unreadable(path.to_owned(), error)),
        };
        match Self::parse(&text) {
            Ok(manifest) => Ok(Some((manifest, text))),
            Err(error) => Err(ManifestReadError::Unusable(path.to_owned(), error)),
        }
    }

    /// The name with a hash for `name`, as `css/site.5f0c1c8b3a2d.css` for `css/site.css`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.paths.get(name).map(String::as_str)
    }

    /// All names with their hashed names, in their order.
    pub fn paths(&self) -> impl Iterator<Item = (&str, &str)> {
        self.paths.iter().map(|(name, hashed)| (name.as_str(), hashed.as_str()))
    }

    /// The first 12 hex digits of the MD5 of what is in it: tells one deployment's from another's.
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_of_djangos_is_read() {
        let text =
            r#"{"paths": {"css/site.css": "css/site.5f0c1c8b3a2d.css"}, "version": "1.1", "hash": "7f0c1c8b3a2d"}"#;
        let manifest = Manifest::parse(text).unwrap();
        assert_eq!(manifest.get("css/site.css"), Some("css/site.5f0c1c8b3a2d.css"));
        assert_eq!(manifest.get("css/other.css"), None);
        assert_eq!(manifest.hash(), "7f0c1c8b3a2d");
        assert_eq!(manifest.paths().count(), 1);
    }

    #[test]
    fn a_file_that_is_not_there_is_no_error_and_one_that_is_none_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(Manifest::NAME);
        assert_eq!(Manifest::read(&path).unwrap(), None);
        std::fs::write(&path, "{").unwrap();
        let error = crate::log::chain(&Manifest::read(&path).unwrap_err());
        assert!(error.contains(&path.display().to_string()), "{error}");
        assert_eq!(error.matches("EOF").count(), 1, "each cause once: {error}");
        assert!(matches!(Manifest::read(folder.path()), Err(ManifestReadError::Unreadable(..))));
    }

    #[test]
    fn what_is_no_manifest_is_told() {
        for text in ["", "{}", "{\"paths\": {}", "[]", r#"{"version": "1.1", "paths": {"a": 1}}"#] {
            assert!(matches!(Manifest::parse(text), Err(ManifestError::Shape(_))), "{text}");
        }
        let error = Manifest::parse(r#"{"version": "2.0", "paths": {}}"#).unwrap_err();
        assert!(error.to_string().contains("2.0"), "{error}");
    }
}
