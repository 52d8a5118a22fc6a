//! GIF: every frame is decoded; the first one, on its canvas, is the picture. Where the animation is kept, each is
//! painted onto what the one before has left.

use gif::{ColorOutput, DecodeOptions, DecodingError, DisposalMethod, Frame, MemoryLimit, Repeat};
use image::metadata::Orientation;

use super::film::{Announced, Container, Playback};
use super::raster::{Channels, Raster};
use super::reader::Reader;
use super::{Frames, Limits, Picture, Rejection};

/// The canvas, as wide and high as the file's screen.
struct Survey {
    width: u32,
    height: u32,
    frames: u32,
    /// Bytes the decoder holds.
    cost: u64,
    /// Bytes up to and with the trailer.
    end: usize,
}

pub(super) fn decode(bytes: &[u8], limits: &Limits, playback: &mut Playback<'_>) -> Result<Picture, Rejection> {
    let survey = survey(bytes, limits)?;
    let Survey { width, height, frames, cost, end } = survey;
    let orientation = Orientation::NoTransforms;
    let container = Container::Gif;
    // Beside the canvas there is the first one, and at times what is to be shown again.
    let held = cost + u64::from(width) * u64::from(height) * 8;
    let kept =
        playback.announce(Announced { container, width, height, frames, orientation, profile: None, bytes: held })?;

    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    // The survey has counted; the decoder's limit is for one frame and less precise.
    options.set_memory_limit(MemoryLimit::Unlimited);
    let mut decoder = options.read_info(&bytes[..end]).map_err(refuse)?;
    let global_palette = decoder.global_palette().map(<[u8]>::to_vec);

    let mut first = None;
    let mut canvas = empty(width, height);
    let mut indices = Vec::new();
    while let Some(frame) = decoder.next_frame_info().map_err(refuse)? {
        let frame = frame.clone();
        indices.clear();
        indices.resize(usize::from(frame.width) * usize::from(frame.height), 0);
        decoder.read_into_buffer(&mut indices).map_err(refuse_pixels)?;
        if !kept && first.is_some() {
            continue;
        }
        let before = (kept && frame.dispose == DisposalMethod::Previous).then(|| canvas.data.clone());
        paint(&mut canvas, &frame, &indices, global_palette.as_deref());
        if !kept {
            first = Some(std::mem::replace(&mut canvas, empty(0, 0)));
            continue;
        }
        playback.plays(match decoder.repeat() {
            Repeat::Infinite => 0,
            Repeat::Finite(repetitions) => repetitions.saturating_add(1),
        });
        playback.frame(&canvas, u32::from(frame.delay) * 10)?;
        first.get_or_insert_with(|| canvas.clone());
        match before {
            Some(before) => canvas.data = before,
            None if frame.dispose == DisposalMethod::Background => clear(&mut canvas, &frame),
            None => {}
        }
    }
    let raster = first.ok_or(Rejection::Broken)?;
    Ok(Picture { width, height, eighths: 8, raster, orientation, profile: None })
}

fn empty(width: u32, height: u32) -> Raster {
    Raster { width, height, channels: Channels::Rgba, data: vec![0; width as usize * height as usize * 4] }
}

/// Paints a frame's palette indices onto a canvas; what falls outside is not seen.
fn paint(canvas: &mut Raster, frame: &Frame<'_>, indices: &[u8], global: Option<&[u8]>) {
    let palette = frame.palette.as_deref().or(global).unwrap_or_default();
    let (colours, _) = palette.as_chunks::<3>();
    let lines = indices.chunks_exact(usize::from(frame.width).max(1));
    for (row, line) in rows_of(canvas, frame).zip(lines) {
        for (pixel, &index) in row.iter_mut().zip(line) {
            if frame.transparent == Some(index) {
                continue;
            }
            if let Some(&[red, green, blue]) = colours.get(usize::from(index)) {
                *pixel = [red, green, blue, u8::MAX];
            }
        }
    }
}

/// Takes a frame off the canvas again.
fn clear(canvas: &mut Raster, frame: &Frame<'_>) {
    for row in rows_of(canvas, frame).take(frame.height.into()) {
        row.iter_mut().take(frame.width.into()).for_each(|pixel| *pixel = [0; 4]);
    }
}

/// The rows of a canvas from a frame's upper left corner on.
fn rows_of<'c>(canvas: &'c mut Raster, frame: &Frame<'_>) -> impl Iterator<Item = &'c mut [[u8; 4]]> {
    let (left, top, width) = (usize::from(frame.left), usize::from(frame.top), canvas.width as usize);
    let (pixels, _) = canvas.data.as_chunks_mut::<4>();
    pixels.chunks_exact_mut(width).skip(top).map(move |row| row.get_mut(left..).unwrap_or_default())
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
    let cost = canvas * 4 + frames.largest;
    limits.afford(cost)?;
    Ok(Survey { width, height, frames: frames.count, cost, end: bytes.len() - reader.len() })
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
