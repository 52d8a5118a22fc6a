//! `cargo manage calibrate-argon2`: measures Argon2id on this machine and suggests the `ARGON2_*` settings.
//!
//! Memory is what makes guessing expensive for those who guess by the million, so that as much is taken as is given;
//! then as many passes as fit into the time (RFC 9106, 4). Lanes are computed one after another here, so that more of
//! them would help only those who guess: one is suggested.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use portico::accounts::{Hasher, Password};
use portico::config::PasswordSettings;
use portico::rng::SystemRng;

use crate::Failure;

/// Suggests ARGON2_* settings for this machine.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The memory that one hash may take, in MiB.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(19..=1024))]
    memory_mib: u32,
    /// The time that one hash may take, in milliseconds.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    budget_ms: u64,
}

/// What a hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cost {
    memory_kib: u32,
    iterations: u32,
}

/// OWASP's minimum, which is also the least that the settings accept. Never less, however slow the machine.
const FLOOR: Cost = Cost { memory_kib: 19_456, iterations: 2 };
/// The most passes that the settings accept.
const MOST_PASSES: u32 = 64;
/// Hashes at each cost: the middle one counts.
const RUNS: usize = 5;

pub(crate) fn run(args: &Args) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_time().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::new(error.to_string()).tell(),
    };
    let budget = Duration::from_millis(args.budget_ms);
    let mut measured = Vec::new();
    let suggested = suggest(args.memory_mib * 1024, budget, |cost| {
        let time = runtime.block_on(measure(cost))?;
        measured.push((cost, time));
        Ok::<_, String>(time)
    });
    match suggested {
        Ok(cost) => match write!(io::stdout(), "{}", report(cost, budget, &measured)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => Failure::new(error.to_string()).tell(),
        },
        Err(error) => Failure::new(error).tell(),
    }
}

/// The costliest hash within the memory and the time; [`FLOOR`] where there is none.
fn suggest<E>(
    memory_kib: u32,
    budget: Duration,
    mut measure: impl FnMut(Cost) -> Result<Duration, E>,
) -> Result<Cost, E> {
    let mut cost = Cost { memory_kib: memory_kib.max(FLOOR.memory_kib), ..FLOOR };
    let mut time = measure(cost)?;
    // Time goes with memory, nearly: a few steps are enough.
    while time > budget && cost.memory_kib > FLOOR.memory_kib {
        let fits = f64::from(cost.memory_kib) * budget.as_secs_f64() / time.as_secs_f64();
        // At least a MiB less each time, in whole MiB, so that it ends.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "less than what it was")]
        let fits = (fits as u32).min(cost.memory_kib - 1_024) / 1_024 * 1_024;
        cost.memory_kib = fits.max(FLOOR.memory_kib);
        time = measure(cost)?;
    }
    while time <= budget && cost.iterations < MOST_PASSES {
        let more = Cost { iterations: cost.iterations + 1, ..cost };
        // What one pass takes is known by now: nothing is measured that cannot fit.
        if time / cost.iterations * more.iterations > budget {
            break;
        }
        time = measure(more)?;
        if time > budget {
            break;
        }
        cost = more;
    }
    Ok(cost)
}

async fn measure(cost: Cost) -> Result<Duration, String> {
    let settings = PasswordSettings {
        memory_kib: cost.memory_kib,
        iterations: cost.iterations,
        parallelism: 1,
        ..PasswordSettings::default()
    };
    let hasher = Hasher::new(&settings, Arc::new(SystemRng))?;
    let mut times = Vec::with_capacity(RUNS);
    // The first one warms up: it takes the memory from the system.
    for _ in 0..=RUNS {
        let begun = Instant::now();
        hasher.hash(Password::new("correct horse battery")).await.map_err(|error| portico::log::chain(&error))?;
        times.push(begun.elapsed());
    }
    times.remove(0);
    times.sort();
    Ok(times[RUNS / 2])
}

fn report(cost: Cost, budget: Duration, measured: &[(Cost, Duration)]) -> String {
    let mut text = String::from("memory    passes  one hash\n");
    for (Cost { memory_kib, iterations }, time) in measured {
        let time = time.as_secs_f64() * 1_000.0;
        let _ = writeln!(text, "{:>5} MiB  {iterations:>6}  {time:>5.0} ms", memory_kib / 1_024);
    }
    let slow = measured.iter().any(|(known, time)| *known == cost && *time > budget);
    if slow {
        let _ = writeln!(
            text,
            "\nEven the least that is allowed takes longer here than the {} ms asked for.",
            budget.as_millis()
        );
    }
    let Cost { memory_kib, iterations } = cost;
    let _ = write!(
        text,
        "\nARGON2_MEMORY_KIB={memory_kib}\nARGON2_ITERATIONS={iterations}\nARGON2_PARALLELISM=1\n\n\
         Measured on this machine; a Lambda function of 1,769 MB has one whole vCPU, which may be another. Hashes of other\n\
         costs stay good and are replaced when their owners log in.\n"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine that takes so many nanoseconds a block, and what is suggested for it.
    fn suggested(nanos: u64, memory_mib: u32, budget_ms: u64) -> Cost {
        let machine = |cost: Cost| {
            Ok::<_, ()>(Duration::from_nanos(nanos * u64::from(cost.memory_kib) * u64::from(cost.iterations)))
        };
        suggest(memory_mib * 1_024, Duration::from_millis(budget_ms), machine).unwrap()
    }

    #[test]
    fn memory_comes_first_and_then_passes() {
        assert_eq!(suggested(500, 64, 100), Cost { memory_kib: 65_536, iterations: 3 });
        assert_eq!(suggested(500, 1_024, 100), Cost { memory_kib: 97 * 1_024, iterations: 2 });
        assert_eq!(suggested(1, 64, 100), Cost { memory_kib: 65_536, iterations: MOST_PASSES });
    }

    #[test]
    fn never_less_than_the_floor() {
        assert_eq!(suggested(50_000, 64, 10), FLOOR);
        assert_eq!(suggested(500, 19, 20), FLOOR);
    }

    #[test]
    fn the_report_says_what_to_set() {
        let text = report(FLOOR, Duration::from_millis(10), &[(FLOOR, Duration::from_millis(80))]);
        assert!(text.contains("ARGON2_MEMORY_KIB=19456\nARGON2_ITERATIONS=2\nARGON2_PARALLELISM=1"), "{text}");
        assert!(text.contains("takes longer here"), "{text}");
    }

    #[tokio::test]
    async fn a_hash_is_measured() {
        assert!(measure(FLOOR).await.unwrap() > Duration::ZERO);
    }
}
