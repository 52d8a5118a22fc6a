//! The log: one line a request, in JSON for machines or readable for people. No secret can get into it: what holds
//! one has no way to show it, and neither bodies nor queries are logged.

use std::error::Error as StdError;
use std::fmt::Debug;
use std::time::Duration;

use http::StatusCode;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{self, FmtContext};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::meter::Cost;

/// What is known of a request when it is done.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) method: &'a str,
    pub(crate) route: &'a str,
    pub(crate) status: StatusCode,
    pub(crate) code: &'a str,
    pub(crate) duration: Duration,
    pub(crate) user: Option<String>,
    pub(crate) session: &'a str,
    pub(crate) session_ended: &'a str,
    pub(crate) address: &'a str,
    pub(crate) cost: Cost,
    pub(crate) error: &'a str,
}

impl Line<'_> {
    /// Writes the line: an error for 5xx, a warning for what a client did wrong, information otherwise.
    pub(crate) fn write(&self) {
        macro_rules! line {
            ($level:expr) => {
                tracing::event!(
                    target: "portico::request",
                    $level,
                    request_id = self.request_id,
                    method = self.method,
                    route = self.route,
                    status = self.status.as_u16(),
                    code = self.code,
                    duration_ms = self.duration.as_secs_f64() * 1000.0,
                    user = self.user.as_deref().unwrap_or_default(),
                    session = self.session,
                    session_ended = self.session_ended,
                    address = self.address,
                    dynamodb_calls = self.cost.calls,
                    dynamodb_trips = self.cost.trips,
                    read_units = self.cost.read_units,
                    write_units = self.cost.write_units,
                    error = self.error,
                )
            };
        }
        match self.status.as_u16() {
            500.. => line!(Level::ERROR),
            400.. => line!(Level::WARN),
            _ => line!(Level::INFO),
        }
    }
}

/// Tells a developer which address led nowhere. Not the log of a deployed site, as a mistyped link can hold a secret: a release
/// build has no line below `info` (`Cargo.toml`).
pub(crate) fn no_route(path: &str) {
    tracing::debug!(target: "portico::no_route", path, "no route leads here");
}

/// An error with all of its causes, in one line.
pub fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Lines of JSON on standard output: what CloudWatch reads.
pub fn init_json() {
    let format = fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(false);
    let _ = tracing_subscriber::registry().with(format.with_filter(LevelFilter::INFO)).try_init();
}

/// Readable lines on standard error: what `runserver` shows.
pub fn init_readable() {
    use std::io::IsTerminal as _;
    // The engines log every answer that is an error, also the ones that are part of the day's work.
    let quiet = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target("portico::no_route", LevelFilter::DEBUG)
        .with_target("dynoxide", LevelFilter::OFF)
        .with_target("s3s", LevelFilter::OFF);
    let ansi = std::io::stderr().is_terminal();
    let format = fmt::layer().with_writer(std::io::stderr).with_ansi(ansi).event_format(Readable);
    let _ = tracing_subscriber::registry().with(format.with_filter(quiet)).try_init();
}

/// `13:05:01 POST /login 303 21 ms · 11 calls in 3 trips, 2 RCU 9 WCU · user 0190..`
struct Readable;

#[derive(Default)]
struct Collected(Vec<(&'static str, String)>);

impl Collected {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }
}

impl Visit for Collected {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push((field.name(), format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        // Control characters would let a request draw on the terminal (ASVS 16.4.1).
        self.0.push((field.name(), value.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        let text = format!("{value:.1}");
        self.0.push((field.name(), text.strip_suffix(".0").unwrap_or(&text).to_owned()));
    }
}

impl<S, N> FormatEvent<S, N> for Readable
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> std::fmt::Result {
        let mut fields = Collected::default();
        event.record(&mut fields);
        let time = jiff::Timestamp::now().strftime("%H:%M:%S").to_string();
        let level = *event.metadata().level();
        let color = match level {
            _ if !out.has_ansi_escapes() => "",
            Level::ERROR => "\u{1b}[31m",
            Level::WARN => "\u{1b}[33m",
            _ => "\u{1b}[32m",
        };
        let reset = if color.is_empty() { "" } else { "\u{1b}[0m" };
        if event.metadata().target() != "portico::request" {
            write!(out, "{time} {color}{level}{reset} {}", fields.get("message"))?;
            for (name, value) in fields.0.iter().filter(|(name, value)| *name != "message" && !value.is_empty()) {
                write!(out, " {name}={value}")?;
            }
            return writeln!(out);
        }
        let get = |name| fields.get(name);
        write!(
            out,
            "{time} {} {} {color}{}{reset} {} ms",
            get("method"),
            get("route"),
            get("status"),
            get("duration_ms")
        )?;
        if get("dynamodb_calls") != "0" {
            write!(
                out,
                " · {} calls in {} trips, {} RCU {} WCU",
                get("dynamodb_calls"),
                get("dynamodb_trips"),
                get("read_units"),
                get("write_units")
            )?;
        }
        if !get("user").is_empty() {
            write!(out, " · user {}", get("user"))?;
        }
        if !get("session_ended").is_empty() {
            write!(out, " · session {} ended: {}", get("session"), get("session_ended"))?;
        }
        if !get("error").is_empty() {
            write!(out, " · {} · request {}", get("error"), get("request_id"))?;
        }
        writeln!(out)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The readable line of a request whose session has ended, or has not.
    fn readable(session_ended: &str) -> String {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber =
            fmt::Subscriber::builder().with_ansi(false).event_format(Readable).with_writer(move || writer.clone());
        tracing::subscriber::with_default(subscriber.finish(), || {
            Line {
                request_id: "of-the-request",
                method: "GET",
                route: "/profile",
                status: StatusCode::SEE_OTHER,
                code: "",
                duration: Duration::from_millis(21),
                user: None,
                session: "kim.0123",
                session_ended,
                address: "192.0.2.1",
                cost: Cost { calls: 1, trips: 1, read_units: 2.0, write_units: 0.0 },
                error: "",
            }
            .write();
        });
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_readable_line_says_which_session_has_ended_and_why() {
        let line = readable("idle");
        let expected = "GET /profile 303 21 ms · 1 calls in 1 trips, 2 RCU 0 WCU · session kim.0123 ended: idle\n";
        assert!(line.ends_with(expected), "{line}");
        assert!(!readable("").contains("session"), "one that lives is of no interest");
    }
}
