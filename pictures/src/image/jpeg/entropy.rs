//! The blocks of a scan (ITU T.81, F.2 and G.2), decoded to their last bit; what is wanted of their
//! coefficients is kept on the way.

use super::super::Rejection;
use super::huffman::{Bits, Table};

/// What a scan codes of each block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// Everything: the only pass of a baseline picture.
    Sequential,
    /// The upper bits of the average.
    DcFirst,
    /// One more bit of the average.
    DcRefine,
    /// The upper bits of a band of coefficients.
    AcFirst,
    /// One more bit of a band of coefficients.
    AcRefine,
}

/// The coefficients a scan codes: first and last, in zigzag order, and the lowest bit of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Band {
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) low: u8,
}

/// A block on its way through the scans.
pub(super) struct Block<'a> {
    /// A bit for each coefficient that is not zero so far. A refining scan has a bit of its own for
    /// each of them, so one cannot know its length without.
    pub(super) known: &'a mut u64,
    /// The coefficients that are kept; may be none.
    pub(super) kept: &'a mut [i16],
    /// By coefficient, in zigzag order, its place in `kept`; a place that is not there for the others.
    pub(super) places: &'a [u8; 64],
}

impl Block<'_> {
    #[inline]
    fn kept(&mut self, at: u32) -> Option<&mut i16> {
        self.kept.get_mut(usize::from(self.places[at as usize & 63]))
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "of a whole file 16 bits, and of a damaged one any")]
    fn put(&mut self, at: u32, value: i32) {
        if let Some(kept) = self.kept(at) {
            *kept = value as i16;
        }
    }

    /// One more bit of a coefficient that is not zero: away from zero, if it is set.
    #[inline]
    fn refine(&mut self, at: u32, set: bool, low: u8) {
        if let Some(kept) = self.kept(at)
            && set
        {
            *kept = kept.wrapping_add(kept.signum() << low);
        }
    }
}

/// A scan on its way through its blocks.
pub(super) struct Scan<'a> {
    pub(super) bits: Bits<'a>,
    pass: Pass,
    band: Band,
    /// Blocks still to come that end before they begin.
    empty_blocks: u32,
    /// By member of the scan, the average of the block before.
    averages: [i32; 4],
}

impl<'a> Scan<'a> {
    pub(super) const fn new(data: &'a [u8], pass: Pass, band: Band) -> Self {
        Self { bits: Bits::new(data), pass, band, empty_blocks: 0, averages: [0; 4] }
    }

    /// Passes the restart marker with this number.
    pub(super) fn restart(&mut self, number: usize) -> Result<(), Rejection> {
        self.empty_blocks = 0;
        self.averages = [0; 4];
        self.bits.restart(number)
    }

    /// Decodes a block of the scan's member with this number.
    #[inline]
    pub(super) fn block(
        &mut self,
        member: usize,
        dc: Option<&Table>,
        ac: Option<&Table>,
        mut block: Block<'_>,
    ) -> Result<(), Rejection> {
        match self.pass {
            Pass::Sequential => {
                self.average(member, dc, &mut block)?;
                self.sequential(ac.ok_or(Rejection::Broken)?, &mut block)
            }
            Pass::DcFirst => self.average(member, dc, &mut block),
            Pass::DcRefine => {
                let bit = self.bits.number(1)?;
                if let Some(kept) = block.kept(0) {
                    *kept |= i16::from(bit == 1) << self.band.low;
                }
                Ok(())
            }
            Pass::AcFirst => self.first(ac.ok_or(Rejection::Broken)?, &mut block),
            Pass::AcRefine => self.refine(ac.ok_or(Rejection::Broken)?, &mut block),
        }
    }

    #[inline]
    fn average(&mut self, member: usize, table: Option<&Table>, block: &mut Block<'_>) -> Result<(), Rejection> {
        let (size, difference) = self.bits.symbol_and_number(table.ok_or(Rejection::Broken)?)?;
        if size > 15 {
            return Err(Rejection::Broken);
        }
        let average = &mut self.averages[member & 3];
        *average = average.wrapping_add(difference);
        let average = average.wrapping_shl(self.band.low.into());
        block.put(0, average.clamp(i16::MIN.into(), i16::MAX.into()));
        Ok(())
    }

