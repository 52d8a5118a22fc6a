//! What comes out: which bytes are let in, and what the avatar shows and no longer says.

use image::{GrayImage, ImageBuffer, Rgba, RgbaImage};

use super::*;

/// The picture on black: what is invisible does not count.
fn seen(avatar: &Encoded) -> RgbaImage {
    let mut image = opened(avatar).into_rgba8();
    for Rgba([red, green, blue, alpha]) in image.pixels_mut() {
        for value in [red, green, blue] {
            *value = u8::try_from(u16::from(*value) * u16::from(*alpha) / 255).expect("a byte");
        }
    }
    image
}

fn assert_alike(a: &Encoded, b: &Encoded, tolerance: u8, what: &str) {
    let (a, b) = (seen(a), seen(b));
    assert_eq!(a.dimensions(), b.dimensions(), "{what}");
    let difference: u64 = a.iter().zip(b.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    let mean = difference / a.len() as u64;
    assert!(mean <= u64::from(tolerance), "{what}: {mean}");
}

#[test]
fn the_bytes_decide_the_format_and_the_declared_one_has_to_agree() {
    let jpeg = fixture("baseline.jpg");
    assert!(square(jpeg, Some(Format::Jpeg), &LIMITS).is_ok());
    assert_eq!(square(jpeg, Some(Format::Png), &LIMITS), Err(Rejection::TypeMismatch));
    assert_eq!(FileType::from_content_type("Image/WEBP"), Some(FileType::Webp));
    assert_eq!(FileType::from_content_type("image/svg+xml"), None);
}

#[test]
fn what_is_not_a_picture_is_refused_by_its_first_bytes() {
    for bytes in [
        &b""[..],
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><title>hello</title>",
        b"%PDF-1.7\n",
        b"II*\0\x08\0\0\0",
        b"P6\n1 1\n255\n\xFF\xFF\xFF",
        b"BM\x1E\0\0\0",
        b"RIFF\x24\0\0\0WAVEfmt ",
    ] {
        assert_eq!(check(bytes), Err(Rejection::NotAnImage));
    }
}

#[test]
fn a_picture_stands_upright_whatever_way_the_camera_was_held() {
    let jpeg = as_jpeg(&quarters(64));
    let upright = ["RGBW", "GRWB", "WBGR", "BWRG", "RBGW", "BRWG", "WGBR", "GWRB"];
    for (orientation, expected) in (1..).zip(upright) {
        let avatar = check(&with_exif(&jpeg, orientation)).expect("drawn");
        assert_eq!(corners(&avatar), expected, "orientation {orientation}");
    }
    assert_eq!(corners(&check(&with_exif(&jpeg, 77)).expect("drawn")), "RGBW");

    let png = spliced(&as_png(&quarters(64)), BEHIND_HEADER, &chunk(*b"eXIf", &exif(6)[6..]));
    assert_eq!(corners(&check(&png).expect("drawn")), "BRWG");

    let upright = opened(&check(fixture("lossy.webp")).expect("drawn")).rotate90();
    let turned = opened(&check(fixture("turned.webp")).expect("drawn"));
    assert_eq!(upright.dimensions_and_middle(), turned.dimensions_and_middle());
}

trait Glance {
    fn dimensions_and_middle(&self) -> (u32, u32, Vec<bool>);
}

impl Glance for DynamicImage {
    /// The size, and whether a few well apart pixels are bright.
    fn dimensions_and_middle(&self) -> (u32, u32, Vec<bool>) {
        let grey = self.to_luma8();
        let (width, height) = grey.dimensions();
        let places = [(0, 0), (1, 0), (0, 1), (1, 1)];
        let bright = places.map(|(x, y)| grey.get_pixel(x * (width - 3) + 1, y * (height - 3) + 1).0[0] > 100);
        (width, height, bright.to_vec())
    }
}

#[test]
fn the_avatar_says_nothing_of_where_it_was_taken() {
    let jpeg = with_exif(&as_jpeg(&quarters(64)), 1);
    let png = spliced(&as_png(&quarters(64)), BEHIND_HEADER, &chunk(*b"tEXt", b"Comment\0GPS 37.5665N"));
    for bytes in [jpeg, png] {
        assert!(holds(&bytes, b"GPS"));
        let avatar = check(&bytes).expect("drawn");
        assert!(!holds(&avatar.bytes, b"GPS") && !holds(&avatar.bytes, b"Exif"));
    }
}

#[test]
fn a_picture_that_is_something_else_besides_is_refused_and_what_cameras_append_is_not() {
    let script = b"*/=1;/*<script>alert(document.cookie)</script>*/";
    let jpeg = [fixture("baseline.jpg"), script].concat();
    let png = [fixture("interlaced.png"), script].concat();
    let mut gif = fixture("animated.gif").to_vec();
    // A comment before the first frame, and the page behind the trailer.
    let comment = [&[0x21, 0xFE, u8::try_from(script.len()).expect("short")], &script[..], &[0]].concat();
    let palette = if gif[10] & 0x80 == 0 { 0 } else { 3 << ((gif[10] & 7) + 1) };
    gif = spliced(&gif, 13 + palette, &comment);
    assert!(check(&gif).is_ok_and(|avatar| !holds(&avatar.bytes, b"<script")), "a comment alone makes no script");
    gif.extend(script);
    let archive = [&as_jpeg(&quarters(64))[..], b"PK\x03\x04zip"].concat();
    for bytes in [jpeg, png, gif, archive] {
        assert_eq!(check(&bytes), Err(Rejection::Broken));
    }
    let camera = as_jpeg(&quarters(64));
    for tail in [&[0; 100][..], &[&[0, 0], &camera[..]].concat(), b"\0\0\0\x18ftypmp42....", b"notesSEFT"] {
        let avatar = check(&[&camera[..], tail].concat()).expect("drawn");
        assert_eq!(avatar, check(&camera).expect("drawn"));
    }
}

#[test]
fn transparency_is_kept_and_hidden_colours_do_not_bleed() {
    // Red in the middle, and around it green that nobody can see.
    let image = RgbaImage::from_fn(256, 256, |x, y| {
        let inside = (64..192).contains(&x) && (64..192).contains(&y);
        if inside { Rgba([255, 0, 0, 255]) } else { Rgba([0, 255, 0, 0]) }
    });
    let avatar = check(&as_png(&image.into())).expect("drawn");
    assert_eq!(avatar.file_type.content_type(), "image/png");
    let square = opened(&avatar).into_rgba8();
    assert_eq!(square.get_pixel(0, 0).0[3], 0);
    assert_eq!(square.get_pixel(32, 32).0, [255, 0, 0, 255]);
    for pixel in square.pixels().filter(|pixel| pixel.0[3] > 16) {
        assert!(pixel.0[1] < 32, "green shows: {pixel:?}");
    }
}

#[test]
fn an_alpha_channel_that_hides_nothing_is_dropped() {
    let avatar = check(&as_png(&quarters(128).into_rgba8().into())).expect("drawn");
    assert_eq!((avatar.file_type.content_type(), corners(&avatar).as_str()), ("image/jpeg", "RGBW"));
}

#[test]
fn each_way_to_store_a_picture_shows_the_same_picture() {
    for (reference, name, tolerance) in [
        ("baseline-444.jpg", "scans.jpg", 8),
        ("baseline-444.jpg", "cmyk.jpg", 8),
        ("cmyk.jpg", "cmyk-progressive.jpg", 1),
        ("baseline-444.jpg", "lossless.webp", 8),
        ("baseline.jpg", "restart.jpg", 1),
        ("baseline.jpg", "progressive.jpg", 1),
        ("baseline.jpg", "progressive-restart.jpg", 1),
        ("baseline.jpg", "lossy.webp", 8),
        ("lossy.webp", "animated.webp", 8),
        ("lossless.webp", "animated-lossless.webp", 0),
        ("lossless-alpha.webp", "lossy-alpha.webp", 8),
        ("lossy-alpha.webp", "animated-alpha.webp", 8),
    ] {
        let reference = check(fixture(reference)).expect("drawn");
        assert_alike(&reference, &check(fixture(name)).expect("drawn"), tolerance, name);
    }
    let grey = check(fixture("grey.jpg")).expect("drawn");
    assert_alike(&grey, &check(fixture("grey-progressive.jpg")).expect("drawn"), 2, "grey");
    let small = check(fixture("interlaced.png")).expect("drawn");
    assert_alike(&small, &check(fixture("animated.png")).expect("drawn"), 2, "animated.png");
    assert_alike(&small, &check(fixture("animated.gif")).expect("drawn"), 12, "animated.gif");
}

#[test]
fn sixteen_bits_and_shades_of_grey_are_drawn() {
    let deep = ImageBuffer::<Rgba<u16>, _>::from_pixel(80, 80, Rgba([0xFFFF, 0x8000, 0, 0x8000]));
    let avatar = check(&as_png(&deep.into())).expect("drawn");
    assert_eq!(opened(&avatar).into_rgba8().get_pixel(9, 9).0, [255, 128, 0, 128]);

    let grey = check(&as_png(&GrayImage::from_pixel(80, 80, image::Luma([99])).into())).expect("drawn");
    assert_eq!(opened(&grey).into_rgb8().get_pixel(9, 9).0, [99, 99, 99]);
}

#[test]
fn the_square_is_the_middle_and_never_larger_than_the_picture() {
    let wide = RgbImage::from_fn(300, 100, |x, _| if (100..200).contains(&x) { Rgb([255; 3]) } else { Rgb([0; 3]) });
    let large = Recipe { shape: Shape::Square(512), ..SQUARE };
    let avatar = draw(&as_png(&wide.into()), None, &large, &LIMITS).expect("drawn").main;
    assert_eq!(avatar.width, 100);
    assert!(opened(&avatar).into_luma8().pixels().all(|pixel| pixel.0[0] > 250));

    let dot = check(&as_jpeg(&RgbImage::new(1, 1).into())).expect("drawn");
    assert_eq!((dot.width, dot.file_type.content_type()), (1, "image/jpeg"));
    let line = check(&as_png(&RgbImage::new(12_000, 1).into())).expect("drawn");
    assert_eq!(line.width, 1);
}

#[test]
fn a_photograph_of_twelve_megapixels_is_drawn() {
    let shade = |x: u32, y: u32| u8::try_from((x / 16 + y / 16) % 256).expect("a byte");
    let photo = GrayImage::from_fn(4_000, 3_000, |x, y| image::Luma([shade(x, y)]));
    let photo = DynamicImage::from(photo).into_rgb8().into();
    let large = Recipe { shape: Shape::Square(512), ..SQUARE };
    let avatar = draw(&as_jpeg(&photo), Some(Format::Jpeg), &large, &LIMITS).expect("drawn").main;
    assert_eq!(avatar.width, 512);
}

#[test]
fn the_same_bytes_give_the_same_avatar() {
    for (name, bytes) in FIXTURES {
        assert_eq!(check(bytes), check(bytes), "{name}");
    }
}
