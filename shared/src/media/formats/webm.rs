//! WebM (RFC 8794 and 9559): a heading that says so, and a segment with tracks and the pictures of a film.

use super::{Refusal, Window};
use crate::media::image::Rejection;

/// What a file begins with: the heading's ID.
pub(super) const MAGIC: [u8; 4] = [0x1A, 0x45, 0xDF, 0xA3];

/// Bytes of a heading at most; it has seven short entries.
const LONGEST_HEADING: u64 = 4 * 1024;

/// The IDs of elements, as they stand in a file, their mark of length included.
mod id {
    pub(super) const HEADING: u32 = 0x1A45_DFA3;
    pub(super) const READ_VERSION: u32 = 0x42F7;
    pub(super) const MAX_ID_LENGTH: u32 = 0x42F2;
    pub(super) const MAX_SIZE_LENGTH: u32 = 0x42F3;
    pub(super) const DOC_TYPE: u32 = 0x4282;
    pub(super) const SEGMENT: u32 = 0x1853_8067;
    pub(super) const INFO: u32 = 0x1549_A966;
    pub(super) const TRACKS: u32 = 0x1654_AE6B;
    pub(super) const CLUSTER: u32 = 0x1F43_B675;
    pub(super) const VOID: u32 = 0xEC;
    pub(super) const CHECKSUM: u32 = 0xBF;
    /// What else stands in a segment: the index, what is sought, chapters, tags. Attachments are not among them: WebM
    /// has none, and they would be files in the file.
    pub(super) const OTHERS: [u32; 4] = [0x1C53_BB6B, 0x114D_9B74, 0x1043_A770, 0x1254_C367];
    /// What stands in a cluster: its time, its place, the size of the one before, blocks and groups of blocks.
    pub(super) const IN_CLUSTER: [u32; 7] = [0xE7, 0xA7, 0xAB, 0xA3, 0xA0, VOID, CHECKSUM];
}

/// An element: its ID, and from where to where its content stands. Without an end it has no length: it goes on until
/// something follows that does not belong into it.
struct Element {
    id: u32,
    from: u64,
    to: Option<u64>,
}

/// Looks at the heading, then walks the segment.
pub(super) async fn inspect(window: &mut Window<'_>) -> Result<(), Refusal> {
    let end = window.size();
    let heading = element(window, 0, end).await?;
    let Some(mut at) = heading.to.filter(|to| heading.id == id::HEADING && *to <= LONGEST_HEADING) else {
        return Err(Rejection::Broken.into());
    };
    inspect_heading(window, heading.from, at).await?;
    loop {
        let part = element(window, at, end).await?;
        match (part.id, part.to) {
            (id::VOID, Some(to)) => at = to,
            (id::SEGMENT, to) => {
                // Only a segment that ends with the file leaves no place for anything else.
                let reaches_the_end = to.is_none_or(|to| to == end);
                return if reaches_the_end {
                    inspect_segment(window, part.from, end).await
                } else {
                    Err(Rejection::Broken.into())
                };
            }
            _ => return Err(Rejection::Broken.into()),
        }
    }
}

/// The heading says which format it is, and that a reader of ours would understand it.
async fn inspect_heading(window: &mut Window<'_>, from: u64, to: u64) -> Result<(), Refusal> {
    let mut at = from;
    let mut is_webm = false;
    while at < to {
        let entry = element(window, at, to).await.map_err(within)?;
        let Some(ends) = entry.to else { return Err(Rejection::Broken.into()) };
        // None of those that matter is longer: the heading is short.
        let length = usize::try_from(ends - entry.from).map_err(|_| Rejection::Broken)?;
        let content = window.exactly(entry.from, length).await?;
        match entry.id {
            // Padding with zeros is allowed, but for nothing else.
            id::DOC_TYPE => match content.strip_prefix(b"webm") {
                Some(rest) if rest.iter().all(|&byte| byte == 0) => is_webm = true,
                _ => return Err(Rejection::WrongFormat.into()),
            },
            id::READ_VERSION if number(content) != Some(1) => return Err(Rejection::Broken.into()),
            id::MAX_ID_LENGTH if number(content) != Some(4) => return Err(Rejection::Broken.into()),
            id::MAX_SIZE_LENGTH if number(content).is_none_or(|most| most > 8) => return Err(Rejection::Broken.into()),
            _ => {}
        }
        at = ends;
    }
    // Without an entry it would be Matroska, the default.
    if is_webm { Ok(()) } else { Err(Rejection::WrongFormat.into()) }
}

