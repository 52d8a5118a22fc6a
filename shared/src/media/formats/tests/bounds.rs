//! Files that are large, or claim to be, or have more parts than anybody makes.

use std::time::{Duration, Instant};

use super::*;

const GIB: u64 = 1 << 30;

/// The answer, and how often and how much was read for it.
async fn cost(source: &Long, file_type: FileType) -> (Result<(), Rejection>, u64, u64) {
    let start = Instant::now();
    let answer = inspect(source, file_type).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(5), "took {:?}", start.elapsed());
    let (reads, bytes) = source.cost();
    (answer, reads, bytes)
}

#[tokio::test]
async fn of_a_film_of_five_gigabytes_some_kilobytes_are_read() {
    let film = part(*b"moov", &[part(*b"mvhd", &[0; 100]), part(*b"trak", &[])].concat());
    let head = [part(*b"ftyp", b"isom\0\0\0\0mp42"), b"\0\0\0\x01mdat".to_vec()].concat();
    let pictures = 5 * GIB;
    let size = head.len() as u64 + pictures - 8 + film.len() as u64;
    let head = [head, pictures.to_be_bytes().to_vec()].concat();
    let (answer, reads, bytes) = cost(&Long::new(head.clone(), film.clone(), size), FileType::Mp4).await;
    assert_eq!(answer, Ok(()));
    assert!(reads <= 4 && bytes <= 64 * 1024, "{reads} reads, {bytes} bytes");
    // A byte less, and a byte more.
    for size in [size - 1, size + 1] {
        assert!(cost(&Long::new(head.clone(), film.clone(), size), FileType::Mp4).await.0.is_err());
    }

    let cluster = [&[0x1F, 0x43, 0xB6, 0x75][..], &(pictures | 1 << 56).to_be_bytes()].concat();
    let inside = [&webm_parts()[..], &cluster].concat();
    let length = (inside.len() as u64 + pictures) | 1 << 56;
    let head = [&webm_heading(b"webm")[..], &[0x18, 0x53, 0x80, 0x67], &length.to_be_bytes(), &inside].concat();
    let size = head.len() as u64 + pictures;
    let (answer, reads, bytes) = cost(&Long::new(head.clone(), Vec::new(), size), FileType::Webm).await;
    assert_eq!(answer, Ok(()));
    assert!(reads <= 4 && bytes <= 64 * 1024, "{reads} reads, {bytes} bytes");
    assert!(cost(&Long::new(head, Vec::new(), size - 1), FileType::Webm).await.0.is_err());
}

#[tokio::test]
async fn the_end_of_a_large_pdf_is_found_in_three_reads() {
    let size = 2 * GIB;
    let tail = |place: u64| format!("xref\n0 1\n0000000000 65535 f \ntrailer<<>>\nstartxref\n{place:010}\n%%EOF");
    let tail = tail(size - tail(0).len() as u64).into_bytes();
    let source = Long::new(b"%PDF-1.7\n".to_vec(), tail, size);
    let (answer, reads, bytes) = cost(&source, FileType::Pdf).await;
    assert_eq!(answer, Ok(()));
    assert!(reads <= 3 && bytes <= 32 * 1024, "{reads} reads, {bytes} bytes");
}

#[tokio::test]
async fn tiny_boxes_by_the_thousand_cost_few_reads() {
    let many = part(*b"free", b"").repeat(100_000);
    let (answer, reads, bytes) = cost(&Long::whole(mp4(&many)), FileType::Mp4).await;
    assert_eq!(answer, Ok(()), "they are allowed");
    assert!(reads <= 16 && bytes <= 2 * many.len() as u64, "{reads} reads, {bytes} bytes");

    let many = element(&[0xEC], b"").repeat(100_000);
    let (answer, reads, _) = cost(&Long::whole(webm(&many)), FileType::Webm).await;
    assert_eq!(answer, Ok(()));
    assert!(reads <= 16, "{reads} reads");
}

/// A beginning, and behind it the same part as often as one likes, most of it zeros that nobody needs to see.
struct Repeated {
    head: Vec<u8>,
    part: Vec<u8>,
    length: u64,
    reads: AtomicU64,
}

impl Repeated {
    fn new(head: Vec<u8>, part: Vec<u8>, length: u64) -> Self {
        Self { head, part, length, reads: AtomicU64::new(0) }
    }
}

#[async_trait]
impl ReadAt for Repeated {
    fn size(&self) -> u64 {
        self.head.len() as u64 + self.length * 100_000
    }

    async fn read_at(&self, from: u64, len: usize) -> Result<Bytes, MediaError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let of = |bytes: &[u8], at: u64| bytes.get(usize::try_from(at).unwrap()).copied().unwrap_or_default();
        let byte = |at: u64| match at.checked_sub(self.head.len() as u64) {
            None => of(&self.head, at),
            Some(at) => of(&self.part, at % self.length),
        };
        Ok((from..from.saturating_add(len as u64).min(self.size())).map(byte).collect())
    }
}

