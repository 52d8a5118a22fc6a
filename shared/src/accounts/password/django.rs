//! Django's encodings of hashes, `algorithm$cost$salt$hash`, so that people keep their passwords.

use argon2::Algorithm as Variant;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::recipe::Recipe;
use super::stored::{Stored, phc};

/// Reads a hash that Django's `make_password` has made, by any hasher of 5.2 that is a slow one.
pub(super) fn read(text: &str) -> Option<Stored> {
    let (algorithm, rest) = text.split_once('$')?;
    match algorithm {
        "argon2" => argon2(text.strip_prefix(algorithm)?),
        "pbkdf2_sha256" => pbkdf2(rest, 32, |iterations, salt| Recipe::Pbkdf2Sha256 { iterations, salt }),
        "pbkdf2_sha1" => pbkdf2(rest, 20, |iterations, salt| Recipe::Pbkdf2Sha1 { iterations, salt }),
        "bcrypt_sha256" => bcrypt(rest, true),
        "bcrypt" => bcrypt(rest, false),
        "scrypt" => scrypt(rest),
        _ => None,
    }
}

/// `argon2$argon2id$v=19$m=102400,t=2,p=8$<salt>$<hash>`; before Django 3.2 it was Argon2i.
fn argon2(text: &str) -> Option<Stored> {
    let (algorithm, params, salt, expected) = phc(text)?;
    matches!(algorithm, Variant::Argon2id | Variant::Argon2i)
        .then_some(Stored { recipe: Recipe::Argon2 { algorithm, params, salt }, expected })
}

/// `<iterations>$<salt>$<hash>`. The salt is text, taken as it stands.
fn pbkdf2(rest: &str, length: usize, recipe: impl Fn(u32, Vec<u8>) -> Recipe) -> Option<Stored> {
    let [iterations, salt, hash] = parts(rest)?;
    let iterations = number(iterations)?.try_into().ok()?;
    let expected = bytes(hash, length)?;
    Some(Stored { recipe: recipe(iterations, salted(salt)?), expected })
}

/// `$2b$12$<salt><hash>`, with bcrypt's own alphabet.
fn bcrypt(rest: &str, digested: bool) -> Option<Stored> {
    // `2x` is a hash by an implementation that was broken; bcrypt's other versions compute alike.
    let parts: bcrypt::HashParts = rest.parse().ok().filter(|_| !rest.starts_with("$2x"))?;
    let cost = parts.get_cost();
    let recipe = Recipe::Bcrypt { cost, salt: parts.get_salt_raw(), digested };
    (4..=31).contains(&cost).then(|| Stored { recipe, expected: parts.to_string().into_bytes() })
}

/// `<n>$<salt>$<r>$<p>$<hash>`.
fn scrypt(rest: &str) -> Option<Stored> {
    let [n, salt, r, p, hash] = parts(rest)?;
    let (n, r, p) = (number(n)?, number(r)?, number(p)?);
    // Bounds within which the product of the three fits; what is acceptable is far below them.
    let sound = n.is_power_of_two() && (2..1 << 42).contains(&n) && r.checked_mul(p).is_some_and(|rp| rp < 1 << 20);
    if !sound {
        return None;
    }
    let params =
        scrypt::Params::new(u8::try_from(n.ilog2()).ok()?, u32::try_from(r).ok()?, u32::try_from(p).ok()?).ok()?;
    let expected = bytes(hash, 64)?;
    Some(Stored { recipe: Recipe::Scrypt { params, salt: salted(salt)? }, expected })
}

/// Exactly so many parts.
fn parts<const N: usize>(text: &str) -> Option<[&str; N]> {
    text.split('$').collect::<Vec<_>>().try_into().ok()
}

/// A number from 1, in digits alone.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number > 0)
}

fn salted(salt: &str) -> Option<Vec<u8>> {
    (!salt.is_empty()).then(|| salt.as_bytes().to_vec())
}

/// Base64 of exactly so many bytes.
fn bytes(text: &str, length: usize) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok().filter(|bytes| bytes.len() == length)
}
