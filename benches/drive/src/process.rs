//! CPU time and memory of processes, as the kernel tells them.

use std::fs;
use std::iter;
use std::time::Duration;

use nix::time::ClockId;
use nix::unistd::Pid;
use serde::Serialize;

use crate::statistics::rounded;

/// A process and those it has started.
#[derive(Clone, Copy)]
pub(crate) struct Tree {
    root: i32,
}

/// What a tree has in memory, MiB: pages that processes share count for each.
#[derive(Clone, Copy, Default, Serialize)]
pub(crate) struct Memory {
    /// Now: `VmRSS`.
    pub(crate) rss_mib: f64,
    /// The most of each process so far: `VmHWM`.
    pub(crate) peak_mib: f64,
}

impl Tree {
    pub(crate) fn new(root: i32) -> Self {
        Self { root }
    }

    /// This very process.
    pub(crate) fn own() -> Self {
        Self { root: Pid::this().as_raw() }
    }

    /// Seconds of CPU time that the living processes have used, threads that have ended included: the kernel's clock of
    /// each, which is exact where `/proc/PID/stat` counts in hundredths of a second.
    pub(crate) fn cpu(self) -> f64 {
        self.processes().into_iter().filter_map(cpu).sum()
    }

    pub(crate) fn memory(self) -> Memory {
        let status = |pid: i32| fs::read_to_string(format!("/proc/{pid}/status")).ok();
        let each = self.processes().into_iter().filter_map(status);
        let memory = each.fold(Memory::default(), |sum, status| Memory {
            rss_mib: sum.rss_mib + mebibytes(&status, "VmRSS:"),
            peak_mib: sum.peak_mib + mebibytes(&status, "VmHWM:"),
        });
        Memory { rss_mib: rounded(memory.rss_mib), peak_mib: rounded(memory.peak_mib) }
    }

    fn processes(self) -> Vec<i32> {
        let mut processes = vec![self.root];
        let mut next = 0;
        while let Some(process) = processes.get(next) {
            let found = children(*process);
            processes.extend(found);
            next += 1;
        }
        processes
    }
}

fn cpu(pid: i32) -> Option<f64> {
    let time = ClockId::pid_cpu_clock_id(Pid::from_raw(pid)).and_then(ClockId::now);
    time.ok().map(|time| Duration::from(time).as_secs_f64())
}

/// A process's children, whichever of its threads has started them.
fn children(pid: i32) -> Vec<i32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let lists = threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect()
}

fn mebibytes(status: &str, name: &str) -> f64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|rest| rest.trim().strip_suffix(" kB")).and_then(|number| number.parse::<f64>().ok());
    kibibytes.unwrap_or_default() / 1_024.0
}

/// Seconds for which the machine's cores were busy since it started, time that a hypervisor took included.
pub(crate) fn machine_busy() -> f64 {
    const IDLE: [usize; 2] = [3, 4];
    /// Of `/proc/stat`, on every Linux that there is.
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let first = stat.lines().next().unwrap_or_default();
    // What is behind `steal` is time of guests, which is counted before, too.
    let fields = first.split_whitespace().skip(1).take(8).map(|field| field.parse::<f64>().unwrap_or_default());
    let busy: f64 = iter::zip(0.., fields).filter(|(place, _)| !IDLE.contains(place)).map(|(_, ticks)| ticks).sum();
    busy / TICKS_PER_SECOND
}
