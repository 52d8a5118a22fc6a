//! gzip and Brotli at their best, once for each content; what was compressed before is taken from the cache.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};

/// A compressed form is kept where it is this many per cent of the content or less.
const WORTH: usize = 95;

/// Brotli's windows, in bits: the smallest that there is, and the largest that every browser has, 4 MiB.
const WINDOWS: std::ops::RangeInclusive<u32> = 10..=22;

/// A change of the codecs or of what they are told makes another folder of the cache.
const FORMAT: &str = "brotli-9-q11+zlib-rs-0.6-l9";

/// The two forms of a content; `None` where the form is not worth its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Forms {
    pub(crate) br: Option<Vec<u8>>,
    pub(crate) gz: Option<Vec<u8>>,
}

/// Compresses, and remembers.
pub(crate) struct Compressor {
    /// `None` remembers nothing.
    cache: Option<PathBuf>,
    count: AtomicUsize,
}

impl Compressor {
    /// With its memory in `cache`.
    pub(crate) fn new(cache: Option<&Path>) -> Self {
        Self { cache: cache.map(|cache| cache.join(FORMAT)), count: AtomicUsize::new(0) }
    }

    /// The forms of a content.
    pub(crate) fn forms(&self, content: &[u8]) -> io::Result<Forms> {
        let Some(cache) = &self.cache else { return compress(content) };
        let key = hex(&Sha256::digest(content));
        let path = cache.join(&key[..2]).join(&key[2..]);
        if let Some(forms) = fs::read(&path).ok().and_then(|entry| Forms::read(&entry)) {
            return Ok(forms);
        }
        let forms = compress(content)?;
        // A cache that cannot be written makes the next run longer, and nothing wrong.
        let _ = self.keep(&path, &forms);
        Ok(forms)
    }

    fn keep(&self, path: &Path, forms: &Forms) -> io::Result<()> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let new = path.with_extension(format!("{}-{number}", std::process::id()));
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let written = fs::write(&new, forms.entry()).and_then(|()| fs::rename(&new, path));
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        written
    }
}

impl Forms {
    /// As it is kept: the SHA-256 of the rest, the length of the Brotli form, then both.
    fn entry(&self) -> Vec<u8> {
        let br = self.br.as_deref().unwrap_or_default();
        let mut rest = (br.len() as u64).to_le_bytes().to_vec();
        rest.extend_from_slice(br);
        rest.extend_from_slice(self.gz.as_deref().unwrap_or_default());
        let mut entry = Sha256::digest(&rest).to_vec();
        entry.append(&mut rest);
        entry
    }

    /// What was kept, if it is whole.
    fn read(entry: &[u8]) -> Option<Self> {
        let (digest, rest) = entry.split_at_checked(32)?;
        if Sha256::digest(rest).as_slice() != digest {
            return None;
        }
        let (length, rest) = rest.split_at_checked(8)?;
        let length = usize::try_from(u64::from_le_bytes(length.try_into().ok()?)).ok()?;
        let (br, gz) = rest.split_at_checked(length)?;
        let form = |form: &[u8]| (!form.is_empty()).then(|| form.to_vec());
        Some(Self { br: form(br), gz: form(gz) })
    }
}

fn compress(content: &[u8]) -> io::Result<Forms> {
    let worth = |form: Vec<u8>| (form.len() * 100 <= content.len() * WORTH).then_some(form);
    let br = if content.is_empty() { None } else { worth(brotli(content)?) };
    // What Brotli gains nothing on gzip does not either.
    let gz = if br.is_some() { worth(gzip(content)?) } else { None };
    Ok(Forms { br, gz })
}

/// With a window no larger than the content: the encoder's tables, of eight bytes for each of the window's, cost more than a
/// small content does.
fn brotli(content: &[u8]) -> io::Result<Vec<u8>> {
    let bits = (content.len() + 16).next_power_of_two().ilog2().clamp(*WINDOWS.start(), *WINDOWS.end());
    let lgwin = i32::try_from(bits).unwrap_or(22);
    let params = BrotliEncoderParams { quality: 11, lgwin, size_hint: content.len(), ..Default::default() };
    let mut form = Vec::with_capacity(content.len() / 3);
    brotli::BrotliCompress(&mut &content[..], &mut form, &params)?;
    Ok(form)
}

/// Without a time and a name, so that the same content has the same form.
fn gzip(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::with_capacity(content.len() / 3), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn both_forms_give_the_content_back() {
        let content = "a{b:c}\n".repeat(500);
        let forms = compress(content.as_bytes()).unwrap();
        let mut text = String::new();
        brotli::Decompressor::new(&forms.br.unwrap()[..], 4096).read_to_string(&mut text).unwrap();
        assert_eq!(text, content);
        let gz = forms.gz.unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(&gz[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, content);
        assert_eq!(gz[4..8], [0; 4], "no time");
        assert_eq!(gzip(content.as_bytes()).unwrap(), gz);
    }

    #[test]
    fn what_gains_less_than_five_per_cent_is_not_kept() {
        let noise: Vec<u8> = (0..512_u32).map(|at| Sha256::digest(at.to_le_bytes())[0]).collect();
        assert_eq!(compress(&noise).unwrap(), Forms { br: None, gz: None });
        assert_eq!(compress(b"").unwrap(), Forms { br: None, gz: None });
    }

    #[test]
    fn the_cache_remembers_and_a_damaged_entry_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let compressor = Compressor::new(Some(folder.path()));
        let content = "x".repeat(100);
        let forms = compressor.forms(content.as_bytes()).unwrap();
        let entry = || {
            let shard = fs::read_dir(folder.path().join(FORMAT)).unwrap().next().unwrap().unwrap().path();
            fs::read_dir(shard).unwrap().next().unwrap().unwrap().path()
        };
        assert_eq!(Forms::read(&fs::read(entry()).unwrap()), Some(forms.clone()));
        for damaged in [&b""[..], b"short", &fs::read(entry()).unwrap()[1..]] {
            fs::write(entry(), damaged).unwrap();
            assert_eq!(compressor.forms(content.as_bytes()).unwrap(), forms);
        }
        let other = Forms { br: Some(b"remembered".to_vec()), gz: None };
        fs::write(entry(), other.entry()).unwrap();
        assert_eq!(compressor.forms(content.as_bytes()).unwrap(), other);
    }
}
