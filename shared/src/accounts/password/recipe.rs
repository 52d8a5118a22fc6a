//! How a hash is computed, what that costs, and how the same work is done for nothing.

use argon2::{Argon2, Block, Params, Version};
use pbkdf2::Algorithm::Pbkdf2Sha256;
use pbkdf2::{pbkdf2_hmac, pbkdf2_hmac_with_params};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::secret::{Secret, hex};

/// What takes the time. Work is compared only within a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Argon2id as we make it; the unit is a block of 1 KiB, filled once.
    Own,
    /// Argon2 as Django makes it: other sizes of memory take other times a block.
    Argon2,
    /// Iterations of HMAC-SHA-256.
    Pbkdf2Sha256,
    /// Iterations of HMAC-SHA-1.
    Pbkdf2Sha1,
    /// Rounds of bcrypt, with or without a SHA-256 before.
    Bcrypt,
    /// Blocks of scrypt, N r p.
    Scrypt,
}

impl Kind {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::Own, Self::Argon2, Self::Pbkdf2Sha256, Self::Pbkdf2Sha1, Self::Bcrypt, Self::Scrypt];

    /// Its name in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Argon2 => "argon2",
            Self::Pbkdf2Sha256 => "pbkdf2_sha256",
            Self::Pbkdf2Sha1 => "pbkdf2_sha1",
            Self::Bcrypt => "bcrypt",
            Self::Scrypt => "scrypt",
        }
    }
}

/// What one hash costs: its work, and the memory (in the same unit) that it goes over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cost {
    /// In the kind's unit.
    pub work: u64,
    /// 0 where memory is no matter.
    pub memory: u64,
}

/// How a hash is computed from a password.
#[derive(Debug, Clone)]
pub(super) enum Recipe {
    Own { params: Params, salt: Vec<u8> },
    Argon2 { algorithm: argon2::Algorithm, params: Params, salt: Vec<u8> },
    Pbkdf2Sha256 { iterations: u32, salt: Vec<u8> },
    Pbkdf2Sha1 { iterations: u32, salt: Vec<u8> },
    Bcrypt { cost: u32, salt: [u8; 16], digested: bool },
    Scrypt { params: scrypt::Params, salt: Vec<u8> },
}

/// The blocks that Argon2 works in.
pub(super) type Memory = Vec<Block>;

/// The salt of work done for nothing.
const NO_SALT: [u8; 16] = [0; 16];

