//! The first answer of a process.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Result;
use crate::function::Function;
use crate::process::Memory;
use crate::statistics::{Spread, milliseconds};

/// What it took.
pub(crate) struct Cold {
    /// From the start of the process until it asks for work.
    init: Duration,
    /// From there to the answer.
    invoke: Duration,
    /// From the start of the process to the answer.
    first_answer: Duration,
    /// Milliseconds of CPU time until then.
    cpu_ms: f64,
    /// Then.
    memory: Memory,
}

impl Cold {
    /// Gives a function that has just been started its first event. The answer is to be judged yet.
    pub(crate) fn measure(function: &mut Function, event: Vec<u8>) -> Result<(Self, Vec<u8>)> {
        let invoked = function.invoke(event)?;
        let (cpu_ms, memory) = (function.cpu_ms(), function.memory());
        let (init, invoke, first_answer) = (function.init, invoked.latency, invoked.since_start);
        Ok((Self { init, invoke, first_answer, cpu_ms, memory }, invoked.answer))
    }

    pub(crate) fn summary(starts: &[Self]) -> Value {
        let spread = |of: fn(&Self) -> f64| Spread::of(starts.iter().map(of));
        json!({
            "starts": starts.len(),
            "init_ms": spread(|start| milliseconds(start.init)),
            "invoke_ms": spread(|start| milliseconds(start.invoke)),
            "first_answer_ms": spread(|start| milliseconds(start.first_answer)),
            "cpu_ms": spread(|start| start.cpu_ms),
            "rss_mib": spread(|start| start.memory.rss_mib),
            "peak_mib": spread(|start| start.memory.peak_mib),
        })
    }
}
