//! Files with mistakes that nobody thought of: each is answered, soon, and nothing panics.

use std::time::{Duration, Instant};

use super::*;

/// Numbers that are the same in each run (Knuth's MMIX generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }
}

/// A file with a few mistakes in it: bytes exchanged, taken out, put in twice, filled with one value.
fn spoilt(bytes: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(bytes.len());
        let to = (at + 1 + numbers.below(16)).min(bytes.len());
        match numbers.below(6) {
            0 => bytes[at] ^= 1 << numbers.below(8),
            1 => bytes[at..to].fill([0, 0xFF, 0x80, b' '][numbers.below(4)]),
            2 => drop(bytes.drain(at..to)),
            3 => {
                let copy = bytes[at..to].to_vec();
                bytes.splice(at..at, copy);
            }
            4 => bytes.truncate(at.max(1)),
            _ => bytes[at] = u8::try_from(numbers.below(256)).unwrap(),
        }
        if bytes.is_empty() {
            bytes.push(0);
        }
    }
    bytes
}

#[tokio::test]
async fn hundreds_of_malformed_files_are_each_answered_soon() {
    let mut numbers = Numbers(20_251_127);
    let made = [
        ("a small MP4", FileType::Mp4, mp4(b"")),
        ("a small WebM", FileType::Webm, webm(b"")),
        ("text", FileType::Text, TEXT.into()),
    ];
    let found = FIXTURES.iter().map(|&(name, file_type, bytes)| (name, file_type, bytes.to_vec()));
    let mut refused = 0;
    for (name, file_type, bytes) in found.chain(made) {
        for number in 0..100 {
            let source = Long::whole(spoilt(&bytes, &mut numbers));
            let start = Instant::now();
            refused += usize::from(inspect(&source, file_type).await.unwrap().is_err());
            let (reads, _) = source.cost();
            assert!(start.elapsed() < Duration::from_millis(200), "{name} {number}: {:?}", start.elapsed());
            assert!(reads <= 8, "{name} {number}: {reads} reads");
        }
    }
    assert!(refused > 500, "{refused} of 1,200: most mistakes are in what is not looked at");
}

#[tokio::test]
async fn noise_behind_a_good_beginning_is_refused() {
    let mut numbers = Numbers(7);
    for (name, file_type, bytes) in FIXTURES {
        for _ in 0..50 {
            let noise = (0..500).map(|_| u8::try_from(numbers.below(256)).unwrap());
            let file: Vec<_> = bytes[..16].iter().copied().chain(noise).collect();
            assert!(check(file, *file_type).await.is_err(), "{name}");
        }
    }
}
