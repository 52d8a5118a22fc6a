//! What a password costs: the crate's own function in memory that is used again, which is the least that is possible,
//! and a verification as a log-in has it. For each one line: its name, and the milliseconds of CPU time of each round.

use std::hint::black_box;
use std::sync::Arc;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use portico::accounts::{Hasher, Password};
use portico::config::PasswordSettings;
use portico::rng::SystemRng;

use crate::{Outcome, PASSWORD, cpu};

pub(crate) async fn run(rounds: u32) -> Outcome {
    let settings = PasswordSettings::default();
    let params = Params::new(settings.memory_kib, settings.iterations, settings.parallelism, Some(32))
        .map_err(|error| error.to_string())?;
    let mut memory = vec![Block::default(); params.block_count()];
    let raw = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hasher = Hasher::new(&settings, Arc::new(SystemRng))?;
    let hash = hasher.hash(Password::new(PASSWORD)).await?;
    let (mut crate_alone, mut verified) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let before = cpu()?;
        let mut output = [0; 32];
        raw.hash_password_into_with_memory(PASSWORD.as_bytes(), b"0123456789abcdef", &mut output, &mut memory)
            .map_err(|error| error.to_string())?;
        black_box(output);
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
