//! A JPEG drawn at an eighth, a quarter or half of its size, from as few coefficients as that takes.
//!
//! An inverse transform of N points over the first N coefficients of each direction gives a block of
//! N x N pixels. The colours, which most pictures have at half the size, are given twice as many
//! points, so that all planes come out alike and nothing has to be enlarged.

use super::super::Rejection;
use super::super::raster::{Channels, Raster};
use super::entropy::Block;

/// The place of a coefficient that is not kept.
pub(super) const NOWHERE: u8 = u8::MAX;

/// By place in zigzag order (ITU T.81, figure 5): row and column.
const ZIGZAG: [u8; 64] = [
    0o00, 0o01, 0o10, 0o20, 0o11, 0o02, 0o03, 0o12, 0o21, 0o30, 0o40, 0o31, 0o22, 0o13, 0o04, 0o05, 0o14, 0o23, 0o32,
    0o41, 0o50, 0o60, 0o51, 0o42, 0o33, 0o24, 0o15, 0o06, 0o07, 0o16, 0o25, 0o34, 0o43, 0o52, 0o61, 0o70, 0o71, 0o62,
    0o53, 0o44, 0o35, 0o26, 0o17, 0o27, 0o36, 0o45, 0o54, 0o63, 0o72, 0o73, 0o64, 0o55, 0o46, 0o37, 0o47, 0o56, 0o65,
    0o74, 0o75, 0o66, 0o57, 0o67, 0o76, 0o77,
];

/// The coefficients of a colour that are kept.
pub(super) struct Plane {
    /// Pixels that a block becomes, across and down.
    across: usize,
    down: usize,
    /// Blocks in a row, padded to whole MCUs.
    stride: usize,
    /// By coefficient, its place in a block of `kept`.
    places: [u8; 64],
    kept: Vec<i16>,
    /// In zigzag order.
    pub(super) quantization: Option<[u16; 64]>,
}

/// A picture that is being drawn smaller.
pub(super) struct Reduced {
    pub(super) planes: Vec<Plane>,
    width: u32,
    height: u32,
    /// Pixels that an MCU becomes, across and down.
    mcu: (usize, usize),
}

/// How a colour is laid out: blocks in an MCU, blocks in a row, blocks in all.
pub(super) struct Layout {
    pub(super) across: usize,
    pub(super) down: usize,
    pub(super) stride: usize,
    pub(super) blocks: usize,
}

impl Reduced {
    /// Prepares to draw this many eighths of a picture. `None` for the proportions nobody uses, which
    /// the decoder draws as a whole. The second value is what it takes, in bytes.
    pub(super) fn plan(width: u32, height: u32, eighths: u32, layouts: &[Layout]) -> Option<(Self, u64)> {
        let points = eighths as usize;
        let widest = layouts.iter().map(|layout| layout.across).max()?;
        let tallest = layouts.iter().map(|layout| layout.down).max()?;
        let mut drawn = Vec::new();
        let mut bytes = 0;
        for layout in layouts {
            if !widest.is_multiple_of(layout.across) || !tallest.is_multiple_of(layout.down) {
                return None;
            }
            let (across, down) = (points * (widest / layout.across), points * (tallest / layout.down));
            transform(across, down)?;
            let places = ZIGZAG.map(|position| {
                let (row, column) = (usize::from(position >> 3), usize::from(position & 7));
                let kept = row < down && column < across;
                u8::try_from(row * across + column).ok().filter(|_| kept).unwrap_or(NOWHERE)
            });
            bytes += 2 * (layout.blocks * across * down) as u64;
            drawn.push(Plane { across, down, stride: layout.stride, places, kept: Vec::new(), quantization: None });
        }
        let fraction =
            |pixels: u32| u32::try_from((u64::from(pixels) * u64::from(eighths)).div_ceil(8)).unwrap_or(pixels);
        let (width, height) = (fraction(width), fraction(height));
        bytes += u64::from(width) * u64::from(height) * 3;
        Some((Self { planes: drawn, width, height, mcu: (points * widest, points * tallest) }, bytes))
    }

    /// Makes room for the coefficients, once that is admitted.
    pub(super) fn allocate(&mut self, layouts: &[Layout]) {
        for (plane, layout) in self.planes.iter_mut().zip(layouts) {
            plane.kept = vec![0; layout.blocks * plane.size()];
        }
    }

    /// Transforms the coefficients, and makes colours of them.
    pub(super) fn draw(self) -> Result<Raster, Rejection> {
        let (width, height) = (self.width as usize, self.height as usize);
        let (mcu_across, mcu_down) = self.mcu;
        let row_of = width.next_multiple_of(mcu_across);
        let channels = if self.planes.len() == 1 { Channels::Grey } else { Channels::Rgb };
        let steps: Vec<_> = self.planes.iter().map(Plane::steps).collect::<Result<_, _>>()?;

        let mut data = Vec::with_capacity(width * height * channels.size());
        let mut strips = vec![vec![0; row_of * mcu_down]; self.planes.len()];
        for (number, top) in (0..height).step_by(mcu_down).enumerate() {
            for ((plane, steps), strip) in self.planes.iter().zip(&steps).zip(&mut strips) {
                plane.draw(number, mcu_down, steps, strip, row_of)?;
            }
            for row in 0..mcu_down.min(height - top) {
                let line = row * row_of..row * row_of + width;
                match strips.as_slice() {
                    [grey] => data.extend_from_slice(&grey[line]),
                    [y, blue, red] => colours(&y[line.clone()], &blue[line.clone()], &red[line], &mut data),
                    _ => return Err(Rejection::Broken),
                }
            }
        }
        Ok(Raster { width: self.width, height: self.height, channels, data })
    }
}

