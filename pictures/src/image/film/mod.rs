//! Animations that stay animations: frame by frame, scaled, and encoded anew as what has changed.
//!
//! A GIF becomes a GIF again. An animated WebP, and an animated PNG, become an animated WebP of
//! lossless frames: a lossy encoder would be a library in C. Only one frame is held at a time.

mod gif;
mod palette;
mod webp;

use image::metadata::Orientation;

use self::gif::Gif;
use self::webp::WebP;
use super::raster::{Channels, Raster};
use super::scale::scale;
use super::{Animation, Encoded, Limits, Recipe, Rejection, Shape, profile};

/// How many times as large as an upload may be an animation may become.
const LARGER: u64 = 4;

/// What is done with the frames of a picture.
pub(super) struct Playback<'l> {
    animation: Animation,
    shape: Shape,
    limits: &'l Limits,
    film: Option<Film>,
}

/// What a survey has found out about an animation.
pub(super) struct Announced {
    pub(super) container: Container,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) frames: u32,
    pub(super) orientation: Orientation,
    pub(super) profile: Option<Vec<u8>>,
    /// Bytes the decoder holds.
    pub(super) bytes: u64,
}

/// What an animation is published as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    Gif,
    WebP,
}

impl<'l> Playback<'l> {
    pub(super) fn new(recipe: &Recipe, limits: &'l Limits) -> Self {
        Self { animation: recipe.animation, shape: recipe.shape, limits, film: None }
    }

    /// Says what is coming, before any of it is decoded. `true` when the frames are wanted: each of them, painted
    /// onto the one before.
    pub(super) fn announce(&mut self, announced: Announced) -> Result<bool, Rejection> {
        let Announced { container, width, height, frames, orientation, profile, bytes } = announced;
        if frames < 2 {
            return Ok(false);
        }
        match self.animation {
            Animation::FirstFrame => return Ok(false),
            Animation::Refuse => return Err(Rejection::Animated),
            Animation::Keep => {}
        }
        let canvas = u64::from(width) * u64::from(height);
        if canvas * u64::from(frames) > self.limits.max_total_pixels {
            return Err(Rejection::TooManyPixels);
        }
        // A copy to scale, what of it is published, that of the frame before, and a palette's picture of it.
        let bytes = bytes + canvas * 16;
        self.limits.afford(bytes)?;
        // Lossless frames of what was lossy are many times as large.
        let most = self.limits.max_bytes as u64 * LARGER;
        let room = most.min(self.limits.max_alloc - bytes);
        self.film = Some(Film { container, shape: self.shape, orientation, profile, plays: 0, room, writer: None });
        Ok(true)
    }

    /// How often it is shown; 0 for ever.
    pub(super) const fn plays(&mut self, plays: u16) {
        if let Some(film) = &mut self.film {
            film.plays = plays;
        }
    }

    /// The next frame, and for how long it is shown.
    pub(super) fn frame(&mut self, canvas: &Raster, milliseconds: u32) -> Result<(), Rejection> {
        self.film.as_mut().map_or(Ok(()), |film| film.frame(canvas, milliseconds))
    }

    /// The animation, if it was one and is to remain one.
    pub(super) fn finish(self) -> Result<Option<Encoded>, Rejection> {
        self.film.and_then(Film::finish).transpose()
    }
}

/// An animation in the making.
struct Film {
    container: Container,
    shape: Shape,
    orientation: Orientation,
    profile: Option<Vec<u8>>,
    plays: u16,
    /// Bytes the file may have.
    room: u64,
    writer: Option<Writer>,
}

enum Writer {
    Gif(Gif),
    WebP(WebP),
}

impl Film {
    fn frame(&mut self, canvas: &Raster, milliseconds: u32) -> Result<(), Rejection> {
        let frame = scale(canvas.clone(), self.shape.cut(canvas.width, canvas.height))?;
        let mut frame = frame.turned(self.orientation)?;
        if let Some(profile) = &self.profile {
            profile::to_srgb(&mut frame, profile);
        }
        let frame = Frame::of(frame, milliseconds);
        if self.writer.is_none() {
            self.writer = Some(match self.container {
                Container::Gif => Writer::Gif(Gif::new(frame.width, frame.height, self.plays)?),
                Container::WebP => Writer::WebP(WebP::new(frame.width, frame.height, self.plays)?),
            });
        }
        let length = match &mut self.writer {
            Some(Writer::Gif(gif)) => gif.add(frame)?,
            Some(Writer::WebP(webp)) => webp.add(frame)?,
            None => 0,
        };
        if length as u64 > self.room { Err(Rejection::TooManyPixels) } else { Ok(()) }
    }

    fn finish(self) -> Option<Result<Encoded, Rejection>> {
        Some(match self.writer? {
            Writer::Gif(gif) => gif.finish(),
            Writer::WebP(webp) => webp.finish(),
        })
    }
}

/// A whole picture of an animation.
struct Frame {
    width: u32,
    height: u32,
    pixels: Vec<[u8; 4]>,
    milliseconds: u32,
}

impl Frame {
    fn of(raster: Raster, milliseconds: u32) -> Self {
        let Raster { width, height, channels, data } = raster;
        let pixels = data.chunks_exact(channels.size());
        let pixels = match channels {
            Channels::Grey => pixels.map(|pixel| [pixel[0], pixel[0], pixel[0], u8::MAX]).collect(),
            Channels::GreyAlpha => pixels.map(|pixel| [pixel[0], pixel[0], pixel[0], pixel[1]]).collect(),
            Channels::Rgb => pixels.map(|pixel| [pixel[0], pixel[1], pixel[2], u8::MAX]).collect(),
            Channels::Rgba => data.as_chunks().0.to_vec(),
        };
        Self { width, height, pixels, milliseconds }
    }

    /// The smallest part that holds all that is other than in what is shown before, at even places if asked.
    fn changes(&self, before: &[[u8; 4]], even: bool) -> Part {
        let (mut left, mut right, mut top, mut bottom) = (self.width, 0, None, 0);
        let width = self.width as usize;
        let rows = self.pixels.chunks_exact(width).zip(before.chunks_exact(width));
        for (y, (row, before)) in (0..).zip(rows) {
            let changed = || (0_u32..).zip(row.iter().zip(before)).filter(|(_, (pixel, before))| pixel != before);
            let Some((first, _)) = changed().next() else { continue };
            left = left.min(first);
            right = changed().fold(right, |right, (x, _)| right.max(x));
            top = top.or(Some(y));
            bottom = y;
        }
        let Some(mut top) = top else {
            // Nothing has changed. A frame has a pixel all the same.
            return Part { left: 0, top: 0, width: 1, height: 1 };
        };
        if even {
            (left, top) = (left & !1, top & !1);
        }
        Part { left, top, width: right + 1 - left, height: bottom + 1 - top }
    }

    const fn all(&self) -> Part {
        Part { left: 0, top: 0, width: self.width, height: self.height }
    }
}

/// A rectangle of a frame.
#[derive(Debug, Clone, Copy)]
struct Part {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

impl Part {
    /// The pixels of the part, out of rows of this many.
    fn of(self, pixels: &[[u8; 4]], row: u32) -> impl Iterator<Item = [u8; 4]> {
        let (left, width) = (self.left as usize, self.width as usize);
        let rows = pixels.chunks_exact(row as usize).skip(self.top as usize).take(self.height as usize);
        rows.flat_map(move |row| &row[left..left + width]).copied()
    }
}
