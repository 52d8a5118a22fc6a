//! An animated WebP (RFC 9649, 2.7): lossless frames, each of them what has changed.

use image_webp::{ColorType, WebPEncoder};

use super::super::{Encoded, FileType, Rejection};
use super::{Frame, Part};

/// The frame takes the place of what was there, and does not shine through.
const DO_NOT_BLEND: u8 = 0b10;
/// In `VP8X`: an animation, and with an alpha channel.
const FLAGS: u8 = 0b0001_0010;

pub(super) struct WebP {
    width: u32,
    height: u32,
    /// The whole file but for its length.
    file: Vec<u8>,
    /// What is shown, once there was a frame.
    shown: Vec<[u8; 4]>,
}

impl WebP {
    pub(super) fn new(width: u32, height: u32, plays: u16) -> Result<Self, Rejection> {
        let mut file = b"RIFF\0\0\0\0WEBP".to_vec();
        let header = [&[FLAGS, 0, 0, 0][..], &u24(width - 1), &u24(height - 1)].concat();
        chunk(&mut file, *b"VP8X", &header)?;
        chunk(&mut file, *b"ANIM", &[&[0; 4][..], &plays.to_le_bytes()].concat())?;
        Ok(Self { width, height, file, shown: Vec::new() })
    }

    /// Adds a frame, and gives the bytes of the file so far.
    pub(super) fn add(&mut self, frame: Frame) -> Result<usize, Rejection> {
        let part = if self.shown.is_empty() { frame.all() } else { frame.changes(&self.shown, true) };
        let pixels: Vec<[u8; 4]> = part.of(&frame.pixels, frame.width).collect();
        let Part { left, top, width, height } = part;
        let mut picture = Vec::new();
        WebPEncoder::new(&mut picture)
            .encode(pixels.as_flattened(), width, height, ColorType::Rgba8)
            .map_err(|_| Rejection::Broken)?;
        // Behind its own header it is one chunk.
        let picture = picture.get(12..).ok_or(Rejection::Broken)?;
        let header = [
            &u24(left / 2)[..],
            &u24(top / 2),
            &u24(width - 1),
            &u24(height - 1),
            &u24(frame.milliseconds.min((1 << 24) - 1)),
            &[DO_NOT_BLEND],
        ];
        chunk(&mut self.file, *b"ANMF", &[&header.concat(), picture].concat())?;
        self.shown = frame.pixels;
        Ok(self.file.len())
    }

    pub(super) fn finish(mut self) -> Result<Encoded, Rejection> {
        let length = u32::try_from(self.file.len() - 8).map_err(|_| Rejection::TooManyPixels)?;
        self.file[4..8].copy_from_slice(&length.to_le_bytes());
        Ok(Encoded { bytes: self.file, file_type: FileType::Webp, width: self.width, height: self.height })
    }
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) -> Result<(), Rejection> {
    let length = u32::try_from(data.len()).map_err(|_| Rejection::TooManyPixels)?;
    file.extend(kind);
    file.extend(length.to_le_bytes());
    file.extend(data);
    if data.len() % 2 == 1 {
        file.push(0);
    }
    Ok(())
}

const fn u24(number: u32) -> [u8; 3] {
    let [a, b, c, _] = number.to_le_bytes();
    [a, b, c]
}
