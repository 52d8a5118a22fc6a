//! The Huffman tables of a JPEG (ITU T.81, annex C), and the bits that are read with them.

use super::super::Rejection;
use super::super::reader::Reader;

/// Codes up to this length are looked up at once.
const QUICK: usize = 9;

/// A table, ready to decode.
pub(super) struct Table {
    /// By the next [`QUICK`] bits: the code's length and its symbol; length 0 for a longer code.
    quick: Box<[(u8, u8); 1 << QUICK]>,
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

        let mut quick = Box::new([(0, 0); 1 << QUICK]);
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
    #[inline]
    fn find(&self, bits: u32) -> Option<(u8, u8)> {
        let quick = self.quick[(bits >> (16 - QUICK)) as usize & ((1 << QUICK) - 1)];
        if quick.0 != 0 { Some(quick) } else { self.find_long(bits) }
    }

    #[cold]
    fn find_long(&self, bits: u32) -> Option<(u8, u8)> {
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
    /// The next bits, from the highest one down. The upper `count` are counted; those below are bits that
    /// come later, or zero.
    held: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) const fn new(rest: &'a [u8]) -> Self {
        Self { rest, held: 0, count: 0 }
    }

    #[inline]
    fn refill(&mut self) {
        // Eight bytes without a marker or stuffing among them are nearly all there are.
        if let Some(word) = self.rest.first_chunk().copied().map(u64::from_be_bytes)
            && !has_ff(word)
        {
            let bytes = (63 - self.count) / 8;
            self.held |= word >> self.count;
            self.count += 8 * bytes;
            self.rest = &self.rest[bytes as usize..];
        } else {
            self.refill_slowly();
        }
    }

    #[cold]
    fn refill_slowly(&mut self) {
        while self.count <= 55 {
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
            self.held |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next symbol, and the number behind it: the symbol's lower half says of how many bits. What begins
    /// with 0 is negative (ITU T.81, F.2.2.1).
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call for each of millions of symbols costs a fifth of the whole")]
    pub(super) fn symbol_and_number(&mut self, table: &Table) -> Result<(u8, i32), Rejection> {
        if self.count < 32 {
            self.refill();
            // A code and what it counts have 31 bits at most, so above that the end need not be looked for.
            if self.count < 32 {
                return self.last_symbols(table);
            }
        }
        let (length, symbol) = table.find((self.held >> 48) as u32).ok_or(Rejection::Broken)?;
        let size = u32::from(symbol & 15);
        let bits = self.held << length;
        self.held = bits << size;
        self.count -= u32::from(length) + size;
        Ok((symbol, signed(bits, size)))
    }

    #[cold]
    fn last_symbols(&mut self, table: &Table) -> Result<(u8, i32), Rejection> {
        let symbol = self.symbol(table)?;
        let bits = self.held;
        self.skip(u32::from(symbol & 15))?;
        Ok((symbol, signed(bits, u32::from(symbol & 15))))
    }

    /// The next symbol.
    #[inline]
    pub(super) fn symbol(&mut self, table: &Table) -> Result<u8, Rejection> {
        if self.count < 16 {
            self.refill();
        }
        let Some((length, symbol)) = table.find((self.held >> 48) as u32) else {
            return Err(if self.count < 16 { Rejection::Truncated } else { Rejection::Broken });
        };
        self.skip(length.into())?;
        Ok(symbol)
    }

    /// Passes over up to 32 bits.
    #[inline]
    pub(super) fn skip(&mut self, bits: u32) -> Result<(), Rejection> {
        if self.count < bits {
            self.refill();
        }
        self.count = self.count.checked_sub(bits).ok_or(Rejection::Truncated)?;
        self.held <<= bits;
        Ok(())
    }

    /// The next up to 16 bits, as a number.
    #[inline]
    pub(super) fn number(&mut self, bits: u32) -> Result<u32, Rejection> {
        if self.count < bits {
            self.refill();
        }
        let number = leading(self.held, bits);
        self.skip(bits)?;
        Ok(number)
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

/// Whether a byte of these eight is 0xFF.
const fn has_ff(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let inverse = !word;
    inverse.wrapping_sub(ONES) & word & (ONES << 7) != 0
}

/// The highest bits of these, up to 16, as a number.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "16 bits are left at most")]
const fn leading(bits: u64, size: u32) -> u32 {
    (bits >> 1 >> (63 - size)) as u32
}

/// The same, less what a number of so many bits that begins with 0 stands below it.
#[inline]
const fn signed(bits: u64, size: u32) -> i32 {
    let negative = if bits >> 63 == 0 { (1 << size) - 1 } else { 0 };
    leading(bits, size).cast_signed() - negative
}
