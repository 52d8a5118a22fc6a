//! `staticfiles.json`, Django's own format 1.1: which name with a hash stands for which name of a template.

use std::collections::BTreeMap;

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
    #[error("it is not a manifest: {0}")]
    Shape(#[from] serde_json::Error),
    /// It is of another version of the format.
    #[error("it is of version {0:?}; 1.0 and 1.1 are read")]
    Version(String),
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
    fn what_is_no_manifest_is_told() {
        for text in ["", "{}", "{\"paths\": {}", "[]", r#"{"version": "1.1", "paths": {"a": 1}}"#] {
            assert!(matches!(Manifest::parse(text), Err(ManifestError::Shape(_))), "{text}");
        }
        let error = Manifest::parse(r#"{"version": "2.0", "paths": {}}"#).unwrap_err();
        assert!(error.to_string().contains("2.0"), "{error}");
    }
}
