//! What Argon2id costs, by several crates: `argon2-ways WAY TIMES`.
//!
//! One line: the hash, what was chosen for this processor where the crate tells, and the milliseconds of CPU time of each
//! time. The first of them is the first in the process; `TIMES` more follow.
#![expect(clippy::print_stdout, reason = "a program for the command line")]

use std::error::Error;

use argon2::Block;
use rustix::time::{ClockId, clock_gettime};

const PASSWORD: &[u8] = b"correct horse battery";
const SALT: &[u8; 16] = b"sixteen of salt.";
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;

type Output = [u8; 32];
type Answer = Result<Output, Box<dyn Error>>;
type Way = Box<dyn FnMut() -> Answer>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(name), Some(times)) = (arguments.next(), arguments.next()) else { return Err("WAY TIMES".into()) };
    let mut way = way(&name)?;
    let mut hash = Output::default();
    let mut costs = Vec::new();
    for _ in 0..=times.parse::<u32>()? {
        let before = cpu();
        hash = way()?;
        costs.push(format!("{:.3}", cpu() - before));
    }
    let hash = hash.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let chosen = if name.starts_with("argon2-rust") { argon2_rust::detected_backend().name() } else { "" };
    println!("{hash}\t{chosen}\t{}", costs.join(" "));
    Ok(())
}

fn way(name: &str) -> Result<Way, Box<dyn Error>> {
    Ok(match name {
        "argon2-fresh" => {
            let argon2 = argon2()?;
            Box::new(move || {
                let mut output = Output::default();
                argon2.hash_password_into(PASSWORD, SALT, &mut output).map_err(|error| error.to_string())?;
                Ok(output)
            })
        }
        // As the product does: it has memory from the hash before, or makes it.
        "argon2-made" => Box::new(|| over(&mut Vec::new())),
        "argon2-reused" => {
            let mut memory = Vec::new();
            Box::new(move || over(&mut memory))
        }
        "argon2-rust-fresh" => {
            let argon2 = argon2_rust()?;
            Box::new(move || {
                let mut output = Output::default();
                argon2.hash_into(PASSWORD, SALT, &mut output)?;
                Ok(output)
            })
        }
        "argon2-rust-reused" => {
            let mut hasher = argon2_rust()?.hasher();
            Box::new(move || {
                let mut output = Output::default();
                hasher.hash_into(PASSWORD, SALT, &mut output)?;
                Ok(output)
            })
        }
        "rust-argon2" => Box::new(|| {
            let config = sru_argon2::Config {
                mem_cost: MEMORY,
                time_cost: PASSES,
                lanes: 1,
                hash_length: 32,
                variant: sru_argon2::Variant::Argon2id,
                ..sru_argon2::Config::default()
            };
            given(&sru_argon2::hash_raw(PASSWORD, SALT, &config)?)
        }),
        "orion" => Box::new(|| {
            use orion::hazardous::kdf::argon2::{Argon2, CostParams, ID, Sequential};
            let mut output = Output::default();
            let cost = CostParams::new(PASSES, MEMORY, 1)?;
            Argon2::<ID, Sequential>::derive_key(PASSWORD, SALT, &cost, None, None, &mut output)?;
            Ok(output)
        }),
        "dryoc" => Box::new(|| {
            use dryoc::classic::crypto_pwhash::{PasswordHashAlgorithm, crypto_pwhash};
            let mut output = Output::default();
            let bytes = MEMORY as usize * 1_024;
            crypto_pwhash(&mut output, PASSWORD, SALT, PASSES.into(), bytes, PasswordHashAlgorithm::Argon2id13)?;
            Ok(output)
        }),
        #[cfg(feature = "libsodium")]
        "libsodium" => {
            libsodium_rs::ensure_init()?;
            Box::new(|| {
                use libsodium_rs::crypto_pwhash::argon2id::pwhash;
                given(&pwhash(32, PASSWORD, SALT, PASSES.into(), MEMORY as usize * 1_024)?)
            })
        }
        _ => return Err(format!("there is no way {name}").into()),
    })
}

fn argon2() -> Result<argon2::Argon2<'static>, Box<dyn Error>> {
    let params = argon2::Params::new(MEMORY, PASSES, 1, Some(32)).map_err(|error| error.to_string())?;
    Ok(argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params))
}

fn argon2_rust() -> Result<argon2_rust::Argon2, Box<dyn Error>> {
    use argon2_rust::params::{Memory, TagLen};
    let params = argon2_rust::Params::builder().memory(Memory::kib(MEMORY.into())).passes(PASSES).lanes(1);
    let params = params.tag_len(TagLen::bytes(32)).build()?;
    Ok(argon2_rust::Argon2::new(argon2_rust::Algorithm::Argon2id, argon2_rust::Version::V0x13, params))
}

/// `shared/src/accounts/password/recipe.rs`, word for word.
fn over(memory: &mut Vec<Block>) -> Answer {
    let argon2 = argon2()?;
    let mut output = Output::default();
    memory.resize(argon2.params().block_count(), Block::default());
    argon2.hash_password_into_with_memory(PASSWORD, SALT, &mut output, memory).map_err(|error| error.to_string())?;
    Ok(output)
}

fn given(bytes: &[u8]) -> Answer {
    Ok(bytes.try_into()?)
}

/// Milliseconds of CPU that this process has used.
#[expect(clippy::cast_precision_loss, reason = "a process that runs for seconds")]
fn cpu() -> f64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    used.tv_sec as f64 * 1e3 + used.tv_nsec as f64 / 1e6
}
