//! How large a picture and its copies become.

use image::GrayImage;

use super::*;

const FITTING: Recipe = Recipe { shape: Shape::Fit(200), thumbnails: &[120, 50, 400], animation: Animation::Refuse };

fn sizes(drawing: &Drawing) -> Vec<(u32, u32)> {
    let copies = drawing.thumbnails.iter().map(|(_, copy)| copy);
    std::iter::once(&drawing.main).chain(copies).map(|picture| (picture.width, picture.height)).collect()
}

#[test]
fn a_picture_keeps_its_proportions_and_its_copies_are_of_the_sides_asked_for() {
    let wide = draw(&as_png(&RgbImage::new(800, 400).into()), None, &FITTING, &LIMITS).expect("drawn");
    assert_eq!(sizes(&wide), [(200, 100), (120, 60), (50, 25), (200, 100)]);
    assert_eq!(wide.thumbnails.iter().map(|(side, _)| *side).collect::<Vec<_>>(), FITTING.thumbnails);
    for (_, copy) in &wide.thumbnails {
        assert_eq!((opened(copy).width(), opened(copy).height()), (copy.width, copy.height));
    }
    let line = draw(&as_png(&RgbImage::new(12_000, 3).into()), None, &FITTING, &LIMITS).expect("drawn");
    assert_eq!(sizes(&line), [(200, 1), (120, 1), (50, 1), (200, 1)]);
}

#[test]
fn a_small_picture_is_not_enlarged_and_has_its_copies_all_the_same() {
    let small = draw(&as_png(&RgbImage::new(40, 30).into()), None, &FITTING, &LIMITS).expect("drawn");
    assert_eq!(sizes(&small), [(40, 30); 4]);
}

#[test]
fn a_picture_that_is_not_square_is_turned_whole() {
    let upright = as_jpeg(&DynamicImage::from(GrayImage::new(90, 60)));
    let turned = draw(&with_exif(&upright, 6), None, &FITTING, &LIMITS).expect("drawn");
    assert_eq!(sizes(&turned), [(60, 90), (60, 90), (33, 50), (60, 90)]);

    // The upper left quarter is red; turned to the right it is the upper right one.
    let jpeg = as_jpeg(&quarters(400));
    let turned = draw(&with_exif(&jpeg, 6), None, &FITTING, &LIMITS).expect("drawn");
    assert_eq!(corners(&turned.main), "BRWG");
    assert_eq!(corners(&turned.thumbnails[1].1), "BRWG");
}

