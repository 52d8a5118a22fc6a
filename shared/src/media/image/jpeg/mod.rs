//! JPEG: the entropy coded data are walked to their last bit before the decoder runs.
//!
//! Every JPEG decoder, zune-jpeg in its strict mode too, paints what is missing grey once it meets
//! an end marker: two bytes behind a cut make it a picture. So the survey decodes the Huffman codes
//! itself, counts the blocks of each scan, and holds a progressive picture to its promise: every
//! coefficient of every component, refined to its last bit. (The standard would let a progressive
//! file stop earlier. Encoders do not; a cut between two scans does.)

mod entropy;
mod huffman;
mod survey;

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::{ColorType, ImageDecoder, ImageError};

use super::square::{Channels, Raster};
use super::{Limits, Picture, Rejection};

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture, Rejection> {
    let survey = survey::survey(bytes, limits)?;
    let decoder = JpegDecoder::new(Cursor::new(&bytes[..survey.end])).map_err(refuse)?;
    let (width, height) = decoder.dimensions();
    if (width, height) != (survey.width, survey.height) {
        return Err(Rejection::Broken);
    }
    let (channels, size) = match decoder.color_type() {
        ColorType::L8 => (Channels::Grey, 1),
        ColorType::Rgb8 => (Channels::Rgb, 3),
        _ => return Err(Rejection::Broken),
    };
    let mut data = vec![0; width as usize * height as usize * size];
    decoder.read_image(&mut data).map_err(refuse)?;
    Ok(Picture { raster: Raster { width, height, channels, data }, orientation: survey.orientation })
}

#[expect(clippy::needless_pass_by_value, reason = "the shape `map_err` wants")]
fn refuse(error: ImageError) -> Rejection {
    match error {
        ImageError::Limits(_) => Rejection::TooManyPixels,
        _ => Rejection::Broken,
    }
}
