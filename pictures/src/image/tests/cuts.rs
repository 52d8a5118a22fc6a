//! Cut and damaged files.

use super::*;

/// Every seventh offset, and all of them near the ends.
fn offsets(length: usize) -> impl Iterator<Item = usize> {
    (0..length).filter(move |&at| at < 64 || at + 64 > length || at % 7 == 0)
}

#[test]
fn a_whole_picture_of_each_kind_is_drawn() {
    for (name, bytes) in FIXTURES {
        let avatar = check(bytes).unwrap_or_else(|reason| panic!("{name}: {reason}"));
        let image = opened(&avatar);
        assert_eq!((image.width(), image.height()), (avatar.width, avatar.width), "{name}");
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    for (name, bytes) in FIXTURES {
        for at in offsets(bytes.len()) {
            assert!(check(&bytes[..at]).is_err(), "{name} cut at {at}");
        }
    }
}

#[test]
fn a_cut_jpeg_is_refused_although_an_end_marker_follows() {
    for (name, bytes) in fixtures_of(Format::Jpeg) {
        let end = bytes.len() - 2;
        for at in 0..end {
            let closed = [&bytes[..at], &[0xFF, 0xD9]].concat();
            // The survey is the same for every shape.
            let recipe = if at % 7 == 0 { SMALL } else { SQUARE };
            assert!(draw(&closed, None, &recipe, &LIMITS).is_err(), "{name} cut at {at}");
        }
        for at in offsets(end) {
            let filled = [&bytes[..at], &vec![0xFF; end - at], &[0xFF, 0xD9]].concat();
            assert!(check(&filled).is_err(), "{name} filled from {at}");
        }
    }
}

#[test]
fn a_progressive_jpeg_without_one_of_its_scans_is_refused() {
    let bytes = fixture("progressive.jpg");
    let scans: Vec<_> = (0..bytes.len() - 1).filter(|&at| bytes[at..].starts_with(&[0xFF, 0xDA])).collect();
    assert_eq!(scans.len(), 10);
    for &at in &scans {
        let closed = [&bytes[..at], &[0xFF, 0xD9]].concat();
        assert_eq!(check(&closed), Err(Rejection::Truncated), "without the scans from {at}");
    }
}

#[test]
fn a_jpeg_the_decoder_would_paint_grey_is_refused() {
    let mut bytes = fixture("scans.jpg").to_vec();
    let frame = bytes.windows(2).position(|marker| marker == [0xFF, 0xC0]).expect("a frame");
    bytes[frame + 11] = 0x12; // The first colour has twice the rows of the others.
    assert_eq!(check(&bytes), Err(Rejection::Broken));
}

#[test]
fn a_cut_png_is_refused_although_an_end_chunk_follows() {
    for (name, bytes) in fixtures_of(Format::Png) {
        let end = bytes.len() - 12;
        for at in 0..end {
            let closed = [&bytes[..at], &bytes[end..]].concat();
            assert!(check(&closed).is_err(), "{name} cut at {at}");
        }
    }
}

#[test]
fn a_png_with_a_wrong_checksum_is_refused() {
    let bytes = as_png(&quarters(64));
    let comment = spliced(&bytes, BEHIND_HEADER, &chunk(*b"tEXt", b"Comment\0hello"));
    assert!(check(&comment).is_ok());
    for at in [BEHIND_HEADER + 10, comment.len() - 20] {
        let mut damaged = comment.clone();
        damaged[at] ^= 1;
        assert_eq!(check(&damaged), Err(Rejection::Broken));
    }
}

#[test]
fn a_cut_gif_is_refused_although_a_trailer_follows() {
    let bytes = fixture("animated.gif");
    let mut whole = Vec::new();
    for tail in [&[0x3B][..], &[0x00, 0x3B]] {
        for at in 0..bytes.len() - 1 {
            if check(&[&bytes[..at], tail].concat()).is_ok() {
                whole.push((at, tail.len()));
            }
        }
    }
    // What is left are the cuts behind the first and the second frame, each of them before or
    // behind the byte that ends it, and the one before the byte that ends the third.
    assert_eq!(whole.len(), 5, "{whole:?}");
}

#[test]
fn a_cut_webp_is_refused_although_its_lengths_are_mended() {
    for name in ["lossy.webp", "lossless.webp"] {
        let bytes = fixture(name);
        let accepted: Vec<_> = (20..bytes.len() - 8)
            .filter(|&at| {
                let mut cut = bytes[..at].to_vec();
                let length = u32::try_from(at).expect("short");
                cut[4..8].copy_from_slice(&(length - 8).to_le_bytes());
                cut[16..20].copy_from_slice(&(length - 20).to_le_bytes());
                check(&cut).is_ok()
            })
            .collect();
        assert!(accepted.is_empty(), "{name}: {accepted:?} of {}", bytes.len());
    }
}

#[test]
fn a_webp_of_another_length_than_it_says_is_refused() {
    let bytes = fixture("lossy.webp");
    assert_eq!(check(&[bytes, b"<script>"].concat()), Err(Rejection::Broken));
    assert_eq!(check(&bytes[..bytes.len() - 1]), Err(Rejection::Truncated));
}

#[test]
fn damaged_files_are_survived() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).expect("31 bits") % below
    };
    for &(_, bytes) in FIXTURES {
        for _ in 0..60 {
            let mut damaged = bytes.to_vec();
            for _ in 0..=random(4) {
                let at = random(damaged.len());
                match random(4) {
                    0 => damaged[at] = 0xFF,
                    1 => damaged[at] ^= 1 << random(8),
                    2 => damaged.drain(at..(at + 1 + random(9)).min(bytes.len() / 2).max(at)).for_each(drop),
                    _ => damaged.insert(at, u8::try_from(random(256)).expect("a byte")),
                }
            }
            // Without the last resort: a panic fails the test.
            let Some(format) = Format::from_magic(&damaged) else { continue };
            for recipe in [SQUARE, SMALL] {
                drop(drawn(format, &damaged, &recipe, &LIMITS));
                if format == Format::Png {
                    drop(drawn(format, &summed(&damaged), &recipe, &LIMITS));
                }
            }
        }
    }
}

/// A damaged PNG with its checksums put right, so that the damage gets further.
fn summed(bytes: &[u8]) -> Vec<u8> {
    let mut mended = bytes.to_vec();
    let mut at = 8;
    while let Some(length) = mended.get(at..at + 4) {
        let length = u32::from_be_bytes(length.try_into().expect("four bytes")) as usize;
        let end = at + 8 + length;
        if mended.len() < end + 4 {
            break;
        }
        let sum = crc32fast::hash(&mended[at + 4..end]);
        mended[end..end + 4].copy_from_slice(&sum.to_be_bytes());
        at = end + 4;
    }
    mended
}
