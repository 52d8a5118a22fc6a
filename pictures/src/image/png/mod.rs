//! PNG and APNG: every chunk's checksum is verified and every frame decoded; text and whatever else a
//! chunk may hide are left out before the decoder sees them.

mod canvas;

use std::io::{Cursor, ErrorKind};

use image::metadata::Orientation;
use png::{ColorType, Decoder, DecodingError, Transformations};

use self::canvas::Canvas;
use super::film::{Announced, Container, Playback};
use super::raster::{Channels, Raster};
use super::reader::Reader;
use super::{Frames, Limits, Picture, Rejection};

/// What the decoder gets to see.
struct Survey {
    /// The file again, with only the chunks that make pixels.
    essence: Vec<u8>,
    width: u32,
    height: u32,
    orientation: Orientation,
    profile: Option<Vec<u8>>,
    /// Images to decode: the frames, and the still picture where it is not one of them.
    images: u32,
    frames: u32,
    still_is_frame: bool,
    /// How often the frames are shown; 0 for ever.
    plays: Option<u32>,
    /// Bytes of the decoded picture.
    cost: u64,
}

pub(super) fn decode(bytes: &[u8], limits: &Limits, playback: &mut Playback<'_>) -> Result<Picture, Rejection> {
    let survey = survey(bytes, limits)?;
    let Survey { width, height, orientation, profile, .. } = survey;
    let kept = playback.announce(Announced {
        container: Container::WebP,
        width,
        height,
        frames: survey.frames,
        orientation,
        profile: profile.clone(),
        bytes: survey.cost + u64::from(width) * u64::from(height) * 8,
    })?;
    if let Some(plays) = survey.plays.filter(|_| kept) {
        playback.plays(u16::try_from(plays).unwrap_or(u16::MAX));
    }

    let budget = usize::try_from(limits.max_alloc).unwrap_or(usize::MAX);
    let mut decoder = Decoder::new_with_limits(Cursor::new(survey.essence), png::Limits { bytes: budget });
    // Palettes and depths below 8 bits are expanded, 16 bits cut to 8.
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.ignore_checksums(true); // The survey has verified them.
    let mut reader = decoder.read_info().map_err(refuse)?;

    let size = reader.output_buffer_size().ok_or(Rejection::TooManyPixels)?;
    let mut data = vec![0; size];
    let image = reader.next_frame(&mut data).map_err(refuse)?;
    let channels = match image.color_type {
        ColorType::Grayscale => Channels::Grey,
        ColorType::GrayscaleAlpha => Channels::GreyAlpha,
        ColorType::Rgb => Channels::Rgb,
        ColorType::Rgba => Channels::Rgba,
        ColorType::Indexed => return Err(Rejection::Broken),
    };
    if (image.width, image.height) != (width, height) || (reader.info().width, reader.info().height) != (width, height)
    {
        return Err(Rejection::Broken);
    }
    let raster = Raster { width, height, channels, data };

    let mut canvas = kept.then(|| Canvas::new(width, height));
    if let Some(canvas) = &mut canvas
        && survey.still_is_frame
    {
        let control = reader.info().frame_control.ok_or(Rejection::Broken)?;
        canvas.show(&control, channels, &raster.data, playback)?;
    }
    let mut frame = Vec::new();
    for _ in 1..survey.images {
        let control = *reader.next_frame_info().map_err(refuse)?;
        frame.clear();
        while let Some(row) = reader.next_row().map_err(refuse)? {
            if kept {
                frame.extend_from_slice(row.data());
            }
        }
        if let Some(canvas) = &mut canvas {
            canvas.show(&control, channels, &frame, playback)?;
        }
    }
    Ok(Picture { width, height, eighths: 8, raster, orientation, profile })
}

