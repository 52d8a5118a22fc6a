//! The trail as it is read: by administrators a month at a time, by those whom it concerns what was done to them.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use uuid::Uuid;

use super::{Action, Actor, Change, Event, Subject};
use crate::accounts::{User, UserId};
use crate::context::Context;
use crate::error::Result;
use crate::user_agent::UserAgent;

/// A month of the calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The month of an instant.
    pub fn of(at: Timestamp) -> Self {
        let date = at.to_zoned(TimeZone::UTC);
        Self { year: date.year(), month: date.month() }
    }

    /// Parses `2026-11`, and no other form.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let parsed = Self { year: year.parse().ok()?, month: month.parse().ok()? };
        let sound = (1..=12).contains(&parsed.month) && (2000..=9999).contains(&parsed.year);
        (sound && parsed.to_string() == text).then_some(parsed)
    }

    /// The one before.
    #[must_use]
    pub fn previous(self) -> Self {
        if self.month == 1 { Self { year: self.year - 1, month: 12 } } else { Self { month: self.month - 1, ..self } }
    }

    /// The one after.
    #[must_use]
    pub fn next(self) -> Self {
        if self.month == 12 { Self { year: self.year + 1, month: 1 } } else { Self { month: self.month + 1, ..self } }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// An event as it is shown.
#[derive(Debug, Clone, Serialize)]
pub struct EventRow {
    /// Its identifier.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: Action,
    /// Who it was for whoever reads it: `self`, `administrator`, `command`, `link`.
    pub by: &'static str,
    /// By whom: an account's identifier, for administrators alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<UserId>,
    /// What to call them: an address, while there is the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_name: Option<String>,
    /// To which account, for administrators alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// To which group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What to call the account that it was done to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_name: Option<String>,
    /// From which address. Not told of an administrator to those whom they have administered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// From which browser, in the visitor's language; likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// What was before and is after, by attribute.
    pub changes: BTreeMap<String, Change>,
}

/// A page of the trail.
#[derive(Debug, Serialize)]
pub struct TrailPage {
    /// The events, the latest first.
    pub events: Vec<EventRow>,
    /// After which event the next page begins, if there is one.
    pub next: Option<Uuid>,
}

/// How many events are on a page.
const PAGE: usize = 50;

/// What was done in a month, the latest first, before the event `after`: seventeen calls, for the index, one for the
/// events and one for the names of who is in them.
pub async fn trail(cx: &Context, month: Month, after: Option<Uuid>) -> Result<TrailPage> {
    let (events, more) = cx.store().events_in(month, after, PAGE).await?;
    for_administrators(cx, events, more).await
}

/// What was done to somebody or something, for administrators.
pub async fn trail_of(cx: &Context, subject: &Subject, after: Option<Uuid>) -> Result<TrailPage> {
    let (events, more) = cx.store().events_of(subject, after, PAGE).await?;
    for_administrators(cx, events, more).await
}

async fn for_administrators(cx: &Context, events: Vec<Event>, more: bool) -> Result<TrailPage> {
    let mut ids: Vec<_> = events.iter().flat_map(|event| [actor_id(event), subject_id(event)]).flatten().collect();
    ids.sort_unstable();
    ids.dedup();
    // Two for each event at most, which one batch takes.
    let users = cx.store().get_users(ids).await?;
    let names: HashMap<_, _> = users.into_iter().map(|user| (user.id, user.email.as_str().to_owned())).collect();
    let next = events.last().map(|event| event.id).filter(|_| more);
    let reader = cx.user().await?.map(|user| user.id);
    let language = cx.language();
    let rows = events.into_iter().map(|event| {
        let (actor, user) = (actor_id(&event), subject_id(&event));
        let group = match &event.subject {
            Subject::Group(name) => Some(name.clone()),
            Subject::User(_) => None,
        };
        EventRow {
            by: by(event.actor, reader),
            actor,
            actor_name: actor.and_then(|id| names.get(&id).cloned()),
            user,
            group,
            subject_name: user.and_then(|id| names.get(&id).cloned()),
            device: event.user_agent.as_deref().map(|text| UserAgent::parse(text).text(language)),
            address: event.address,
            id: event.id,
            at: event.at,
            action: event.action,
            changes: event.changes,
        }
    });
    Ok(TrailPage { events: rows.collect(), next })
}

/// The latest of what was done to `user`, for themself: one call. Who of the administrators it was, and where they were, is
/// not told.
pub async fn own_events(cx: &Context, user: &User) -> Result<Vec<EventRow>> {
    let (events, _) = cx.store().events_of(&Subject::User(user.id), None, PAGE).await?;
    let language = cx.language();
    let rows = events.into_iter().map(|event| {
        let by = by(event.actor, Some(user.id));
        let device = event.user_agent.as_deref().map(|text| UserAgent::parse(text).text(language));
        EventRow {
            by,
            actor: None,
            actor_name: None,
            user: None,
            group: None,
            subject_name: None,
            address: event.address.filter(|_| by != ADMINISTRATOR),
            device: device.filter(|_| by != ADMINISTRATOR),
            id: event.id,
            at: event.at,
            action: event.action,
            changes: event.changes,
        }
    });
    Ok(rows.collect())
}

const ADMINISTRATOR: &str = "administrator";

fn by(actor: Actor, reader: Option<UserId>) -> &'static str {
    match actor {
        Actor::User(id) if Some(id) == reader => "self",
        Actor::User(_) => ADMINISTRATOR,
        Actor::Command => "command",
        Actor::Link => "link",
    }
}

fn actor_id(event: &Event) -> Option<UserId> {
    match event.actor {
        Actor::User(id) => Some(id),
        Actor::Command | Actor::Link => None,
    }
}

fn subject_id(event: &Event) -> Option<UserId> {
    match event.subject {
        Subject::User(id) => Some(id),
        Subject::Group(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_parsed_in_one_form_and_has_neighbours() {
        let month = Month::parse("2026-12").unwrap();
        assert_eq!((month.to_string(), month.next().to_string()), ("2026-12".into(), "2027-01".into()));
        assert_eq!(month.next().previous(), month);
        assert_eq!(Month::of("2026-11-30T23:59:59Z".parse().unwrap()).to_string(), "2026-11");
        for odd in ["", "2026", "2026-1", "2026-00", "2026-13", "26-11", "2026-11-01", "+026-11", "2026-+1", "99999-01"]
        {
            assert_eq!(Month::parse(odd), None, "{odd}");
        }
    }
}
