//! `cargo manage audit export`: events as lines of JSON, page by page.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use portico::audit::{Event, Month, Subject};
use uuid::Uuid;

use super::subject;
use crate::console::Console;
use crate::file::PrivateFile;
use crate::site::Site;
use crate::{Failure, Finished, Outcome};

/// Which events, and where to.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct Which {
    /// Those of a month, as 2026-11, in UTC.
    #[arg(long, value_name = "MONTH", value_parser = month, conflicts_with_all = ["since", "until", "user", "group"])]
    pub month: Option<Month>,
    /// Those from this day on, as 2026-11-30, in UTC.
    #[arg(long, value_name = "DATE", conflicts_with_all = ["user", "group"])]
    pub since: Option<Date>,
    /// Those up to the end of this day, in UTC.
    #[arg(long, value_name = "DATE", conflicts_with_all = ["user", "group"])]
    pub until: Option<Date>,
    /// Those about an account: its address, its user name or its id, which is good also when it is deleted.
    #[arg(long, value_name = "USER", conflicts_with = "group")]
    pub user: Option<String>,
    /// Those about a group, also one that is deleted.
    #[arg(long, value_name = "NAME")]
    pub group: Option<String>,
    /// The file [default: -, standard output].
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

fn month(text: &str) -> Result<Month, String> {
    Month::parse(text).ok_or_else(|| "a month is written as 2026-11".to_owned())
}

/// Exports. A file is readable by its owner alone, and in its place once it is whole.
pub(super) async fn export(site: &Site, which: &Which, console: &mut dyn Console) -> Outcome {
    let span = Span::of(which, site.now())?;
    let about = match (&which.user, &which.group) {
        (Some(whom), _) => Some(subject(site, whom).await?),
        (None, Some(name)) => Some(Subject::Group(name.clone())),
        (None, None) => None,
    };
    let count = match which.output.as_deref().filter(|path| *path != Path::new("-")) {
        None => {
            let mut out = io::BufWriter::new(io::stdout());
            let count = write(site, about.as_ref(), &span, &mut out).await?;
            out.flush().map_err(|error| Failure::new(format!("standard output: {error}")))?;
            count
        }
        Some(path) => {
            let mut file = PrivateFile::create(path)?;
            let count = write(site, about.as_ref(), &span, &mut file).await?;
            file.finish()?;
            count
        }
    };
    console.warn(&format!("Exported from {}: {count} events.", site.name()));
    Ok(Finished::Whole)
}

/// From when on, and until before when.
struct Span {
    since: Option<Timestamp>,
    before: Timestamp,
}

impl Span {
    fn of(which: &Which, now: Timestamp) -> Result<Self, Failure> {
        let begin = |date: Date| -> Result<Timestamp, Failure> {
            let begin = date.to_zoned(TimeZone::UTC).map_err(|error| Failure::new(error.to_string()))?;
            Ok(begin.timestamp())
        };
        // One that is written while this runs may be among them, or not.
        let soon = now.saturating_add(SignedDuration::from_hours(1)).unwrap_or(now);
        let span = match which.month {
            Some(month) => Self { since: Some(first(month)?), before: first(month.next())? },
            None => Self {
                since: which.since.map(begin).transpose()?,
                before: match which.until {
                    Some(date) => begin(date.tomorrow().map_err(|error| Failure::new(error.to_string()))?)?,
                    None => soon,
                },
            },
        };
        if span.since.is_some_and(|since| since >= span.before) {
            return Err(Failure::new("--since is later than --until"));
        }
        Ok(span)
    }
}

/// The first instant of a month.
fn first(month: Month) -> Result<Timestamp, Failure> {
    format!("{month}-01T00:00:00Z").parse().map_err(|error: jiff::Error| Failure::new(error.to_string()))
}

/// How many events of a month are read at once.
const PAGE: usize = 1_000;

async fn write(site: &Site, about: Option<&Subject>, span: &Span, out: &mut impl Write) -> Result<u64, Failure> {
    let mut count = 0;
    let mut put = |event: &Event| -> Result<(), Failure> {
        let line = serde_json::to_string(event).map_err(|error| Failure::new(error.to_string()))?;
        writeln!(out, "{line}").map_err(|error| Failure::new(format!("the export cannot be written: {error}")))?;
        count += 1;
        Ok(())
    };
    if let Some(subject) = about {
        let mut after = None;
        loop {
            let (events, next) = site.store().first_events_of(subject, after).await?;
            events.iter().try_for_each(&mut put)?;
            after = next;
            if after.is_none() {
                return Ok(count);
            }
        }
    }
    let mut month = match span.since {
        Some(since) => Month::of(since),
        None => oldest(site).await?,
    };
    // Identifiers are in the order of time, and so it can be begun within a month.
    let mut after = span.since.map(before_all_of);
    while first(month)? < span.before {
        loop {
            let (events, next) = site.store().first_events_in(month, after, PAGE).await?;
            let wanted = |event: &&Event| event.at < span.before && span.since.is_none_or(|since| event.at >= since);
            events.iter().filter(wanted).try_for_each(&mut put)?;
            after = next;
            if after.is_none() || events.last().is_some_and(|event| event.at >= span.before) {
                break;
            }
        }
        (month, after) = (month.next(), None);
    }
    Ok(count)
}

/// A UUID that precedes all of version 7 from this instant on.
fn before_all_of(at: Timestamp) -> Uuid {
    Uuid::from_u128(u128::try_from(at.as_millisecond()).unwrap_or_default() << 80)
}

/// How many months without an event are taken for the time before the first one.
const EMPTY: u32 = 24;

/// The month of the oldest event: going back, at least as far as events are kept, until two years have none.
async fn oldest(site: &Site) -> Result<Month, Failure> {
    let now = site.now();
    let kept = SignedDuration::from_secs(site.config().audit.max_age.unwrap_or_default());
    let kept = Month::of(now.saturating_sub(kept).unwrap_or(now));
    let (mut month, mut oldest, mut empty) = (Month::of(now), Month::of(now), 0);
    while empty < EMPTY || month >= kept {
        let (events, _) = site.store().first_events_in(month, None, 1).await?;
        empty = if events.is_empty() { empty + 1 } else { 0 };
        if !events.is_empty() {
            oldest = month;
        }
        month = month.previous();
    }
    Ok(oldest)
}
