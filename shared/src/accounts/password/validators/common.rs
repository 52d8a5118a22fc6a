//! Whether a password is one of Django's list of common ones. The list is packed by `build/common_passwords.rs`, which
//! tells how, and searched without unpacking more than one block of it.

#![expect(clippy::unreadable_literal, reason = "the tables of the packed list are written by a program")]

include!(concat!(env!("OUT_DIR"), "/common_passwords.rs"));

static BLOCKS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/common_passwords.bin"));

/// Whether `word`, in lower case and without white space around it, is on the list.
pub(super) fn contains(word: &str) -> bool {
    let word = word.as_bytes();
    // The last block whose first word is not greater: no other can hold it.
    let after = STARTS.partition_point(|start| Block::new(*start).next().is_some_and(|first| *first <= *word));
    let Some(start) = after.checked_sub(1).and_then(|at| STARTS.get(at)) else { return false };
    Block::new(*start).take(BLOCK).any(|known| known == word)
}

/// The words from one place on.
struct Block {
    bit: usize,
    word: Vec<u8>,
    shared: usize,
}

impl Block {
    fn new(start: u32) -> Self {
        Self { bit: usize::try_from(start).unwrap_or(usize::MAX), word: Vec::new(), shared: 0 }
    }

    /// The next symbol: a code is as long as it must be to be among those of its length (RFC 1951, 3.2.2).
    fn symbol(&mut self) -> Option<u16> {
        let (mut code, mut first, mut index) = (0_usize, 0_usize, 0_usize);
        for count in COUNTS.iter().skip(1) {
            let byte = BLOCKS.get(self.bit / 8).filter(|_| self.bit < END)?;
            code |= usize::from(byte >> (7 - self.bit % 8) & 1);
            self.bit += 1;
            let count = usize::from(*count);
            if code < first + count {
                return SYMBOLS.get(index + code - first).copied();
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}

impl Iterator for Block {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        self.word.truncate(self.shared);
        loop {
            match self.symbol()? {
                symbol if symbol < KEEP => self.word.push(u8::try_from(symbol).unwrap_or_default()),
                keep => {
                    self.shared = usize::from(keep - KEEP);
                    return Some(self.word.clone());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const LIST: &str = include_str!("../../../../data/common-passwords/common-passwords.txt");

    #[test]
    fn the_list_is_the_one_that_its_description_names() {
        let readme = include_str!("../../../../data/common-passwords/README.md");
        assert!(readme.contains(&format!("`common-passwords.txt` | `{}`", crate::secret::digest(LIST))));
        assert_eq!(LIST.lines().count(), 19_640);
    }

    #[test]
    fn every_word_of_the_list_is_found_and_no_other() {
        let words: HashSet<&str> = LIST.lines().collect();
        let mut others = 0;
        for word in &words {
            assert!(contains(word), "{word}");
            let (last, _) = word.char_indices().next_back().unwrap();
            let near = [format!("{word}!"), format!("{}~", &word[..last])];
            for near in near.iter().filter(|near| !words.contains(near.as_str())) {
                assert!(!contains(near), "{near}");
                others += 1;
            }
        }
        assert!(others > 30_000);
        for other in ["", "\0", "\u{ff}", "\u{10ffff}", "correct horse battery", &"a".repeat(5_000)] {
            assert!(!contains(other), "{other:.20}");
        }
    }

    #[test]
    fn the_packed_list_is_small() {
        let bytes = BLOCKS.len() + size_of_val(STARTS) + size_of_val(SYMBOLS) + size_of_val(COUNTS);
        assert!(bytes < 52_000, "{bytes}");
    }
}
