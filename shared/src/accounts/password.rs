//! Passwords: Argon2id in PHC strings, equal work for whoever is asked about, and no more hashes at once than cores.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

use crate::config::PasswordSettings;
use crate::error::{Error, Result};
use crate::rng::Rng;
use crate::secret::{Secret, same};

/// A password as somebody typed it, in NFC: the same characters typed on another keyboard are the same password.
/// That is the one change made to it (ASVS 6.2.8).
#[derive(Clone, Debug, Default)]
pub struct Password(Secret);

impl Password {
    /// Takes what was typed.
    pub fn new(text: &str) -> Self {
        Self(Secret::new(text.nfc().collect::<String>()))
    }

    /// Its characters (Unicode code points).
    pub fn length(&self) -> usize {
        self.0.expose().chars().count()
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.expose().is_empty()
    }

    /// Whether both are the same, in constant time.
    pub fn same_as(&self, other: &Self) -> bool {
        self.0.same_as(&other.0)
    }

    /// The text, for a backend that has another system look at it. It must get into no log.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    fn bytes(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }
}

/// A stored hash: a PHC string.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The hash of no password (Django's `set_unusable_password`): nobody logs in by it, and as it is random, nothing
    /// that was bound to another one is good for it.
    pub fn unusable(rng: &dyn Rng) -> Self {
        Self(format!("!{}", rng.token()))
    }

    /// The text, for the store and for what is bound to it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Hashes and verifies. One for a process: it holds the memory that Argon2 works in, and the queue for it.
pub struct Hasher {
    params: Params,
    turns: Arc<Semaphore>,
    wait: Duration,
    rng: Arc<dyn Rng>,
    blocks: Arc<Mutex<Blocks>>,
}

/// Memory for Argon2. Fresh memory costs a hash half of its time in page faults, so that blocks are used again; when
/// nobody has logged in for a while they are given back.
#[derive(Default)]
struct Blocks {
    idle: Vec<Vec<Block>>,
    /// Counts the hashes.
    uses: u64,
}

/// How long blocks are kept for the next hash.
const KEPT: Duration = Duration::from_secs(10);

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").field("params", &self.params).finish_non_exhaustive()
    }
}

const OUTPUT: usize = 32;

impl Hasher {
    /// Prepares hashing at the configured cost.
    ///
    /// # Errors
    /// When Argon2 does not accept the parameters together.
    pub fn new(settings: &PasswordSettings, rng: Arc<dyn Rng>) -> Result<Self, String> {
        let params = Params::new(settings.memory_kib, settings.iterations, settings.parallelism, Some(OUTPUT))
            .map_err(|error| format!("ARGON2_*: {error}"))?;
        Ok(Self {
            params,
            turns: Arc::new(Semaphore::new(settings.concurrency.max(1))),
            wait: Duration::from_millis(settings.wait_ms),
            rng,
            blocks: Arc::default(),
        })
    }

    /// Hashes a new password with a fresh salt.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash> {
        let salt = self.rng.bytes::<16>();
        let output = self.compute(password, self.params.clone(), salt.to_vec()).await?;
        let text = phc(&self.params, &salt, &output).map_err(|error| Error::internal(error.to_string()))?;
        Ok(PasswordHash(text))
    }

    /// Whether `password` is what `hash` was made of. Without a hash the work is done all the same, and the answer
    /// is no. A hash that cannot be read is nobody's.
    pub async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<bool> {
        let Some((params, salt, expected)) = hash.as_ref().and_then(|hash| read(&hash.0)) else {
            let salt = self.rng.bytes::<16>();
            self.compute(password, self.params.clone(), salt.to_vec()).await?;
            return Ok(false);
        };
        let output = self.compute(password, params, salt).await?;
        Ok(same(&output, &expected))
    }

    async fn compute(&self, password: Password, params: Params, salt: Vec<u8>) -> Result<[u8; OUTPUT]> {
        let turn = tokio::time::timeout(self.wait, self.turns.clone().acquire_owned());
        // More work than there is time for is shed, so that the rest is answered (ASVS 15.2.2).
        let turn = turn.await.map_err(|_| Error::Unavailable("too many passwords to hash at once".into()))?;
        let turn = turn.map_err(Error::internal)?;
        let blocks = self.blocks.clone();
        let work = move || {
            let _turn = turn;
            let mut memory = lock(&blocks).idle.pop().unwrap_or_default();
            memory.resize(params.block_count(), Block::default());
            let mut output = [0; OUTPUT];
            let result = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into_with_memory(
                password.bytes(),
                &salt,
                &mut output,
                &mut memory,
            );
            let mut blocks = lock(&blocks);
            blocks.idle.push(memory);
            blocks.uses += 1;
            result.map(|()| output)
        };
        // Off the thread that answers other requests.
        let result = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
        self.release_later();
        result.map_err(|error| Error::internal(error.to_string()))
    }

    /// Gives the memory back if no other hash follows soon.
    fn release_later(&self) {
        let blocks = self.blocks.clone();
        let uses = lock(&blocks).uses;
        tokio::spawn(async move {
            tokio::time::sleep(KEPT).await;
            let mut blocks = lock(&blocks);
            if blocks.uses == uses {
                blocks.idle.clear();
            }
        });
    }
}

fn lock(blocks: &Mutex<Blocks>) -> MutexGuard<'_, Blocks> {
    blocks.lock().unwrap_or_else(PoisonError::into_inner)
}

fn phc(params: &Params, salt: &[u8], output: &[u8]) -> Result<String, argon2::password_hash::phc::Error> {
    Ok(Phc {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).unwrap_or_default(),
        salt: Some(Salt::new(salt)?),
        hash: Some(Output::new(output)?),
    }
    .to_string())
}

fn read(text: &str) -> Option<(Params, Vec<u8>, Vec<u8>)> {
    let hash = Phc::new(text).ok()?;
    let output = hash.hash.filter(|output| output.len() == OUTPUT)?;
    let known = hash.algorithm == Algorithm::Argon2id.ident() && hash.version == Some(Version::V0x13.into());
    let params = Params::try_from(&hash).ok()?;
    known.then(|| (params, hash.salt.map(|salt| salt.to_vec()).unwrap_or_default(), output.as_bytes().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;

    fn hasher() -> Hasher {
        let settings = PasswordSettings {
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
            concurrency: 2,
            wait_ms: 10_000,
            min_length: 10,
            max_bytes: 4_096,
        };
        Hasher::new(&settings, Arc::new(SystemRng)).unwrap()
    }

    #[tokio::test]
    async fn a_hash_is_a_phc_string_that_verifies_its_password_alone() {
        let hasher = hasher();
        let hash = hasher.hash(Password::new("correct horse")).await.unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        assert!(hasher.verify(Password::new("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify(Password::new("correct horsf"), Some(hash)).await.unwrap());
        assert!(!hasher.verify(Password::new("correct horse"), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_malformed_hash_is_nobodys() {
        for text in ["", "!", "$argon2id$", "$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA", "plain"] {
            assert!(!hasher().verify(Password::new("x"), Some(PasswordHash(text.into()))).await.unwrap(), "{text}");
        }
    }

    #[test]
    fn the_same_characters_typed_otherwise_are_the_same_password() {
        assert!(Password::new("e\u{301}t\u{e9}").same_as(&Password::new("\u{e9}te\u{301}")));
    }
}
