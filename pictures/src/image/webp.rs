//! WebP: the lengths in the file have to add up, inside and out; every frame is decoded, the first
//! one is the picture.

use std::io::{Cursor, ErrorKind};

use image::metadata::Orientation;
use image_webp::{DecodingError, LoopCount, WebPDecoder};

use super::film::{Announced, Container, Playback};
use super::raster::{Channels, Raster};
use super::reader::Reader;
use super::{Frames, Limits, Picture, Rejection, profile};

/// Bytes a pixel costs in the decoder, output included: planes, then RGB.
const LOSSY: u64 = 5;
/// With an alpha plane, which is itself a lossless picture.
const LOSSY_ALPHA: u64 = 11;
/// RGBA, and a copy where the alpha is not wanted.
const LOSSLESS: u64 = 8;
/// The canvas of an animation and the picture handed out, beside the frame.
const CANVAS: u64 = 8;

struct Survey {
    width: u32,
    height: u32,
    frames: u32,
    orientation: Orientation,
    profile: Option<Vec<u8>>,
    /// Bytes the decoder holds.
    cost: u64,
}

pub(super) fn decode(bytes: &[u8], limits: &Limits, playback: &mut Playback<'_>) -> Result<Picture, Rejection> {
    let survey = survey(bytes, limits)?;
    let Survey { width, height, frames, orientation, profile, cost } = survey;
    let container = Container::WebP;
    let announced = Announced { container, width, height, frames, orientation, profile: profile.clone(), bytes: cost };
    let kept = playback.announce(announced)?;

    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(refuse)?;
    if decoder.dimensions() != (width, height) {
        return Err(Rejection::Broken);
    }
    let size = decoder.output_buffer_size().ok_or(Rejection::TooManyPixels)?;
    let channels = if decoder.has_alpha() { Channels::Rgba } else { Channels::Rgb };
    let mut raster = Raster { width, height, channels, data: vec![0; size] };
    if decoder.is_animated() {
        if let LoopCount::Times(plays) = decoder.loop_count() {
            playback.plays(plays.get());
        }
        let duration = decoder.read_frame(&mut raster.data).map_err(refuse)?;
        if kept {
            playback.frame(&raster, duration)?;
        }
        let mut later = Raster { data: if frames > 1 { vec![0; size] } else { Vec::new() }, width, height, channels };
        for _ in 1..frames {
            let duration = decoder.read_frame(&mut later.data).map_err(refuse)?;
            if kept {
                playback.frame(&later, duration)?;
            }
        }
    } else {
        decoder.read_image(&mut raster.data).map_err(refuse)?;
    }
    Ok(Picture { width, height, eighths: 8, raster, orientation, profile })
}

/// Walks the chunks. The decoder believes the inner headers and allocates before it compares them
/// with the canvas, so they are compared here: 34 bytes may claim 16,383 x 16,383 pixels.
fn survey(bytes: &[u8], limits: &Limits) -> Result<Survey, Rejection> {
    let mut file = Reader::new(bytes);
    file.take(4)?;
    let length = file.length_le()?;
    match file.len().checked_sub(length) {
        None => return Err(Rejection::Truncated),
        Some(0) => {}
        // An odd length is padded.
        Some(1) if length % 2 == 1 => {}
        Some(_) => return Err(Rejection::Broken),
    }
    let mut chunks = Reader::new(file.take(length)?);
    chunks.take(4)?;

    let first = Chunk::read(&mut chunks)?;
    if &first.kind == b"VP8X" {
        return extended(first.data, chunks, limits);
    }
    // The simple layout: one picture, and perhaps chunks nobody reads.
    let (width, height, cost) = first.picture()?;
    let cost = limits.admit(width, height)? * cost;
    limits.afford(cost)?;
    while !chunks.is_empty() {
        Chunk::read(&mut chunks)?;
    }
    Ok(Survey { width, height, frames: 1, orientation: Orientation::NoTransforms, profile: None, cost })
}

