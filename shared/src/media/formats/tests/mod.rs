//! What is asked of files that are no pictures: whole ones pass, what is cut, lies or goes on for ever does not.

mod bounds;
mod cuts;
mod lies;
mod malformed;
mod texts;

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;

use super::*;
use crate::media::read_at::unreadable::{Gone, Shrunk};

/// The files in `tests/fixtures/files`, by name.
macro_rules! fixtures {
    ($($name:literal is $file_type:ident),* $(,)?) => {
        &[$(($name, FileType::$file_type, include_bytes!(concat!("../../../../../tests/fixtures/files/", $name)))),*]
    };
}

/// Made by FFmpeg (films of a second, a few pixels wide) and by fpdf2 and qpdf (a page with a word).
const FIXTURES: &[(&str, FileType, &[u8])] = fixtures![
    "faststart.mp4" is Mp4,
    "fragmented.mp4" is Mp4,
    "linear.pdf" is Pdf,
    "live.webm" is Webm,
    "plain.mov" is QuickTime,
    "plain.mp4" is Mp4,
    "plain.webm" is Webm,
    "stream.pdf" is Pdf,
    "table.pdf" is Pdf,
];

const TEXT: &str = "Name,Ort\r\nKim,\u{c11c}\u{c6b8}\r\n\tZo\u{eb},\u{1f30d}\n\u{c}";

fn fixture(name: &str) -> &'static [u8] {
    FIXTURES.iter().find(|fixture| fixture.0 == name).expect("a fixture").2
}

async fn check(bytes: impl Into<Vec<u8>>, file_type: FileType) -> Result<(), Rejection> {
    inspect(&Bytes::from(bytes.into()), file_type).await.unwrap()
}

/// A box of MP4.
fn part(name: [u8; 4], content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len() + 8).unwrap();
    [&size.to_be_bytes(), &name[..], content].concat()
}

/// The least of an MP4: what is in it besides stands in `more`, before the pictures.
fn mp4(more: &[u8]) -> Vec<u8> {
    let film = part(*b"moov", &[part(*b"mvhd", &[0; 100]), part(*b"trak", &[])].concat());
    [part(*b"ftyp", b"isom\0\0\0\0mp42"), film, more.to_vec(), part(*b"mdat", b"pictures")].concat()
}

/// An element of WebM, its length in eight bytes.
fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
    [id, &(content.len() as u64 | 1 << 56).to_be_bytes(), content].concat()
}

fn webm_heading(doc_type: &[u8]) -> Vec<u8> {
    element(&webm::MAGIC, &element(&[0x42, 0x82], doc_type))
}

/// What a segment needs: something about the film, its tracks, a cluster.
fn webm_parts() -> Vec<u8> {
    let [info, tracks, cluster] =
        [[0x15, 0x49, 0xA9, 0x66], [0x16, 0x54, 0xAE, 0x6B], [0x1F, 0x43, 0xB6, 0x75]].map(|id| element(&id, b""));
    [info, tracks, cluster].concat()
}

/// The least of a WebM.
fn webm(more: &[u8]) -> Vec<u8> {
    [webm_heading(b"webm"), element(&[0x18, 0x53, 0x80, 0x67], &[&webm_parts(), more].concat())].concat()
}

/// A file that counts what is read of it: a few bytes at its beginning and end, and zeros for as long as one likes.
struct Long {
    head: Vec<u8>,
    tail: Vec<u8>,
    size: u64,
    reads: AtomicU64,
    bytes: AtomicU64,
}

impl Long {
    fn new(head: Vec<u8>, tail: Vec<u8>, size: u64) -> Self {
        Self { head, tail, size, reads: AtomicU64::new(0), bytes: AtomicU64::new(0) }
    }

    fn whole(bytes: Vec<u8>) -> Self {
        let size = bytes.len() as u64;
        Self::new(bytes, Vec::new(), size)
    }

    /// How often it was read, and how much.
    fn cost(&self) -> (u64, u64) {
        (self.reads.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }
}

#[async_trait]
impl ReadAt for Long {
    fn size(&self) -> u64 {
        self.size
    }

    async fn read_at(&self, from: u64, len: usize) -> Result<Bytes, MediaError> {
        assert!(len <= 1 << 20, "{len} bytes at once");
        let tail_at = self.size - self.tail.len() as u64;
        let to = from.saturating_add(len as u64).min(self.size);
        let byte = |at: u64| {
            let of = |bytes: &[u8], at: u64| bytes.get(usize::try_from(at).unwrap()).copied();
            if at >= tail_at { of(&self.tail, at - tail_at) } else { of(&self.head, at) }.unwrap_or_default()
        };
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(to.saturating_sub(from), Ordering::Relaxed);
        Ok((from..to).map(byte).collect())
    }
}

#[tokio::test]
async fn whole_files_pass() {
    for (name, file_type, bytes) in FIXTURES {
        assert_eq!(check(*bytes, *file_type).await, Ok(()), "{name}");
    }
    for file_type in [FileType::Text, FileType::Csv] {
        assert_eq!(check(TEXT, file_type).await, Ok(()));
    }
    assert_eq!(check(mp4(b""), FileType::Mp4).await, Ok(()));
    assert_eq!(check(webm(b""), FileType::Webm).await, Ok(()));
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_not_judged() {
    for file_type in FileType::ALL {
        assert!(inspect(&Gone, file_type).await.is_err(), "{file_type:?}");
        assert!(inspect(&Shrunk, file_type).await.is_err(), "{file_type:?}");
    }
}
