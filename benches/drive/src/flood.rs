//! What members notice of a flood of log-ins.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::load::{Crowd, Measured, Target};
use crate::statistics::{Spread, number, rounded};
use crate::{Result, tell};

/// Who reads their profile meanwhile, and who tries passwords.
const MEMBERS: usize = 8;
const GUESSERS: usize = 16;
/// More than anybody tries in one measurement.
const GUESSES: usize = 1_000_000;

/// A round: the profile without the flood, and with it.
pub(crate) struct Flood {
    alone: Measured,
    flooded: Measured,
    guesses_per_second: f64,
}

pub(crate) fn measure(target: &Target, most: Duration, requests: usize) -> Result<Flood> {
    let members = Crowd { target, step: "profile", connections: MEMBERS, requests };
    let alone = members.measure(most)?;
    let guessers = Crowd { target, step: "guess", connections: GUESSERS, requests: GUESSES };
    let mut guesses_per_second = 0.0;
    // The members are ready, and logged in, before the flood begins.
    let flooded = members.measure_amid(most, |work| {
        guessers.work(|gate| {
            gate.open();
            // It is a flood once everybody has had an answer or two.
            while gate.answered() < 2 * GUESSERS && !gate.has_failed() && !gate.is_over() {
                thread::sleep(Duration::from_millis(10));
            }
            let (began, before) = (Instant::now(), gate.answered());
            work();
            guesses_per_second = number(gate.answered() - before) / began.elapsed().as_secs_f64();
        })?;
        Ok(())
    })?;
    let flood = Flood { alone, flooded, guesses_per_second: rounded(guesses_per_second) };
    tell(&format!("  {}: profile alone: {}", target.name, flood.alone.line()));
    tell(&format!("  {}: profile, {guesses_per_second:.0} log-ins/s beside it: {}", target.name, flood.flooded.line()));
    Ok(flood)
}

impl Flood {
    pub(crate) fn summary(rounds: &[&Self]) -> Value {
        let spread = |of: fn(&Self) -> f64| Spread::of(rounds.iter().map(|flood| of(flood)));
        json!({
            "alone_p50_ms": spread(|flood| flood.alone.p50_ms),
            "alone_p99_ms": spread(|flood| flood.alone.p99_ms),
            "flooded_p50_ms": spread(|flood| flood.flooded.p50_ms),
            "flooded_p99_ms": spread(|flood| flood.flooded.p99_ms),
            "p99_ratio": spread(|flood| flood.flooded.p99_ms / flood.alone.p99_ms),
            "guesses_per_second": spread(|flood| flood.guesses_per_second),
        })
    }
}
