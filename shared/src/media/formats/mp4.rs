//! MP4 and QuickTime (ISO 14496-12): a chain of boxes from the first byte to the last, which says what it is at its
//! beginning, and has a film and its pictures. A QuickTime film from before there were brands does not say it, and is
//! refused.

use super::{FileType, HEAD, Refusal, Window};
use crate::media::image::Rejection;

/// Brands of files that are MP4 films, as the first one or one of the others that a file is compatible with.
const MP4: [&[u8; 4]; 25] = [
    b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9", b"mp41", b"mp42", b"avc1",
    b"hvc1", b"av01", b"dash", b"M4V ", b"M4VH", b"M4VP", b"MSNV", b"XAVC", b"f4v ", b"cmfc", b"3gp4", b"3gp5",
    b"3gp6",
];

/// The brand of QuickTime films.
const QUICKTIME: &[u8; 4] = b"qt  ";

/// First brands of what is made of boxes too and is no film: sound, pictures, protected films.
const OTHERS: [&[u8; 4]; 12] =
    [b"M4A ", b"M4B ", b"M4P ", b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis", b"jp2 ", b"crx "];

/// Bytes of a `ftyp` box at most: brands by the hundred are nobody's.
const LONGEST_TYPE: u64 = 1024;

/// A box: its name, and from where to where its content stands.
struct Part {
    name: [u8; 4],
    from: u64,
    to: u64,
}

/// The type that a file's first box speaks of, as far as it can be read in its head.
pub(super) fn seen(head: &[u8]) -> Option<FileType> {
    let (size, rest) = head.split_first_chunk()?;
    let brands = rest.strip_prefix(b"ftyp")?;
    let size = usize::try_from(u32::from_be_bytes(*size)).ok()?;
    film(brands.get(..size.checked_sub(8)?.min(brands.len()))?)
}

/// The type of film that the content of a `ftyp` box names: its brand, a version, and the brands it is compatible with.
fn film(content: &[u8]) -> Option<FileType> {
    let (first, rest) = content.split_first_chunk::<4>()?;
    let (others, _) = rest.get(4..)?.as_chunks::<4>();
    if first == QUICKTIME {
        return Some(FileType::QuickTime);
    }
    if OTHERS.contains(&first) {
        return None;
    }
    let is_mp4 = MP4.contains(&first) || others.iter().any(|brand| MP4.contains(&brand));
    is_mp4.then_some(FileType::Mp4)
}

/// Walks the boxes. The film's own (`moov`) are walked too, since a player looks into them first; no deeper, so that
/// no nesting is too deep.
pub(super) async fn inspect(window: &mut Window<'_>) -> Result<(), Refusal> {
    let (mut at, end) = (0, window.size());
    let (mut film, mut pictures) = (false, false);
    while at < end {
        let part = match part(window, at, end, true).await {
            Err(Refusal::Spent) if film && pictures => break,
            part => part?,
        };
        match &part.name {
            b"ftyp" if at == 0 && part.to <= LONGEST_TYPE => {}
            // Anywhere else it is a second file behind the first.
            b"ftyp" => return Err(Rejection::Broken.into()),
            // The brand was read from it.
            _ if at == 0 => return Err(Rejection::Broken.into()),
            b"moov" if film => return Err(Rejection::Broken.into()),
            b"moov" => {
                inspect_film(window, &part).await?;
                film = true;
            }
            b"mdat" => pictures = true,
            _ => {}
        }
        at = part.to;
    }
    if film && pictures { Ok(()) } else { Err(Rejection::Truncated.into()) }
}

/// A film has a header and at least one track.
async fn inspect_film(window: &mut Window<'_>, film: &Part) -> Result<(), Refusal> {
    let mut at = film.from;
    let (mut header, mut track) = (false, false);
    while at < film.to {
        // QuickTime ends some lists with four zeros.
        if film.to - at == 4 && window.exactly(at, 4).await? == [0; 4] {
            break;
        }
        // The file goes on behind the film: what reaches beyond it is a contradiction, and nothing is missing.
        let inner = part(window, at, film.to, false).await.map_err(|refusal| match refusal {
            Refusal::File(Rejection::Truncated) => Refusal::File(Rejection::Broken),
            other => other,
        })?;
        header |= &inner.name == b"mvhd";
        track |= &inner.name == b"trak";
        at = inner.to;
    }
    if header && track { Ok(()) } else { Err(Rejection::Broken.into()) }
}

/// The box that begins at `at`, in a chain that reaches to `end`. `last` says whether it may be one without a length.
async fn part(window: &mut Window<'_>, at: u64, end: u64, last: bool) -> Result<Part, Refusal> {
    if end - at < 8 {
        return Err(Rejection::Truncated.into());
    }
    let head = window.up_to(at, 16).await?;
    let Some((size, rest)) = head.split_first_chunk() else { return Err(Rejection::Truncated.into()) };
    let Some((name, rest)) = rest.split_first_chunk() else { return Err(Rejection::Truncated.into()) };
    if !name.iter().all(|letter| matches!(letter, b' '..=b'~' | 0xA9)) {
        return Err(Rejection::Broken.into());
    }
    let (size, header) = match u32::from_be_bytes(*size) {
        // To the end of the file.
        0 if last => (end - at, 8),
        1 => match rest.first_chunk() {
            Some(size) => (u64::from_be_bytes(*size), 16),
            None => return Err(Rejection::Truncated.into()),
        },
        size => (u64::from(size), 8),
    };
    if size < header {
        return Err(Rejection::Broken.into());
    }
    let to = at.checked_add(size).ok_or(Rejection::Broken)?;
    if to > end {
        return Err(Rejection::Truncated.into());
    }
    Ok(Part { name: *name, from: at + header, to })
}

const _: () = assert!(HEAD >= 16 + 4, "the first brand is in the head, and some of the others");
