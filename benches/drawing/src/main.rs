//! What drawing pictures costs: `drawing SIDE TIMES FILE..`.
//!
//! For each file one line: its name, what came of it, the milliseconds of CPU time of each time, and the most memory the
//! process has had so far, MiB.
#![expect(clippy::print_stdout, reason = "a program for the command line")]

use std::error::Error;
use std::fs;

use portico::media::image::{Animation, Limits, Recipe, Shape, draw};

/// The limits the documentation recommends, with room for a camera's file.
const LIMITS: Limits = Limits {
    max_bytes: 64 << 20,
    max_side: 12_000,
    max_pixels: 40_000_000,
    max_alloc: 256 << 20,
    max_frames: 300,
    max_total_pixels: 120_000_000,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = || arguments.next().ok_or("SIDE TIMES FILE..").map(|text| text.parse::<u32>());
    let (side, times) = (number()??, number()??);
    let recipe = Recipe { shape: Shape::Fit(side), thumbnails: &[], animation: Animation::Keep };
    for name in arguments {
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

/// Milliseconds of CPU that this process has used. Linux counts them in nanoseconds.
fn cpu() -> Result<f64, Box<dyn Error>> {
    let used = fs::read_to_string("/proc/self/schedstat")?;
    Ok(used.split(' ').next().ok_or("no time")?.parse::<f64>()? / 1e6)
}

/// The most memory that was resident, MiB.
fn peak() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no peak")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1_024)
}
