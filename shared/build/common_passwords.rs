//! Packs the list of common passwords so that one is found without unpacking the others.
//!
//! The words are sorted and stand in blocks of [`BLOCK`]. Within a block a word is written as what it does not share
//! with the word before it, and then how many bytes the next one shares with it. Both come out of one alphabet, bytes
//! and counts, in one canonical Huffman code. Where each block starts is a table, so that blocks are searched by
//! halving: a look-up decodes some ten first words and then one block.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fmt::Write as _;

/// Words in a block. More of them would save little and take longer to search.
const BLOCK: usize = 32;
/// The symbol that says that the next word shares nothing; those that follow it say how many bytes it shares.
const KEEP: u16 = 256;

/// The packed list: its tables as Rust source, and its blocks.
pub(crate) fn pack(list: &str) -> (String, Vec<u8>) {
    let mut words: Vec<&[u8]> =
        list.lines().map(str::trim).filter(|word| !word.is_empty()).map(str::as_bytes).collect();
    words.sort_unstable();
    words.dedup();
    let blocks: Vec<Vec<u16>> = words.chunks(BLOCK).map(symbols).collect();

    let mut frequencies = BTreeMap::new();
    for symbol in blocks.iter().flatten() {
        *frequencies.entry(*symbol).or_insert(0_u32) += 1;
    }
    let lengths = code_lengths(&frequencies);
    let codes = canonical(&lengths);

    let (mut bits, mut starts) = (Bits::default(), Vec::new());
    for block in &blocks {
        starts.push(bits.length);
        for symbol in block {
            let (code, length) = codes[symbol];
            bits.push(code, length);
        }
    }

    let longest = lengths.iter().map(|(length, _)| *length).max().unwrap_or_default();
    let counts: Vec<usize> =
        (0..=longest).map(|wanted| lengths.iter().filter(|(length, _)| *length == wanted).count()).collect();
    let in_order: Vec<u16> = lengths.iter().map(|(_, symbol)| *symbol).collect();
    let mut source = String::new();
    let _ = writeln!(source, "const BLOCK: usize = {BLOCK};");
    let _ = writeln!(source, "const KEEP: u16 = {KEEP};");
    let _ = writeln!(
        source,
        "/// The bits that mean something: the last byte is filled up.\nconst END: usize = {};",
        bits.length
    );
    let _ = writeln!(source, "/// How many codes have each length.\nstatic COUNTS: &[u16] = &{counts:?};");
    let _ = writeln!(source, "/// The symbols in the order of their codes.\nstatic SYMBOLS: &[u16] = &{in_order:?};");
    let _ = writeln!(source, "/// The bit at which each block starts.\nstatic STARTS: &[u32] = &{starts:?};");
    (source, bits.bytes)
}

/// A block as symbols.
fn symbols(words: &[&[u8]]) -> Vec<u16> {
    let mut symbols = Vec::new();
    let mut shared = 0;
    for (index, word) in words.iter().enumerate() {
        symbols.extend(word[shared..].iter().map(|byte| u16::from(*byte)));
        shared = words.get(index + 1).map_or(0, |next| word.iter().zip(*next).take_while(|(a, b)| a == b).count());
        symbols.push(KEEP + u16::try_from(shared).unwrap_or_default());
    }
    symbols
}

/// Huffman's lengths, sorted by length and symbol. Ties are broken by symbol, so that each build packs alike.
fn code_lengths(frequencies: &BTreeMap<u16, u32>) -> Vec<(u32, u16)> {
    let mut heap: BinaryHeap<Reverse<(u32, u16, Vec<u16>)>> =
        frequencies.iter().map(|(symbol, count)| Reverse((*count, *symbol, vec![*symbol]))).collect();
    let mut lengths: BTreeMap<u16, u32> = BTreeMap::new();
    while heap.len() > 1 {
        let (Some(Reverse(one)), Some(Reverse(two))) = (heap.pop(), heap.pop()) else { break };
        let members = [one.2, two.2].concat();
        for symbol in &members {
            *lengths.entry(*symbol).or_default() += 1;
        }
        heap.push(Reverse((one.0 + two.0, one.1.min(two.1), members)));
    }
    let mut lengths: Vec<_> = lengths.into_iter().map(|(symbol, length)| (length, symbol)).collect();
    lengths.sort_unstable();
    lengths
}

/// The code of each symbol, as its bits and their number.
fn canonical(lengths: &[(u32, u16)]) -> BTreeMap<u16, (u32, u32)> {
    let (mut code, mut before) = (0_u32, 0);
    let mut codes = BTreeMap::new();
    for (length, symbol) in lengths {
        code <<= length - before;
        codes.insert(*symbol, (code, *length));
        (code, before) = (code + 1, *length);
    }
    codes
}

/// Bits, the highest of a byte first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    length: usize,
}

impl Bits {
    fn push(&mut self, code: u32, length: u32) {
        for shift in (0..length).rev() {
            if self.length.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if code >> shift & 1 == 1
                && let Some(byte) = self.bytes.last_mut()
            {
                *byte |= 0x80 >> (self.length % 8);
            }
            self.length += 1;
        }
    }
}
