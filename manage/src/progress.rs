//! How far a long command is: a bar on a terminal, a line now and then elsewhere.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Where nobody looks at a bar, this often there is a line: per cent.
const STEP: u64 = 10;

/// Nor is there a line before this: what is quick is done before anybody asks.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is smaller is done before anybody asks.
const WORTH_TELLING: u64 = 1 << 20;

/// Counts what was done of what there is.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    total: u64,
    told: u64,
    begun: Instant,
}

impl Progress {
    /// Of `total`, in bytes.
    pub(crate) fn of_bytes(total: u64) -> Self {
        let shown = total >= WORTH_TELLING && io::stderr().is_terminal();
        let bar = shown.then(|| {
            let style = ProgressStyle::with_template("{bar:40} {percent:>3}%  {msg}  {elapsed}, {eta} to go");
            ProgressBar::new(total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { bar, total, told: 0, begun: Instant::now() }
    }

    /// Of nobody knows how much: on a terminal what was done so far, and nothing elsewhere.
    pub(crate) fn of_unknown() -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{spinner} {msg}  {elapsed}");
            ProgressBar::no_length().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        });
        Self { bar, total: 0, told: 0, begun: Instant::now() }
    }

    /// Says something else, with the bar out of the way.
    pub(crate) fn aside(&self, say: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }

    /// `done` of the total; `what` was done so far, in words that are only made where they are shown.
    pub(crate) fn tell(&mut self, done: u64, what: impl Fn() -> String) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
            bar.set_message(what());
            return;
        }
        let percent = (done.saturating_mul(100)).checked_div(self.total).unwrap_or(100);
        if self.total >= WORTH_TELLING && percent >= self.told + STEP && self.begun.elapsed() >= PATIENCE {
            self.told = percent - percent % STEP;
            let _ = writeln!(io::stderr(), "{percent} %: {}", what());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
