//! PDF (ISO 32000): it begins as one in its first byte, and its end leads to the table of its objects.

use super::{Refusal, Window};
use crate::media::image::Rejection;

/// Bytes in which the end must be found: the marker, where the table is, and the line ends between them.
const TAIL: usize = 1024;

/// Bytes of the table that are looked at: its heading and first entry, or the dictionary of the stream that it is in.
const TABLE: usize = 4 * 1024;

/// The last line of a file.
const END: &[u8] = b"%%EOF";

/// The bytes that count as space (7.2.3), NUL among them.
const SPACE: [u8; 6] = [0, b'\t', b'\n', 0x0C, b'\r', b' '];

/// Readers look for the marks of a PDF in a kilobyte at either end. Here they stand where the standard puts them, so
/// that nothing else can stand there: no page before it, no archive behind it.
pub(super) async fn inspect(window: &mut Window<'_>) -> Result<(), Refusal> {
    if !matches!(window.up_to(0, 9).await?, [b'%', b'P', b'D', b'F', b'-', b'1' | b'2', b'.', b'0'..=b'9', after]
        if SPACE.contains(after) || *after == b'%')
    {
        return Err(Rejection::WrongFormat.into());
    }
    let size = window.size();
    let tail_at = size.saturating_sub(TAIL as u64);
    let tail = window.up_to(tail_at, TAIL).await?;
    let Some((startxref, table)) = table(tail) else {
        // Where there is an end, something stands behind it.
        let has_end = tail.windows(END.len()).any(|window| window == END);
        return Err(if has_end { Rejection::Broken } else { Rejection::Truncated }.into());
    };
    // The table stands before the line that tells of it, and behind the file's first line.
    if table < 9 || table >= tail_at + startxref as u64 {
        return Err(Rejection::Broken.into());
    }
    let table = window.up_to(table, TABLE).await?;
    if is_table(table) || is_stream(table) { Ok(()) } else { Err(Rejection::Broken.into()) }
}

/// Where in the tail `startxref` stands, and which place in the file it tells of: `startxref 1234 %%EOF`, and behind
/// that nothing but space.
fn table(tail: &[u8]) -> Option<(usize, u64)> {
    let tail = trim_end(tail).strip_suffix(END)?;
    // Between them, only line ends: a marker in a comment is none.
    let tail = Some(trim_end(tail)).filter(|trimmed| trimmed.len() < tail.len())?;
    let digits = tail.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (before, digits) = tail.split_at(tail.len() - digits);
    let place = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let before = Some(trim_end(before)).filter(|trimmed| trimmed.len() < before.len())?;
    Some((before.strip_suffix(b"startxref")?.len(), place))
}

/// The table itself: `xref`, which object is the first of how many, and what is known of that one.
fn is_table(bytes: &[u8]) -> bool {
    let Some(rest) = trim_start(bytes).strip_prefix(b"xref").and_then(spaced) else { return false };
    let Some(rest) = number(rest).and_then(spaced).and_then(number).and_then(spaced) else { return false };
    // A file that was appended to may say of nothing that it has changed.
    rest.starts_with(b"trailer") || is_entry(rest)
}

/// An entry of the table: ten digits, five digits, and whether it is in use.
fn is_entry(bytes: &[u8]) -> bool {
    let kind = number(bytes).and_then(spaced).and_then(number).and_then(spaced);
    matches!(kind, Some([b'n' | b'f', ..]))
}

/// The table as a stream: an object whose dictionary says so.
fn is_stream(bytes: &[u8]) -> bool {
    let object = number(trim_start(bytes)).and_then(spaced).and_then(number).and_then(spaced);
    let Some(rest) = object.and_then(|rest| rest.strip_prefix(b"obj")) else { return false };
    trim_start(rest).starts_with(b"<<") && rest.windows(5).any(|window| window == b"/XRef")
}

/// What stands behind a number of at least one digit.
fn number(bytes: &[u8]) -> Option<&[u8]> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (1..=20).contains(&digits).then(|| bytes.split_at(digits).1)
}

/// What stands behind a space of at least one byte.
fn spaced(bytes: &[u8]) -> Option<&[u8]> {
    Some(trim_start(bytes)).filter(|trimmed| trimmed.len() < bytes.len())
}

fn trim_start(bytes: &[u8]) -> &[u8] {
    let space = bytes.iter().take_while(|byte| SPACE.contains(byte)).count();
    bytes.split_at(space).1
}

fn trim_end(bytes: &[u8]) -> &[u8] {
    let space = bytes.iter().rev().take_while(|byte| SPACE.contains(byte)).count();
    bytes.split_at(bytes.len() - space).0
}
