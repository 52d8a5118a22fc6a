//! The picture a JPEG's scans code: which of them come, of which blocks, and whether all have come.

use super::super::raster::Raster;
use super::super::reader::Reader;
use super::super::{Limits, Rejection, Shape};
use super::entropy::{Band, Block, Pass, Scan};
use super::huffman::Table;
use super::planes::{Layout, NOWHERE, Reduced};
use super::survey::Tables;

/// Encoders write up to 18. A file may have thousands, each of which costs the decoder a walk
/// through the whole picture.
const MAX_SCANS: usize = 32;

/// Not yet coded, in [`Component::missing`].
const NEVER: u8 = u8::MAX;

/// The picture, as far as its scans have coded it.
pub(super) struct Frame {
    pub(super) width: u32,
    pub(super) height: u32,
    progressive: bool,
    /// Whether a scan codes less than the whole picture.
    in_parts: bool,
    components: Vec<Component>,
    scans: usize,
    /// Where it is to become much smaller.
    reduced: Option<Reduced>,
    /// How many eighths of its size are wanted.
    eighths: u32,
}

/// A colour's plane.
struct Component {
    id: u8,
    /// The number of its quantization table.
    quantization: usize,
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
    /// Reads the frame's header (`SOF`), and admits what it takes to decode it for this shape.
    pub(super) fn read(marker: u8, mut segment: Reader<'_>, shape: Shape, limits: &Limits) -> Result<Self, Rejection> {
        let precision = segment.u8()?;
        let (height, width) = (u32::from(segment.u16_be()?), u32::from(segment.u16_be()?));
        limits.admit(width, height)?;
        let count = segment.u8()?;
        if precision != 8 || !matches!(count, 1 | 3 | 4) {
            return Err(Rejection::Broken);
        }

        let mut shapes = Vec::new();
        for _ in 0..count {
            let [id, sampling, quantization] = segment.array()?;
            let (across, down) = (usize::from(sampling >> 4), usize::from(sampling & 15));
            if !(1..=4).contains(&across) || !(1..=4).contains(&down) {
                return Err(Rejection::Broken);
            }
            shapes.push((id, across, down, usize::from(quantization)));
        }
        let widest = shapes.iter().map(|shape| shape.1).max().unwrap_or(1);
        let tallest = shapes.iter().map(|shape| shape.2).max().unwrap_or(1);
        let (mcus_across, mcus_down) = ((width as usize).div_ceil(8 * widest), (height as usize).div_ceil(8 * tallest));

        let components: Vec<_> = shapes
            .into_iter()
            .map(|(id, across, down, quantization)| Component {
                id,
                quantization,
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
        let eighths = shape.eighths(width, height);
        let mut frame = Self {
            width,
            height,
            progressive: marker == 0xC2,
            in_parts: marker == 0xC2,
            components,
            scans: 0,
            reduced: None,
            eighths,
        };

        frame.reduced = frame.plan(limits)?;
        if frame.reduced.is_none() {
            limits.afford(frame.cost())?;
        }
        if frame.progressive {
            for component in &mut frame.components {
                component.known = vec![0; component.blocks];
            }
        }
        Ok(frame)
    }

    /// Prepares to draw the picture smaller, where that is wanted, and its colours are the usual ones.
    fn plan(&self, limits: &Limits) -> Result<Option<Reduced>, Rejection> {
        let names: Vec<_> = self.components.iter().map(|component| component.id).collect();
        if self.eighths >= 8 || names.len() == 4 || names == *b"RGB" {
            return Ok(None);
        }
        let layouts: Vec<_> = self.components.iter().map(Component::layout).collect();
        let Some((mut reduced, bytes)) = Reduced::plan(self.width, self.height, self.eighths, &layouts) else {
            return Ok(None);
        };
        // And a word for each block of which scans refine what others began.
        limits.afford(bytes + if self.progressive { self.blocks() * 8 } else { 0 })?;
        reduced.allocate(&layouts);
        Ok(Some(reduced))
    }

    /// The picture, and how many eighths of its size it has, if it was to be drawn smaller.
    /// Not so one that is red, green and blue as it is, which Adobe's marker may say late: the decoder knows.
    pub(super) fn draw(mut self, is_rgb: bool, limits: &Limits) -> Result<Option<(Raster, u32)>, Rejection> {
        let Some(reduced) = self.reduced.take() else { return Ok(None) };
        if is_rgb && self.components.len() > 1 {
            limits.afford(self.cost())?;
            return Ok(None);
        }
        Ok(Some((reduced.draw()?, self.eighths)))
    }

    /// What the decoder holds: the picture, four components of which become three, and two bytes for every
    /// coefficient when it cannot paint as it goes.
    fn cost(&self) -> u64 {
        let channels = if self.components.len() == 1 { 1 } else { 3 };
        let coefficients = if self.in_parts { self.blocks() * 128 } else { 0 };
        u64::from(self.width) * u64::from(self.height) * channels + coefficients
    }

    fn blocks(&self) -> u64 {
        self.components.iter().map(|component| component.blocks as u64).sum()
    }

    /// Decodes a scan, and gives the file from the next marker on.
    pub(super) fn scan<'a>(
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
            self.in_parts = true;
            if self.reduced.is_none() {
                limits.afford(self.cost())?;
            }
        }
        let [first, last, approximation] = header.array()?;
        let (pass, band) = self.promise(&members, first, last, approximation)?;
        self.quantize(&members, tables);
        let mut scan = Scan::new(data, pass, band);
        self.walk(&mut scan, &members, tables.restart_interval)?;
        Ok(scan.bits.at_marker())
    }

    /// A colour's quantization is the one that holds when its first scan begins.
    fn quantize(&mut self, members: &[Member<'_>], tables: &Tables) {
        let Some(reduced) = &mut self.reduced else { return };
        for member in members {
            let quantization = &mut reduced.planes[member.index].quantization;
            let table = tables.quantization.get(self.components[member.index].quantization);
            *quantization = quantization.or(table.copied().flatten());
        }
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
        Ok((pass, Band { first: first.into(), last: last.into(), low: after }))
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
                for (number, member) in members.iter().enumerate() {
                    let component = &mut self.components[member.index];
                    let mut plane = self.reduced.as_mut().and_then(|reduced| reduced.planes.get_mut(member.index));
                    let (across, down) = if alone { (1, 1) } else { (component.across, component.down) };
                    for y in row * down..(row + 1) * down {
                        for x in column * across..(column + 1) * across {
                            let index = y * component.stride + x;
                            let known = component.known.get_mut(index).unwrap_or(&mut unused);
                            let block = match &mut plane {
                                Some(plane) => plane.block(index, known),
                                None => Block { known, kept: &mut [], places: &[NOWHERE; 64] },
                            };
                            scan.block(number, member.dc, member.ac, block)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether every coefficient was coded to its last bit.
    pub(super) fn is_complete(&self) -> bool {
        self.components.iter().all(|component| component.missing == [0; 64])
    }
}

impl Component {
    const fn layout(&self) -> Layout {
        Layout { across: self.across, down: self.down, stride: self.stride, blocks: self.blocks }
    }
}
