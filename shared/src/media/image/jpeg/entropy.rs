//! The blocks of a scan (ITU T.81, F.2 and G.2), decoded as far as it takes to know where they end.

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

/// The coefficients a scan codes: first and last, in zigzag order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Band {
    pub(super) first: u32,
    pub(super) last: u32,
}

/// A scan on its way through its blocks.
pub(super) struct Scan<'a> {
    pub(super) bits: Bits<'a>,
    pub(super) pass: Pass,
    pub(super) band: Band,
    /// Blocks still to come that end before they begin.
    empty_blocks: u32,
}

impl<'a> Scan<'a> {
    pub(super) const fn new(data: &'a [u8], pass: Pass, band: Band) -> Self {
        Self { bits: Bits::new(data), pass, band, empty_blocks: 0 }
    }

    /// Passes the restart marker with this number.
    pub(super) fn restart(&mut self, number: usize) -> Result<(), Rejection> {
        self.empty_blocks = 0;
        self.bits.restart(number)
    }

    /// Decodes a block. `known` has a bit for each coefficient that is not zero so far; a refining
    /// scan has a bit of its own for each of them, so one cannot know its length without.
    #[inline]
    pub(super) fn block(&mut self, dc: Option<&Table>, ac: Option<&Table>, known: &mut u64) -> Result<(), Rejection> {
        match self.pass {
            Pass::Sequential => {
                self.dc(dc)?;
                self.sequential(ac.ok_or(Rejection::Broken)?)
            }
            Pass::DcFirst => self.dc(dc),
            Pass::DcRefine => self.bits.skip(1),
            Pass::AcFirst => self.first(ac.ok_or(Rejection::Broken)?, known),
            Pass::AcRefine => self.refine(ac.ok_or(Rejection::Broken)?, known),
        }
    }

    #[inline]
    fn dc(&mut self, table: Option<&Table>) -> Result<(), Rejection> {
        match self.bits.symbol(table.ok_or(Rejection::Broken)?)? {
            size @ 0..=15 => self.bits.skip(size.into()),
            _ => Err(Rejection::Broken),
        }
    }

    #[inline]
    fn sequential(&mut self, table: &Table) -> Result<(), Rejection> {
        let mut at = 1;
        while at < 64 {
            let (run, size) = split(self.bits.symbol(table)?);
            match (run, size) {
                (15, 0) => at += 16,
                (_, 0) => return Ok(()),
                _ => {
                    at += run + 1;
                    self.bits.skip(size)?;
                }
            }
        }
        if at > 64 { Err(Rejection::Broken) } else { Ok(()) }
    }

    fn first(&mut self, table: &Table, known: &mut u64) -> Result<(), Rejection> {
        if self.empty_blocks > 0 {
            self.empty_blocks -= 1;
            return Ok(());
        }
        let mut at = self.band.first;
        while at <= self.band.last {
            let (run, size) = split(self.bits.symbol(table)?);
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
                    self.bits.skip(size)?;
                    *known |= 1 << at;
                    at += 1;
                }
            }
        }
        Ok(())
    }

    fn refine(&mut self, table: &Table, known: &mut u64) -> Result<(), Rejection> {
        let last = self.band.last;
        let mut at = self.band.first;
        if self.empty_blocks == 0 {
            while at <= last {
                let (mut run, size) = split(self.bits.symbol(table)?);
                match (run, size) {
                    (0..=14, 0) => {
                        self.empty_blocks = (1 << run) + self.bits.number(run)?;
                        break;
                    }
                    (_, 0) => {}
                    // The sign of a coefficient that becomes one.
                    (_, 1) => self.bits.skip(1)?,
                    _ => return Err(Rejection::Broken),
                }
                // Pass over `run` zeroes; what is not zero on the way has its bit here.
                while at <= last {
                    if *known >> at & 1 == 1 {
                        self.bits.skip(1)?;
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
                    *known |= 1 << at;
                }
                at += 1;
            }
        }
        if self.empty_blocks > 0 {
            self.empty_blocks -= 1;
            if at <= last {
                let band = u64::MAX >> (63 - last) & u64::MAX << at;
                let bits = (*known & band).count_ones();
                self.bits.skip(bits.min(32))?;
                self.bits.skip(bits.saturating_sub(32))?;
            }
        }
        Ok(())
    }
}

/// A symbol's halves: how many zeroes to pass, and how many bits follow.
const fn split(symbol: u8) -> (u32, u32) {
    (symbol as u32 >> 4, symbol as u32 & 15)
}
