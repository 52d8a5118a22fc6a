//! What a password costs: the crate's own function in memory that is used again, which is the least that is possible,
//! and a verification as a log-in has it. For each one line: its name, and the milliseconds of CPU time of each round. And
//! how many passwords all cores hash in a second by the crate alone, which no server that uses it can exceed.

use std::hint::black_box;
use std::sync::Arc;
use std::thread::{self, available_parallelism};
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use portico::accounts::{Hasher, Password};
use portico::config::PasswordSettings;
use portico::rng::SystemRng;

use crate::{Outcome, PASSWORD, cpu};

pub(crate) async fn run(rounds: u32) -> Outcome {
    let settings = PasswordSettings::default();
    let mut raw = Raw::new(&settings)?;
    let hasher = Hasher::new(&settings, Arc::new(SystemRng))?;
    let hash = hasher.hash(Password::new(PASSWORD)).await?;
    let (mut crate_alone, mut verified) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let before = cpu()?;
        raw.hash()?;
        let between = cpu()?;
        if !hasher.verify(Password::new(PASSWORD), Some(hash.clone())).await? {
            return Err("the password was not taken".into());
        }
        let after = cpu()?;
        // The first round is for nothing: the memory is new.
        if round > 0 {
            crate_alone.push(format!("{:.3}", between - before));
            verified.push(format!("{:.3}", after - between));
        }
    }
    println!("raw hash\t{}", crate_alone.join(" "));
    println!("verification\t{}", verified.join(" "));
    Ok(())
}

/// Prints the number of hashes in a second, by one thread for each core.
pub(crate) fn rate(seconds: u32) -> Outcome {
    let length = Duration::from_secs(seconds.into());
    let settings = PasswordSettings::default();
    let count = |settings| -> Result<f64, String> {
        let mut raw = Raw::new(settings)?;
        // The first is for nothing: the memory is new.
        raw.hash()?;
        let (begin, mut done) = (Instant::now(), 0_u32);
        while begin.elapsed() < length {
            raw.hash()?;
            done += 1;
        }
        Ok(f64::from(done) / begin.elapsed().as_secs_f64())
    };
    let cores = available_parallelism()?.get();
    let rates = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(|| count(&settings))).collect();
        let join =
            |thread: thread::ScopedJoinHandle<'_, _>| thread.join().map_err(|_| "a thread panicked".to_owned())?;
        threads.into_iter().map(join).collect::<Result<Vec<_>, _>>()
    })?;
    println!("{:.1}", rates.iter().sum::<f64>());
    Ok(())
}

/// The crate alone, in memory that is used again.
struct Raw {
    argon2: Argon2<'static>,
    memory: Vec<Block>,
}

impl Raw {
    fn new(settings: &PasswordSettings) -> Result<Self, String> {
        let params = Params::new(settings.memory_kib, settings.iterations, settings.parallelism, Some(32))
            .map_err(|error| error.to_string())?;
        let memory = vec![Block::default(); params.block_count()];
        Ok(Self { argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params), memory })
    }

    fn hash(&mut self) -> Result<(), String> {
        let mut output = [0; 32];
        self.argon2
            .hash_password_into_with_memory(PASSWORD.as_bytes(), b"0123456789abcdef", &mut output, &mut self.memory)
            .map_err(|error| error.to_string())?;
        black_box(output);
        Ok(())
    }
}
