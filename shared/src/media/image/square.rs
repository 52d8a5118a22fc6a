//! The last step: the centred square of a picture, scaled, turned upright and encoded anew.

use fast_image_resize::images::Image;
use fast_image_resize::{FilterType, MulDiv, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, GrayAlphaImage, GrayImage, RgbImage, RgbaImage};

use super::{Avatar, Format, Picture, Rejection};

/// Where a face still has no visible artefacts, and a 512 px square has 40 to 80 kB.
const JPEG_QUALITY: u8 = 85;

/// Decoded pixels: 8 bits a channel, rows without padding.
pub(super) struct Raster {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) channels: Channels,
    pub(super) data: Vec<u8>,
}

/// What a pixel of a [`Raster`] is made of. Grey stays grey: it needs a third of the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channels {
    Grey,
    GreyAlpha,
    Rgb,
    Rgba,
}

impl Channels {
    const fn pixel_type(self) -> PixelType {
        match self {
            Self::Grey => PixelType::U8,
            Self::GreyAlpha => PixelType::U8x2,
            Self::Rgb => PixelType::U8x3,
            Self::Rgba => PixelType::U8x4,
        }
    }

    /// Bytes of a pixel whose last one is its opacity; `None` where all are opaque.
    const fn with_alpha(self) -> Option<usize> {
        match self {
            Self::GreyAlpha => Some(2),
            Self::Rgba => Some(4),
            Self::Grey | Self::Rgb => None,
        }
    }
}

/// Draws the square and encodes it.
pub(super) fn draw(picture: Picture, side: u32) -> Result<Avatar, Rejection> {
    let mut square = flatten(scale(picture.raster, side)?)?;
    // The centre of a picture stays where it is, so turning the small square is enough.
    square.apply_orientation(picture.orientation);
    let (bytes, format) = encode(&square).map_err(|_| Rejection::Broken)?;
    Ok(Avatar { bytes, content_type: format.content_type(), side: square.width() })
}

fn scale(raster: Raster, side: u32) -> Result<Raster, Rejection> {
    let Raster { width, height, channels, data } = raster;
    let shorter = width.min(height);
    let side = side.clamp(1, shorter);
    let (left, top) = ((width - shorter) / 2, (height - shorter) / 2);

    let translucent = !is_opaque(channels, &data);
    let mut source = Image::from_vec_u8(width, height, data, channels.pixel_type()).map_err(|_| Rejection::Broken)?;
    let mut target = Image::new(side, side, channels.pixel_type());

    // The colour of an invisible pixel must not bleed into its neighbours, so colours are weighed by
    // their opacity. In place: the resizer's own option copies the whole picture for that.
    let weigh = translucent && side != shorter;
    let weights = MulDiv::new();
    if weigh {
        weights.multiply_alpha_inplace(&mut source).map_err(|_| Rejection::Broken)?;
    }
    let options = ResizeOptions::new()
        .crop(left.into(), top.into(), shorter.into(), shorter.into())
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .use_alpha(false);
    Resizer::new().resize(&source, &mut target, &options).map_err(|_| Rejection::Broken)?;
    if weigh {
        weights.divide_alpha_inplace(&mut target).map_err(|_| Rejection::Broken)?;
    }
    Ok(Raster { width: side, height: side, channels, data: target.into_vec() })
}

/// The square as the encoders take it, without an alpha channel that says nothing.
fn flatten(square: Raster) -> Result<DynamicImage, Rejection> {
    let Raster { width, height, channels, data } = square;
    let opaque = is_opaque(channels, &data);
    let image = match channels {
        Channels::Grey => GrayImage::from_raw(width, height, data).map(DynamicImage::from),
        Channels::GreyAlpha => GrayAlphaImage::from_raw(width, height, data).map(DynamicImage::from),
        Channels::Rgb => RgbImage::from_raw(width, height, data).map(DynamicImage::from),
        Channels::Rgba => RgbaImage::from_raw(width, height, data).map(DynamicImage::from),
    }
    .ok_or(Rejection::Broken)?;
    Ok(match channels {
        Channels::GreyAlpha if opaque => image.into_luma8().into(),
        Channels::Rgba if opaque => image.into_rgb8().into(),
        _ => image,
    })
}

fn is_opaque(channels: Channels, data: &[u8]) -> bool {
    channels.with_alpha().is_none_or(|size| data.chunks_exact(size).all(|pixel| pixel[size - 1] == u8::MAX))
}

fn encode(square: &DynamicImage) -> image::ImageResult<(Vec<u8>, Format)> {
    let mut bytes = Vec::new();
    if square.color().has_alpha() {
        square.write_with_encoder(PngEncoder::new(&mut bytes))?;
        Ok((bytes, Format::Png))
    } else {
        square.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))?;
        Ok((bytes, Format::Jpeg))
    }
}
