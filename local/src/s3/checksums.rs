//! The digests of a body: the MD5 that becomes its `ETag`, and the checksums a client asked for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};
use s3s::{S3Error, S3ErrorCode, S3Result};
use serde::{Deserialize, Serialize};

/// S3's five checksums, each base64 as on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Sums {
    pub(crate) crc32: Option<String>,
    pub(crate) crc32c: Option<String>,
    pub(crate) crc64nvme: Option<String>,
    pub(crate) sha1: Option<String>,
    pub(crate) sha256: Option<String>,
    /// Whether a multipart object's checksum is one of its parts' checksums, `COMPOSITE`.
    pub(crate) composite: bool,
}

impl Sums {
    fn slot(&mut self, algorithm: &str) -> Option<&mut Option<String>> {
        match algorithm.to_ascii_lowercase().as_str() {
            "crc32" => Some(&mut self.crc32),
            "crc32c" => Some(&mut self.crc32c),
            "crc64nvme" => Some(&mut self.crc64nvme),
            "sha1" => Some(&mut self.sha1),
            "sha256" => Some(&mut self.sha256),
            _ => None,
        }
    }

    /// The value of one algorithm, by the name S3 gives it, in any case.
    pub(crate) fn get(&self, algorithm: &str) -> Option<String> {
        self.clone().slot(algorithm)?.take()
    }

    /// The sums with one value set; an unknown algorithm changes nothing.
    pub(crate) fn with(mut self, algorithm: &str, value: Option<String>) -> Self {
        if let Some(slot) = self.slot(algorithm) {
            *slot = value;
        }
        self
    }

    /// Takes every `x-amz-checksum-*` of trailers or form fields.
    pub(crate) fn read(&mut self, name: &str, value: &str) {
        if let Some(algorithm) = name.strip_prefix("x-amz-checksum-")
            && let Some(slot) = self.slot(algorithm)
        {
            *slot = Some(value.to_owned());
        }
    }

    /// What `ChecksumType` says of these sums; nothing when there are none.
    pub(crate) fn kind(&self) -> Option<s3s::dto::ChecksumType> {
        let none = Self { composite: self.composite, ..Self::default() };
        (*self != none).then(|| {
            let kind = if self.composite { "COMPOSITE" } else { "FULL_OBJECT" };
            s3s::dto::ChecksumType::from(kind.to_owned())
        })
    }

    fn pairs<'a>(&'a self, other: &'a Self) -> [(&'static str, Option<&'a str>, Option<&'a str>); 5] {
        [
            ("crc32", self.crc32.as_deref(), other.crc32.as_deref()),
            ("crc32c", self.crc32c.as_deref(), other.crc32c.as_deref()),
            ("crc64nvme", self.crc64nvme.as_deref(), other.crc64nvme.as_deref()),
            ("sha1", self.sha1.as_deref(), other.sha1.as_deref()),
            ("sha256", self.sha256.as_deref(), other.sha256.as_deref()),
        ]
    }

    /// Compares what a client claimed with these computed sums. `BadDigest` when one differs.
    pub(crate) fn verify(&self, claimed: &Self) -> S3Result<()> {
        for (name, computed, claimed) in self.pairs(claimed) {
            if claimed.is_some() && claimed != computed {
                return Err(S3Error::with_message(
                    S3ErrorCode::BadDigest,
                    format!("The {name} you specified did not match the calculated checksum."),
                ));
            }
        }
        Ok(())
    }
}

/// What a client says its body is, before (headers) and after it (trailers).
#[derive(Clone, Debug, Default)]
pub(crate) struct Claims {
    /// `Content-MD5`, base64.
    pub(crate) md5: Option<String>,
    /// The checksums given by value.
    pub(crate) sums: Sums,
    /// The algorithms to compute, named alone or given in a trailer.
    pub(crate) algorithms: Vec<String>,
}

impl Claims {
    /// Adds the algorithms a request announces in `x-amz-trailer`.
    pub(crate) fn announced(mut self, headers: &HeaderMap) -> Self {
        for value in headers.get_all("x-amz-trailer") {
            let names = value.to_str().unwrap_or_default().split(',');
            self.algorithms
                .extend(names.filter_map(|name| name.trim().strip_prefix("x-amz-checksum-")).map(str::to_owned));
        }
        self
    }

