//! An animated GIF: frames of at most 255 colours and one that is none, each of them what has changed.

use gif::{DisposalMethod, Encoder, Repeat};

use super::super::{Encoded, FileType, Rejection};
use super::palette::{Palette, TRANSPARENT};
use super::{Frame, Part};

pub(super) struct Gif {
    width: u32,
    height: u32,
    file: Encoder<Vec<u8>>,
    /// The frame that is not written yet. How it leaves the canvas is for the next one to say: what becomes
    /// transparent there cannot be painted, and so has to be cleared before.
    waiting: Option<Frame>,
    /// What is shown before the waiting frame.
    before: Vec<[u8; 4]>,
}

impl Gif {
    pub(super) fn new(width: u32, height: u32, plays: u16) -> Result<Self, Rejection> {
        let mut file = Encoder::new(Vec::new(), short(width)?, short(height)?, &[]).map_err(|_| Rejection::Broken)?;
        // The number in the file is of the repetitions; without one there are none.
        let repeat = match plays {
            0 => Some(Repeat::Infinite),
            1 => None,
            plays => Some(Repeat::Finite(plays - 1)),
        };
        repeat.map_or(Ok(()), |repeat| file.set_repeat(repeat)).map_err(|_| Rejection::Broken)?;
        let before = vec![[0; 4]; width as usize * height as usize];
        Ok(Self { width, height, file, waiting: None, before })
    }

    /// Adds a frame, and gives the bytes of the file so far.
    pub(super) fn add(&mut self, mut frame: Frame) -> Result<usize, Rejection> {
        for pixel in &mut frame.pixels {
            *pixel = if pixel[3] < 128 { [0; 4] } else { [pixel[0], pixel[1], pixel[2], u8::MAX] };
        }
        if let Some(waiting) = self.waiting.take() {
            let gone = waiting.pixels.iter().zip(&frame.pixels).any(|(before, after)| before[3] > after[3]);
            self.write(waiting, gone)?;
        }
        self.waiting = Some(frame);
        Ok(self.file.get_ref().len())
    }

    pub(super) fn finish(mut self) -> Result<Encoded, Rejection> {
        if let Some(waiting) = self.waiting.take() {
            self.write(waiting, false)?;
        }
        let bytes = self.file.into_inner().map_err(|_| Rejection::Broken)?;
        Ok(Encoded { bytes, file_type: FileType::Gif, width: self.width, height: self.height })
    }

    fn write(&mut self, frame: Frame, clear: bool) -> Result<(), Rejection> {
        let part = if clear { frame.all() } else { frame.changes(&self.before, false) };
        let row = frame.width;
        let pixels = part.of(&frame.pixels, row).zip(part.of(&self.before, row));
        // What is there already need not be painted again.
        let pixels: Vec<_> = pixels.map(|(pixel, before)| if pixel == before { [0; 4] } else { pixel }).collect();
        let palette = Palette::of(&pixels);
        let described = described(&frame, part, clear, &palette, &pixels)?;
        self.file.write_frame(&described).map_err(|_| Rejection::Broken)?;
        self.before = if clear { vec![[0; 4]; frame.pixels.len()] } else { frame.pixels };
        Ok(())
    }
}

fn described(
    frame: &Frame,
    part: Part,
    clear: bool,
    palette: &Palette,
    pixels: &[[u8; 4]],
) -> Result<gif::Frame<'static>, Rejection> {
    Ok(gif::Frame {
        delay: u16::try_from(frame.milliseconds / 10).unwrap_or(u16::MAX),
        dispose: if clear { DisposalMethod::Background } else { DisposalMethod::Keep },
        transparent: Some(TRANSPARENT),
        left: short(part.left)?,
        top: short(part.top)?,
        width: short(part.width)?,
        height: short(part.height)?,
        palette: Some(palette.colours().to_vec()),
        buffer: palette.indices(pixels).into(),
        ..gif::Frame::default()
    })
}

/// A length as a GIF has it.
fn short(pixels: u32) -> Result<u16, Rejection> {
    u16::try_from(pixels).map_err(|_| Rejection::TooManyPixels)
}
