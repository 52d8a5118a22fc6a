//! Reads a stored hash: our own PHC strings here, Django's encodings in `django.rs`.

use std::fmt;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{Algorithm as Variant, Params, Version};

use super::accepted::{Accepted, Algorithm};
use super::django;
use super::recipe::Recipe;

/// A hash that a password can be held against.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) recipe: Recipe,
    pub(super) expected: Vec<u8>,
}

/// Why a stored text is nobody's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// Nothing, or Django's `!`: there is no password.
    Unusable,
    /// No encoding that is known, or a broken one.
    Malformed,
    /// By an algorithm that `PASSWORD_HASHERS` leaves out.
    NotAccepted(Algorithm),
    /// More work than `PASSWORD_HASHERS` allows.
    TooExpensive(Algorithm),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unusable => f.write_str("there is no password"),
            Self::Malformed => f.write_str("this is no hash that is known"),
            Self::NotAccepted(algorithm) => write!(f, "PASSWORD_HASHERS leaves {} out", algorithm.name()),
            Self::TooExpensive(algorithm) => {
                write!(f, "the hash costs more than PASSWORD_HASHERS allows to {}", algorithm.name())
            }
        }
    }
}

/// The bytes of a hash of ours.
pub(super) const OUTPUT: usize = 32;
/// Longer texts are no hashes.
const LONGEST: usize = 512;

impl Stored {
    /// Reads `text` and weighs it before anything is computed.
    pub(super) fn read(text: &str, accepted: &Accepted) -> Result<Self, Unreadable> {
        if text.is_empty() || text.starts_with('!') {
            return Err(Unreadable::Unusable);
        }
        if text.len() > LONGEST {
            return Err(Unreadable::Malformed);
        }
        // Ours are told by their first character: Django's begin with a name.
        let (name, read): (_, fn(&str) -> Option<Self>) = match text.split_once('$') {
            Some(("", _)) => ("argon2", own),
            Some((name, _)) => (name, django::read),
            None => return Err(Unreadable::Malformed),
        };
        let algorithm = Algorithm::named(name).ok_or(Unreadable::Malformed)?;
        let limit = accepted.limit(algorithm).ok_or(Unreadable::NotAccepted(algorithm))?;
        let stored = read(text).ok_or(Unreadable::Malformed)?;
        let work = stored.recipe.cost().work;
        let within = match algorithm {
            Algorithm::Bcrypt | Algorithm::BcryptSha256 => {
                work <= 1_u64.checked_shl(u32::try_from(limit).unwrap_or(0)).unwrap_or(0)
            }
            _ => work <= limit,
        };
        if within { Ok(stored) } else { Err(Unreadable::TooExpensive(algorithm)) }
    }
}

/// Writes a hash of ours.
pub(super) fn write(params: &Params, salt: &[u8], output: &[u8]) -> Result<String, String> {
    let phc = || -> Result<Phc, argon2::password_hash::phc::Error> {
        Ok(Phc {
            algorithm: Variant::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(params).unwrap_or_default(),
            salt: Some(Salt::new(salt)?),
            hash: Some(Output::new(output)?),
        })
    };
    Ok(phc().map_err(|error| error.to_string())?.to_string())
}

/// `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`.
fn own(text: &str) -> Option<Stored> {
    let (variant, params, salt, expected) = phc(text)?;
    (variant == Variant::Argon2id && expected.len() == OUTPUT)
        .then_some(Stored { recipe: Recipe::Own { params, salt }, expected })
}

/// The parts of a PHC string of Argon2.
pub(super) fn phc(text: &str) -> Option<(Variant, Params, Vec<u8>, Vec<u8>)> {
    let hash = Phc::new(text).ok()?;
    let variant = Variant::try_from(hash.algorithm.as_str()).ok()?;
    let params = Params::try_from(&hash).ok().filter(|_| hash.version == Some(Version::V0x13.into()))?;
    Some((variant, params, hash.salt?.to_vec(), hash.hash?.as_bytes().to_vec()))
}
