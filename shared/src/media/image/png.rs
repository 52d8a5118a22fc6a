//! PNG and APNG: every chunk's checksum is verified and every frame decoded; text, colour profiles
//! and whatever else a chunk may hide are left out before the decoder sees them.

use std::io::{Cursor, ErrorKind};

use image::metadata::Orientation;
use png::{ColorType, Decoder, DecodingError, Transformations};

use super::reader::Reader;
use super::square::{Channels, Raster};
use super::{Frames, Limits, Picture, Rejection};

/// What the decoder gets to see.
struct Survey {
    /// The file again, with only the chunks that make pixels.
    essence: Vec<u8>,
    orientation: Orientation,
    /// Images to decode: the frames, and the still picture where it is not one of them.
    images: u32,
}

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture, Rejection> {
    let survey = survey(bytes, limits)?;
    let budget = usize::try_from(limits.max_alloc).unwrap_or(usize::MAX);
    let mut decoder = Decoder::new_with_limits(Cursor::new(survey.essence), png::Limits { bytes: budget });
    // Palettes and depths below 8 bits are expanded, 16 bits cut to 8.
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.ignore_checksums(true); // The survey has verified them.
    let mut reader = decoder.read_info().map_err(refuse)?;

    let size = reader.output_buffer_size().ok_or(Rejection::TooManyPixels)?;
    let mut data = vec![0; size];
    let image = reader.next_frame(&mut data).map_err(refuse)?;
    for _ in 1..survey.images {
        reader.next_frame_info().map_err(refuse)?;
        while reader.next_row().map_err(refuse)?.is_some() {}
    }

    let channels = match image.color_type {
        ColorType::Grayscale => Channels::Grey,
        ColorType::GrayscaleAlpha => Channels::GreyAlpha,
        ColorType::Rgb => Channels::Rgb,
        ColorType::Rgba => Channels::Rgba,
        ColorType::Indexed => return Err(Rejection::Broken),
    };
    let (width, height) = (reader.info().width, reader.info().height);
    if (image.width, image.height) != (width, height) {
        return Err(Rejection::Broken);
    }
    Ok(Picture { raster: Raster { width, height, channels, data }, orientation: survey.orientation })
}

/// Walks the chunks up to `IEND`, and sorts out what is needed.
///
/// `zTXt`, `iTXt` and `iCCP` are compressed: kilobytes become gigabytes in whoever inflates them.
fn survey(bytes: &[u8], limits: &Limits) -> Result<Survey, Rejection> {
    let mut reader = Reader::new(bytes);
    let mut essence = Vec::with_capacity(bytes.len());
    essence.extend_from_slice(reader.take(8)?);

    let header = Chunk::read(&mut reader)?;
    let canvas = header.dimensions(limits)?;
    essence.extend_from_slice(header.whole);

    let mut orientation = Orientation::NoTransforms;
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
            b"tRNS" => transparency = true,
            b"PLTE" => {}
            b"IDAT" => data_seen = true,
            b"acTL" if !data_seen && announced.is_none() => {
                announced = Some(Reader::new(chunk.data).u32_be()?);
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
    limits.afford(canvas * header.channels(transparency))?;

    let images = if still_is_frame { frames.count } else { frames.count + 1 };
    Ok(Survey { essence, orientation, images })
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
    fn dimensions(&self, limits: &Limits) -> Result<u64, Rejection> {
        if &self.kind != b"IHDR" || self.data.len() != 13 {
            return Err(Rejection::Broken);
        }
        let mut header = Reader::new(self.data);
        limits.admit(header.u32_be()?, header.u32_be()?)
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
