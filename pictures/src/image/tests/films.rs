//! Animations: their first picture, all of them, or none.

use image::AnimationDecoder;
use image::codecs::gif::GifDecoder;
use image::codecs::webp::WebPDecoder;
use std::io::Cursor;

use super::*;

const KEPT: Recipe = Recipe { shape: Shape::Fit(1_000), thumbnails: &[16], animation: Animation::Keep };

const ANIMATED: [&str; 5] =
    ["animated-alpha.webp", "animated-lossless.webp", "animated.gif", "animated.png", "animated.webp"];

/// The frames of an animation as they are shown, each with its milliseconds.
fn frames(bytes: &[u8]) -> Vec<(image::RgbaImage, u32)> {
    let frames = match Format::from_magic(bytes) {
        Some(Format::Gif) => GifDecoder::new(Cursor::new(bytes)).expect("opens").into_frames(),
        Some(Format::Webp) => WebPDecoder::new(Cursor::new(bytes)).expect("opens").into_frames(),
        _ => {
            image::codecs::png::PngDecoder::new(Cursor::new(bytes)).expect("opens").apng().expect("opens").into_frames()
        }
    };
    let frames = frames.collect_frames().expect("decodes");
    frames.into_iter().map(|frame| (frame.buffer().clone(), frame.delay().numer_denom_ms().0)).collect()
}

/// The mean difference of two pictures; what is invisible in both is alike.
fn difference(a: &image::RgbaImage, b: &image::RgbaImage) -> u64 {
    assert_eq!(a.dimensions(), b.dimensions());
    let differences = a.pixels().zip(b.pixels()).map(|(a, b)| {
        let channels = a.0.iter().zip(b.0).map(|(a, b)| u64::from(a.abs_diff(b))).sum::<u64>();
        if a.0[3] == 0 && b.0[3] == 0 { 0 } else { channels }
    });
    differences.sum::<u64>() / (a.as_raw().len() as u64)
}

#[test]
fn an_animation_that_is_kept_shows_the_same_frames_for_as_long() {
    for name in ANIMATED {
        let drawing = draw(fixture(name), None, &KEPT, &LIMITS).unwrap_or_else(|reason| panic!("{name}: {reason}"));
        let (before, after) = (frames(fixture(name)), frames(&drawing.main.bytes));
        assert_eq!(before.len(), after.len(), "{name}");
        for ((a, shown), (b, shown_after)) in before.iter().zip(&after) {
            assert_eq!(shown, shown_after, "{name}");
            assert_eq!(difference(a, b), 0, "{name}");
        }
        let expected = if name.ends_with("gif") { "image/gif" } else { "image/webp" };
        assert_eq!(drawing.main.file_type.content_type(), expected, "{name}");
        let thumbnail = &drawing.thumbnails[0].1;
        assert_eq!((thumbnail.width, frames_in(thumbnail)), (16, 1), "{name}");
    }
}

fn frames_in(picture: &Encoded) -> usize {
    if matches!(picture.file_type.content_type(), "image/gif" | "image/webp") {
        frames(&picture.bytes).len()
    } else {
        1
    }
}

#[test]
fn an_animation_is_scaled_frame_by_frame() {
    for name in ANIMATED {
        let recipe = Recipe { shape: Shape::Square(20), ..KEPT };
        let main = draw(fixture(name), None, &recipe, &LIMITS).expect("drawn").main;
        assert_eq!((main.width, main.height), (20, 20), "{name}");
        let frames = frames(&main.bytes);
        assert_eq!(frames.len(), 3, "{name}");
        assert!(difference(&frames[0].0, &frames[1].0) > 0, "{name} stands still");
    }
}

#[test]
fn an_animation_is_refused_or_reduced_to_its_first_picture_if_the_recipe_says_so() {
    for name in ANIMATED {
        let refusing = Recipe { animation: Animation::Refuse, ..KEPT };
        assert_eq!(draw(fixture(name), None, &refusing, &LIMITS), Err(Rejection::Animated), "{name}");
        let first = draw(fixture(name), None, &Recipe { animation: Animation::FirstFrame, ..KEPT }, &LIMITS);
        assert_eq!(frames_in(&first.expect("drawn").main), 1, "{name}");
    }
    assert!(draw(fixture("lossless.webp"), None, &Recipe { animation: Animation::Refuse, ..KEPT }, &LIMITS).is_ok());
}

