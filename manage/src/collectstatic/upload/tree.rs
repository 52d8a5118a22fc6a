//! What lies in `STATIC_ROOT`: every file with its size and MD5, and the manifest that names them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use collectstatic::Digest;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use portico::log::chain;
use portico::static_files::Manifest;

use crate::Failure;

/// The largest object that S3 takes in one piece.
const LARGEST: u64 = 5 << 30;

/// What was collected.
#[derive(Debug)]
pub(super) struct Tree {
    /// `STATIC_ROOT`.
    pub(super) root: PathBuf,
    /// The files by their names, as `css/site.css`.
    pub(super) files: BTreeMap<String, Content>,
    /// `staticfiles.json`.
    pub(super) manifest: Manifest,
    /// The same, to the byte.
    pub(super) manifest_text: String,
}

/// What tells one content from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) size: u64,
    pub(super) md5: Digest,
}

impl Tree {
    /// Reads the folder. What does not begin with a dot is to be served.
    ///
    /// # Errors
    /// That there is no manifest, that it names what is not there, that a file cannot be read or served.
    pub(super) async fn read(root: &Path) -> Result<Self, Failure> {
        let (manifest, manifest_text) = read_manifest(root)?;
        let mut names = Vec::new();
        walk(root, "", &mut names)?;
        let found: BTreeMap<_, _> = stream::iter(names)
            .map(|name| {
                let path = root.join(&name);
                async move {
                    let shown = path.clone();
                    let content = tokio::task::spawn_blocking(move || Content::read(&path)).await;
                    let content = content.map_err(io::Error::other).and_then(|content| content);
                    content.map(|content| (name, content)).map_err(|error| unreadable(&shown, &error))
                }
            })
            .buffer_unordered(std::thread::available_parallelism().map_or(1, usize::from))
            .try_collect()
            .await?;
        let tree = Self { root: root.to_owned(), files: found, manifest, manifest_text };
        tree.check()?;
        Ok(tree)
    }

    /// Whether everything that the manifest names is there, in a size that can be put.
    fn check(&self) -> Result<(), Failure> {
        let named = self.manifest.paths().flat_map(|(name, hashed)| [name, hashed]);
        let missing: Vec<_> = named.filter(|name| !self.files.contains_key(*name)).collect();
        if let Some(first) = missing.first() {
            let more = if missing.len() > 1 { format!(" and {} more", missing.len() - 1) } else { String::new() };
            return Err(Failure::new(format!(
                "{} names {first:?}{more}, which {} does not have: collect once more",
                Manifest::NAME,
                self.root.display()
            )));
        }
        match self.files.iter().find(|(_, content)| content.size > LARGEST) {
            Some((name, _)) => Err(Failure::new(format!("{name:?} is larger than S3 takes in one piece, 5 GiB"))),
            None => Ok(()),
        }
    }
}

impl Content {
    /// Of a file. One that changes meanwhile is refused by S3, which is told both.
    fn read(path: &Path) -> io::Result<Self> {
        Ok(Self { size: fs::metadata(path)?.len(), md5: Digest::of_file(path)? })
    }
}

fn read_manifest(root: &Path) -> Result<(Manifest, String), Failure> {
    let path = root.join(Manifest::NAME);
    match Manifest::read_text(&path) {
        Ok(Some(read)) => Ok(read),
        Ok(None) => {
            Err(Failure::new(format!("{} is not there: nothing was collected, or not to its end", path.display())))
        }
        Err(error) => Err(Failure::new(format!("{}: collect once more", chain(&error)))),
    }
}

/// The names below a folder, with slashes.
fn walk(folder: &Path, prefix: &str, names: &mut Vec<String>) -> Result<(), Failure> {
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(|error| unreadable(&path, &error))?;
        let refused = |why| Err(Failure::new(format!("{} {why}", path.display())));
        let Ok(name) = entry.file_name().into_string() else { return refused("has a name that is no UTF-8") };
        if name.starts_with('.') {
            continue;
        }
        let name = format!("{prefix}{name}");
        // S3 gives a key 1,024 bytes; sixteen are for the prefix.
        if name.len() > 1_008 {
            return refused("has a name that is too long for S3");
        }
        if kind.is_dir() {
            walk(&path, &format!("{name}/"), names)?;
        } else if kind.is_file() {
            names.push(name);
        } else {
            // What it leads to may be anything on this machine. `collectstatic` copies what links lead to.
            return refused("is neither a file nor a folder");
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("{} cannot be read: {error}", path.display()))
}
