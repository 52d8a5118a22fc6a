//! Files that people upload: good ones, and the others.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

/// A fixture by its name.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(super::root().join("tests/fixtures/images").join(name)).unwrap()
}

/// A gradient of this size in this format.
pub(crate) fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let colour = |x: u32, y: u32| Rgb([x, y, x ^ y].map(|value| u8::try_from(value % 256).unwrap()));
    encode(&DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, colour)), format)
}

/// A PNG of this size that does not compress, and shows something through: it stays a PNG.
pub(crate) fn noise(side: u32) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    let pixels = RgbaImage::from_fn(side, side, |_, _| Rgba([next(), next(), next(), next()]));
    encode(&DynamicImage::ImageRgba8(pixels), ImageFormat::Png)
}

/// A small PNG.
pub(crate) fn png() -> Vec<u8> {
    picture(40, 30, ImageFormat::Png)
}

/// A small JPEG that says where it was taken, in Exif and in words.
pub(crate) fn jpeg_with_exif(secret: &str) -> Vec<u8> {
    let jpeg = picture(60, 40, ImageFormat::Jpeg);
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x0e\0\x02".to_vec();
    exif.extend_from_slice(&u32::try_from(secret.len() + 1).unwrap().to_be_bytes());
    exif.extend_from_slice(&26_u32.to_be_bytes());
    exif.extend_from_slice(&[0; 4]);
    exif.extend_from_slice(secret.as_bytes());
    exif.push(0);
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &exif, &jpeg[2..]].concat()
}

/// The head of a PNG that promises this size, and nothing of it.
pub(crate) fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut png = png();
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&sum.to_be_bytes());
    png
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

fn encode(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}
