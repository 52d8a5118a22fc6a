//! Plain text and tables: UTF-8 to the last character, nothing that commands a terminal, nothing that begins like a
//! page.

use super::Refusal;
use crate::media::ReadAt;
use crate::media::image::Rejection;
use crate::media::read_at::shorter;

/// Bytes of one read.
const PIECE: usize = 1024 * 1024;

/// Bytes of the beginning in which a browser looks for what a text may be instead (WHATWG MIME Sniffing, 5.2).
const SNIFFED: usize = 1445;

/// What makes a browser that guesses take a text for a page or a script (WHATWG MIME Sniffing, 7.1), and what else
/// begins a document of its own: after space, in any case.
const TAGS: [&[u8]; 20] = [
    b"<!doctype",
    b"<html",
    b"<head",
    b"<script",
    b"<iframe",
    b"<h1",
    b"<div",
    b"<font",
    b"<table",
    b"<a",
    b"<style",
    b"<title",
    b"<b",
    b"<body",
    b"<br",
    b"<p",
    b"<svg",
    b"<math",
    b"<rss",
    b"<feed",
];

/// The same, whatever follows them.
const MARKS: [&[u8]; 4] = [b"<!--", b"<?", b"<![cdata[", b"%!ps-adobe-"];

/// Reads all of it, a piece at a time.
pub(super) async fn inspect(source: &dyn ReadAt) -> Result<(), Refusal> {
    let mut at = 0;
    // The bytes of a character that the piece before has begun.
    let mut begun: Vec<u8> = Vec::new();
    while at < source.size() {
        let read = source.read_at(at, PIECE).await?;
        if read.is_empty() {
            return Err(shorter().into());
        }
        let piece = [&begun[..], &read].concat();
        let (text, rest) = characters(&piece)?;
        let is_first = at == 0;
        // A mark of the order of bytes says that it is UTF-8, and is no character of the text.
        let text = if is_first { text.strip_prefix('\u{feff}').unwrap_or(text) } else { text };
        if text.chars().any(is_command) {
            return Err(Rejection::WrongFormat.into());
        }
        if is_first {
            admit_beginning(text.as_bytes())?;
        }
        begun = rest.to_vec();
        at += read.len() as u64;
    }
    if begun.is_empty() { Ok(()) } else { Err(Rejection::Truncated.into()) }
}

/// The whole characters of a piece, and the bytes of one that it has begun.
fn characters(piece: &[u8]) -> Result<(&str, &[u8]), Rejection> {
    match std::str::from_utf8(piece) {
        Ok(text) => Ok((text, &[])),
        Err(error) if error.error_len().is_none() => {
            let (text, rest) = piece.split_at(error.valid_up_to());
            std::str::from_utf8(text).map(|text| (text, rest)).map_err(|_| Rejection::WrongFormat)
        }
        Err(_) => Err(Rejection::WrongFormat),
    }
}

/// A control character that is none of text: tab, the ends of lines and of pages are.
fn is_command(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}')
}

/// Refuses what a browser would take for something else if it guessed.
fn admit_beginning(text: &[u8]) -> Result<(), Rejection> {
    let text = text.get(..SNIFFED.min(text.len())).unwrap_or_default().trim_ascii_start().to_ascii_lowercase();
    let is_tag = |tag: &&[u8]| {
        let ended = |rest: &[u8]| rest.first().is_none_or(|next| !next.is_ascii_alphanumeric());
        text.strip_prefix(*tag).is_some_and(ended)
    };
    if TAGS.iter().any(is_tag) || MARKS.iter().any(|mark| text.starts_with(mark)) {
        return Err(Rejection::WrongFormat);
    }
    Ok(())
}
