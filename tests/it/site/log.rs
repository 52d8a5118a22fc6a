//! The log of all tests, kept so that a test can find the line of its request, and look for what must not be there.

use std::io::{self, Write};
use std::sync::{Mutex, Once, PoisonError};

use portico::meter::Cost;
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Begins to keep the log, as AWS would get it.
pub(crate) fn capture() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let format =
            tracing_subscriber::fmt().json().flatten_event(true).with_current_span(false).with_span_list(false);
        format.with_max_level(tracing::Level::INFO).with_writer(Keep).init();
    });
}

/// All lines so far.
pub(crate) fn lines() -> Vec<String> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The line of one request.
pub(crate) fn line(request_id: &str) -> Line {
    let known = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    let lines = known.iter().rev().filter(|line| line.contains(request_id));
    let lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut of_request = lines.filter(|line| line["target"] == "portico::request" && line["request_id"] == request_id);
    Line(of_request.next().unwrap_or_else(|| panic!("the log has no line of {request_id}")))
}

/// The line of the newest event whose key has this in it.
pub(crate) fn job(key: &str) -> Line {
    let known = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    let lines = known.iter().rev().filter(|line| line.contains(key));
    let lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut of_key = lines.filter(|line| line["target"] == "portico::job");
    let of_key = of_key.find(|line| line["key"].as_str().is_some_and(|whole| whole.contains(key)));
    Line(of_key.unwrap_or_else(|| panic!("the log has no event of {key}")))
}

/// A line of the log.
#[derive(Debug)]
pub(crate) struct Line(pub(crate) Value);

impl Line {
    /// What the request, or the event, cost.
    pub(crate) fn cost(&self) -> Cost {
        let number = |name: &str| u32::try_from(self.0[name].as_u64().unwrap()).unwrap();
        Cost {
            calls: number("dynamodb_calls"),
            trips: number("dynamodb_trips"),
            read_units: self.0["read_units"].as_f64().unwrap(),
            write_units: self.0["write_units"].as_f64().unwrap(),
        }
    }
}

struct Keep;

impl<'a> MakeWriter<'a> for Keep {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

impl Write for Keep {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap_or_else(PoisonError::into_inner).push(String::from_utf8_lossy(bytes).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
