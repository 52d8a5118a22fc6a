//! The markers of a JPEG (ITU T.81, annex B), and its scans, to the end of the image.

use image::metadata::Orientation;

use super::super::reader::Reader;
use super::super::{Limits, Rejection};
use super::entropy::{Band, Pass, Scan};
use super::huffman::Table;

/// Encoders write up to 18. A file may have thousands, each of which costs the decoder a walk
/// through the whole picture.
const MAX_SCANS: usize = 32;

/// Not yet coded, in [`Component::missing`].
const NEVER: u8 = u8::MAX;

/// A whole JPEG.
pub(super) struct Survey {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) orientation: Orientation,
    /// Bytes up to and with the end marker.
    pub(super) end: usize,
}

/// Walks a file that starts with a JPEG's magic bytes.
pub(super) fn survey(bytes: &[u8], limits: &Limits) -> Result<Survey, Rejection> {
    let mut file = Reader::new(bytes);
    file.take(2)?;

    let mut tables = Tables::default();
    let mut frame = None;
    let mut orientation = None;
    loop {
        let marker = next_marker(&mut file)?;
        if marker == 0xD9 {
            break;
        }
        let length = usize::from(file.u16_be()?).checked_sub(2).ok_or(Rejection::Broken)?;
        let mut segment = Reader::new(file.take(length)?);
        match marker {
            0xC0..=0xC2 if frame.is_none() => frame = Some(Frame::read(marker, segment, limits)?),
            0xC4 => tables.define(segment)?,
            0xDD => tables.restart_interval = segment.u16_be()?.into(),
            0xDA => {
                let frame = frame.as_mut().ok_or(Rejection::Broken)?;
                let rest = frame.scan(segment, file.rest(), &tables, limits)?;
                file = Reader::new(rest);
            }
            0xE1 if orientation.is_none() && segment.rest().starts_with(b"Exif\0\0") => {
                orientation = Some(super::super::orientation(segment.rest()));
            }
            0xDB | 0xE0..=0xEF | 0xFE => {}
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
        end: bytes.len() - file.len(),
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
struct Tables {
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
    /// MCUs between two restart markers; 0 for none.
    restart_interval: usize,
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
}

/// The picture, as far as its scans have coded it.
struct Frame {
    width: u32,
    height: u32,
    progressive: bool,
    components: Vec<Component>,
    scans: usize,
}

/// A colour's plane.
struct Component {
    id: u8,
    /// Blocks in an MCU, across and down.
    across: usize,
    down: usize,
    /// Blocks the plane has by itself: what a scan of this component alone codes.
    columns: usize,
    rows: usize,
    /// Blocks the plane has when padded to whole MCUs.
    stride: usize,
    blocks: usize,
    /// By coefficient, the bits still to come, or [`NEVER`].
    missing: [u8; 64],
    /// By block, the coefficients that are not zero; empty unless the frame is progressive.
    known: Vec<u64>,
}

/// A component of a scan, with its tables.
struct Member<'t> {
    index: usize,
    dc: Option<&'t Table>,
    ac: Option<&'t Table>,
}

impl Frame {
    fn read(marker: u8, mut segment: Reader<'_>, limits: &Limits) -> Result<Self, Rejection> {
        let precision = segment.u8()?;
        let (height, width) = (u32::from(segment.u16_be()?), u32::from(segment.u16_be()?));
        let pixels = limits.admit(width, height)?;
        let count = segment.u8()?;
        if precision != 8 || !matches!(count, 1 | 3 | 4) {
            return Err(Rejection::Broken);
        }

        let mut shapes = Vec::new();
        for _ in 0..count {
            let [id, sampling, _quantization] = segment.array()?;
            let (across, down) = (usize::from(sampling >> 4), usize::from(sampling & 15));
            if !(1..=4).contains(&across) || !(1..=4).contains(&down) {
                return Err(Rejection::Broken);
            }
            shapes.push((id, across, down));
        }
        let widest = shapes.iter().map(|shape| shape.1).max().unwrap_or(1);
        let tallest = shapes.iter().map(|shape| shape.2).max().unwrap_or(1);
        let (mcus_across, mcus_down) = ((width as usize).div_ceil(8 * widest), (height as usize).div_ceil(8 * tallest));

        let components: Vec<_> = shapes
            .into_iter()
            .map(|(id, across, down)| Component {
                id,
                across,
                down,
                columns: (width as usize * across).div_ceil(8 * widest),
                rows: (height as usize * down).div_ceil(8 * tallest),
                stride: mcus_across * across,
                blocks: mcus_across * across * mcus_down * down,
                missing: [NEVER; 64],
                known: Vec::new(),
            })
            .collect();
        let mut frame = Self { width, height, progressive: marker == 0xC2, components, scans: 0 };

        limits.afford(pixels * frame.channels())?;
        if frame.progressive {
            frame.afford_coefficients(limits)?;
            for component in &mut frame.components {
                component.known = vec![0; component.blocks];
            }
        }
        Ok(frame)
    }

    /// Bytes of a decoded pixel; four components become three.
    fn channels(&self) -> u64 {
        if self.components.len() == 1 { 1 } else { 3 }
    }

    /// Admits what the decoder holds when it cannot paint as it goes: two bytes for every
    /// coefficient beside the picture.
    fn afford_coefficients(&self, limits: &Limits) -> Result<(), Rejection> {
        let blocks: usize = self.components.iter().map(|component| component.blocks).sum();
        let pixels = u64::from(self.width) * u64::from(self.height);
        limits.afford(pixels * self.channels() + blocks as u64 * 128)
    }

    /// Decodes a scan, and gives the file from the next marker on.
    fn scan<'a>(
        &mut self,
        mut header: Reader<'_>,
        data: &'a [u8],
        tables: &Tables,
        limits: &Limits,
    ) -> Result<&'a [u8], Rejection> {
        self.scans += 1;
        if self.scans > MAX_SCANS {
            return Err(Rejection::TooManyPixels);
        }
        let mut members: Vec<Member<'_>> = Vec::new();
        for _ in 0..header.u8()? {
            let [id, numbers] = header.array()?;
            let index = self.components.iter().position(|component| component.id == id);
            let index = index.ok_or(Rejection::Broken)?;
            if members.iter().any(|member| member.index == index) {
                return Err(Rejection::Broken);
            }
            let number = |bits: u8| usize::from(bits & 15);
            members.push(Member {
                index,
                dc: tables.dc.get(number(numbers >> 4)).and_then(Option::as_ref),
                ac: tables.ac.get(number(numbers)).and_then(Option::as_ref),
            });
        }
        if !self.progressive && members.len() < self.components.len() {
            // Baseline, one colour after the other, of fewer rows each: the decoder gets it wrong
            // (zune-jpeg 0.5.15 paints the lower half grey). No camera writes that.
            if self.components.iter().any(|component| component.down > 1) {
                return Err(Rejection::Broken);
            }
            self.afford_coefficients(limits)?;
        }
        let [first, last, approximation] = header.array()?;
        let (pass, band) = self.promise(&members, first, last, approximation)?;
        let mut scan = Scan::new(data, pass, band);
        self.walk(&mut scan, &members, tables.restart_interval)?;
        Ok(scan.bits.at_marker())
    }

    /// Notes what a scan is going to code, which has to be what its components still miss.
    fn promise(
        &mut self,
        members: &[Member<'_>],
        first: u8,
        last: u8,
        approximation: u8,
    ) -> Result<(Pass, Band), Rejection> {
        let (high, low) = (approximation >> 4, approximation & 15);
        let (pass, first, last, before, after) = match (self.progressive, first, last, high) {
            (false, ..) => (Pass::Sequential, 0, 63, NEVER, 0),
            (true, 0, 0, 0) => (Pass::DcFirst, 0, 0, NEVER, low),
            (true, 0, 0, _) => (Pass::DcRefine, 0, 0, high, low),
            (true, 1..=63, _, 0) => (Pass::AcFirst, first, last, NEVER, low),
            (true, 1..=63, ..) => (Pass::AcRefine, first, last, high, low),
            _ => return Err(Rejection::Broken),
        };
        let alone = matches!(pass, Pass::AcFirst | Pass::AcRefine);
        if members.is_empty() || alone && members.len() > 1 || last > 63 || last < first || low > 13 {
            return Err(Rejection::Broken);
        }
        if before != NEVER && before != after + 1 {
            return Err(Rejection::Broken);
        }
        for member in members {
            for missing in &mut self.components[member.index].missing[first.into()..=last.into()] {
                if std::mem::replace(missing, after) != before {
                    return Err(Rejection::Broken);
                }
            }
        }
        Ok((pass, Band { first: first.into(), last: last.into() }))
    }

    /// Walks through all the MCUs of a scan.
    fn walk(&mut self, scan: &mut Scan<'_>, members: &[Member<'_>], interval: usize) -> Result<(), Rejection> {
        // By itself, a component is coded block by block, without the padding to whole MCUs.
        let alone = members.len() == 1;
        let Some(some) = members.first().map(|member| &self.components[member.index]) else {
            return Err(Rejection::Broken);
        };
        let (columns, rows) = if alone {
            (some.columns, some.rows)
        } else {
            (some.stride / some.across, some.blocks / some.stride / some.down)
        };

        let mut unused = 0;
        let mut until_restart = interval;
        let mut restarts = 0;
        for row in 0..rows {
            for column in 0..columns {
                if interval > 0 && until_restart == 0 {
                    scan.restart(restarts % 8)?;
                    restarts += 1;
                    until_restart = interval;
                }
                until_restart = until_restart.wrapping_sub(1);
                for member in members {
                    let component = &mut self.components[member.index];
                    let (across, down) = if alone { (1, 1) } else { (component.across, component.down) };
                    for y in row * down..(row + 1) * down {
                        for x in column * across..(column + 1) * across {
                            let known = component.known.get_mut(y * component.stride + x);
                            scan.block(member.dc, member.ac, known.unwrap_or(&mut unused))?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether every coefficient was coded to its last bit.
    fn is_complete(&self) -> bool {
        self.components.iter().all(|component| component.missing == [0; 64])
    }
}
