//! Colour profiles (ICC.1): a picture made for other colours than sRGB is converted to them, and the profile, which
//! is metadata too, stays behind.
//!
//! A profile is a stranger's file inside a stranger's file. One that is malformed, too large, compressed beyond
//! that, or made for other colours than the picture has, is not heard: the picture is taken for sRGB, as without.

use std::io::Read;
use std::panic::catch_unwind;

use flate2::read::ZlibDecoder;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformExecutor, TransformOptions};

use super::raster::{Channels, Raster};

/// Those of cameras and screens have 0.5 to 4 kB; those with tables for each colour up to this.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// Profiles have up to thirty. Each may name the same bytes, and is read anew.
const MAX_TAGS: u32 = 64;

/// The parts of a profile in a JPEG: no segment has more than 64 kB.
#[derive(Default)]
pub(super) struct Parts<'a> {
    /// Number, the count of all, and the bytes.
    parts: Vec<(u8, u8, &'a [u8])>,
}

impl<'a> Parts<'a> {
    /// Adds an `APP2` segment, if it has a part (ICC.1, B.4).
    pub(super) fn add(&mut self, segment: &'a [u8]) {
        if let Some([number, count, part @ ..]) = segment.strip_prefix(b"ICC_PROFILE\0")
            && self.parts.len() < usize::from(u8::MAX)
        {
            self.parts.push((*number, *count, part));
        }
    }

    /// The profile, if all of its parts are there.
    pub(super) fn joined(mut self) -> Option<Vec<u8>> {
        self.parts.sort_by_key(|part| part.0);
        let count = u8::try_from(self.parts.len()).ok()?;
        let whole = count > 0 && (1..).zip(&self.parts).all(|(number, part)| (part.0, part.1) == (number, count));
        let length: usize = self.parts.iter().map(|part| part.2.len()).sum();
        (whole && length <= MAX_BYTES).then(|| self.parts.iter().flat_map(|part| part.2).copied().collect())
    }
}

/// The profile in a PNG's `iCCP`: a name, and the compressed bytes. No more is inflated than is allowed.
pub(super) fn inflate(chunk: &[u8]) -> Option<Vec<u8>> {
    let name = chunk.iter().take(80).position(|&byte| byte == 0)?;
    let [0, compressed @ ..] = chunk.get(name + 1..)? else { return None };
    let mut profile = Vec::new();
    ZlibDecoder::new(compressed).take(MAX_BYTES as u64 + 1).read_to_end(&mut profile).ok()?;
    Some(profile)
}

/// Converts a picture to sRGB, if its profile makes sense.
pub(super) fn to_srgb(raster: &mut Raster, profile: &[u8]) {
    // What a library makes of a stranger's tables must not cost the picture.
    let channels = raster.channels;
    let Some(transform) = catch_unwind(|| transform(profile, channels)).ok().flatten() else { return };
    match transform {
        Transform::Shades(shades) => {
            for pixel in raster.data.chunks_exact_mut(channels.size()) {
                pixel[0] = shades[usize::from(pixel[0])];
            }
        }
        Transform::Colours(transform) => {
            let mut converted = vec![0; raster.data.len()];
            if transform.transform(&raster.data, &mut converted).is_ok() {
                raster.data = converted;
            }
        }
    }
}

enum Transform {
    /// What each shade of grey becomes.
    Shades(Box<[u8; 256]>),
    Colours(std::sync::Arc<dyn TransformExecutor<u8> + Send + Sync>),
}

fn transform(profile: &[u8], channels: Channels) -> Option<Transform> {
    let tags = profile.get(128..132)?.try_into().map(u32::from_be_bytes).ok()?;
    if profile.len() > MAX_BYTES || tags > MAX_TAGS {
        return None;
    }
    let profile = ColorProfile::new_from_slice(profile).ok()?;
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions { rendering_intent: profile.rendering_intent, ..TransformOptions::default() };
    let create = |from, to| profile.create_transform_8bit(from, &srgb, to, options).ok();
    match (channels, profile.color_space) {
        (Channels::Rgb, DataColorSpace::Rgb) => create(Layout::Rgb, Layout::Rgb).map(Transform::Colours),
        (Channels::Rgba, DataColorSpace::Rgb) => create(Layout::Rgba, Layout::Rgba).map(Transform::Colours),
        (Channels::Grey | Channels::GreyAlpha, DataColorSpace::Gray) => {
            let shades: Vec<u8> = (0..=u8::MAX).collect();
            let mut colours = [0; 3 * 256];
            create(Layout::Gray, Layout::Rgb)?.transform(&shades, &mut colours).ok()?;
            let mut shades = Box::new([0; 256]);
            for (shade, [_, green, _]) in shades.iter_mut().zip(colours.as_chunks().0) {
                *shade = *green;
            }
            Some(Transform::Shades(shades))
        }
        _ => None,
    }
}
