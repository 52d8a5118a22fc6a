//! `STATIC_ROOT`: every file comes into it whole or not at all, and one program works in it at a time.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use portico::static_files::Encoding;

use crate::error::{At, CollectError, Problem};

/// What is being written waits here; nobody serves a name that begins with a dot.
const WORK: &str = ".collectstatic";

/// The folder, taken for the time of a run.
pub(crate) struct Root {
    path: PathBuf,
    work: PathBuf,
    /// The compressed forms that were there at the start, by their names.
    forms: HashSet<String>,
    count: AtomicUsize,
    _lock: File,
}

/// A file that is written and has no name yet. It is gone if it gets none.
pub(crate) struct Unnamed<'a> {
    root: &'a Root,
    path: PathBuf,
    is_named: bool,
}

impl Root {
    /// Takes the folder, and makes it where it is missing. What a run before left unfinished is gone.
    pub(crate) fn take(path: &Path) -> Result<Self, CollectError> {
        let work = path.join(WORK);
        // A link would lead the clearing of it elsewhere.
        if fs::symlink_metadata(&work).is_ok_and(|metadata| !metadata.is_dir()) {
            return Err(in_the_way(&work, "no folder"));
        }
        fs::create_dir_all(&work).at(&work)?;
        // Opened to be locked: a run that has nothing to write leaves it as it is too.
        let lock = File::options().create(true).append(true).open(work.join("lock")).at(&work)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(CollectError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(error).at(&work),
        }
        let is_ours = |name: &OsStr| name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
        for left in fs::read_dir(&work).at(&work)?.flatten().filter(|entry| is_ours(&entry.file_name())) {
            fs::remove_file(left.path()).at(&left.path())?;
        }
        let mut there = Vec::new();
        walk(path, "", &mut there).at(path)?;
        let forms = there.into_iter().filter(|name| Encoding::of_sibling(name).is_some()).collect();
        Ok(Self { path: path.to_owned(), work, forms, count: AtomicUsize::new(0), _lock: lock })
    }

    /// The folder itself.
    pub(crate) fn as_path(&self) -> &Path {
        &self.path
    }

    /// Where a name is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Deletes everything but what begins with a dot.
    pub(crate) fn clear(&self) -> Result<(), CollectError> {
        for entry in fs::read_dir(&self.path).at(&self.path)? {
            let entry = entry.at(&self.path)?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = entry.path();
            let is_folder = entry.file_type().at(&path)?.is_dir();
            if is_folder { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }.at(&path)?;
        }
        Ok(())
    }

    /// Makes the folders that names need.
    pub(crate) fn folders<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<(), CollectError> {
        let mut folders: Vec<_> = names.filter_map(|name| name.rsplit_once('/')).map(|(folder, _)| folder).collect();
        folders.sort_unstable();
        folders.dedup();
        let mut seen = HashSet::new();
        for folder in folders {
            let parents = folder.match_indices('/').map(|(at, _)| &folder[..at]).chain([folder]);
            for part in parents.filter(|part| seen.insert(*part)) {
                let path = self.path(part);
                match fs::symlink_metadata(&path) {
                    Ok(metadata) if metadata.is_dir() => {}
                    // What is written is written here, and nowhere that a link leads to.
                    Ok(_) => return Err(in_the_way(&path, "no folder")),
                    Err(_) => fs::create_dir(&path).at(&path)?,
                }
            }
        }
        Ok(())
    }

    /// Writes a content that will be named, `name` among others.
    pub(crate) fn write(
        &self,
        name: &str,
        content: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<Unnamed<'_>, CollectError> {
        let path = self.work.join(self.count.fetch_add(1, Ordering::Relaxed).to_string());
        let unnamed = Unnamed { root: self, path, is_named: false };
        let mut file = File::create_new(&unnamed.path).at(&unnamed.path)?;
        content(&mut file).at(&self.path(name))?;
        Ok(unnamed)
    }

    /// Puts a small text in its place, and on the disk: the manifest.
    pub(crate) fn put(&self, name: &str, text: &str) -> Result<(), CollectError> {
        let unnamed = self.write(name, |file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })?;
        unnamed.name(&[name])
    }

    /// Takes away the compressed forms of a content that is no longer there: nobody may be sent an old one.
    pub(crate) fn bare(&self, name: &str, but: impl Fn(&str) -> bool) -> Result<usize, CollectError> {
        let mut gone = 0;
        for encoding in Encoding::COMPRESSED {
            let sibling = format!("{name}{}", encoding.suffix());
            if self.forms.contains(&sibling) && !but(&sibling) && self.remove(&sibling)? {
                gone += 1;
            }
        }
        Ok(gone)
    }

    /// Takes a file away; whether there was one.
    fn remove(&self, name: &str) -> Result<bool, CollectError> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error).at(&path),
        }
    }
}

/// The names of the files in `root`, but for what begins with a dot; none where it is not there.
pub(crate) fn files(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let _ = walk(root, "", &mut files);
    files
}

fn walk(folder: &Path, below: &str, files: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &format!("{below}{name}/"), files)?;
        } else {
            files.push(format!("{below}{name}"));
        }
    }
    Ok(())
}

/// Something that is there already, and is not what `collectstatic` would have left.
fn in_the_way(path: &Path, what: &str) -> CollectError {
    let why = format!("is {what}, in the way of what is collected: remove it, or use --clear");
    CollectError::Problems(vec![Problem::of(path, why)])
}

impl Unnamed<'_> {
    /// Gives the content its names, all of them the same file where the disk can do that. A name that is taken changes
    /// from the old content to the new one at once.
    pub(crate) fn name(mut self, names: &[&str]) -> Result<(), CollectError> {
        let Some((last, others)) = names.split_last() else { return Ok(()) };
        for name in others {
            let path = self.root.path(name);
            if fs::hard_link(&self.path, &path).is_err() {
                // The name is taken, or the disk knows no links.
                let copy = self.root.write(name, |file| io::copy(&mut File::open(&self.path)?, file).map(|_| ()))?;
                copy.name(&[name])?;
            }
        }
        let path = self.root.path(last);
        fs::rename(&self.path, &path).map_err(|source| match source.kind() {
            io::ErrorKind::IsADirectory => in_the_way(&path, "a folder"),
            _ => CollectError::Io { path: path.display().to_string(), source },
        })?;
        self.is_named = true;
        Ok(())
    }
}

impl Drop for Unnamed<'_> {
    fn drop(&mut self) {
        if !self.is_named {
            let _ = fs::remove_file(&self.path);
        }
    }
}
