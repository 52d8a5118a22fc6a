//! The bodies of objects: files under random names, or byte strings in memory.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use uuid::Uuid;

use super::held;
use crate::s3::checksums::{Claims, Digests, Sums};

/// How much of a body is read or written in one turn.
pub(crate) const CHUNK: usize = 256 * 1024;

pub(super) enum Bodies {
    Disk { bodies: PathBuf, drafts: PathBuf },
    Memory(Arc<Mutex<HashMap<String, Bytes>>>),
}

impl Bodies {
    pub(super) fn in_memory() -> Self {
        Self::Memory(Arc::default())
    }

    pub(super) fn on_disk(folder: &Path) -> io::Result<Self> {
        let (bodies, drafts) = (folder.join("bodies"), folder.join("drafts"));
        fs::create_dir_all(&bodies)?;
        fs::create_dir_all(&drafts)?;
        Ok(Self::Disk { bodies, drafts })
    }

    /// Removes every draft and every body that is not `known`. Only the folder's owner may do this.
    pub(super) fn sweep(&self, known: &HashSet<String>) -> io::Result<()> {
        let Self::Disk { bodies, drafts } = self else {
            return Ok(());
        };
        for draft in fs::read_dir(drafts)? {
            fs::remove_file(draft?.path())?;
        }
        for body in fs::read_dir(bodies)? {
            let body = body?;
            if body.file_name().to_str().is_none_or(|name| !known.contains(name)) {
                fs::remove_file(body.path())?;
            }
        }
        Ok(())
    }

    /// A new, empty body, which vanishes again unless it is kept.
    pub(super) fn draft(&self, claims: &Claims) -> io::Result<Draft> {
        let name = Uuid::new_v4().simple().to_string();
        let place = match self {
            Self::Disk { bodies, drafts } => {
                let path = drafts.join(&name);
                let file = File::options().write(true).create_new(true).open(&path)?;
                Place::Disk { file, path, folder: bodies.clone() }
            }
            Self::Memory(bodies) => Place::Memory { bytes: Vec::new(), bodies: Arc::clone(bodies) },
        };
        let unkept = Unkept { name, place: Some(place) };
        Ok(Draft { unkept, size: 0, digests: Digests::for_claims(claims) })
    }

    /// Opens `range` of a body.
    pub(super) fn read(&self, name: &str, range: Range<u64>) -> io::Result<Reader> {
        match self {
            Self::Disk { bodies, .. } => {
                let mut file = File::open(bodies.join(name))?;
                file.seek(SeekFrom::Start(range.start))?;
                Ok(Reader::File { file, left: range.end - range.start })
            }
            Self::Memory(bodies) => {
                let bytes = held(bodies).get(name).cloned().ok_or(io::ErrorKind::NotFound)?;
                let within = |at| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                Ok(Reader::Bytes(bytes.slice(within(range.start)..within(range.end))))
            }
        }
    }

    /// Forgets a body. A failure only costs space until the next start sweeps.
    pub(super) fn remove(&self, name: &str) {
        match self {
            Self::Disk { bodies, .. } => {
                if let Err(error) = fs::remove_file(bodies.join(name)) {
                    tracing::warn!(%error, body = name, "a replaced S3 body could not be removed");
                }
            }
            Self::Memory(bodies) => {
                held(bodies).remove(name);
            }
        }
    }
}

/// A body under construction.
pub(crate) struct Draft {
    unkept: Unkept,
    size: u64,
    digests: Digests,
}

enum Place {
    Disk { file: File, path: PathBuf, folder: PathBuf },
    Memory { bytes: Vec<u8>, bodies: Arc<Mutex<HashMap<String, Bytes>>> },
}

impl Draft {
    pub(crate) fn write(&mut self, data: &[u8]) -> io::Result<()> {
        self.digests.update(data);
        self.size += data.len() as u64;
        match &mut self.unkept.place {
            Some(Place::Disk { file, .. }) => file.write_all(data)?,
            Some(Place::Memory { bytes, .. }) => bytes.extend_from_slice(data),
            None => {}
        }
        Ok(())
    }

    /// Appends a whole stored body.
    pub(super) fn append(&mut self, mut reader: Reader) -> io::Result<()> {
        while let Some(chunk) = reader.next()? {
            self.write(&chunk)?;
        }
        Ok(())
    }

    /// Ends the writing: the digests are known, the body itself is not yet part of the store.
    pub(crate) fn finish(self) -> Finished {
        let (md5, sums) = self.digests.finish();
        Finished { md5, sums, size: self.size, unkept: self.unkept }
    }
}

/// A complete body, to be verified and then kept, or dropped and gone.
pub(crate) struct Finished {
    pub(crate) md5: [u8; 16],
    pub(crate) sums: Sums,
    pub(crate) size: u64,
    unkept: Unkept,
}

impl Finished {
    /// Makes the body durable under its own name. Until a row points at it, a restart sweeps it.
    pub(super) fn keep(self) -> io::Result<String> {
        let mut unkept = self.unkept;
        match unkept.place.take() {
            Some(Place::Disk { file, path, folder }) => {
                file.sync_all()?;
                fs::rename(path, folder.join(&unkept.name))?;
                File::open(folder)?.sync_all()?;
            }
            Some(Place::Memory { bytes, bodies }) => {
                held(&bodies).insert(unkept.name.clone(), bytes.into());
            }
            None => {}
        }
        Ok(std::mem::take(&mut unkept.name))
    }
}

/// Removes its file unless somebody took it over.
struct Unkept {
    name: String,
    place: Option<Place>,
}

impl Drop for Unkept {
    fn drop(&mut self) {
        if let Some(Place::Disk { path, .. }) = &self.place {
            // What is left here is swept at the next start.
            let _ = fs::remove_file(path);
        }
    }
}

/// An opened body. It stays readable while it is read, even when the object is replaced meanwhile.
pub(crate) enum Reader {
    File { file: File, left: u64 },
    Bytes(Bytes),
}

impl Reader {
    /// The next chunk, or `None` at the end. A file that is too short is an error, never a short body.
    pub(crate) fn next(&mut self) -> io::Result<Option<Bytes>> {
        match self {
            Self::File { left: 0, .. } => Ok(None),
            Self::File { file, left } => {
                let size = usize::try_from(*left).unwrap_or(CHUNK).min(CHUNK);
                let mut chunk = vec![0; size];
                file.read_exact(&mut chunk)?;
                *left -= size as u64;
                Ok(Some(chunk.into()))
            }
            Self::Bytes(bytes) => Ok(Some(std::mem::take(bytes)).filter(|bytes| !bytes.is_empty())),
        }
    }
}
