//! The size a picture is drawn at, and the resampling.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, IntoImageView, MulDiv, ResizeAlg, ResizeOptions, Resizer};

use super::raster::Raster;
use super::{Rejection, Shape};

/// What of a picture is drawn, and how large.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// Left, top, width and height of the part that is shown.
    area: [u32; 4],
    /// Of how many eighths of the picture's size the raster is.
    eighths: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Shape {
    /// The part of a picture that is shown, and how large. Nothing is enlarged.
    pub(super) fn cut(self, width: u32, height: u32) -> Cut {
        match self {
            Self::Square(side) => {
                let shorter = width.min(height);
                let side = side.clamp(1, shorter);
                let (left, top) = ((width - shorter) / 2, (height - shorter) / 2);
                Cut { area: [left, top, shorter, shorter], eighths: 8, width: side, height: side }
            }
            Self::Fit(side) => {
                let longer = width.max(height);
                let side = side.clamp(1, longer);
                let scaled = |pixels: u32| {
                    let rounded = (u64::from(pixels) * u64::from(side) + u64::from(longer) / 2) / u64::from(longer);
                    u32::try_from(rounded).unwrap_or(side).max(1)
                };
                Cut { area: [0, 0, width, height], eighths: 8, width: scaled(width), height: scaled(height) }
            }
        }
    }

    /// The eighths of a picture's size that are enough to draw it from: with twice the pixels that are
    /// shown, nobody sees the difference.
    pub(super) fn eighths(self, width: u32, height: u32) -> u32 {
        let cut = self.cut(width, height);
        let [_, _, shown_width, shown_height] = cut.area;
        let enough = |eighths: u32| {
            let times = |shown: u32, drawn: u32| u64::from(shown) * u64::from(eighths) >= 16 * u64::from(drawn);
            times(shown_width, cut.width) && times(shown_height, cut.height)
        };
        [1, 2, 4].into_iter().find(|&eighths| enough(eighths)).unwrap_or(8)
    }
}

impl Cut {
    /// The same part of a picture that was decoded at this many eighths of its size.
    pub(super) fn of_eighths(self, eighths: u32) -> Self {
        Self { eighths, ..self }
    }

    /// Whether it is all of the picture, pixel by pixel.
    fn is_whole(self, raster: &Raster) -> bool {
        let (width, height) = (raster.width, raster.height);
        self.eighths == 8 && (self.width, self.height) == (width, height) && self.area == [0, 0, width, height]
    }
}

/// Draws this part of a picture.
pub(super) fn scale(raster: Raster, cut: Cut) -> Result<Raster, Rejection> {
    if cut.is_whole(&raster) {
        return Ok(raster);
    }
    // The colour of an invisible pixel must not bleed into its neighbours, so colours are weighed by
    // their opacity. In place: the resizer's own option copies the whole picture for that.
    let weigh = !raster.is_opaque();
    let Raster { width, height, channels, data } = raster;
    let mut source = Image::from_vec_u8(width, height, data, channels.pixel_type()).map_err(|_| Rejection::Broken)?;
    let weights = MulDiv::new();
    if weigh {
        weights.multiply_alpha_inplace(&mut source).map_err(|_| Rejection::Broken)?;
    }
    let mut target = resized(&source, cut, channels.pixel_type())?;
    if weigh {
        weights.divide_alpha_inplace(&mut target).map_err(|_| Rejection::Broken)?;
    }
    Ok(Raster { width: cut.width, height: cut.height, channels, data: target.into_vec() })
}

/// Draws all of a picture that is kept, no side of it longer than this.
pub(super) fn thumbnail(raster: &Raster, side: u32) -> Result<Raster, Rejection> {
    let cut = Shape::Fit(side).cut(raster.width, raster.height);
    if raster.channels.has_alpha() {
        return scale(raster.clone(), cut);
    }
    let pixels = raster.channels.pixel_type();
    let source = ImageRef::new(raster.width, raster.height, &raster.data, pixels).map_err(|_| Rejection::Broken)?;
    let target = resized(&source, cut, pixels)?;
    Ok(Raster { width: cut.width, height: cut.height, channels: raster.channels, data: target.into_vec() })
}

fn resized(
    source: &impl IntoImageView,
    cut: Cut,
    pixels: fast_image_resize::PixelType,
) -> Result<Image<'static>, Rejection> {
    let [left, top, width, height] = cut.area.map(|pixels| f64::from(pixels) * f64::from(cut.eighths) / 8.0);
    let mut target = Image::new(cut.width, cut.height, pixels);
    let options = ResizeOptions::new()
        .crop(left, top, width, height)
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .use_alpha(false);
    Resizer::new().resize(source, &mut target, &options).map_err(|_| Rejection::Broken)?;
    Ok(target)
}