#[test]
fn a_jpeg_drawn_from_a_fraction_of_its_coefficients_looks_like_one_scaled_down() {
    for (name, bytes) in fixtures_of(Format::Jpeg) {
        let reference = image::load_from_memory(bytes).expect("opens").into_luma8();
        for side in [7, 10, 15, 30] {
            let recipe = Recipe { shape: Shape::Fit(side), ..FITTING };
            // The colours of so small a picture are blurred by our own encoder.
            let drawn = opened(&draw(bytes, None, &recipe, &LIMITS).expect("drawn").main).into_luma8();
            let (width, height) = drawn.dimensions();
            let expected = image::imageops::resize(&reference, width, height, image::imageops::FilterType::Lanczos3);
            let difference: u64 = drawn.iter().zip(expected.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            let mean = difference / drawn.len() as u64;
            assert!(mean <= 10, "{name} at {side}: {mean}");
        }
    }
}

#[test]
fn baseline_and_progressive_give_the_same_small_picture() {
    for (one, other) in
        [("baseline.jpg", "progressive.jpg"), ("baseline.jpg", "restart.jpg"), ("grey.jpg", "grey-progressive.jpg")]
    {
        let small = |name| draw(fixture(name), None, &SMALL, &LIMITS).expect("drawn");
        assert_eq!(small(one), small(other), "{one} and {other}");
    }
}

#[test]
fn each_layout_of_colours_is_drawn_small() {
    // The first colour's blocks in an MCU, across and down; the others have one. What no transform is there for
    // the decoder draws.
    let picture = quarters(160);
    for (across, down) in [(1, 1), (2, 1), (1, 2), (2, 2), (4, 1)] {
        let drawn = draw(&subsampled(&picture, across, down), None, &SMALL, &LIMITS);
        assert_eq!(drawn.map(|drawing| corners(&drawing.main)).as_deref(), Ok("RGBW"), "{across} x {down}");
    }
}

/// A baseline JPEG that knows no other values than the averages of its blocks: put together by hand, for the
/// encoder has one layout.
fn subsampled(picture: &DynamicImage, across: u32, down: u32) -> Vec<u8> {
    let picture = picture.to_rgb8();
    let (width, height) = picture.dimensions();
    let short = |pixels: u32| u16::try_from(pixels).expect("short").to_be_bytes();
    let sampling = u8::try_from(across << 4 | down).expect("a byte");
    let mut jpeg = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
    jpeg.extend([8; 64]);
    jpeg.extend([0xFF, 0xC0, 0, 17, 8]);
    jpeg.extend([short(height), short(width)].concat());
    jpeg.extend([3, 1, sampling, 0, 2, 0x11, 0, 3, 0x11, 0]);
    // For the averages sixteen codes of five bits, each the size that it is; for all else one that ends the block.
    jpeg.extend([0xFF, 0xC4, 0, 35, 0x00, 0, 0, 0, 0, 16]);
    jpeg.extend([0; 11]);
    jpeg.extend(0..16);
    jpeg.extend([0xFF, 0xC4, 0, 20, 0x10, 1]);
    jpeg.extend([0; 16]);
    jpeg.extend([0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);

    let mut bits = Vec::new();
    let mut push = |value: u32, size: u32| bits.extend((0..size).rev().map(|bit| value >> bit & 1 == 1));
    let mut before = [0_i32; 3];
    let mut block = |colour: usize, x: u32, y: u32| {
        let [red, green, blue] = picture.get_pixel(x.min(width - 1), y.min(height - 1)).0.map(i32::from);
        let value = match colour {
            0 => (77 * red + 150 * green + 29 * blue) / 256 - 128,
            1 => (128 * blue - 43 * red - 85 * green) / 256,
            _ => (128 * red - 107 * green - 21 * blue) / 256,
        };
        let difference = value - std::mem::replace(&mut before[colour], value);
        let size = 32 - difference.unsigned_abs().leading_zeros();
        let number = if difference < 0 { difference + (1 << size) - 1 } else { difference };
        push(size, 5);
        push(number.unsigned_abs(), size);
        push(0, 1);
    };
    for y in (0..height).step_by(8 * down as usize) {
        for x in (0..width).step_by(8 * across as usize) {
            for (row, column) in (0..down).flat_map(|row| (0..across).map(move |column| (row, column))) {
                block(0, x + 8 * column + 4, y + 8 * row + 4);
            }
            block(1, x + 4 * across, y + 4 * down);
            block(2, x + 4 * across, y + 4 * down);
        }
    }
    for eight in bits.chunks(8) {
        // The last byte is filled up with ones; behind one that is all ones there is a zero.
        let byte = (0..8).fold(0, |byte, at| byte << 1 | u8::from(eight.get(at).is_none_or(|&set| set)));
        jpeg.push(byte);
        if byte == 0xFF {
            jpeg.push(0);
        }
    }
    jpeg.extend([0xFF, 0xD9]);
    jpeg
}

#[test]
fn the_colours_of_a_jpeg_that_is_red_green_and_blue_as_it_is_are_right_when_small() {
    // What Adobe's marker says; here of a picture that is not, which has to look as wrong as it does large.
    let jpeg = as_jpeg(&quarters(160));
    let adobe = spliced(&jpeg, 2, b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0\0");
    let small = draw(&adobe, None, &SMALL, &LIMITS).expect("drawn");
    let large = Recipe { shape: Shape::Fit(160), ..SMALL };
    let large = draw(&adobe, None, &large, &LIMITS).expect("drawn");
    let (small, large) = (opened(&small.main).into_rgb8(), opened(&large.main).into_rgb8());
    for (x, y) in [(3, 3), (11, 3), (3, 11), (11, 11)] {
        let (a, b) = (small.get_pixel(x, y).0, large.get_pixel(x * 160 / 15, y * 160 / 15).0);
        assert!(a.iter().zip(b).all(|(a, b)| a.abs_diff(b) < 64), "{a:?} and {b:?}");
    }
}