/// Walks the chunks up to `IEND`, and sorts out what is needed.
///
/// `zTXt`, `iTXt` and `iCCP` are compressed: kilobytes become gigabytes in whoever inflates them. The first two
/// are not wanted, and of the third a profile's length.
fn survey(bytes: &[u8], limits: &Limits) -> Result<Survey, Rejection> {
    let mut reader = Reader::new(bytes);
    let mut essence = Vec::with_capacity(bytes.len());
    essence.extend_from_slice(reader.take(8)?);

    let header = Chunk::read(&mut reader)?;
    let (width, height) = header.dimensions(limits)?;
    essence.extend_from_slice(header.whole);

    let mut orientation = Orientation::NoTransforms;
    let (mut profile, mut plays) = (None, None);
    let (mut transparency, mut data_seen, mut still_is_frame) = (false, false, false);
    let mut announced = None;
    let mut frames = Frames::default();
    loop {
        let chunk = Chunk::read(&mut reader)?;
        match &chunk.kind {
            b"IHDR" => return Err(Rejection::Broken),
            b"IEND" => {
                essence.extend_from_slice(chunk.whole);
                break;
            }
            b"eXIf" => {
                orientation = super::orientation(chunk.data);
                continue;
            }
            b"iCCP" if !data_seen => {
                profile = profile.or_else(|| super::profile::inflate(chunk.data));
                continue;
            }
            b"tRNS" => transparency = true,
            b"PLTE" => {}
            b"IDAT" => data_seen = true,
            b"acTL" if !data_seen && announced.is_none() => {
                let mut control = Reader::new(chunk.data);
                announced = Some(control.u32_be()?);
                plays = Some(control.u32_be()?);
            }
            b"fcTL" if announced.is_some() => {
                let mut control = Reader::new(chunk.data);
                control.take(4)?;
                let (width, height) = (control.u32_be()?, control.u32_be()?);
                frames.admit(width, height, limits)?;
                still_is_frame |= !data_seen;
            }
            b"fdAT" if announced.is_some() => {}
            // The fifth bit of the first letter: a reader that does not know the chunk may go on.
            kind if kind[0] & 0x20 != 0 => continue,
            _ => return Err(Rejection::Broken),
        }
        essence.extend_from_slice(chunk.whole);
    }
    if !data_seen || announced.is_some_and(|count| count != frames.count) {
        return Err(Rejection::Truncated);
    }
    super::admit_padding(reader.rest())?;
    let cost = u64::from(width) * u64::from(height) * header.channels(transparency);
    limits.afford(cost)?;

    let frames = frames.count;
    let images = if still_is_frame { frames } else { frames + 1 };
    Ok(Survey { essence, width, height, orientation, profile, images, frames, still_is_frame, plays, cost })
}

/// A chunk whose checksum is right.
struct Chunk<'a> {
    kind: [u8; 4],
    data: &'a [u8],
    /// With its length and checksum.
    whole: &'a [u8],
}

impl<'a> Chunk<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Rejection> {
        let start = reader.rest();
        let length = reader.length_be()?;
        let kind = reader.array::<4>()?;
        let data = reader.take(length)?;
        let checksum = reader.u32_be()?;

        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&kind);
        hasher.update(data);
        if hasher.finalize() != checksum {
            return Err(Rejection::Broken);
        }
        Ok(Self { kind, data, whole: &start[..start.len() - reader.len()] })
    }

    /// The pixels an `IHDR` announces.
    fn dimensions(&self, limits: &Limits) -> Result<(u32, u32), Rejection> {
        if &self.kind != b"IHDR" || self.data.len() != 13 {
            return Err(Rejection::Broken);
        }
        let mut header = Reader::new(self.data);
        let (width, height) = (header.u32_be()?, header.u32_be()?);
        limits.admit(width, height)?;
        Ok((width, height))
    }

    /// Bytes of a decoded pixel, by an `IHDR`.
    fn channels(&self, transparency: bool) -> u64 {
        match (self.data.get(9), transparency) {
            (Some(0), false) => 1,
            (Some(0), true) | (Some(4), _) => 2,
            (Some(2 | 3), false) => 3,
            _ => 4,
        }
    }
}

fn refuse(error: DecodingError) -> Rejection {
    match error {
        DecodingError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => Rejection::Truncated,
        DecodingError::LimitsExceeded => Rejection::TooManyPixels,
        _ => Rejection::Broken,
    }
}
