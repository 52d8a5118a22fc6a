//! Writes each mail to a file of its own instead of sending it: for development.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::backend::{Backend, SendError};
use super::message::Mime;

#[derive(Debug)]
pub(super) struct Files(PathBuf);

impl Files {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self(folder)
    }
}

#[async_trait]
impl Backend for Files {
    async fn send(&self, mail: &Mime) -> Result<(), SendError> {
        let (folder, id, bytes) = (self.0.clone(), mail.id(), mail.to_bytes());
        let written = tokio::task::spawn_blocking(move || write(&folder, &id, &bytes)).await;
        written
            .map_err(io::Error::other)
            .flatten()
            .map_err(|error| SendError::new(&format!("EMAIL_FILE_PATH: {error}")))
    }
}

/// Beside it and renamed: whoever watches the folder sees whole mails. Named by the mail, so that a second delivery of
/// one replaces the first.
fn write(folder: &Path, id: &str, bytes: &[u8]) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let file = folder.join(format!("{id}.eml"));
    let part = file.with_extension("part");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    // There are links in them.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&part)?.write_all(bytes)?;
    std::fs::rename(part, file)
}
