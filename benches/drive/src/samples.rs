//! `drive samples`: functions with an event each, cold and then warm, in turns.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::cold::Cold;
use crate::event::answer;
use crate::function::{Function, Spawn};
use crate::statistics::{Spread, number};
use crate::{Result, tell};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The samples: by the name of a function how it is started, its event, and what it must answer.
    samples: PathBuf,
    /// How often each is started.
    #[arg(long, default_value_t = 15)]
    starts: usize,
    /// How often each process is given the event again.
    #[arg(long, default_value_t = 20)]
    warm: usize,
    /// Shows what the functions log.
    #[arg(long)]
    verbose: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    start: Spawn,
    event: Value,
    expected: Expected,
}

/// As in `tests/fixtures/events.json`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Expected {
    /// Exactly that, of a function that nobody visits.
    Answer { answer: Value },
    /// A page or an object, and how its content type begins.
    Page {
        status: u16,
        #[serde(rename = "type")]
        kind: String,
    },
}

pub(crate) fn measure(arguments: &Arguments) -> Result<Value> {
    let text = fs::read_to_string(&arguments.samples)?;
    let samples: BTreeMap<String, Sample> = serde_json::from_str(&text)?;
    let mut starts = BTreeMap::<_, Vec<Cold>>::new();
    let mut warm = BTreeMap::<_, Vec<f64>>::new();
    // The first is not counted: the program was not in the page cache.
    for round in 0..=arguments.starts {
        for (name, sample) in &samples {
            let (start, again) = sample.measure(name, arguments).map_err(|why| format!("{name}: {why}"))?;
            if round > 0 {
                starts.entry(name).or_default().push(start);
                warm.entry(name).or_default().push(again);
            }
        }
    }
    let summary: Map<_, _> = starts
        .iter()
        .map(|(name, starts)| {
            let mut summary = Cold::summary(starts);
            summary["warm_cpu_ms"] = json!(Spread::of(warm[name].iter().copied()));
            ((*name).clone(), summary)
        })
        .collect();
    for (name, measured) in &summary {
        tell(&format!("{name}: {measured}"));
    }
    Ok(Value::Object(summary))
}

impl Sample {
    /// Starts it, and asks it for the same again and again. Gives the first answer, and the milliseconds of CPU time of one
    /// after it.
    fn measure(&self, name: &str, arguments: &Arguments) -> Result<(Cold, f64)> {
        let event = self.event.to_string().into_bytes();
        let mut function = Function::start(name, &self.start, arguments.verbose)?;
        let (start, given) = Cold::measure(&mut function, event.clone())?;
        self.expected.judge(&given)?;
        let before = function.cpu_ms();
        for _ in 0..arguments.warm {
            self.expected.judge(&function.invoke(event.clone())?.answer)?;
        }
        Ok((start, (function.cpu_ms() - before) / number(arguments.warm.max(1))))
    }
}

impl Expected {
    fn judge(&self, given: &[u8]) -> Result<()> {
        let right = match self {
            Self::Answer { answer } => serde_json::from_slice::<Value>(given)? == *answer,
            Self::Page { status, kind } => {
                let given = answer(given)?;
                given.status == *status && given.header("content-type").unwrap_or_default().starts_with(kind)
            }
        };
        let shown = || String::from_utf8_lossy(&given[..given.len().min(300)]).into_owned();
        if right { Ok(()) } else { Err(format!("another answer was expected: {}", shown()).into()) }
    }
}
