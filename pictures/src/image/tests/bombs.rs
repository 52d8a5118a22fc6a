//! Small files that claim, or become, a lot.

use std::time::{Duration, Instant};

use image::GrayImage;

use super::*;

/// The answer, which has to come soon even from an unoptimised build on a busy machine.
fn soon(bytes: &[u8]) -> Result<Encoded, Rejection> {
    let start = Instant::now();
    let answer = check(bytes);
    assert!(start.elapsed() < Duration::from_secs(2), "took {:?}", start.elapsed());
    answer
}

/// A zlib stream of 64 MB of zeroes.
fn zeroes() -> Vec<u8> {
    let png = as_png(&GrayImage::new(8_000, 8_000).into());
    png.windows(4)
        .enumerate()
        .filter(|(_, kind)| kind == b"IDAT")
        .flat_map(|(at, _)| {
            let length = u32::from_be_bytes(png[at - 4..at].try_into().expect("four bytes"));
            png[at + 4..at + 4 + length as usize].to_vec()
        })
        .collect()
}

#[test]
fn dimensions_over_the_limits_are_refused_from_the_header() {
    let mut jpeg = fixture("baseline.jpg").to_vec();
    let frame = jpeg.windows(2).position(|marker| marker == [0xFF, 0xC0]).expect("a frame");
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFD, 0xE8, 0xFD, 0xE8]);
    assert_eq!(soon(&jpeg), Err(Rejection::TooManyPixels));

    let mut gif = fixture("animated.gif").to_vec();
    gif[6..10].fill(0xFF);
    assert_eq!(soon(&gif), Err(Rejection::TooManyPixels));

    let mut header = [0; 13];
    header[..10].copy_from_slice(&[0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 6]);
    let png = [&b"\x89PNG\r\n\x1a\n"[..], &chunk(*b"IHDR", &header)].concat();
    assert_eq!(soon(&png), Err(Rejection::TooManyPixels));

    let webp = webp(&[riff(*b"VP8L", &[0x2F, 0xFE, 0xBF, 0xFF, 0x0F, 0, 0, 0])]);
    assert_eq!(soon(&webp), Err(Rejection::TooManyPixels));
}

#[test]
fn a_webp_whose_inner_picture_is_larger_than_its_canvas_is_refused() {
    let picture = riff(*b"VP8L", &[0x2F, 0xFE, 0xBF, 0xFF, 0x0F, 0, 0, 0]);
    let still = webp(&[riff(*b"VP8X", &[0; 10]), picture.clone()]);
    assert_eq!(soon(&still), Err(Rejection::Broken));

    let mut header = [0; 10];
    header[0] = 0x02;
    let frame = riff(*b"ANMF", &[&[0; 16][..], &picture].concat());
    let animated = webp(&[riff(*b"VP8X", &header), riff(*b"ANIM", &[0; 6]), frame]);
    assert_eq!(soon(&animated), Err(Rejection::Broken));
}

#[test]
fn the_memory_of_a_progressive_jpeg_is_counted_before_it_is_used() {
    let bytes = fixture("progressive.jpg");
    let picture = 61 * 45 * 3;
    let limits = Limits { max_alloc: picture + 9_000, ..LIMITS };
    assert_eq!(square(bytes, None, &limits), Err(Rejection::TooManyPixels));
    assert!(square(fixture("baseline.jpg"), None, &limits).is_ok());
}

#[test]
fn a_jpeg_that_says_the_same_again_and_again_is_refused() {
    // Each scan may be a few bytes, and costs a walk through the whole picture.
    let bytes = fixture("progressive.jpg");
    let scan = bytes.windows(2).rposition(|marker| marker == [0xFF, 0xDA]).expect("a scan");
    let end = bytes.len() - 2;
    let again = spliced(bytes, end, &bytes[scan..end]);
    assert_eq!(soon(&again), Err(Rejection::Broken));
}

#[test]
fn an_animation_of_too_many_frames_or_pixels_is_refused() {
    let bytes = fixture("animated.gif");
    for limits in [Limits { max_frames: 2, ..LIMITS }, Limits { max_total_pixels: 1_000, ..LIMITS }] {
        for name in ["animated.gif", "animated.png", "animated.webp"] {
            let answer = square(fixture(name), None, &limits);
            assert_eq!(answer, Err(Rejection::TooManyPixels), "{name}");
        }
    }
    assert!(check(bytes).is_ok());
}

#[test]
fn compressed_text_and_profiles_in_a_png_are_not_inflated() {
    let bomb = zeroes();
    let bytes = as_png(&quarters(64));
    let plain = check(&bytes).expect("drawn");
    for (kind, name) in [(*b"zTXt", &b"Comment\0\0"[..]), (*b"iCCP", b"p\0\0"), (*b"iTXt", b"c\0\x01\0\0\0")] {
        let mut armed = bytes.clone();
        for _ in 0..8 {
            armed = spliced(&armed, BEHIND_HEADER, &chunk(kind, &[name, &bomb].concat()));
        }
        assert_eq!(soon(&armed), Ok(plain.clone()));
    }
}

#[test]
fn pixels_beyond_the_last_one_are_not_inflated() {
    let bomb = zeroes();
    let mut header = [0; 13];
    header[..10].copy_from_slice(&[0, 0, 0, 1, 0, 0, 0, 1, 8, 0]);
    let parts = [chunk(*b"IHDR", &header), chunk(*b"IDAT", &bomb), chunk(*b"IEND", &[])];
    let png = [&b"\x89PNG\r\n\x1a\n"[..], &parts.concat()].concat();
    assert_eq!(soon(&png).map(|avatar| avatar.width), Ok(1));
}

#[test]
fn a_file_of_too_many_bytes_is_not_looked_at() {
    let limits = Limits { max_bytes: 100, ..LIMITS };
    assert_eq!(square(fixture("baseline.jpg"), None, &limits), Err(Rejection::TooLarge));
    assert_eq!(square(&[b'x'; 101], None, &limits), Err(Rejection::TooLarge));
}