#[tokio::test]
async fn of_fragments_without_number_the_first_hundreds_are_looked_at() {
    let length: u64 = 16 << 20;
    let fragment = |name: &[u8; 4]| [&u32::try_from(length).unwrap().to_be_bytes()[..], name].concat();
    let cluster = [&[0x1F, 0x43, 0xB6, 0x75][..], &((length - 12) | 1 << 56).to_be_bytes()].concat();
    let endless = |parts: &[u8]| [&webm_heading(b"webm")[..], &[0x18, 0x53, 0x80, 0x67, 0xFF], parts].concat();
    let no_tracks = element(&[0x15, 0x49, 0xA9, 0x66], b"");
    for (what, head, part, file_type, expected) in [
        ("a film", mp4(b""), fragment(b"mdat"), FileType::Mp4, Ok(())),
        ("no film", part(*b"ftyp", b"isom\0\0\0\0"), fragment(b"mdat"), FileType::Mp4, Err(Rejection::Broken)),
        ("a recording", endless(&webm_parts()), cluster.clone(), FileType::Webm, Ok(())),
        ("no recording", endless(&no_tracks), cluster, FileType::Webm, Err(Rejection::Broken)),
    ] {
        let source = Repeated::new(head, part, length);
        assert_eq!(inspect(&source, file_type).await.unwrap(), expected, "{what}");
        let reads = source.reads.load(Ordering::Relaxed);
        assert!(reads <= 256, "{what}: {reads} reads");
    }
}

#[tokio::test]
async fn no_nesting_is_too_deep() {
    let mut nested = part(*b"free", b"");
    for _ in 0..20_000 {
        nested = part(*b"moof", &nested);
    }
    let (answer, reads, _) = cost(&Long::whole(mp4(&nested)), FileType::Mp4).await;
    assert_eq!(answer, Ok(()));
    assert!(reads <= 4, "{reads}");
    let mut deep = part(*b"trak", b"");
    for _ in 0..20_000 {
        deep = part(*b"trak", &deep);
    }
    let film = part(*b"moov", &[part(*b"mvhd", &[0; 100]), deep].concat());
    let whole = [part(*b"ftyp", b"isom\0\0\0\0"), film, part(*b"mdat", b"")].concat();
    assert_eq!(check(whole, FileType::Mp4).await, Ok(()));

    let mut nested = element(&[0xEC], b"");
    for _ in 0..5_000 {
        nested = element(&[0x1F, 0x43, 0xB6, 0x75], &nested);
    }
    assert_eq!(check(webm(&nested), FileType::Webm).await, Ok(()));
}

#[tokio::test]
async fn lengths_beyond_everything_are_refused() {
    let sized = |size: u64| [&b"\0\0\0\x01free"[..], &size.to_be_bytes()].concat();
    let cases = [sized(u64::MAX), sized(u64::MAX - 64), sized(1 << 63), sized(15), sized(0), sized(1)];
    for (number, bad) in cases.iter().enumerate() {
        assert!(check(mp4(bad), FileType::Mp4).await.is_err(), "{number}");
        let film = part(*b"moov", &[part(*b"mvhd", &[0; 100]), part(*b"trak", &[]), bad.clone()].concat());
        let whole = [part(*b"ftyp", b"isom\0\0\0\0"), film, part(*b"mdat", b"")].concat();
        assert!(check(whole, FileType::Mp4).await.is_err(), "{number} in the film");
    }
    for size in [2_u32, 7, u32::MAX] {
        let bad = [&size.to_be_bytes()[..], b"free"].concat();
        assert!(check(mp4(&bad), FileType::Mp4).await.is_err(), "{size}");
    }
    // Without a length a box goes to the end of the file, so that one in the film has none.
    let film = [&part(*b"mvhd", &[0; 100])[..], &part(*b"trak", &[]), b"\0\0\0\0free"].concat();
    let whole = [part(*b"ftyp", b"isom\0\0\0\0"), part(*b"moov", &film), part(*b"mdat", b"")].concat();
    assert_eq!(check(whole, FileType::Mp4).await, Err(Rejection::Broken));
    let endless = [&mp4(b"")[..], b"\0\0\0\0mdatpictures"].concat();
    assert_eq!(check(endless, FileType::Mp4).await, Ok(()));

    for length in [u64::MAX - 1, (1 << 56) | ((1 << 56) - 2), 1 << 55, 0] {
        let bad = [&[0xEC][..], &length.to_be_bytes()].concat();
        assert!(check(webm(&bad), FileType::Webm).await.is_err(), "{length:x}");
    }
}
