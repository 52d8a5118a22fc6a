//! What a signature costs that lets a browser send a file, or fetch one. For each kind one line: its name, and the
//! microseconds of CPU time that one took in each round.

use std::hint::black_box;

use http::Method;
use jiff::{SignedDuration, Timestamp};
use local::{Options, Stack};
use portico::media::{Afterwards, ContentDisposition, Sending};

use crate::{Outcome, cpu};

/// How many are signed in a round.
const TIMES: u32 = 5_000;

/// How large the file may be.
const BYTES: u64 = 2_097_152;

const KEY: &str = "uploads/01981c5e-7a3b-7c5d-9e2f-1a2b3c4d5e6f/01981c5e-8b4c-7d6e-af30-2b3c4d5e6f70";

pub(crate) async fn run(rounds: u32) -> Outcome {
    let stack = Stack::start(Options::in_memory(".")).await?;
    let (media, clock) = (stack.app().media(), stack.app().clock());
    let disposition = ContentDisposition::inline("photo.png");
    let sending = |size, now: Timestamp| {
        let expires = now + SignedDuration::from_mins(5);
        Sending { key: KEY, content_type: "image/png", size, sha256: None, expires }
    };
    let kinds: [(&str, &dyn Fn() -> Outcome); 3] = [
        ("POST policy", &|| {
            let now = clock.now();
            black_box(media.presign_post(&sending(1..=BYTES, now), Afterwards::NoContent, now)?);
            Ok(())
        }),
        ("PUT", &|| {
            let now = clock.now();
            black_box(media.presign_put(&sending(BYTES..=BYTES, now), now)?);
            Ok(())
        }),
        ("GET", &|| {
            let age = SignedDuration::from_mins(1);
            black_box(media.signed_download(KEY, &disposition, "image/png", &Method::GET, age, clock.now())?);
            Ok(())
        }),
    ];
    let mut costs = kinds.map(|(name, _)| (name, Vec::new()));
    // The first round is for nothing: code and memory are touched for the first time.
    for round in 0..=rounds {
        for ((_, sign), (_, costs)) in kinds.iter().zip(&mut costs) {
            let before = cpu()?;
            for _ in 0..TIMES {
                sign()?;
            }
            if round > 0 {
                costs.push(format!("{:.3}", (cpu()? - before) * 1e3 / f64::from(TIMES)));
            }
        }
    }
    for (name, costs) in costs {
        println!("{name}\t{}", costs.join(" "));
    }
    stack.shutdown().await;
    Ok(())
}
