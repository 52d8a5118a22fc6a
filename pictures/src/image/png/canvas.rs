//! What an animated PNG shows: each frame painted onto what the one before has left.

use png::{BlendOp, DisposeOp, FrameControl};

use super::super::Rejection;
use super::super::film::Playback;
use super::super::raster::{Channels, Raster};

pub(super) struct Canvas {
    raster: Raster,
}

impl Canvas {
    pub(super) fn new(width: u32, height: u32) -> Self {
        let data = vec![0; width as usize * height as usize * 4];
        Self { raster: Raster { width, height, channels: Channels::Rgba, data } }
    }

    /// Paints a frame, shows what there is then, and leaves the canvas as the frame says.
    pub(super) fn show(
        &mut self,
        control: &FrameControl,
        channels: Channels,
        frame: &[u8],
        playback: &mut Playback<'_>,
    ) -> Result<(), Rejection> {
        let before = (control.dispose_op == DisposeOp::Previous).then(|| self.raster.data.clone());
        let line = control.width as usize * channels.size();
        for (row, line) in self.rows_of(control).zip(frame.chunks_exact(line.max(1))) {
            for (below, pixel) in row.iter_mut().zip(line.chunks_exact(channels.size())) {
                let pixel = rgba(channels, pixel);
                *below = if control.blend_op == BlendOp::Source { pixel } else { over(pixel, *below) };
            }
        }
        playback.frame(&self.raster, milliseconds(control))?;
        match before {
            Some(before) => self.raster.data = before,
            None if control.dispose_op == DisposeOp::Background => {
                self.rows_of(control).for_each(|row| row.fill([0; 4]));
            }
            None => {}
        }
        Ok(())
    }

    /// A frame's part of the canvas, row by row.
    fn rows_of(&mut self, control: &FrameControl) -> impl Iterator<Item = &mut [[u8; 4]]> {
        let (left, top) = (control.x_offset as usize, control.y_offset as usize);
        let (width, height) = (control.width as usize, control.height as usize);
        let (pixels, _) = self.raster.data.as_chunks_mut::<4>();
        let rows = pixels.chunks_exact_mut(self.raster.width as usize).skip(top).take(height);
        rows.map(move |row| row.get_mut(left..left.saturating_add(width)).unwrap_or_default())
    }
}

fn rgba(channels: Channels, pixel: &[u8]) -> [u8; 4] {
    match (channels, pixel) {
        (Channels::Rgba, &[red, green, blue, alpha]) => [red, green, blue, alpha],
        (Channels::Rgb, &[red, green, blue]) => [red, green, blue, u8::MAX],
        (Channels::GreyAlpha, &[grey, alpha]) => [grey, grey, grey, alpha],
        (_, &[grey, ..]) => [grey, grey, grey, u8::MAX],
        _ => [0; 4],
    }
}

/// A pixel on top of another, neither of them weighed by its opacity (PNG, 13.16).
fn over(pixel: [u8; 4], below: [u8; 4]) -> [u8; 4] {
    match (pixel[3], below[3]) {
        (0, _) => below,
        (u8::MAX, _) | (_, 0) => pixel,
        (above, under) => {
            let (above, under) = (u32::from(above) * 255, u32::from(under) * (255 - u32::from(above)));
            let opacity = above + under;
            let mix = |index: usize| {
                let sum = u32::from(pixel[index]) * above + u32::from(below[index]) * under;
                byte((sum + opacity / 2) / opacity)
            };
            [mix(0), mix(1), mix(2), byte((opacity + 127) / 255)]
        }
    }
}

fn byte(value: u32) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

fn milliseconds(control: &FrameControl) -> u32 {
    // Hundredths of a second, where nothing else is said.
    let denominator = if control.delay_den == 0 { 100 } else { control.delay_den };
    u32::from(control.delay_num) * 1_000 / u32::from(denominator)
}
