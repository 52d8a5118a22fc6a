//! What is asked of uploaded pictures: whole ones are drawn anew, all else is refused in good time.

mod bombs;
mod cuts;
mod drawing;
mod films;
mod malformed;
mod profiles;
mod sizes;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, Rgb, RgbImage};

use super::{Animation, Drawing, Encoded, FileType, Format, Limits, Recipe, Rejection, Shape, draw, drawn};

/// The limits the documentation recommends.
const LIMITS: Limits = Limits {
    max_bytes: 5 << 20,
    max_side: 12_000,
    max_pixels: 40_000_000,
    max_alloc: 256 << 20,
    max_frames: 300,
    max_total_pixels: 120_000_000,
};

/// The pictures in `tests/fixtures/images`, by name.
macro_rules! fixtures {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../../../tests/fixtures/images/", $name)))),*]
    };
}

const FIXTURES: &[(&str, &[u8])] = fixtures![
    "animated-alpha.webp",
    "animated-lossless.webp",
    "animated.gif",
    "animated.png",
    "animated.webp",
    "baseline-444.jpg",
    "baseline.jpg",
    "cmyk-progressive.jpg",
    "cmyk.jpg",
    "grey-progressive.jpg",
    "grey.jpg",
    "interlaced.png",
    "lossless-alpha.webp",
    "lossless.webp",
    "lossy-alpha.webp",
    "lossy.webp",
    "progressive-restart.jpg",
    "progressive.jpg",
    "restart.jpg",
    "scans.jpg",
    "turned.webp",
];

fn fixture(name: &str) -> &'static [u8] {
    FIXTURES.iter().find(|fixture| fixture.0 == name).expect("a fixture").1
}

fn fixtures_of(format: Format) -> impl Iterator<Item = (&'static str, &'static [u8])> {
    FIXTURES.iter().copied().filter(move |fixture| Format::from_magic(fixture.1) == Some(format))
}

/// A square of 64 pixels, as for an avatar.
const SQUARE: Recipe = Recipe { shape: Shape::Square(64), thumbnails: &[], animation: Animation::FirstFrame };

/// So small that the survey draws a JPEG by itself; animations are kept.
const SMALL: Recipe = Recipe { shape: Shape::Fit(15), thumbnails: &[7], animation: Animation::Keep };

fn check(bytes: &[u8]) -> Result<Encoded, Rejection> {
    square(bytes, None, &LIMITS)
}

fn square(bytes: &[u8], declared: Option<Format>, limits: &Limits) -> Result<Encoded, Rejection> {
    draw(bytes, declared, &SQUARE, limits).map(|drawing| drawing.main)
}

fn opened(avatar: &Encoded) -> DynamicImage {
    image::load_from_memory(&avatar.bytes).expect("an avatar opens")
}

fn as_jpeg(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 95)).expect("encodes");
    bytes
}

fn as_png(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.write_with_encoder(PngEncoder::new(&mut bytes)).expect("encodes");
    bytes
}

/// Red, green; blue, white.
fn quarters(side: u32) -> DynamicImage {
    RgbImage::from_fn(side, side, |x, y| match (x < side / 2, y < side / 2) {
        (true, true) => Rgb([255, 0, 0]),
        (false, true) => Rgb([0, 255, 0]),
        (true, false) => Rgb([0, 0, 255]),
        (false, false) => Rgb([255, 255, 255]),
    })
    .into()
}

/// A PNG chunk with its length and checksum.
fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&kind);
    checksum.update(data);
    let length = u32::try_from(data.len()).expect("a short chunk");
    [&length.to_be_bytes(), &kind[..], data, &checksum.finalize().to_be_bytes()].concat()
}

/// Where in a PNG the header ends and other chunks may begin.
const BEHIND_HEADER: usize = 8 + 25;

fn spliced(bytes: &[u8], at: usize, insertion: &[u8]) -> Vec<u8> {
    [&bytes[..at], insertion, &bytes[at..]].concat()
}

/// An Exif block with an orientation, and a place.
fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    block.extend([orientation, 0, 0, 0, 0, 0, 0]);
    block.extend(b"GPS 37.5665N 126.9780E");
    block
}

/// A JPEG with an application segment behind its first marker.
fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let block = exif(orientation);
    let length = u16::try_from(block.len() + 2).expect("short").to_be_bytes();
    spliced(jpeg, 2, &[&[0xFF, 0xE1], &length[..], &block].concat())
}

/// The colours in the middle of the four quarters, from the upper left: `RGBW`, or `?`.
fn corners(avatar: &Encoded) -> String {
    let image = opened(avatar).into_rgb8();
    let (near, far) = (avatar.width / 4, avatar.width * 3 / 4);
    [(near, near), (far, near), (near, far), (far, far)]
        .map(|(x, y)| match image.get_pixel(x, y).0.map(|value| value > 127) {
            [true, false, false] => 'R',
            [false, true, false] => 'G',
            [false, false, true] => 'B',
            [true, true, true] => 'W',
            _ => '?',
        })
        .iter()
        .collect()
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// A chunk of a WebP.
fn riff(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).expect("a short chunk");
    [&kind[..], &length.to_le_bytes(), data].concat()
}

fn webp(chunks: &[Vec<u8>]) -> Vec<u8> {
    riff(*b"RIFF", &[&b"WEBP"[..], &chunks.concat()].concat())
}