/// A GIF of these frames: left, top, the index all over it, what becomes of it. Index 3 is transparent.
fn gif_of(frames: &[(u16, u16, u16, u8, gif::DisposalMethod)]) -> Vec<u8> {
    let palette = [255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0];
    let mut encoder = gif::Encoder::new(Vec::new(), 8, 8, &palette).expect("encodes");
    encoder.set_repeat(gif::Repeat::Finite(2)).expect("encodes");
    for &(left, top, side, index, dispose) in frames {
        encoder
            .write_frame(&gif::Frame {
                delay: 7,
                dispose,
                transparent: Some(3),
                left,
                top,
                width: side,
                height: side,
                buffer: vec![index; usize::from(side) * usize::from(side)].into(),
                ..gif::Frame::default()
            })
            .expect("encodes");
    }
    encoder.into_inner().expect("encodes")
}

#[test]
fn what_a_frame_leaves_behind_is_what_it_says() {
    use gif::DisposalMethod::{Background, Keep, Previous};
    let bytes = gif_of(&[
        (0, 0, 8, 0, Keep),
        (2, 2, 4, 1, Previous),
        (4, 4, 4, 2, Background),
        (0, 0, 2, 1, Keep),
        (0, 0, 8, 3, Keep),
        (1, 1, 1, 2, Background),
        (7, 7, 1, 2, Keep),
    ]);
    let kept = draw(&bytes, None, &KEPT, &LIMITS).expect("drawn").main;
    assert_eq!(frames(&kept.bytes), frames(&bytes));
    let mut decoder = gif::DecodeOptions::new().read_info(&kept.bytes[..]).expect("opens");
    while decoder.read_next_frame().expect("decodes").is_some() {}
    assert_eq!(decoder.repeat(), gif::Repeat::Finite(2));
}

#[test]
fn a_gif_of_more_colours_than_a_frame_has_room_for_gets_the_best_of_them() {
    // Scaled down, few colours become many.
    let noise = RgbImage::from_fn(200, 200, |x, y| {
        let shade = |a: u32, b: u32| u8::try_from((x * a + y * b) * 255 / (200 * (a + b))).expect("a byte");
        Rgb([shade(1, 3), shade(3, 1), shade(1, 1)])
    });
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    for picture in [noise.clone(), image::imageops::rotate180(&noise)] {
        let frame = image::Frame::new(DynamicImage::from(picture).into_rgba8());
        encoder.encode_frame(frame).expect("encodes");
    }
    drop(encoder);
    let small = draw(&bytes, None, &Recipe { shape: Shape::Fit(150), ..KEPT }, &LIMITS).expect("drawn").main;
    for ((a, _), (b, _)) in frames(&bytes).iter().zip(frames(&small.bytes)) {
        let a = image::imageops::resize(a, 150, 150, image::imageops::FilterType::Lanczos3);
        assert!(difference(&a, &b) < 6, "{}", difference(&a, &b));
    }
}

#[test]
fn the_memory_and_the_pixels_of_a_film_are_bounded_before_it_is_drawn() {
    let few = Limits { max_total_pixels: 61 * 45 * 2, ..LIMITS };
    let small = Limits { max_alloc: 61 * 45 * 20, ..LIMITS };
    for limits in [few, small] {
        for name in ["animated-lossless.webp", "animated.webp"] {
            assert_eq!(draw(fixture(name), None, &KEPT, &limits), Err(Rejection::TooManyPixels), "{name}");
        }
    }
    // Each frame is a dot, and the canvas is large.
    let limits = Limits { max_total_pixels: 100, ..LIMITS };
    let dots = gif_of(&[(0, 0, 1, 0, gif::DisposalMethod::Keep), (1, 1, 1, 1, gif::DisposalMethod::Keep)]);
    assert_eq!(draw(&dots, None, &KEPT, &limits), Err(Rejection::TooManyPixels));
    assert!(draw(&dots, None, &Recipe { animation: Animation::FirstFrame, ..KEPT }, &limits).is_ok());
}