fn extended(header: &[u8], mut chunks: Reader<'_>, limits: &Limits) -> Result<Survey, Rejection> {
    let mut header = Reader::new(header);
    let animated = header.u32_le()? & 0x02 != 0;
    let (width, height) = (header.u24_le()? + 1, header.u24_le()? + 1);
    let canvas = limits.admit(width, height)?;

    let mut orientation = Orientation::NoTransforms;
    let mut profile = None;
    let mut frames = Frames::default();
    let (mut still, mut alpha, mut costliest) = (None, false, 0);
    while !chunks.is_empty() {
        let chunk = Chunk::read(&mut chunks)?;
        match &chunk.kind {
            b"ANMF" if animated => {
                let (width, height, cost) = frame(chunk.data)?;
                frames.admit(width, height, limits)?;
                costliest = costliest.max(u64::from(width) * u64::from(height) * cost);
            }
            b"VP8 " | b"VP8L" if animated || still.is_some() => return Err(Rejection::Broken),
            b"VP8 " | b"VP8L" => still = Some(chunk.picture()?),
            b"ALPH" => alpha = true,
            b"EXIF" => orientation = super::orientation(chunk.data),
            b"ICCP" if chunk.data.len() <= profile::MAX_BYTES => profile = Some(chunk.data.to_vec()),
            b"VP8X" => return Err(Rejection::Broken),
            _ => {}
        }
    }

    if animated {
        if frames.count == 0 {
            return Err(Rejection::Truncated);
        }
        // Each frame is handed out as a whole canvas, however small it is.
        if canvas * u64::from(frames.count) > limits.max_total_pixels {
            return Err(Rejection::TooManyPixels);
        }
        let cost = canvas * CANVAS + costliest;
        limits.afford(cost)?;
        return Ok(Survey { width, height, frames: frames.count, orientation, profile, cost });
    }
    let (inner_width, inner_height, cost) = still.ok_or(Rejection::Truncated)?;
    if (inner_width, inner_height) != (width, height) {
        return Err(Rejection::Broken);
    }
    let cost = canvas * if alpha { LOSSY_ALPHA } else { cost };
    limits.afford(cost)?;
    Ok(Survey { width, height, frames: 1, orientation, profile, cost })
}

/// The dimensions of an animation's frame and the bytes each of its pixels costs, once the picture
/// in it agrees.
fn frame(data: &[u8]) -> Result<(u32, u32, u64), Rejection> {
    let mut reader = Reader::new(data);
    reader.take(6)?;
    let (width, height) = (reader.u24_le()? + 1, reader.u24_le()? + 1);
    reader.take(4)?;

    let mut chunk = Chunk::read(&mut reader)?;
    let alpha = &chunk.kind == b"ALPH";
    if alpha {
        chunk = Chunk::read(&mut reader)?;
    }
    let (inner_width, inner_height, cost) = chunk.picture()?;
    if (inner_width, inner_height) != (width, height) {
        return Err(Rejection::Broken);
    }
    Ok((width, height, if alpha { LOSSY_ALPHA } else { cost }))
}

/// A chunk of the RIFF container.
struct Chunk<'a> {
    kind: [u8; 4],
    data: &'a [u8],
}

impl<'a> Chunk<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Rejection> {
        let kind = reader.array()?;
        let length = reader.length_le()?;
        let data = reader.take(length)?;
        // Some writers leave out the padding behind the last chunk.
        if length % 2 == 1 && !reader.is_empty() {
            reader.u8()?;
        }
        Ok(Self { kind, data })
    }

    /// The dimensions a bitstream claims, and the bytes each pixel of it costs to decode.
    fn picture(&self) -> Result<(u32, u32, u64), Rejection> {
        let mut reader = Reader::new(self.data);
        match &self.kind {
            b"VP8 " => {
                let tag = reader.u24_le()?;
                if tag & 1 != 0 || reader.array()? != [0x9D, 0x01, 0x2A] {
                    return Err(Rejection::Broken);
                }
                let (width, height) = (reader.u16_le()? & 0x3FFF, reader.u16_le()? & 0x3FFF);
                let first_partition = usize::try_from(tag >> 5).map_err(|_| Rejection::Broken)?;
                reader.take(first_partition)?;
                Ok((width.into(), height.into(), LOSSY))
            }
            b"VP8L" => {
                if reader.u8()? != 0x2F {
                    return Err(Rejection::Broken);
                }
                let header = reader.u32_le()?;
                Ok(((header & 0x3FFF) + 1, (header >> 14 & 0x3FFF) + 1, LOSSLESS))
            }
            _ => Err(Rejection::Broken),
        }
    }
}

fn refuse(error: DecodingError) -> Rejection {
    match error {
        DecodingError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => Rejection::Truncated,
        // What both coders say when they run out of bits.
        DecodingError::BitStreamError | DecodingError::NotEnoughInitData => Rejection::Truncated,
        DecodingError::MemoryLimitExceeded | DecodingError::ImageTooLarge => Rejection::TooManyPixels,
        _ => Rejection::Broken,
    }
}
