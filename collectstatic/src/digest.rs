//! MD5, by which Django names files: it tells contents apart, and protects nothing.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};

/// The MD5 of a content.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Digest([u8; 16]);

/// How much of a large file is in memory.
const CHUNK: usize = 256 << 10;

impl Digest {
    /// Of a content that is at hand.
    pub fn of(content: &[u8]) -> Self {
        Self(Md5::digest(content).into())
    }

    /// Of a file of any size.
    ///
    /// # Errors
    /// That it cannot be read.
    pub fn of_file(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut hasher = Md5::new();
        let mut chunk = vec![0; CHUNK.min(usize::try_from(file.metadata()?.len()).unwrap_or(CHUNK) + 1)];
        loop {
            match file.read(&mut chunk)? {
                0 => return Ok(Self(hasher.finalize().into())),
                length => hasher.update(&chunk[..length]),
            }
        }
    }

    /// Its sixteen bytes.
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// All 32 digits.
    pub fn hex(self) -> String {
        self.0.iter().fold(String::with_capacity(32), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// The 12 digits that stand in a name.
    pub fn short(self) -> String {
        let mut hex = self.hex();
        hex.truncate(12);
        hex
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

/// Django's name of a content: `css/site.css` is `css/site.5f0c1c8b3a2d.css`. As in Python's `splitext`, a dot at the
/// beginning of a name begins no ending.
pub(crate) fn hashed_name(name: &str, hash: &str) -> String {
    let start = name.rfind('/').map_or(0, |at| at + 1);
    let file = &name[start..];
    let dots = file.len() - file.trim_start_matches('.').len();
    let end = file[dots..].rfind('.').map_or(name.len(), |at| start + dots + at);
    format!("{}.{hash}{}", &name[..end], &name[end..])
}

/// The name of the file that `hashed` is a name of, if it looks like one: `css/site.css` for
/// `css/site.5f0c1c8b3a2d.css`.
pub fn plain_name(hashed: &str) -> Option<String> {
    let mut dots = hashed.rmatch_indices('.').map(|(at, _)| at).take(2);
    dots.find_map(|at| {
        let hash = hashed.get(at + 1..at + 13)?;
        let is_hash = hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let plain = format!("{}{}", &hashed[..at], &hashed[at + 13..]);
        (is_hash && hashed_name(&plain, hash) == hashed).then_some(plain)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_hash_leads_back_to_its_file() {
        for name in
            ["css/site.css", "a.min.js", "LICENSE", "a.b/LICENSE", ".well", "..a.b", "x/.a.b", "a.", "한/글.css"]
        {
            assert_eq!(plain_name(&hashed_name(name, "5f0c1c8b3a2d")).as_deref(), Some(name));
        }
        let none =
            ["css/site.css", "a.5F0C1C8B3A2D.css", "a.5f0c1c8b3a2.css", "a.5f0c1c8b3a2d.min.css", "5f0c1c8b3a2d", ""];
        for name in none {
            assert_eq!(plain_name(name), None, "{name}");
        }
    }

    #[test]
    fn names_are_djangos() {
        for (name, hashed) in [
            ("css/site.css", "css/site.H.css"),
            ("a.min.js", "a.min.H.js"),
            ("LICENSE", "LICENSE.H"),
            ("a.b/LICENSE", "a.b/LICENSE.H"),
            (".well", ".well.H"),
            ("..a.b", "..a.H.b"),
            ("x/.a.b", "x/.a.H.b"),
            ("a.", "a.H."),
        ] {
            assert_eq!(hashed_name(name, "H"), hashed, "{name}");
        }
        assert_eq!(Digest::of(b"").short(), "d41d8cd98f00");
    }
}