impl Recipe {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Own { .. } => Kind::Own,
            Self::Argon2 { .. } => Kind::Argon2,
            Self::Pbkdf2Sha256 { .. } => Kind::Pbkdf2Sha256,
            Self::Pbkdf2Sha1 { .. } => Kind::Pbkdf2Sha1,
            Self::Bcrypt { .. } => Kind::Bcrypt,
            Self::Scrypt { .. } => Kind::Scrypt,
        }
    }

    pub(super) fn cost(&self) -> Cost {
        match self {
            Self::Own { params, .. } | Self::Argon2 { params, .. } => {
                let memory = params.block_count() as u64;
                Cost { work: memory * u64::from(params.t_cost()), memory }
            }
            Self::Pbkdf2Sha256 { iterations, .. } | Self::Pbkdf2Sha1 { iterations, .. } => {
                Cost { work: u64::from(*iterations), memory: 0 }
            }
            Self::Bcrypt { cost, .. } => Cost { work: 1 << cost, memory: 0 },
            Self::Scrypt { params, .. } => {
                let memory = params.n() * u64::from(params.r());
                Cost { work: memory * u64::from(params.p()), memory }
            }
        }
    }

    /// The hash, `length` bytes of it.
    pub(super) fn compute(&self, password: &[u8], length: usize, memory: &mut Memory) -> Result<Vec<u8>, String> {
        let mut output = vec![0; length];
        match self {
            Self::Own { params, salt } => {
                argon2(argon2::Algorithm::Argon2id, params, password, salt, &mut output, memory)?;
            }
            Self::Argon2 { algorithm, params, salt } => {
                argon2(*algorithm, params, password, salt, &mut output, memory)?;
            }
            Self::Pbkdf2Sha256 { iterations, salt } => match pbkdf2::Params::new(*iterations) {
                // Compiled in its own crate this is optimised in development too, where the generic form takes seconds.
                Ok(params) => pbkdf2_hmac_with_params(password, salt, Pbkdf2Sha256, params, &mut output),
                Err(_) => pbkdf2_hmac::<Sha256>(password, salt, *iterations, &mut output),
            },
            Self::Pbkdf2Sha1 { iterations, salt } => pbkdf2_hmac::<Sha1>(password, salt, *iterations, &mut output),
            Self::Bcrypt { cost, salt, digested } => {
                // Django's `bcrypt_sha256` takes the digest in hexadecimal. Of a longer password bcrypt takes 72 bytes.
                let digest = digested.then(|| Secret::new(hex(&Sha256::digest(password))));
                let password = digest.as_ref().map_or(password, |digest| digest.expose().as_bytes());
                let parts = bcrypt::hash_with_salt(password, *cost, *salt).map_err(|error| error.to_string())?;
                output = parts.to_string().into_bytes();
            }
            Self::Scrypt { params, salt } => {
                scrypt::scrypt(password, salt, params, &mut output).map_err(|error| error.to_string())?;
            }
        }
        Ok(output)
    }

    /// Recipes that do `missing` units of work of a kind for nothing, over as much memory as the hash would have taken
    /// that is not there. For a whole hash that is the same computation; what is left beside one is cut into parts.
    pub(super) fn for_nothing(kind: Kind, missing: u64, memory: u64) -> Vec<Self> {
        match kind {
            Kind::Own | Kind::Argon2 => {
                let memory = memory.max(u64::from(Params::MIN_M_COST));
                let parts = [(memory, missing / memory), (missing % memory, 1)];
                let parts = parts.into_iter().filter(|(memory, passes)| *passes > 0 && *memory >= SMALLEST_ARGON2);
                parts.filter_map(|(memory, passes)| blocks(kind, memory, passes)).collect()
            }
            Kind::Pbkdf2Sha256 | Kind::Pbkdf2Sha1 => {
                let Ok(iterations @ 1..) = u32::try_from(missing) else { return Vec::new() };
                let salt = NO_SALT.to_vec();
                if kind == Kind::Pbkdf2Sha256 {
                    vec![Self::Pbkdf2Sha256 { iterations, salt }]
                } else {
                    vec![Self::Pbkdf2Sha1 { iterations, salt }]
                }
            }
            // Each binary digit of the number of rounds is a cost.
            Kind::Bcrypt => (4..31)
                .filter(|cost| missing >> cost & 1 == 1)
                .map(|cost| Self::Bcrypt { cost, salt: NO_SALT, digested: true })
                .collect(),
            Kind::Scrypt => {
                let largest = (memory / SCRYPT_R).max(2).ilog2();
                let mut left = missing / SCRYPT_R;
                let mut recipes = Vec::new();
                while left >= 2 {
                    let log_n = left.ilog2().min(largest);
                    let p = left >> log_n;
                    left -= p << log_n;
                    recipes.extend(mix(log_n, p));
                }
                recipes
            }
        }
    }
}

/// The fewest blocks that Argon2 works with.
const SMALLEST_ARGON2: u64 = Params::MIN_M_COST as u64;
/// scrypt's usual size of a block.
const SCRYPT_R: u64 = 8;

fn blocks(kind: Kind, memory: u64, passes: u64) -> Option<Recipe> {
    let params = Params::new(u32::try_from(memory).ok()?, u32::try_from(passes).ok()?, 1, None).ok()?;
    let salt = NO_SALT.to_vec();
    Some(match kind {
        Kind::Own => Recipe::Own { params, salt },
        _ => Recipe::Argon2 { algorithm: argon2::Algorithm::Argon2id, params, salt },
    })
}

fn mix(log_n: u32, p: u64) -> Option<Recipe> {
    let params = scrypt::Params::new(u8::try_from(log_n).ok()?, 8, u32::try_from(p).ok()?).ok()?;
    Some(Recipe::Scrypt { params, salt: NO_SALT.to_vec() })
}

fn argon2(
    algorithm: argon2::Algorithm,
    params: &Params,
    password: &[u8],
    salt: &[u8],
    output: &mut [u8],
    memory: &mut Memory,
) -> Result<(), String> {
    memory.resize(params.block_count(), Block::default());
    Argon2::new(algorithm, Version::V0x13, params.clone())
        .hash_password_into_with_memory(password, salt, output, memory)
        .map_err(|error| error.to_string())
}
