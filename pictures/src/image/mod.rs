//! Uploaded pictures: told apart by their bytes, decoded to the last one within limits, and drawn
//! anew, upright and in sRGB, with nothing of the file they came from.
//!
//! A decoder is where a stranger's bytes do the most harm, so each format is read twice:
//!
//! 1. a **survey** walks the container without allocating for pixels. It finds the dimensions and
//!    the frames, refuses what is over the [`Limits`], and notices that something is missing. The
//!    decoders' own limits do not count all they allocate, and most of them paint what is missing
//!    grey and call it done;
//! 2. the **decode** then runs every scan and every frame, knowing what it will cost. A JPEG that is
//!    shown at half its size or less is an exception: the survey, which decodes it to the last bit,
//!    draws it as well (`jpeg/planes.rs`).
//!
//! What people see is the re-encoded picture: a position hidden in Exif ends with the upload. A file
//! that is something else besides (a GIF that is also a script, a picture with a page of HTML or an
//! archive behind it) is refused although nothing of it would be left: bytes behind the end may be
//! zeros, and behind a JPEG what cameras append, which are more pictures, a film, or Samsung's notes.
//! A WebP states its length, and it has to be true.
//!
//! Colours are converted to sRGB by the picture's ICC profile, and a profile that makes no sense is
//! not heard (`profile.rs`). Those of CMYK, and a PNG's `gAMA` and `cHRM`, are not read.
//!
//! An animation gives its first picture, or stays one, frame by frame (`film/`), or is refused, as
//! the [`Recipe`] says.
//!
//! # What cannot be noticed
//! - A GIF says nowhere how many frames it has: cut between two of them and closed with a trailer,
//!   it is a whole, shorter GIF.
//! - Bits the last pixel does not need (the tail of a zlib stream in a chunk of its own, the last
//!   bytes an arithmetic coder flushed in a WebP whose lengths were rewritten to match) may be
//!   missing, since the picture is not.
//!
//! # What it costs
//! Recommended for a function of 512 MB: 5 MiB, 12,000 px a side, 40 megapixels, 256 MiB for the
//! decoder, 300 frames, 120 megapixels in all frames. Beside `max_alloc` the peak holds two copies
//! of the file, one strip of `max_side` pixels by the published side, and the published pictures.
//! `docs/benchmarks.md` has numbers.

mod encode;
mod film;
mod gif;
mod jpeg;
mod png;
mod profile;
mod raster;
mod reader;
mod scale;
mod webp;

#[cfg(test)]
mod tests;

use image::metadata::Orientation;
use thiserror::Error;

use self::film::Playback;
use self::raster::Raster;
use super::FileType;

/// What an uploaded picture may be, at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub max_bytes: usize,
    /// Pixels of the longer side.
    pub max_side: u32,
    /// Pixels of the picture, and of each frame.
    pub max_pixels: u64,
    /// Bytes a decoder may hold at once, its working memory and the decoded picture together.
    pub max_alloc: u64,
    /// Frames of an animation.
    pub max_frames: u32,
    /// Pixels of all frames together: what bounds the time.
    pub max_total_pixels: u64,
}

impl Limits {
    /// Admits a picture of these dimensions, before anything is allocated for it.
    fn admit(&self, width: u32, height: u32) -> Result<u64, Rejection> {
        if width == 0 || height == 0 {
            return Err(Rejection::Broken);
        }
        let pixels = u64::from(width) * u64::from(height);
        if width.max(height) > self.max_side || pixels > self.max_pixels {
            return Err(Rejection::TooManyPixels);
        }
        Ok(pixels)
    }

    /// Admits the memory a decode is going to need.
    fn afford(&self, bytes: u64) -> Result<(), Rejection> {
        if bytes > self.max_alloc { Err(Rejection::TooManyPixels) } else { Ok(()) }
    }
}

