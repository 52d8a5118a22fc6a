//! A file that is whole or not there: written beside its place under another name, and moved there at the end. Readable
//! by its owner alone: what these hold is about people.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::Failure;

/// A file being written.
pub(crate) struct PrivateFile {
    path: PathBuf,
    beside: PathBuf,
    out: Option<BufWriter<File>>,
}

impl PrivateFile {
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let name = path.file_name().ok_or_else(|| Failure::new(format!("{} is no file's name", path.display())))?;
        if path.is_dir() {
            return Err(Failure::new(format!("{} is a folder", path.display())));
        }
        let mut beside = std::ffi::OsString::from(".");
        beside.push(name);
        beside.push(format!(".{}", std::process::id()));
        let beside = path.with_file_name(beside);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&beside).map_err(|error| failed(path, &error))?;
        Ok(Self { path: path.to_owned(), beside, out: Some(BufWriter::with_capacity(1 << 16, file)) })
    }

    /// Puts the file in its place, once all of it is on the disk.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        let mut place = || {
            let out = self.out.take().ok_or_else(|| io::Error::other("it was finished before"))?;
            out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            fs::rename(&self.beside, &self.path)
        };
        place().map_err(|error| failed(&self.path, &error))
    }
}

impl Write for PrivateFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.as_mut().map_or(Ok(bytes.len()), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for PrivateFile {
    /// What was not finished goes.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.beside);
    }
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("{} cannot be written: {error}", path.display()))
}
