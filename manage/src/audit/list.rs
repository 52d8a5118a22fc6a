//! `cargo manage audit list USER`: a table of what was done to an account.

use portico::audit::{Actor, Event, Subject};
use serde_json::Value;

use crate::console::{Console, printable};
use crate::site::Site;
use crate::{Finished, Outcome};

/// How many events are read at once, and told without --all.
const PAGE: usize = 100;

/// Lists, the latest first.
pub(super) async fn list(site: &Site, subject: &Subject, all: bool, console: &mut dyn Console) -> Outcome {
    let mut after = None;
    loop {
        let (events, more) = site.store().events_of(subject, after, PAGE).await?;
        if events.is_empty() && after.is_none() {
            console.say(&format!("There is no event about {}.", printable(&subject.to_string())));
        }
        for line in events.iter().flat_map(lines) {
            console.say(&line);
        }
        after = events.last().map(|event| event.id);
        if !more || after.is_none() {
            return Ok(Finished::Whole);
        }
        if !all {
            console.warn(&format!("There are more than {PAGE}; --all lists them too."));
            return Ok(Finished::Whole);
        }
    }
}

/// When, what, by whom and from where; below that, what has changed.
fn lines(event: &Event) -> Vec<String> {
    let at = event.at.strftime("%Y-%m-%d %H:%M:%S UTC");
    let by = match event.actor {
        Actor::User(id) if Subject::User(id) == event.subject => "the owner".to_owned(),
        Actor::User(id) => format!("account {id}"),
        Actor::Command => "the command line".to_owned(),
        Actor::Link => "a link in a mail".to_owned(),
    };
    let from = event.address.as_deref().map(|address| format!(", from {}", printable(address))).unwrap_or_default();
    let mut lines = vec![format!("{at}  {:19}  by {by}{from}", event.action.as_str())];
    lines.extend(event.changes.iter().map(|(name, change)| {
        format!("    {}: {} -> {}", printable(name), shown(&change.before), shown(&change.after))
    }));
    lines
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => printable(text),
        Value::Array(list) => format!("[{}]", list.iter().map(shown).collect::<Vec<_>>().join(", ")),
        other => printable(&other.to_string()),
    }
}
