//! The files that are published: pixels, and nothing else.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ImageEncoder, ImageResult};

use super::raster::Raster;
use super::{Encoded, Format, Rejection};

/// Where a face still has no visible artefacts, and a 512 px square has 40 to 80 kB.
const JPEG_QUALITY: u8 = 85;

/// Encodes a picture: JPEG when it is opaque, PNG when anything shows through.
pub(super) fn encode(raster: &Raster) -> Result<Encoded, Rejection> {
    let format = if raster.is_opaque() { Format::Jpeg } else { Format::Png };
    let bytes = file(raster, format).map_err(|_| Rejection::Broken)?;
    Ok(Encoded { bytes, content_type: format.content_type(), width: raster.width, height: raster.height })
}

fn file(raster: &Raster, format: Format) -> ImageResult<Vec<u8>> {
    let (width, height, colours) = (raster.width, raster.height, raster.channels.color_type());
    let mut bytes = Vec::new();
    if format == Format::Jpeg {
        JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY).encode(&raster.data, width, height, colours)?;
    } else {
        PngEncoder::new(&mut bytes).write_image(&raster.data, width, height, colours)?;
    }
    Ok(bytes)
}
