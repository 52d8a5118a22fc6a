//! GIF: every frame is decoded; the first one, on its canvas, is the picture.

use gif::{ColorOutput, DecodeOptions, DecodingError, Frame, MemoryLimit};
use image::metadata::Orientation;

use super::reader::Reader;
use super::square::{Channels, Raster};
use super::{Frames, Limits, Picture, Rejection};

/// The canvas, as wide and high as the file's screen.
struct Survey {
    width: u32,
    height: u32,
    /// Bytes up to and with the trailer.
    end: usize,
}

pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture, Rejection> {
    let survey = survey(bytes, limits)?;
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    // The survey has counted; the decoder's limit is for one frame and less precise.
    options.set_memory_limit(MemoryLimit::Unlimited);
    let mut decoder = options.read_info(&bytes[..survey.end]).map_err(refuse)?;
    let global_palette = decoder.global_palette().map(<[u8]>::to_vec);

    let mut first = None;
    let mut indices = Vec::new();
    while let Some(frame) = decoder.next_frame_info().map_err(refuse)? {
        let frame = frame.clone();
        indices.clear();
        indices.resize(usize::from(frame.width) * usize::from(frame.height), 0);
        decoder.read_into_buffer(&mut indices).map_err(refuse_pixels)?;
        if first.is_none() {
            first = Some(paint(&survey, &frame, &indices, global_palette.as_deref()));
        }
    }
    let raster = first.ok_or(Rejection::Broken)?;
    Ok(Picture { raster, orientation: Orientation::NoTransforms })
}

/// Paints a frame's palette indices onto an empty canvas; what falls outside is not seen.
fn paint(survey: &Survey, frame: &Frame<'_>, indices: &[u8], global: Option<&[u8]>) -> Raster {
    let palette = frame.palette.as_deref().or(global).unwrap_or_default();
    let (colours, _) = palette.as_chunks::<3>();
    let (width, height) = (survey.width as usize, survey.height as usize);
    let (left, top) = (usize::from(frame.left), usize::from(frame.top));

    let mut data = vec![0; width * height * 4];
    let (pixels, _) = data.as_chunks_mut::<4>();
    let rows = pixels.chunks_exact_mut(width).skip(top);
    for (row, line) in rows.zip(indices.chunks_exact(usize::from(frame.width))) {
        for (pixel, &index) in row.iter_mut().skip(left).zip(line) {
            if frame.transparent == Some(index) {
                continue;
            }
            if let Some(&[red, green, blue]) = colours.get(usize::from(index)) {
                *pixel = [red, green, blue, u8::MAX];
            }
        }
    }
    Raster { width: survey.width, height: survey.height, channels: Channels::Rgba, data }
}

/// Walks the blocks up to the trailer, and counts the frames before any is decoded.
fn survey(bytes: &[u8], limits: &Limits) -> Result<Survey, Rejection> {
    let mut reader = Reader::new(bytes);
    reader.take(6)?;
    let (width, height) = (u32::from(reader.u16_le()?), u32::from(reader.u16_le()?));
    let canvas = limits.admit(width, height)?;
    let [flags, _background, _aspect] = reader.array()?;
    skip_palette(&mut reader, flags)?;

    let mut frames = Frames::default();
    // A graphic control speaks of the picture behind it: one without is what a cut leaves.
    let mut announced = false;
    loop {
        match reader.u8()? {
            b'!' => {
                let label = reader.u8()?;
                skip_sub_blocks(&mut reader)?;
                announced |= label == 0xF9;
            }
            b',' => {
                reader.take(4)?;
                let (width, height) = (reader.u16_le()?, reader.u16_le()?);
                frames.admit(width.into(), height.into(), limits)?;
                let flags = reader.u8()?;
                skip_palette(&mut reader, flags)?;
                reader.u8()?;
                skip_sub_blocks(&mut reader)?;
                announced = false;
            }
            b';' => break,
            _ => return Err(Rejection::Broken),
        }
    }
    if frames.count == 0 || announced {
        return Err(Rejection::Truncated);
    }
    super::admit_padding(reader.rest())?;
    limits.afford(canvas * 4 + frames.largest)?;
    Ok(Survey { width, height, end: bytes.len() - reader.len() })
}

fn skip_palette(reader: &mut Reader<'_>, flags: u8) -> Result<(), Rejection> {
    if flags & 0x80 != 0 {
        reader.take(3 << ((flags & 7) + 1))?;
    }
    Ok(())
}

fn skip_sub_blocks(reader: &mut Reader<'_>) -> Result<(), Rejection> {
    loop {
        let length = reader.u8()?;
        if length == 0 {
            return Ok(());
        }
        reader.take(length.into())?;
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape `map_err` wants")]
fn refuse(error: DecodingError) -> Rejection {
    match error {
        DecodingError::Io(_) | DecodingError::UnexpectedEof => Rejection::Truncated,
        DecodingError::MemoryLimit | DecodingError::OutOfMemory => Rejection::TooManyPixels,
        _ => Rejection::Broken,
    }
}

/// Into a buffer of the right size, the one thing wrong with the form of a frame is its end.
fn refuse_pixels(error: DecodingError) -> Rejection {
    match error {
        DecodingError::Format(_) => Rejection::Truncated,
        other => refuse(other),
    }
}
