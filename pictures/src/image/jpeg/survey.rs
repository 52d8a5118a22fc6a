//! The markers of a JPEG (ITU T.81, annex B), and its scans, to the end of the image.

use image::metadata::Orientation;

use super::super::profile;
use super::super::raster::Raster;
use super::super::reader::Reader;
use super::super::{Limits, Rejection, Shape};
use super::frame::Frame;
use super::huffman::Table;

/// A whole JPEG.
pub(super) struct Survey {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) orientation: Orientation,
    pub(super) profile: Option<Vec<u8>>,
    /// Bytes up to and with the end marker.
    pub(super) end: usize,
    /// Where it is to become much smaller, the picture, and how many eighths of its size it has.
    pub(super) reduced: Option<(Raster, u32)>,
}

/// Walks a file that starts with a JPEG's magic bytes, and draws it on the way where the shape asked for
/// is a fraction of it.
pub(super) fn survey(bytes: &[u8], shape: Shape, limits: &Limits) -> Result<Survey, Rejection> {
    let mut file = Reader::new(bytes);
    file.take(2)?;

    let mut tables = Tables::default();
    let mut frame: Option<Frame> = None;
    let mut orientation = None;
    let mut profile = profile::Parts::default();
    let mut adobe = None;
    loop {
        let marker = next_marker(&mut file)?;
        if marker == 0xD9 {
            break;
        }
        let length = usize::from(file.u16_be()?).checked_sub(2).ok_or(Rejection::Broken)?;
        let mut segment = Reader::new(file.take(length)?);
        match marker {
            0xC0..=0xC2 if frame.is_none() => frame = Some(Frame::read(marker, segment, shape, limits)?),
            0xC4 => tables.define(segment)?,
            0xDB => tables.quantize(segment)?,
            0xDD => tables.restart_interval = segment.u16_be()?.into(),
            0xDA => {
                let frame = frame.as_mut().ok_or(Rejection::Broken)?;
                let rest = frame.scan(segment, file.rest(), &tables, limits)?;
                file = Reader::new(rest);
            }
            0xE1 if orientation.is_none() && segment.rest().starts_with(b"Exif\0\0") => {
                orientation = Some(super::super::orientation(segment.rest()));
            }
            0xE2 => profile.add(segment.rest()),
            0xEE if segment.rest().starts_with(b"Adobe") => adobe = segment.rest().get(11).copied(),
            0xE0..=0xEF | 0xFE => {}
            // A second frame, lossless, hierarchical and arithmetic coding: nobody's photographs.
            _ => return Err(Rejection::Broken),
        }
    }
    let frame = frame.ok_or(Rejection::Truncated)?;
    if !frame.is_complete() {
        return Err(Rejection::Truncated);
    }
    super::super::admit_cameras_tail(file.rest())?;
    Ok(Survey {
        width: frame.width,
        height: frame.height,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
        profile: profile.joined(),
        end: bytes.len() - file.len(),
        reduced: frame.draw(adobe == Some(0), limits)?,
    })
}

/// The next marker's code. Fill bytes may come before it, and a restart too many behind a scan.
fn next_marker(file: &mut Reader<'_>) -> Result<u8, Rejection> {
    loop {
        if file.u8()? != 0xFF {
            return Err(Rejection::Broken);
        }
        let mut code = 0xFF;
        while code == 0xFF {
            code = file.u8()?;
        }
        if !matches!(code, 0xD0..=0xD7) {
            return Ok(code);
        }
    }
}

/// What segments define for the scans behind them.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) dc: [Option<Table>; 4],
    pub(super) ac: [Option<Table>; 4],
    /// In zigzag order.
    pub(super) quantization: [Option<[u16; 64]>; 4],
    /// MCUs between two restart markers; 0 for none.
    pub(super) restart_interval: usize,
}

impl Tables {
    fn define(&mut self, mut segment: Reader<'_>) -> Result<(), Rejection> {
        while !segment.is_empty() {
            let name = segment.u8()?;
            let class = match name >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err(Rejection::Broken),
            };
            *class.get_mut(usize::from(name & 15)).ok_or(Rejection::Broken)? = Some(Table::read(&mut segment)?);
        }
        Ok(())
    }

    fn quantize(&mut self, mut segment: Reader<'_>) -> Result<(), Rejection> {
        while !segment.is_empty() {
            let name = segment.u8()?;
            let mut table = [0; 64];
            for step in &mut table {
                *step = match name >> 4 {
                    0 => segment.u8()?.into(),
                    1 => segment.u16_be()?,
                    _ => return Err(Rejection::Broken),
                };
            }
            *self.quantization.get_mut(usize::from(name & 15)).ok_or(Rejection::Broken)? = Some(table);
        }
        Ok(())
    }
}