/// A segment has something about the film, its tracks and at least one cluster, in any order.
async fn inspect_segment(window: &mut Window<'_>, from: u64, end: u64) -> Result<(), Refusal> {
    let mut at = from;
    let (mut info, mut tracks, mut cluster) = (false, false, false);
    while at < end {
        let part = match element(window, at, end).await {
            Err(Refusal::Spent) if info && tracks && cluster => break,
            part => part?,
        };
        at = match (part.id, part.to) {
            (id::CLUSTER, None) => {
                cluster = true;
                match end_of_cluster(window, part.from, end).await {
                    Err(Refusal::Spent) if info && tracks => break,
                    to => to?,
                }
            }
            // Only segments and clusters may be without a length (RFC 9559, 4.5).
            (_, None) => return Err(Rejection::Broken.into()),
            (known, Some(to)) => {
                info |= known == id::INFO;
                tracks |= known == id::TRACKS;
                cluster |= known == id::CLUSTER;
                let others = [id::INFO, id::TRACKS, id::CLUSTER, id::VOID, id::CHECKSUM];
                if !others.contains(&known) && !id::OTHERS.contains(&known) {
                    return Err(Rejection::Broken.into());
                }
                to
            }
        };
    }
    if info && tracks && cluster { Ok(()) } else { Err(Rejection::Truncated.into()) }
}

/// Walks a cluster without a length, as browsers record them, to what follows it.
async fn end_of_cluster(window: &mut Window<'_>, from: u64, end: u64) -> Result<u64, Refusal> {
    let mut at = from;
    while at < end {
        let part = element(window, at, end).await?;
        match part.to {
            Some(to) if id::IN_CLUSTER.contains(&part.id) => at = to,
            _ => break,
        }
    }
    Ok(at)
}

/// The element that begins at `at`, inside of what reaches to `end`.
async fn element(window: &mut Window<'_>, at: u64, end: u64) -> Result<Element, Refusal> {
    let head = window.up_to(at, 12).await?;
    let room = usize::try_from(end - at).unwrap_or(usize::MAX).min(head.len());
    let head = head.get(..room).unwrap_or_default();
    let Some(&first) = head.first() else { return Err(Rejection::Truncated.into()) };
    // The number of leading zeros says how many bytes follow: at most three for an ID, seven for a length.
    let id_length = usize::try_from(first.leading_zeros()).unwrap_or(usize::MAX).saturating_add(1);
    if id_length > 4 {
        return Err(Rejection::Broken.into());
    }
    let (id, rest) = head.split_at_checked(id_length).ok_or(Rejection::Truncated)?;
    let id = id.iter().fold(0, |id, &byte| id << 8 | u32::from(byte));
    let Some(&first) = rest.first() else { return Err(Rejection::Truncated.into()) };
    let length = usize::try_from(first.leading_zeros()).unwrap_or(usize::MAX).saturating_add(1);
    if length > 8 {
        return Err(Rejection::Broken.into());
    }
    let size = rest.get(..length).ok_or(Rejection::Truncated)?;
    let bits = 7 * u32::try_from(length).unwrap_or_default();
    let most = (1_u64 << bits) - 1;
    let size = size.iter().fold(0_u64, |size, &byte| size << 8 | u64::from(byte)) & most;
    let from = at + (id_length + length) as u64;
    // All ones: no length.
    if size == most {
        return Ok(Element { id, from, to: None });
    }
    let to = from.checked_add(size).ok_or(Rejection::Broken)?;
    if to > end { Err(Rejection::Truncated.into()) } else { Ok(Element { id, from, to: Some(to) }) }
}

/// What is missing of an entry is not missing of the file.
fn within(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::File(Rejection::Truncated) => Refusal::File(Rejection::Broken),
        other => other,
    }
}

/// An unsigned number of up to eight bytes.
fn number(content: &[u8]) -> Option<u64> {
    (content.len() <= 8).then(|| content.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}
