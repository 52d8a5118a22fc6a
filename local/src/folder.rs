//! The data folder: one process at a time has it, and tells the others where its tables are reached meanwhile.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::secrets;

/// The folder, held by this process until it is dropped: two engines over the same files would not know of each other.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    lock: File,
}

/// Why a folder cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process has it.
    #[error("{0} is used by another process")]
    InUse(PathBuf),
    /// It cannot be made or written.
    #[error("the data folder {0} cannot be used")]
    Unusable(PathBuf, #[source] io::Error),
}

/// Names the address of the tables, while a server has the folder.
const ADDRESS: &str = "dynamodb.url";
/// Names the address of the buckets, likewise.
const BUCKETS: &str = "s3.url";

impl Folder {
    /// Takes the folder, which is made if it is missing, and forgets the address that a server left which was killed.
    pub fn take(path: &Path) -> Result<Self, FolderError> {
        let unusable = |error| FolderError::Unusable(path.to_owned(), error);
        let open = || {
            secrets::make_private(path)?;
            File::options().create(true).truncate(false).write(true).open(path.join("lock"))
        };
        let lock = open().map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(FolderError::InUse(path.to_owned())),
            Err(fs::TryLockError::Error(error)) => return Err(unusable(error)),
        }
        let folder = Self { path: path.to_owned(), lock };
        folder.withdraw().map_err(unusable)?;
        Ok(folder)
    }

    /// The database of the tables.
    pub fn database(&self) -> PathBuf {
        Self::database_in(&self.path)
    }

    /// The database of the tables in a folder that somebody has or nobody.
    pub fn database_in(path: &Path) -> PathBuf {
        path.join("dynamodb.db")
    }

    /// Tells commands where the tables and the buckets are reached, for as long as the folder is held. Only the owner can
    /// read it: who reaches the tables can change them. They are told last, since by them a command finds the server.
    pub fn publish(&self, tables: &str, buckets: &str) -> Result<(), FolderError> {
        let write = |name: &str, url: &str| {
            let new = self.path.join(format!("{name}.new"));
            secrets::create_private_file(&new)?;
            let mut file = File::options().write(true).truncate(true).open(&new)?;
            writeln!(file, "{url}")?;
            fs::rename(&new, self.path.join(name))
        };
        let both = write(BUCKETS, buckets).and_then(|()| write(ADDRESS, tables));
        both.map_err(|error| FolderError::Unusable(self.path.clone(), error))
    }

    /// Where the process that has the folder serves its tables, if it does.
    pub fn published(path: &Path) -> Option<String> {
        read(&path.join(ADDRESS))
    }

    /// Where it serves its buckets, likewise.
    pub fn published_buckets(path: &Path) -> Option<String> {
        read(&path.join(BUCKETS))
    }

    fn withdraw(&self) -> io::Result<()> {
        for name in [ADDRESS, BUCKETS] {
            match fs::remove_file(self.path.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

fn read(file: &Path) -> Option<String> {
    Some(fs::read_to_string(file).ok()?.trim().to_owned())
}

impl Drop for Folder {
    fn drop(&mut self) {
        // First the address, then the lock: the next one's address must not be taken away.
        let _ = self.withdraw();
        // Closing the file is not enough: a process that another thread is just starting has a copy of it for a moment.
        let _ = self.lock.unlock();
    }
}
