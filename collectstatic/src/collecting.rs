//! Brings contents into `STATIC_ROOT` under their names, where they are not there already.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use portico::static_files::Stat;

use crate::digest::Digest;
use crate::error::{CollectError, Problem};
use crate::finders::Found;
use crate::linking::{CHANGED, Edit, apply};
use crate::root::Root;
use crate::snapshot::Known;

/// One content and its names: of most files the plain one and the one with a hash.
#[derive(Debug)]
pub(crate) struct Content<'a> {
    pub(crate) file: &'a Found,
    pub(crate) edits: &'a [Edit],
    pub(crate) digest: Digest,
    /// In `STATIC_ROOT`.
    pub(crate) names: Vec<&'a str>,
}

/// How much of a large file is in memory.
const CHUNK: usize = 256 << 10;

/// What is at most read at once.
const SMALL: u64 = 1 << 20;

impl Content<'_> {
    /// Its length, bytes.
    pub(crate) fn size(&self) -> u64 {
        let grown: usize = self.edits.iter().map(|(_, text)| text.len()).sum();
        let gone: usize = self.edits.iter().map(|(span, _)| span.len()).sum();
        self.file.stat.size + grown as u64 - gone as u64
    }

    /// Those of its names that do not have this content.
    pub(crate) fn missing(&self, root: &Path, known: &Known) -> io::Result<Vec<&str>> {
        let mut missing = Vec::new();
        for &name in &self.names {
            if !self.is_at(name, root, known)? {
                missing.push(name);
            }
        }
        Ok(missing)
    }

    fn is_at(&self, name: &str, root: &Path, known: &Known) -> io::Result<bool> {
        let path = root.join(name);
        let metadata = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        if !metadata.is_file() || metadata.len() != self.size() {
            return Ok(false);
        }
        match known.digest(name, &Stat::of(&metadata)) {
            Some(digest) => Ok(digest == self.digest),
            None => Ok(Digest::of_file(&path)? == self.digest),
        }
    }

    /// Brings the content to `names`.
    pub(crate) fn bring(&self, names: &[&str], root: &Root, taken: &HashMap<&str, usize>) -> Result<(), CollectError> {
        for name in names {
            root.bare(name, |sibling| taken.contains_key(sibling))?;
        }
        let mut changed = false;
        let unnamed = root.write(names.first().unwrap_or(&""), |target| {
            let mut source = File::open(&self.file.path)?;
            let length = self.fill(&mut source, target)?;
            // Read is what was hashed, if the file is the one that was found and did not change meanwhile.
            changed = length.is_none() || Stat::of(&source.metadata()?) != self.file.stat;
            Ok(())
        })?;
        if changed {
            return Err(CollectError::Problems(vec![Problem::of(&self.file.path, CHANGED)]));
        }
        unnamed.name(names)
    }

    fn fill(&self, source: &mut File, target: &mut File) -> io::Result<Option<()>> {
        if self.edits.is_empty() && self.file.stat.size > SMALL {
            let mut chunk = vec![0; CHUNK];
            loop {
                match source.read(&mut chunk)? {
                    0 => return Ok(Some(())),
                    length => target.write_all(&chunk[..length])?,
                }
            }
        }
        match self.text(source)? {
            Some(text) => target.write_all(&text).map(Some),
            None => Ok(None),
        }
    }

    fn text(&self, source: &mut File) -> io::Result<Option<Vec<u8>>> {
        let mut text = Vec::with_capacity(usize::try_from(self.file.stat.size).unwrap_or_default());
        source.read_to_end(&mut text)?;
        Ok(if self.edits.is_empty() { Some(text) } else { apply(&text, self.edits) })
    }
}