    #[inline]
    fn sequential(&mut self, table: &Table, block: &mut Block<'_>) -> Result<(), Rejection> {
        let mut at = 1;
        while at < 64 {
            let (symbol, number) = self.bits.symbol_and_number(table)?;
            let (run, size) = split(symbol);
            if size == 0 {
                if run < 15 {
                    return Ok(());
                }
                at += 16;
                continue;
            }
            at += run;
            if at > 63 {
                return Err(Rejection::Broken);
            }
            block.put(at, number);
            at += 1;
        }
        if at > 64 { Err(Rejection::Broken) } else { Ok(()) }
    }

    fn first(&mut self, table: &Table, block: &mut Block<'_>) -> Result<(), Rejection> {
        if self.empty_blocks > 0 {
            self.empty_blocks -= 1;
            return Ok(());
        }
        let mut at = self.band.first;
        while at <= self.band.last {
            let (symbol, number) = self.bits.symbol_and_number(table)?;
            let (run, size) = split(symbol);
            match (run, size) {
                (15, 0) => at += 16,
                (_, 0) => {
                    self.empty_blocks = (1 << run) + self.bits.number(run)? - 1;
                    return Ok(());
                }
                _ => {
                    at += run;
                    if at > self.band.last {
                        return Err(Rejection::Broken);
                    }
                    block.put(at, number << self.band.low);
                    *block.known |= 1 << at;
                    at += 1;
                }
            }
        }
        Ok(())
    }

    fn refine(&mut self, table: &Table, block: &mut Block<'_>) -> Result<(), Rejection> {
        let Band { first, last, low } = self.band;
        let mut at = first;
        if self.empty_blocks == 0 {
            while at <= last {
                let (mut run, size) = split(self.bits.symbol(table)?);
                let mut value = 0;
                match (run, size) {
                    (0..=14, 0) => {
                        self.empty_blocks = (1 << run) + self.bits.number(run)?;
                        break;
                    }
                    (_, 0) => {}
                    // The sign of a coefficient that becomes one.
                    (_, 1) => value = if self.bits.number(1)? == 1 { 1 } else { -1 },
                    _ => return Err(Rejection::Broken),
                }
                // Pass over `run` zeroes; what is not zero on the way has its bit here.
                while at <= last {
                    if *block.known >> at & 1 == 1 {
                        let set = self.bits.number(1)? == 1;
                        block.refine(at, set, low);
                    } else if run == 0 {
                        break;
                    } else {
                        run -= 1;
                    }
                    at += 1;
                }
                if size == 1 {
                    if at > last {
                        return Err(Rejection::Broken);
                    }
                    block.put(at, value << low);
                    *block.known |= 1 << at;
                }
                at += 1;
            }
        }
        if self.empty_blocks > 0 {
            self.empty_blocks -= 1;
            if at <= last {
                let band = u64::MAX >> (63 - last) & u64::MAX << at;
                self.refine_known(*block.known & band, block)?;
            }
        }
        Ok(())
    }

    /// The bits of the coefficients in this set, which come in their order.
    fn refine_known(&mut self, mut set: u64, block: &mut Block<'_>) -> Result<(), Rejection> {
        if block.kept.is_empty() {
            let bits = set.count_ones();
            self.bits.skip(bits.min(32))?;
            return self.bits.skip(bits.saturating_sub(32));
        }
        while set != 0 {
            let bit = self.bits.number(1)? == 1;
            block.refine(set.trailing_zeros(), bit, self.band.low);
            set &= set - 1;
        }
        Ok(())
    }
}

/// A symbol's halves: how many zeroes to pass, and how many bits follow.
const fn split(symbol: u8) -> (u32, u32) {
    (symbol as u32 >> 4, symbol as u32 & 15)
}
