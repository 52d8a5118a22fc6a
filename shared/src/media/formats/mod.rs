//! What is no picture: told by its bytes and its structure, without being understood.
//!
//! Nobody of ours plays a film or renders a document, so nothing is decoded here. What is asked is whether a file is
//! what it says: whether it begins as its type does, hangs together to its last byte, and holds nothing before or
//! behind. It is published as it came, and always as an attachment ([`FileType::disposition`]).
//!
//! A file is read in small ranges and never whole, but for text, which is read to its last character. How often is
//! bounded ([`Window`]): a film of five gigabytes costs as many reads as it has parts. Where all that a film needs was
//! found, and more fragments follow than there are reads for, the rest is taken for more of the same; where something
//! is still missing by then, the file is refused.
//!
//! # What cannot be noticed
//! - What is wrong with a film behind the first hundreds of its fragments.
//! - A fragmented MP4 that is cut between two fragments is a whole, shorter one; so is a WebM without lengths (as
//!   browsers record them) that is cut between two blocks, or an MP4 whose last box has none (size 0).
//! - A PDF that was appended to, and is cut behind an earlier end, is the earlier PDF.
//! - Text has no end of its own: cut between two characters it is text.

mod mp4;
mod pdf;
mod text;
mod webm;
mod window;

#[cfg(test)]
mod tests;

use super::image::{Format, Rejection};
use super::{FileType, MediaError, ReadAt};
use window::Window;

/// Bytes of a file that show what it is: the longest of what is looked for is a `ftyp` box's brand.
pub const HEAD: usize = 64;

/// Looks whether a file is what it says. The inner result is about the file, the outer one about reading it.
///
/// A picture is only told apart here: [`super::image`] looks at every one of its bytes.
///
/// # Errors
/// When the file cannot be read now: nothing is known about it, and it is to be tried again.
pub async fn inspect(source: &dyn ReadAt, file_type: FileType) -> Result<Result<(), Rejection>, MediaError> {
    match look(source, file_type).await {
        Ok(()) => Ok(Ok(())),
        Err(Refusal::File(rejection)) => Ok(Err(rejection)),
        Err(Refusal::Spent) => Ok(Err(Rejection::Broken)),
        Err(Refusal::Unread(error)) => Err(error),
    }
}

async fn look(source: &dyn ReadAt, file_type: FileType) -> Result<(), Refusal> {
    let mut window = Window::new(source);
    let head = window.up_to(0, HEAD).await?.to_vec();
    if head.is_empty() {
        return Err(Rejection::Truncated.into());
    }
    match seen(&head) {
        Some(seen) if seen == file_type => {}
        // Text has no beginning of its own: it may be anything but another type.
        None if matches!(file_type, FileType::Text | FileType::Csv) => {}
        Some(_) => return Err(Rejection::TypeMismatch.into()),
        None => return Err(Rejection::WrongFormat.into()),
    }
    match file_type {
        FileType::Jpeg | FileType::Png | FileType::Webp | FileType::Gif => Ok(()),
        FileType::Pdf => pdf::inspect(&mut window).await,
        FileType::Text | FileType::Csv => text::inspect(source).await,
        FileType::Mp4 | FileType::QuickTime => mp4::inspect(&mut window).await,
        FileType::Webm => webm::inspect(&mut window).await,
    }
}

/// The type that the first [`HEAD`] bytes of a file speak of. Text has no beginning of its own.
pub fn seen(head: &[u8]) -> Option<FileType> {
    if let Some(format) = Format::from_magic(head) {
        return Some(format.into());
    }
    if head.starts_with(b"%PDF-") {
        return Some(FileType::Pdf);
    }
    if head.starts_with(&webm::MAGIC) {
        return Some(FileType::Webm);
    }
    mp4::seen(head)
}

/// Why a look ended early.
#[derive(Debug)]
enum Refusal {
    /// The file is not what it should be.
    File(Rejection),
    /// It could not be read.
    Unread(MediaError),
    /// It was read as often as may be.
    Spent,
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::File(rejection)
    }
}

impl From<MediaError> for Refusal {
    fn from(error: MediaError) -> Self {
        Self::Unread(error)
    }
}
