//! A static file in one coding: its bytes, and the strong ETag that is theirs.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, ETAG, VARY};
use http::{HeaderMap, HeaderValue};
use sha2::{Digest as _, Sha256};

use super::accept_encoding::Encoding;
use super::memory::{Kept, Memory};
use super::stat::Stat;

/// What is read at a time of a file that is not kept.
const CHUNK: usize = 64 * 1024;

/// A file in one coding.
#[derive(Debug)]
pub struct Variant {
    /// Its coding.
    pub encoding: Encoding,
    path: PathBuf,
    /// Its bytes, as they were counted when it was found.
    pub length: u64,
    ready: OnceLock<Ready>,
}

/// What its content must be known for: computed when somebody first asks, and kept.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) etag: HeaderValue,
    /// Of 200, and of 206 but for the length.
    pub(super) full: HeaderMap,
    /// Of 304: no more than a cache needs to freshen what it has (RFC 9110, 15.4.5).
    pub(super) brief: HeaderMap,
    kept: Option<Kept>,
    /// Which file it was.
    stat: Stat,
}

impl Variant {
    /// The file at `path` of `length` bytes.
    pub fn new(encoding: Encoding, path: PathBuf, length: u64) -> Self {
        Self { encoding, path, length, ready: OnceLock::new() }
    }

    /// Whether it can be answered without reading it.
    pub(super) fn is_kept(&self) -> bool {
        self.ready.get().is_some_and(|ready| ready.kept.is_some())
    }

    /// Its headers: `shared` are those of every coding, `guard` those of every answer.
    pub(super) fn ready(&self, shared: &HeaderMap, guard: &HeaderMap, memory: &Arc<Memory>) -> io::Result<&Ready> {
        if let Some(ready) = self.ready.get() {
            return Ok(ready);
        }
        let file = self.open()?;
        let stat = Stat::of(&file.metadata()?);
        let (digest, kept) = if memory.takes(self.length) {
            let bytes = self.read_all(&file)?;
            (Sha256::digest(&bytes), memory.keep(bytes))
        } else {
            (digest(&file)?, None)
        };
        unchanged(&file, &stat)?;
        let etag = self.etag(&digest)?;
        let mut full = shared.clone();
        full.insert(ETAG, etag.clone());
        full.insert(CONTENT_LENGTH, HeaderValue::from(self.length));
        full.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        if let Some(token) = self.encoding.token() {
            full.insert(CONTENT_ENCODING, HeaderValue::from_static(token));
        }
        let mut brief = guard.clone();
        brief.insert(ETAG, etag.clone());
        for name in [CACHE_CONTROL, VARY] {
            if let Some(value) = shared.get(&name) {
                brief.insert(name, value.clone());
            }
        }
        Ok(self.ready.get_or_init(|| Ready { etag, full, brief, kept, stat }))
    }

    /// `length` bytes from `first` on.
    pub(super) fn read(&self, ready: &Ready, first: u64, length: u64) -> io::Result<Bytes> {
        let too_long = |_| io::Error::from(io::ErrorKind::OutOfMemory);
        let (from, count) = (usize::try_from(first).map_err(too_long)?, usize::try_from(length).map_err(too_long)?);
        if let Some(kept) = &ready.kept {
            return Ok(kept.bytes.slice(from..from + count));
        }
        let mut file = self.open()?;
        file.seek(SeekFrom::Start(first))?;
        let mut bytes = vec![0; count];
        file.read_exact(&mut bytes)?;
        unchanged(&file, &ready.stat)?;
        Ok(bytes.into())
    }

    fn open(&self) -> io::Result<File> {
        let file = File::open(&self.path)?;
        if file.metadata()?.len() == self.length {
            return Ok(file);
        }
        Err(changed())
    }

    fn read_all(&self, mut file: &File) -> io::Result<Bytes> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = bytes.len() as u64 == self.length;
        whole.then(|| bytes.into()).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// Strong: the same text is the same bytes. The coding stands in it too, for people.
    fn etag(&self, digest: &[u8]) -> io::Result<HeaderValue> {
        let hex = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        let coding = self.encoding.token().map(|token| format!("-{token}")).unwrap_or_default();
        HeaderValue::from_str(&format!("\"{hex}{coding}\"")).map_err(io::Error::other)
    }
}

fn digest(mut file: &File) -> io::Result<sha2::digest::Output<Sha256>> {
    let (mut hasher, mut chunk) = (Sha256::new(), vec![0; CHUNK]);
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(hasher.finalize()),
            count => hasher.update(&chunk[..count]),
        }
    }
}

/// The ETag is that of the bytes: a file that was replaced or written since is another one.
fn unchanged(file: &File, stat: &Stat) -> io::Result<()> {
    if Stat::of(&file.metadata()?) == *stat { Ok(()) } else { Err(changed()) }
}

/// Half of one content under the ETag of another would be worse than none.
fn changed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the file was changed since it was found")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_was_replaced_is_not_sent_under_the_etag_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        fs::write(&path, "before").unwrap();
        let memory = Memory::new(0);
        let variant = Variant::new(Encoding::Identity, path.clone(), 6);
        let ready = variant.ready(&HeaderMap::new(), &HeaderMap::new(), &memory).unwrap();
        assert_eq!(variant.read(ready, 2, 3).unwrap(), "for");
        let new = folder.path().join("new");
        fs::write(&new, "behind").unwrap();
        fs::rename(new, &path).unwrap();
        assert_eq!(variant.read(ready, 0, 6).unwrap_err().kind(), io::ErrorKind::InvalidData);
        fs::write(&path, "longer than before").unwrap();
        assert!(variant.read(ready, 0, 6).is_err());
    }
}
