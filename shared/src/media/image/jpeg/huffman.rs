//! The Huffman tables of a JPEG (ITU T.81, annex C), and the bits that are read with them.

use super::super::Rejection;
use super::super::reader::Reader;

/// Codes up to this length are looked up at once.
const QUICK: usize = 9;

/// A table, ready to decode.
pub(super) struct Table {
    /// By the next [`QUICK`] bits: the code's length and its symbol; length 0 for a longer code.
    quick: Vec<(u8, u8)>,
    /// By length: the first code, left-aligned in 16 bits, that is too great to be of that length.
    bound: [u32; 17],
    /// By length: the first code, and the index of its symbol.
    first: [(u32, usize); 17],
    symbols: Vec<u8>,
}

impl Table {
    /// Reads a table from a `DHT` segment, behind its class and number.
    pub(super) fn read(segment: &mut Reader<'_>) -> Result<Self, Rejection> {
        let counts = segment.array::<16>()?;
        let total = counts.iter().copied().map(usize::from).sum();
        let symbols = segment.take(total)?.to_vec();

        let mut quick = vec![(0, 0); 1 << QUICK];
        let mut bound = [0; 17];
        let mut first = [(0, 0); 17];
        let (mut code, mut index) = (0_u32, 0_usize);
        for (length, &count) in (1_u8..).zip(&counts) {
            let bits = usize::from(length);
            first[bits] = (code, index);
            let next = code + u32::from(count);
            // More codes than there are patterns of that length.
            if next > 1 << bits {
                return Err(Rejection::Broken);
            }
            if bits <= QUICK {
                let width = 1 << (QUICK - bits);
                let slots = quick.chunks_exact_mut(width).skip(code as usize);
                for (slot, &symbol) in slots.zip(&symbols[index..index + usize::from(count)]) {
                    slot.fill((length, symbol));
                }
            }
            bound[bits] = next << (16 - bits);
            index += usize::from(count);
            code = next << 1;
        }
        Ok(Self { quick, bound, first, symbols })
    }

    /// The length and symbol of the code these 16 bits start with.
    fn find(&self, bits: u32) -> Option<(u8, u8)> {
        let quick = self.quick[(bits >> (16 - QUICK)) as usize & ((1 << QUICK) - 1)];
        if quick.0 != 0 {
            return Some(quick);
        }
        (10_u8..=16).find_map(|length| {
            let place = usize::from(length);
            if bits >= self.bound[place] {
                return None;
            }
            let (code, index) = self.first[place];
            let ahead = (bits >> (16 - place)).checked_sub(code)?;
            Some((length, *self.symbols.get(index + ahead as usize)?))
        })
    }
}

/// The bits of a scan up to the next marker, with stuffing removed.
///
/// Whoever asks for a bit behind the marker learns that the picture is cut short; there are no
/// zeroes to be had, as decoders supply them.
pub(super) struct Bits<'a> {
    rest: &'a [u8],
    /// The lower `count` bits are valid.
    held: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) const fn new(rest: &'a [u8]) -> Self {
        Self { rest, held: 0, count: 0 }
    }

    fn refill(&mut self) {
        while self.count <= 56 {
            let byte = match *self.rest {
                [0xFF, 0x00, ref rest @ ..] => {
                    self.rest = rest;
                    0xFF
                }
                [0xFF, ..] | [] => return,
                [byte, ref rest @ ..] => {
                    self.rest = rest;
                    byte
                }
            };
            self.held = self.held << 8 | u64::from(byte);
            self.count += 8;
        }
    }

    /// The next symbol.
    #[inline]
    pub(super) fn symbol(&mut self, table: &Table) -> Result<u8, Rejection> {
        if self.count < 16 {
            self.refill();
        }
        let window = if self.count >= 16 { self.held >> (self.count - 16) } else { self.held << (16 - self.count) };
        let Some((length, symbol)) = table.find((window & 0xFFFF) as u32) else {
            return Err(if self.count < 16 { Rejection::Truncated } else { Rejection::Broken });
        };
        self.count = self.count.checked_sub(length.into()).ok_or(Rejection::Truncated)?;
        Ok(symbol)
    }

    /// Passes over up to 32 bits.
    #[inline]
    pub(super) fn skip(&mut self, bits: u32) -> Result<(), Rejection> {
        if self.count < bits {
            self.refill();
        }
        self.count = self.count.checked_sub(bits).ok_or(Rejection::Truncated)?;
        Ok(())
    }

    /// The next up to 16 bits, as a number.
    pub(super) fn number(&mut self, bits: u32) -> Result<u32, Rejection> {
        self.skip(bits)?;
        Ok((self.held >> self.count & 0xFFFF) as u32 & ((1 << bits) - 1))
    }

    /// Passes over what is left before the next marker, and the restart marker itself, which has to
    /// be the one with this number.
    pub(super) fn restart(&mut self, number: usize) -> Result<(), Rejection> {
        let Some(([0xFF, marker], rest)) = self.at_marker().split_first_chunk() else {
            return Err(Rejection::Truncated);
        };
        match marker {
            0xD0..=0xD7 if usize::from(marker & 7) == number => {}
            0xD0..=0xD7 => return Err(Rejection::Broken),
            _ => return Err(Rejection::Truncated),
        }
        *self = Self::new(rest);
        Ok(())
    }

    /// The file from the next marker on. Some encoders pad the end of a scan.
    pub(super) fn at_marker(&self) -> &'a [u8] {
        let mut rest = self.rest;
        while let [first, behind @ ..] = rest
            && (*first != 0xFF || matches!(behind, [0x00 | 0xFF, ..]))
        {
            rest = behind;
        }
        rest
    }
}