/// The frames seen so far in an animation, held against the [`Limits`].
#[derive(Debug, Default)]
struct Frames {
    count: u32,
    pixels: u64,
    largest: u64,
}

impl Frames {
    fn admit(&mut self, width: u32, height: u32, limits: &Limits) -> Result<(), Rejection> {
        let pixels = limits.admit(width, height)?;
        self.count += 1;
        self.pixels += pixels;
        self.largest = self.largest.max(pixels);
        if self.count > limits.max_frames || self.pixels > limits.max_total_pixels {
            return Err(Rejection::TooManyPixels);
        }
        Ok(())
    }
}

/// The formats that are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG: baseline, extended and progressive, Huffman coded, 8 bits.
    Jpeg,
    /// PNG, also animated.
    Png,
    /// WebP: lossy, lossless, animated.
    Webp,
    /// GIF, also animated.
    Gif,
}

impl Format {
    /// The format the first bytes of a file speak of.
    pub fn from_magic(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Self::Png),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            _ => None,
        }
    }
}

/// Why a picture was refused. The display is for the log; people read the translation of `code()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Rejection {
    /// The file has more bytes than allowed.
    #[error("the file has too many bytes")]
    TooLarge,
    /// The first bytes are of none of the accepted formats.
    #[error("the file is not a JPEG, PNG, WebP or GIF picture")]
    NotAnImage,
    /// The bytes are of another format than the declared one.
    #[error("the file is of another type than it says")]
    TypeMismatch,
    /// The file ends before the picture does.
    #[error("the picture is cut short")]
    Truncated,
    /// Dimensions, frames or the memory to decode them are over the limits.
    #[error("the picture has too many pixels")]
    TooManyPixels,
    /// It moves, where only pictures that do not are wanted.
    #[error("the picture is animated")]
    Animated,
    /// The file contradicts its format, or uses a part of it that nobody does.
    #[error("the picture is damaged")]
    Broken,
    /// The bytes are of no accepted type at all, whatever they say.
    #[error("the file is not what it says")]
    WrongFormat,
}

impl Rejection {
    /// The stable name of the reason, and the key of its translation.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::NotAnImage => "not_an_image",
            Self::TypeMismatch => "type_mismatch",
            Self::Truncated => "truncated",
            Self::TooManyPixels => "too_many_pixels",
            Self::Animated => "animated",
            Self::Broken => "broken",
            Self::WrongFormat => "wrong_format",
        }
    }
}

/// What is made of an uploaded picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipe {
    /// The form of the picture that is published.
    pub shape: Shape,
    /// The longest side of each smaller copy of it, pixels.
    pub thumbnails: &'static [u32],
    /// What becomes of an animation.
    pub animation: Animation,
}

/// The form of a published picture. Nothing is enlarged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The centred square, its side at most this many pixels.
    Square(u32),
    /// All of the picture, its longest side at most this many pixels.
    Fit(u32),
}

/// What becomes of an animation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Animation {
    /// Its first picture is published.
    FirstFrame,
    /// It is published as an animation: a GIF as a GIF, all others as WebP. Thumbnails show the first picture.
    Keep,
    /// It is refused.
    Refuse,
}

/// A picture and its smaller copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// The picture.
    pub main: Encoded,
    /// For each side that the recipe asks for, the copy; of a picture that is small already, as large as that.
    pub thumbnails: Vec<(u32, Encoded)>,
}

/// A picture, encoded by us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The file.
    pub bytes: Vec<u8>,
    /// JPEG when opaque, PNG when anything shows through; GIF or WebP when animated.
    pub file_type: FileType,
    /// Pixels across, as it is shown.
    pub width: u32,
    /// Pixels down, as it is shown.
    pub height: u32,
}