impl Plane {
    const fn size(&self) -> usize {
        self.across * self.down
    }

    /// A block, with what is known of it.
    #[inline]
    pub(super) fn block<'a>(&'a mut self, number: usize, known: &'a mut u64) -> Block<'a> {
        let size = self.size();
        let kept = self.kept.get_mut(number * size..(number + 1) * size).unwrap_or_default();
        Block { known, kept, places: &self.places }
    }

    /// By place, what a coefficient is multiplied by: its quantization, and the transform's own weight.
    fn steps(&self) -> Result<[f32; 64], Rejection> {
        let quantization = self.quantization.ok_or(Rejection::Broken)?;
        let weight = |index: u8| if index == 0 { std::f32::consts::FRAC_1_SQRT_2 / 2.0 } else { 0.5 };
        let mut steps = [0.0; 64];
        for ((&place, quantization), position) in self.places.iter().zip(quantization).zip(ZIGZAG) {
            if let Some(step) = steps.get_mut(usize::from(place)) {
                *step = f32::from(quantization) * weight(position >> 3) * weight(position & 7);
            }
        }
        Ok(steps)
    }

    /// Draws the rows of blocks that make one row of MCUs.
    fn draw(
        &self,
        mcu_row: usize,
        rows: usize,
        steps: &[f32; 64],
        strip: &mut [u8],
        row_of: usize,
    ) -> Result<(), Rejection> {
        let transform = transform(self.across, self.down).ok_or(Rejection::Broken)?;
        let bases = [basis(self.across), basis(self.down)];
        let size = self.size();
        let block_rows = rows / self.down;
        for row in 0..block_rows {
            let first = (mcu_row * block_rows + row) * self.stride;
            let blocks = self.kept.get(first * size..(first + self.stride) * size).ok_or(Rejection::Broken)?;
            transform(blocks, steps, &bases, &mut strip[row * self.down * row_of..], row_of);
        }
        Ok(())
    }
}

/// By point and coefficient, the cosine.
type Basis = [[f32; 8]; 8];

fn basis(points: usize) -> Basis {
    let step = std::f32::consts::FRAC_PI_2 / f32::from(u16::try_from(points).unwrap_or(8));
    let mut basis = [[0.0; 8]; 8];
    for (point, row) in (0_u16..).zip(basis.iter_mut().take(points)) {
        for (coefficient, cosine) in (0_u16..).zip(row.iter_mut().take(points)) {
            *cosine = (f32::from((2 * point + 1) * coefficient) * step).cos();
        }
    }
    basis
}

/// Draws a row of blocks: coefficients, what they are multiplied by, cosines across and down, the
/// pixels, and how many of those are in a row.
type Transform = fn(&[i16], &[f32; 64], &[Basis; 2], &mut [u8], usize);

/// The transform that makes a block this many pixels wide and high.
fn transform(across: usize, down: usize) -> Option<Transform> {
    Some(match (across, down) {
        (1, 1) => row_of_blocks::<1, 1>,
        (2, 2) => row_of_blocks::<2, 2>,
        (4, 4) => row_of_blocks::<4, 4>,
        (8, 8) => row_of_blocks::<8, 8>,
        (2, 1) => row_of_blocks::<2, 1>,
        (4, 2) => row_of_blocks::<4, 2>,
        (8, 4) => row_of_blocks::<8, 4>,
        (1, 2) => row_of_blocks::<1, 2>,
        (2, 4) => row_of_blocks::<2, 4>,
        (4, 8) => row_of_blocks::<4, 8>,
        (4, 1) => row_of_blocks::<4, 1>,
        (8, 2) => row_of_blocks::<8, 2>,
        _ => return None,
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
fn row_of_blocks<const ACROSS: usize, const DOWN: usize>(
    blocks: &[i16],
    steps: &[f32; 64],
    [across, down]: &[Basis; 2],
    pixels: &mut [u8],
    row_of: usize,
) {
    for (number, block) in blocks.chunks_exact(ACROSS * DOWN).enumerate() {
        // Down first, by whole rows, and then across.
        let mut columns = [[0.0_f32; ACROSS]; DOWN];
        for (row, (line, steps)) in block.chunks_exact(ACROSS).zip(steps.chunks_exact(ACROSS)).enumerate() {
            let mut values = [0.0_f32; ACROSS];
            for ((value, &coefficient), step) in values.iter_mut().zip(line).zip(steps) {
                *value = f32::from(coefficient) * step;
            }
            for (sums, cosines) in columns.iter_mut().zip(down) {
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum += value * cosines[row];
                }
            }
        }
        for (row, values) in columns.iter().enumerate() {
            let from = row * row_of + number * ACROSS;
            let Some(line) = pixels.get_mut(from..from + ACROSS) else { continue };
            for (pixel, cosines) in line.iter_mut().zip(across) {
                let sum: f32 = values.iter().zip(cosines).map(|(value, cosine)| value * cosine).sum();
                *pixel = (sum + 128.5) as u8;
            }
        }
    }
}

/// From brightness and differences to red, green and blue (JFIF 1.02), in 16 bits behind the point.
#[expect(clippy::cast_sign_loss, reason = "clamped to a byte")]
fn colours(y: &[u8], blue: &[u8], red: &[u8], data: &mut Vec<u8>) {
    const HALF: i32 = 1 << 15;
    let byte = |value: i32| (value >> 16).clamp(0, 255) as u8;
    data.extend(y.iter().zip(blue).zip(red).flat_map(|((&y, &blue), &red)| {
        let (y, blue, red) = (i32::from(y) << 16 | HALF, i32::from(blue) - 128, i32::from(red) - 128);
        [byte(y + 91_881 * red), byte(y - 22_554 * blue - 46_802 * red), byte(y + 116_130 * blue)]
    }));
}
