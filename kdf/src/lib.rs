//! The key derivation functions of passwords.
//!
//! The crates that have them are generic, and what is generic is compiled with whoever calls it. So it is called here, where
//! it is compiled for speed, and by functions that are not inlined into a crate that is compiled for size (the profiles of the
//! workspace's `Cargo.toml`).

#![forbid(unsafe_code)]

use argon2::{Algorithm, Argon2, Block, Params, Version};
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::Sha256;

/// Argon2 (RFC 9106) in `memory`, which becomes as large as `params` wants it: in memory that has been used a hash takes little
/// more than half the time.
#[inline(never)]
pub fn argon2(
    algorithm: Algorithm,
    params: &Params,
    password: &[u8],
    salt: &[u8],
    output: &mut [u8],
    memory: &mut Vec<Block>,
) -> Result<(), argon2::Error> {
    memory.resize(params.block_count(), Block::default());
    Argon2::new(algorithm, Version::V0x13, params.clone())
        .hash_password_into_with_memory(password, salt, output, memory)
}

/// PBKDF2 (RFC 8018) of HMAC-SHA-256.
#[inline(never)]
pub fn pbkdf2_sha256(password: &[u8], salt: &[u8], iterations: u32, output: &mut [u8]) {
    pbkdf2_hmac::<Sha256>(password, salt, iterations, output);
}

/// PBKDF2 (RFC 8018) of HMAC-SHA-1.
#[inline(never)]
pub fn pbkdf2_sha1(password: &[u8], salt: &[u8], iterations: u32, output: &mut [u8]) {
    pbkdf2_hmac::<Sha1>(password, salt, iterations, output);
}

/// bcrypt, as it is stored: `$2b$12$..`. It takes 72 bytes of a password.
#[inline(never)]
pub fn bcrypt(password: &[u8], cost: u32, salt: [u8; 16]) -> Result<String, bcrypt::BcryptError> {
    Ok(bcrypt::hash_with_salt(password, cost, salt)?.to_string())
}

/// scrypt (RFC 7914).
#[inline(never)]
pub fn scrypt(
    password: &[u8],
    salt: &[u8],
    params: &scrypt::Params,
    output: &mut [u8],
) -> Result<(), scrypt::errors::InvalidOutputLen> {
    scrypt::scrypt(password, salt, params, output)
}
