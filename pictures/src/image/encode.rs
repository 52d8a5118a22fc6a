//! The files that are published: pixels, and nothing else.

use image::ImageEncoder;
use image::codecs::png::PngEncoder;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::raster::{Channels, Raster};
use super::{Encoded, FileType, Rejection};

/// Where a face still has no visible artefacts, and a 512 px square has 40 to 80 kB.
const JPEG_QUALITY: u8 = 85;

/// Encodes a picture: JPEG when it is opaque, PNG when anything shows through.
pub(super) fn encode(raster: &Raster) -> Result<Encoded, Rejection> {
    let colours = match raster.channels {
        Channels::Grey => Some(ColorType::Luma),
        Channels::Rgb => Some(ColorType::Rgb),
        Channels::GreyAlpha | Channels::Rgba => None,
    };
    let (bytes, file_type) = match colours {
        Some(colours) => (jpeg(raster, colours)?, FileType::Jpeg),
        None => (png(raster)?, FileType::Png),
    };
    Ok(Encoded { bytes, file_type, width: raster.width, height: raster.height })
}

fn jpeg(raster: &Raster, colours: ColorType) -> Result<Vec<u8>, Rejection> {
    let side = |pixels: u32| u16::try_from(pixels).map_err(|_| Rejection::TooManyPixels);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, JPEG_QUALITY);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.encode(&raster.data, side(raster.width)?, side(raster.height)?, colours).map_err(|_| Rejection::Broken)?;
    Ok(bytes)
}

fn png(raster: &Raster) -> Result<Vec<u8>, Rejection> {
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(&raster.data, raster.width, raster.height, raster.channels.color_type())
        .map_err(|_| Rejection::Broken)?;
    Ok(bytes)
}
