//! What single steps cost, each in a process of its own: `micro STEP ARGUMENTS..`.
//!
//! | step | what |
//! |---|---|
//! | `draw SIDE TIMES FILE..` | a picture is drawn as `process-upload` draws it |
//! | `sign ROUNDS` | a form for an upload, and an address for a download, are signed |
//! | `hash ROUNDS` | a password is hashed by the crate alone, in memory that is used again; and by [`portico`] |
//! | `hash-rate SECONDS` | passwords are hashed by the crate alone, on all cores |
//! | `log-out-all SESSIONS` | all sessions of somebody are ended, over the pages |
#![expect(clippy::print_stdout, reason = "a program for the command line")]

mod draw;
mod hash;
mod log_out_all;
mod sign;

use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

use nix::time::ClockId;

/// Of whoever logs in.
const PASSWORD: &str = "bench-Passw0rd-9";

type Outcome = Result<(), Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("draw") => draw::run(number(&mut arguments)?, number(&mut arguments)?, arguments),
        Some("sign") => sign::run(number(&mut arguments)?).await,
        Some("hash") => hash::run(number(&mut arguments)?).await,
        Some("hash-rate") => hash::rate(number(&mut arguments)?),
        Some("log-out-all") => log_out_all::run(number(&mut arguments)?).await,
        _ => Err("micro draw|sign|hash|hash-rate|log-out-all ARGUMENTS..".into()),
    }
}

fn number<T: FromStr>(arguments: &mut impl Iterator<Item = String>) -> Result<T, Box<dyn Error>> {
    let text = arguments.next().ok_or("a number is missing")?;
    text.parse().map_err(|_| format!("{text} is no number").into())
}

/// Milliseconds of CPU that this process has used, in all of its threads, those that have ended too. What `/proc` shows of a
/// thread that runs is up to a tick old, which is a third of a hash.
fn cpu() -> Result<f64, Box<dyn Error>> {
    Ok(Duration::from(ClockId::CLOCK_PROCESS_CPUTIME_ID.now()?).as_secs_f64() * 1e3)
}