/// Draws an uploaded picture anew, upright, in sRGB and without metadata, as the recipe says.
///
/// `declared` is the type the uploader stated; the bytes decide, and have to agree with it. The same bytes always
/// give the same drawing.
///
/// This is work for the processor, tens of milliseconds to a second, for an animation that is kept several: call it
/// from a blocking thread.
pub fn draw(bytes: &[u8], declared: Option<Format>, recipe: &Recipe, limits: &Limits) -> Result<Drawing, Rejection> {
    if bytes.len() > limits.max_bytes {
        return Err(Rejection::TooLarge);
    }
    let format = Format::from_magic(bytes).ok_or(Rejection::NotAnImage)?;
    if declared.is_some_and(|declared| declared != format) {
        return Err(Rejection::TypeMismatch);
    }

    // Decoders can panic: a fuzzed JPEG did it to zune-jpeg 0.5.15, once in half a million, before the
    // survey refused its kind. What comes next is refused like any other damaged picture.
    std::panic::catch_unwind(|| drawn(format, bytes, recipe, limits)).unwrap_or(Err(Rejection::Broken))
}

fn drawn(format: Format, bytes: &[u8], recipe: &Recipe, limits: &Limits) -> Result<Drawing, Rejection> {
    let mut playback = Playback::new(recipe, limits);
    let picture = match format {
        Format::Jpeg => jpeg::decode(bytes, recipe.shape, limits),
        Format::Png => png::decode(bytes, limits, &mut playback),
        Format::Webp => webp::decode(bytes, limits, &mut playback),
        Format::Gif => gif::decode(bytes, limits, &mut playback),
    }?;
    let still = picture.drawn(recipe.shape)?;
    let main = match playback.finish()? {
        Some(film) => film,
        None => encode::encode(&still)?,
    };
    let thumbnail = |&side: &u32| Ok((side, encode::encode(&scale::thumbnail(&still, side)?.flattened())?));
    let thumbnails = recipe.thumbnails.iter().map(thumbnail).collect::<Result<_, _>>()?;
    Ok(Drawing { main, thumbnails })
}

/// A decoded picture, and what is needed to show it as it was meant.
struct Picture {
    /// Pixels across and down, as the file has them.
    width: u32,
    height: u32,
    /// How many eighths of that the raster has.
    eighths: u32,
    raster: Raster,
    orientation: Orientation,
    /// An ICC profile as it was found.
    profile: Option<Vec<u8>>,
}

impl Picture {
    fn drawn(self, shape: Shape) -> Result<Raster, Rejection> {
        let cut = shape.cut(self.width, self.height).of_eighths(self.eighths);
        let mut raster = scale::scale(self.raster, cut)?.flattened();
        if let Some(profile) = &self.profile {
            profile::to_srgb(&mut raster, profile);
        }
        // The centre of a picture stays where it is, so turning the small one is enough.
        raster.turned(self.orientation)
    }
}

/// Admits what stands behind the end of a picture: nothing, or padding.
fn admit_padding(tail: &[u8]) -> Result<(), Rejection> {
    if tail.iter().all(|&byte| byte == 0) { Ok(()) } else { Err(Rejection::Broken) }
}

/// Admits what cameras put behind the end of a JPEG: previews and depth maps (JPEG again), the film of a moving
/// picture (MP4), or a directory of notes that ends in `SEFT`.
fn admit_cameras_tail(tail: &[u8]) -> Result<(), Rejection> {
    let padding = tail.iter().take_while(|&&byte| byte == 0).count();
    let pictures = tail.get(padding..).is_some_and(|tail| tail.starts_with(&[0xFF, 0xD8, 0xFF]));
    let film = tail.get(4..8).is_some_and(|kind| kind == b"ftyp");
    if pictures || film || tail.ends_with(b"SEFT") { Ok(()) } else { admit_padding(tail) }
}

/// The orientation an Exif block asks for: TIFF structure, with or without its `Exif` prefix.
fn orientation(exif: &[u8]) -> Orientation {
    let tiff = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    Orientation::from_exif_chunk(tiff).unwrap_or(Orientation::NoTransforms)
}