    /// The kind of checksum that a part comes with, `null` for none, where it is not the one that its upload was begun
    /// with. A part without one is fine where the whole object's is computed, and a CRC32, which SDKs send unasked,
    /// where the upload was begun with none.
    pub(crate) fn unlike(&self, expected: Option<&str>, composite: bool) -> Option<String> {
        const ALGORITHMS: [&str; 5] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];
        let actual = ALGORITHMS.into_iter().find(|name| self.wants(name));
        match (expected, actual) {
            (Some(expected), Some(actual)) if expected.eq_ignore_ascii_case(actual) => None,
            (Some(_), None) if !composite => None,
            (None, None | Some("crc32")) => None,
            _ => Some(actual.unwrap_or("null").to_owned()),
        }
    }

    fn wants(&self, algorithm: &str) -> bool {
        self.sums.get(algorithm).is_some() || self.algorithms.iter().any(|name| name.eq_ignore_ascii_case(algorithm))
    }
}

/// The running digests of a body.
pub(crate) struct Digests {
    md5: Md5,
    others: ChecksumHasher,
}

impl Digests {
    /// MD5, and whatever the client claims or asks for.
    pub(crate) fn for_claims(claims: &Claims) -> Self {
        Self {
            md5: Md5::new(),
            others: ChecksumHasher {
                crc32: claims.wants("crc32").then(Crc32::new),
                crc32c: claims.wants("crc32c").then(Crc32c::new),
                sha1: claims.wants("sha1").then(Sha1::new),
                sha256: claims.wants("sha256").then(Sha256::new),
                crc64nvme: claims.wants("crc64nvme").then(Crc64Nvme::new),
            },
        }
    }

    pub(crate) fn update(&mut self, data: &[u8]) {
        self.md5.update(data);
        self.others.update(data);
    }

    /// The MD5 and the sums of all that was read.
    pub(crate) fn finish(self) -> ([u8; 16], Sums) {
        let sums = self.others.finalize();
        let sums = Sums {
            crc32: sums.checksum_crc32,
            crc32c: sums.checksum_crc32c,
            crc64nvme: sums.checksum_crc64nvme,
            sha1: sums.checksum_sha1,
            sha256: sums.checksum_sha256,
            composite: false,
        };
        (self.md5.finalize(), sums)
    }
}

/// Checks a body's digests against the client's claims: `BadDigest`, or `InvalidDigest` for nonsense.
pub(crate) fn verify(md5: &[u8; 16], sums: &Sums, claims: &Claims) -> S3Result<()> {
    if let Some(claimed) = &claims.md5 {
        let Ok(claimed) = STANDARD.decode(claimed) else {
            return Err(S3ErrorCode::InvalidDigest.into());
        };
        if claimed != md5 {
            return Err(S3Error::with_message(
                S3ErrorCode::BadDigest,
                "The Content-MD5 you specified did not match what we received.",
            ));
        }
    }
    sums.verify(&claims.sums)
}

/// The checksum of a multipart object out of its parts' checksums: `base64(H(p1 p2 ..))-N`.
pub(crate) fn composite(algorithm: &str, parts: &[String]) -> Option<String> {
    let mut digests = Digests::for_claims(&Claims { algorithms: vec![algorithm.to_owned()], ..Claims::default() });
    for part in parts {
        digests.update(&STANDARD.decode(part).ok()?);
    }
    let (_, sums) = digests.finish();
    Some(format!("{}-{}", sums.get(algorithm)?, parts.len()))
}

/// Lower-case hexadecimal, as an `ETag` holds it.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The `Sums` of any of `s3s`'s inputs.
macro_rules! claimed_sums {
    ($input:expr) => {
        $crate::s3::checksums::Sums {
            crc32: $input.checksum_crc32.clone(),
            crc32c: $input.checksum_crc32c.clone(),
            crc64nvme: $input.checksum_crc64nvme.clone(),
            sha1: $input.checksum_sha1.clone(),
            sha256: $input.checksum_sha256.clone(),
            composite: false,
        }
    };
}

/// Sets the five checksum fields of any of `s3s`'s outputs.
macro_rules! set_sums {
    ($output:expr, $sums:expr) => {{
        let sums: $crate::s3::checksums::Sums = $sums;
        $output.checksum_crc32 = sums.crc32;
        $output.checksum_crc32c = sums.crc32c;
        $output.checksum_crc64nvme = sums.crc64nvme;
        $output.checksum_sha1 = sums.sha1;
        $output.checksum_sha256 = sums.sha256;
    }};
}

pub(crate) use {claimed_sums, set_sums};
