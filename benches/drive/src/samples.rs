//! `drive samples`: functions with an event each, cold and in turns.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::cold::Cold;
use crate::event::answer;
use crate::function::{Function, Spawn};
use crate::{Result, tell};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The samples: by the name of a function how it is started, its event, and what it must answer.
    samples: PathBuf,
    /// How often each is started.
    #[arg(long, default_value_t = 15)]
    starts: usize,
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
    // The first is not counted: the program was not in the page cache.
    for round in 0..=arguments.starts {
        for (name, sample) in &samples {
            let start = sample.start(name, arguments.verbose).map_err(|why| format!("{name}: {why}"))?;
            if round > 0 {
                starts.entry(name).or_default().push(start);
            }
        }
    }
    let summary: Map<_, _> = starts.iter().map(|(name, starts)| ((*name).clone(), Cold::summary(starts))).collect();
    for (name, starts) in &summary {
        tell(&format!("{name}: {starts}"));
    }
    Ok(Value::Object(summary))
}

impl Sample {
    fn start(&self, name: &str, verbose: bool) -> Result<Cold> {
        let function = Function::start(name, &self.start, verbose)?;
        let (start, given) = Cold::measure(function, self.event.to_string().into_bytes())?;
        self.expected.judge(&given)?;
        Ok(start)
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
