//! JPEG: the entropy coded data are decoded to their last bit by us.
//!
//! Every JPEG decoder, zune-jpeg in its strict mode too, paints what is missing grey once it meets
//! an end marker: two bytes behind a cut make it a picture. So the survey decodes the Huffman codes
//! itself, counts the blocks of each scan, and holds a progressive picture to its promise: every
//! coefficient of every component, refined to its last bit. (The standard would let a progressive
//! file stop earlier. Encoders do not; a cut between two scans does.)
//!
//! A picture that is going to be shown at half its size or less is drawn by the survey too, since
//! the coefficients of a small picture are among those that pass it by. What is shown larger goes
//! through the decoder as well.

mod entropy;
mod frame;
mod huffman;
mod planes;
mod survey;

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::{ColorType, ImageDecoder, ImageError};

use super::raster::{Channels, Raster};
use super::{Limits, Picture, Rejection, Shape};

pub(super) fn decode(bytes: &[u8], shape: Shape, limits: &Limits) -> Result<Picture, Rejection> {
    let survey = survey::survey(bytes, shape, limits)?;
    let (raster, eighths) = match survey.reduced {
        Some(reduced) => reduced,
        None => (whole(&bytes[..survey.end], survey.width, survey.height)?, 8),
    };
    let (width, height) = (survey.width, survey.height);
    Ok(Picture { width, height, eighths, raster, orientation: survey.orientation, profile: survey.profile })
}

/// Decodes what the survey has admitted.
fn whole(bytes: &[u8], width: u32, height: u32) -> Result<Raster, Rejection> {
    let decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(refuse)?;
    if decoder.dimensions() != (width, height) {
        return Err(Rejection::Broken);
    }
    let channels = match decoder.color_type() {
        ColorType::L8 => Channels::Grey,
        ColorType::Rgb8 => Channels::Rgb,
        _ => return Err(Rejection::Broken),
    };
    let mut data = vec![0; width as usize * height as usize * channels.size()];
    decoder.read_image(&mut data).map_err(refuse)?;
    Ok(Raster { width, height, channels, data })
}

#[expect(clippy::needless_pass_by_value, reason = "the shape `map_err` wants")]
fn refuse(error: ImageError) -> Rejection {
    match error {
        ImageError::Limits(_) => Rejection::TooManyPixels,
        _ => Rejection::Broken,
    }
}
