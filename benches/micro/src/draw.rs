//! What drawing pictures costs. For each file one line: its name, what came of it, the milliseconds of CPU time of each
//! time, and the most memory the process has had so far, MiB.

use std::error::Error;
use std::fs;

use portico::media::image::{Animation, Limits, Recipe, Shape, draw};

use crate::{Outcome, cpu};

/// The limits the documentation recommends, with room for a camera's file.
const LIMITS: Limits = Limits {
    max_bytes: 64 << 20,
    max_side: 12_000,
    max_pixels: 40_000_000,
    max_alloc: 256 << 20,
    max_frames: 300,
    max_total_pixels: 120_000_000,
};

pub(crate) fn run(side: u32, times: u32, files: impl Iterator<Item = String>) -> Outcome {
    let recipe = Recipe { shape: Shape::Fit(side), thumbnails: &[], animation: Animation::Keep };
    for name in files {
        let bytes = fs::read(&name)?;
        let mut answer = String::new();
        let mut costs = Vec::new();
        for _ in 0..times {
            let before = cpu()?;
            let drawn = draw(&bytes, None, &recipe, &LIMITS);
            costs.push(format!("{:.2}", cpu()? - before));
            answer = match drawn {
                Ok(drawn) => format!("{}x{} {}", drawn.main.width, drawn.main.height, drawn.main.bytes.len()),
                Err(rejection) => rejection.code().to_owned(),
            };
        }
        println!("{name}\t{answer}\t{}\t{}", costs.join(" "), peak()?);
    }
    Ok(())
}

/// The most memory that was resident, MiB.
fn peak() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no peak")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1_024)
}
