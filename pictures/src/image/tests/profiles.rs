//! Colour profiles: heard where they make sense, and never passed on.

use moxcms::{ColorProfile, ToneReprCurve};

use super::*;

const WHOLE: Recipe = Recipe { shape: Shape::Fit(1_000), ..SQUARE };

fn whole(bytes: &[u8]) -> DynamicImage {
    opened(&draw(bytes, None, &WHOLE, &LIMITS).expect("drawn").main)
}

fn wide_gamut() -> Vec<u8> {
    ColorProfile::new_display_p3().encode().expect("a profile")
}

/// A JPEG with a profile in as many segments.
fn jpeg_with(jpeg: &[u8], profile: &[u8], segments: usize) -> Vec<u8> {
    let count = u8::try_from(segments).expect("few");
    let mut behind = Vec::new();
    for (number, part) in (1_u8..).zip(profile.chunks(profile.len().div_ceil(segments))) {
        let data = [&b"ICC_PROFILE\0"[..], &[number, count], part].concat();
        let length = u16::try_from(data.len() + 2).expect("short").to_be_bytes();
        behind.extend([&[0xFF, 0xE2], &length[..], &data].concat());
    }
    spliced(jpeg, 2, &behind)
}

/// A PNG with a compressed profile. What is in `IDAT` is a zlib stream too.
fn png_with(png: &[u8], compressed: &[u8]) -> Vec<u8> {
    spliced(png, BEHIND_HEADER, &chunk(*b"iCCP", &[b"p\0\0", compressed].concat()))
}

fn webp_with(profile: &[u8]) -> Vec<u8> {
    let simple = fixture("lossless.webp");
    let image = image::load_from_memory(simple).expect("opens");
    let size = |pixels: u32| (pixels - 1).to_le_bytes()[..3].to_vec();
    let header = [vec![0x20, 0, 0, 0], size(image.width()), size(image.height())].concat();
    webp(&[riff(*b"VP8X", &header), riff(*b"ICCP", profile), simple[12..].to_vec()])
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("deflates");
    encoder.finish().expect("deflates")
}

#[test]
fn a_picture_in_other_colours_becomes_srgb_and_the_profile_stays_behind() {
    let colour = Rgb([200, 100, 50]);
    let picture = DynamicImage::from(RgbImage::from_pixel(48, 48, colour));
    // Display P3 holds more colours: the same numbers stand for a stronger red.
    let expected = [213_u8, 93, 33];
    let jpeg = as_jpeg(&picture);
    for bytes in [
        jpeg_with(&jpeg, &wide_gamut(), 1),
        jpeg_with(&jpeg, &wide_gamut(), 3),
        png_with(&as_png(&picture), &deflated(&wide_gamut())),
        png_with(&as_png(&picture.to_rgba8().into()), &deflated(&wide_gamut())),
    ] {
        for recipe in [WHOLE, SMALL] {
            let drawn = draw(&bytes, None, &recipe, &LIMITS).expect("drawn").main;
            let pixel = opened(&drawn).into_rgb8().get_pixel(5, 5).0;
            let near = pixel.iter().zip(expected).all(|(a, b)| a.abs_diff(b) < 8);
            assert!(near, "{pixel:?}");
            assert!(!holds(&drawn.bytes, b"acsp") && !holds(&drawn.bytes, b"ICC"), "the profile is there");
        }
    }
}

#[test]
fn a_webp_is_converted_too() {
    assert_ne!(whole(&webp_with(&wide_gamut())), whole(fixture("lossless.webp")));
    assert_eq!(whole(&webp_with(b"no profile")), whole(fixture("lossless.webp")));
}

#[test]
fn grey_is_converted_by_its_curve_and_stays_grey() {
    let picture = DynamicImage::from(image::GrayImage::from_pixel(48, 48, image::Luma([128])));
    let mut profile = ColorProfile::new_gray_with_gamma(1.0);
    profile.gray_trc = Some(ToneReprCurve::Lut(Vec::new()));
    let profile = profile.encode().expect("a profile");
    let drawn = whole(&png_with(&as_png(&picture), &deflated(&profile)));
    assert!(drawn.color() == image::ColorType::L8);
    let shade = drawn.into_luma8().get_pixel(5, 5).0[0];
    assert!((185..=191).contains(&shade), "half the light is {shade}");
}

#[test]
fn a_profile_that_makes_no_sense_is_not_heard() {
    let picture = quarters(48);
    let (jpeg, png) = (as_jpeg(&picture), as_png(&picture));
    let profile = wide_gamut();
    let grey = ColorProfile::new_gray_with_gamma(2.2).encode().expect("a profile");
    let mut many_tags = profile.clone();
    many_tags[128..132].copy_from_slice(&40_000_u32.to_be_bytes());
    many_tags.resize(500_000, 0);
    for profile in [&b"x"[..], &[0; 200], &profile[..profile.len() / 2], &grey, &many_tags] {
        assert_eq!(whole(&jpeg_with(&jpeg, profile, 10)), whole(&jpeg));
        assert_eq!(whole(&png_with(&png, &deflated(profile))), whole(&png));
    }
    // A part that is missing, and one that is there twice.
    let mut parts = jpeg_with(&jpeg, &profile, 2);
    parts[2 + 2 + 2 + 12] = 2;
    assert_eq!(whole(&parts), whole(&jpeg));
    assert_eq!(whole(&png_with(&png, b"not compressed")), whole(&png));
}

#[test]
fn a_damaged_profile_is_survived() {
    let jpeg = as_jpeg(&quarters(16));
    let profile = wide_gamut();
    for at in 0..profile.len() {
        let mut damaged = profile.clone();
        damaged[at] ^= 0xA5;
        assert!(draw(&jpeg_with(&jpeg, &damaged, 1), None, &WHOLE, &LIMITS).is_ok(), "byte {at}");
    }
}
