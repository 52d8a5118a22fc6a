//! Decoded pixels, and how they are turned.

use fast_image_resize::PixelType;
use image::metadata::Orientation;
use image::{DynamicImage, ExtendedColorType, GrayAlphaImage, GrayImage, RgbImage, RgbaImage};

use super::Rejection;

/// Decoded pixels: 8 bits a channel, rows without padding.
#[derive(Clone)]
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
    /// Bytes of a pixel.
    pub(super) const fn size(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }

    pub(super) const fn has_alpha(self) -> bool {
        matches!(self, Self::GreyAlpha | Self::Rgba)
    }

    pub(super) const fn pixel_type(self) -> PixelType {
        match self {
            Self::Grey => PixelType::U8,
            Self::GreyAlpha => PixelType::U8x2,
            Self::Rgb => PixelType::U8x3,
            Self::Rgba => PixelType::U8x4,
        }
    }

    pub(super) const fn color_type(self) -> ExtendedColorType {
        match self {
            Self::Grey => ExtendedColorType::L8,
            Self::GreyAlpha => ExtendedColorType::La8,
            Self::Rgb => ExtendedColorType::Rgb8,
            Self::Rgba => ExtendedColorType::Rgba8,
        }
    }
}

impl Raster {
    /// Whether nothing shows through.
    pub(super) fn is_opaque(&self) -> bool {
        let size = self.channels.size();
        !self.channels.has_alpha() || self.data.chunks_exact(size).all(|pixel| pixel[size - 1] == u8::MAX)
    }

    /// Without an alpha channel that says nothing.
    pub(super) fn flattened(self) -> Self {
        if !self.channels.has_alpha() || !self.is_opaque() {
            return self;
        }
        let (channels, kept) = if self.channels == Channels::Rgba { (Channels::Rgb, 3) } else { (Channels::Grey, 1) };
        let pixels = self.data.chunks_exact(self.channels.size());
        let data = pixels.flat_map(|pixel| &pixel[..kept]).copied().collect();
        Self { channels, data, ..self }
    }

    /// Upright, by what Exif says.
    pub(super) fn turned(self, orientation: Orientation) -> Result<Self, Rejection> {
        if orientation == Orientation::NoTransforms {
            return Ok(self);
        }
        let Self { width, height, channels, data } = self;
        let mut image = match channels {
            Channels::Grey => GrayImage::from_raw(width, height, data).map(DynamicImage::from),
            Channels::GreyAlpha => GrayAlphaImage::from_raw(width, height, data).map(DynamicImage::from),
            Channels::Rgb => RgbImage::from_raw(width, height, data).map(DynamicImage::from),
            Channels::Rgba => RgbaImage::from_raw(width, height, data).map(DynamicImage::from),
        }
        .ok_or(Rejection::Broken)?;
        image.apply_orientation(orientation);
        Ok(Self { width: image.width(), height: image.height(), channels, data: image.into_bytes() })
    }
}
