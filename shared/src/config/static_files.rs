//! Where static files come from, where they are collected, and where they are served.

use std::path::{Component, PathBuf};

use super::reader::Reader;
use super::values::{self, StaticUrl};

/// The settings of static files.
#[derive(Debug, Clone)]
pub struct StaticSettings {
    /// `STATIC_URL`: what `static()` puts before an asset's name.
    pub url: StaticUrl,
    /// `STATIC_ROOT`: the folder where `collectstatic` gathers them. Relative to the project's folder; in a function to
    /// its own.
    pub root: PathBuf,
    /// `STATICFILES_DIRS`: the folders they come from, the first that has a file wins.
    pub dirs: Vec<StaticDir>,
    /// `STATIC_MAX_AGE`: seconds for which a browser may keep a file whose name says nothing of its content.
    pub max_age: u32,
    /// `STATIC_INDEX_FILE`: the file that answers for its folder, if there is to be one.
    pub index_file: Option<String>,
    /// `STATIC_OVERSIZE_URL`: where a function sends whoever asks for a file that is larger than it may answer.
    pub oversize_url: Option<StaticUrl>,
    /// `STATIC_MAX_RESPONSE_BYTES`: bytes of a file, or of a part of one, that a function answers with.
    pub max_response_bytes: u64,
    /// `STATIC_MEMORY_BYTES`: bytes of files that whoever serves them keeps in memory.
    pub memory_bytes: usize,
}

/// A folder of static files: `DIR`, or `DIR=PREFIX` where its files are named below a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticDir {
    /// The folder.
    pub path: PathBuf,
    /// What its files' names begin with: no slash at either end, empty for nothing.
    pub prefix: String,
}

impl StaticDir {
    /// What [`Self::parse`] takes.
    pub const ACCEPTS: &'static str = "DIR or DIR=PREFIX";

    /// Parses `DIR` or `DIR=PREFIX`.
    pub fn parse(text: &str) -> Option<Self> {
        let (path, prefix) = text.trim().rsplit_once('=').unwrap_or((text.trim(), ""));
        let prefix = prefix.trim_matches('/');
        let sound = prefix.is_empty() || prefix.split('/').all(is_segment);
        (sound && !path.is_empty()).then(|| Self { path: PathBuf::from(path), prefix: prefix.to_owned() })
    }
}

impl StaticSettings {
    pub(super) fn read(env: &mut Reader) -> Option<Self> {
        let url = env.or("STATIC_URL", "a path or an address that ends in /", "/static/", StaticUrl::parse);
        let root = env.or("STATIC_ROOT", "a folder", "staticfiles", folder);
        let dirs = env.or("STATICFILES_DIRS", "DIR or DIR=PREFIX, comma-separated", "static", |text| {
            values::items(text).map(StaticDir::parse).collect()
        });
        let max_age = env.number("STATIC_MAX_AGE", "seconds", 0, 31_536_000, 60);
        let index_file = env.optional("STATIC_INDEX_FILE", "a file's name, as index.html", |text| {
            is_segment(text.trim()).then(|| text.trim().to_owned())
        });
        let oversize_url = env.optional("STATIC_OVERSIZE_URL", "an address that ends in /", |text| {
            StaticUrl::parse(text).filter(|url| url.origin().is_some())
        });
        // Lambda gives 6 MB of JSON, and bytes in base64 are a third more: 4.7 million leave room for the headers.
        let max_response_bytes = env.number("STATIC_MAX_RESPONSE_BYTES", "bytes", 1_024, 4_700_000, 4_500_000);
        let memory_bytes = env.number("STATIC_MEMORY_BYTES", "bytes", 0, 1_073_741_824, 67_108_864);
        Some(Self {
            url: url?,
            root: root?,
            dirs: dirs?,
            max_age,
            index_file: index_file?,
            oversize_url: oversize_url?,
            max_response_bytes,
            memory_bytes,
        })
    }
}

/// A folder that is not the one that has everything: `collectstatic --clear` empties it.
fn folder(text: &str) -> Option<PathBuf> {
    let path = PathBuf::from(text.trim());
    path.components().any(|part| matches!(part, Component::Normal(_))).then_some(path)
}

/// What may stand between two slashes of a static file's name.
fn is_segment(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('.') && !text.contains(['/', '\\', '\0', '?', '#', '%'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_may_have_a_prefix() {
        let parse = |text| StaticDir::parse(text).map(|dir| (dir.path, dir.prefix));
        assert_eq!(parse("static"), Some((PathBuf::from("static"), String::new())));
        assert_eq!(parse("node_modules/x/dist=vendor/x/"), Some(("node_modules/x/dist".into(), "vendor/x".to_owned())));
        for bad in ["", "=x", "a=../b", "a=b//c", "a=.b"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_root_of_the_disk_is_no_folder_to_collect_in() {
        assert_eq!(folder("staticfiles"), Some("staticfiles".into()));
        for bad in ["", "/", ".", ".."] {
            assert_eq!(folder(bad), None, "{bad}");
        }
    }
}
