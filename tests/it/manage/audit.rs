//! `audit`: events written out and listed.

use jiff::SignedDuration;
use jiff::civil::Date;
use manage::audit::{Action, Args, Which, run};
use manage::user::{self, Grant};
use portico::audit::Month;
use serde_json::Value;

use super::{Folder, Script, is_private, whole, why};
use crate::site::Site;

async fn audit(site: &Site, action: Action, script: &mut Script) -> manage::Outcome {
    run(&Args { target: manage::site::Target::default(), action }, &site.managed(), script).await
}

async fn export(site: &Site, which: Which) -> Vec<Value> {
    let folder = Folder::new();
    let path = folder.path("events.jsonl");
    let which = Which { output: Some(path.clone()), ..which };
    let mut script = Script::nobody(&[]);
    let outcome = audit(site, Action::Export(which), &mut script).await;
    assert!(whole(&outcome), "{outcome:?}");
    assert!(is_private(&path) && folder.names() == ["events.jsonl"]);
    let lines = std::fs::read_to_string(&path).unwrap();
    let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(script.warned().contains(&format!("{} events", events.len())), "{}", script.warned());
    events
}

async fn list(site: &Site, whom: &str, all: bool) -> Script {
    let mut script = Script::nobody(&[]);
    assert!(whole(&audit(site, Action::List { whom: whom.to_owned(), all }, &mut script).await));
    script
}

async fn grant(site: &Site, whom: &str, permission: &str, revoke: bool) {
    let grant = Grant { whom: whom.to_owned(), permissions: vec![permission.to_owned()], ..Grant::default() };
    let action = if revoke { user::Action::Revoke { grant, force: false } } else { user::Action::Grant(grant) };
    let args = user::Args { target: manage::site::Target::default(), action };
    assert!(whole(&user::run(&args, &site.managed(), &mut Script::nobody(&[])).await));
}

fn days(site: &Site, count: i64) {
    site.clock.advance(SignedDuration::from_hours(24 * count));
}

fn today(site: &Site) -> Date {
    jiff::Timestamp::from_second(site.clock_now()).unwrap().to_zoned(jiff::tz::TimeZone::UTC).date()
}

fn are_in_order(events: &[Value]) -> bool {
    events.iter().map(|event| event["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap()).is_sorted()
}

#[tokio::test]
async fn every_event_is_exported_once_the_oldest_first() {
    let site = Site::start().await;
    site.member("kim@example.com").await;
    site.member("lee@example.com").await;
    let begin = today(&site);
    for round in 0..4 {
        grant(&site, "kim@example.com", "shop.view_order", round % 2 == 1).await;
        grant(&site, "lee@example.com", "shop.add_order", round % 2 == 1).await;
        days(&site, 40);
    }
    let all = export(&site, Which::default()).await;
    assert_eq!(all.len(), 8);
    let times: Vec<_> = all.iter().map(|event| event["at"].as_str().unwrap().to_owned()).collect();
    assert!(are_in_order(&all), "{times:?}");
    assert_eq!(all[0]["action"], "user_changed");
    assert_eq!(all[0]["changes"]["user_permissions"]["after"].as_array().unwrap().len(), 1);

    let month = Month::parse(&times[2][..7]).unwrap();
    assert_eq!(export(&site, Which { month: Some(month), ..Which::default() }).await, all[2..4]);
    let since = begin.checked_add(jiff::Span::new().days(40)).unwrap();
    let until = begin.checked_add(jiff::Span::new().days(80)).unwrap();
    let between = |since: Option<Date>, until: Option<Date>| Which { since, until, ..Which::default() };
    assert_eq!(export(&site, between(Some(since), None)).await, all[2..]);
    assert_eq!(export(&site, between(Some(since), Some(until))).await, all[2..6]);
    assert_eq!(export(&site, between(None, Some(since))).await, all[..4]);
    let kim = Which { user: Some("kim@example.com".to_owned()), ..Which::default() };
    let kims = export(&site, kim).await;
    assert_eq!(kims.len(), 4);
    let id = kims[0]["subject"].as_str().unwrap().strip_prefix("USER#").unwrap().to_owned();
    assert_eq!(export(&site, Which { user: Some(id), ..Which::default() }).await, kims);
    let group = Which { group: Some("gone long ago".to_owned()), ..Which::default() };
    assert!(export(&site, group).await.is_empty());
    let turned = Action::Export(between(Some(until), Some(since)));
    assert!(why(audit(&site, turned, &mut Script::nobody(&[])).await).contains("later"));
}

#[tokio::test]
async fn a_month_of_more_events_than_a_page_is_exported_whole_and_from_its_middle() {
    let site = Site::start().await;
    let store = site.stack.app().store(std::sync::Arc::default());
    let begin = jiff::Timestamp::from_second(site.clock_now()).unwrap();
    // Not over the end of a month, whenever that is.
    let first = begin.to_zoned(jiff::tz::TimeZone::UTC).date().first_of_month();
    let begin = first.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
    for index in 0..1_100_i64 {
        let now = begin + SignedDuration::from_mins(2 * index);
        let author = portico::audit::Author { now, ..crate::site::author() };
        let subject = portico::audit::Subject::Group("Staff".to_owned());
        store.put_event(&author.event(portico::audit::Action::GroupChanged, subject)).await.unwrap();
    }
    let all = export(&site, Which { month: Some(Month::of(begin)), ..Which::default() }).await;
    assert_eq!(all.len(), 1_100);
    assert!(are_in_order(&all));
    let group = Which { group: Some("Staff".to_owned()), ..Which::default() };
    assert_eq!(export(&site, group).await, all);
    assert_eq!(export(&site, Which { until: Some(first), ..Which::default() }).await, all[..720]);
    let second = Which { since: Some(first.tomorrow().unwrap()), ..Which::default() };
    assert_eq!(export(&site, second).await, all[720..]);
}

#[tokio::test]
async fn events_that_are_kept_for_ever_are_found_over_a_gap() {
    let settings = vec![("AUDIT_MAX_AGE".to_owned(), "0".to_owned())];
    let site = Site::start_with(|options| options.settings = settings).await;
    site.member("kim@example.com").await;
    grant(&site, "kim@example.com", "shop.view_order", false).await;
    days(&site, 500);
    grant(&site, "kim@example.com", "shop.view_order", true).await;
    days(&site, 500);
    assert_eq!(export(&site, Which::default()).await.len(), 2);
}

#[tokio::test]
async fn what_was_done_to_an_account_is_listed_the_latest_first() {
    let site = Site::start().await;
    let kim = site.member("kim@example.com").await;
    assert!(list(&site, kim.id.as_str().unwrap(), false).await.said().contains("no event about USER#"));
    grant(&site, "kim@example.com", "shop.view_order", false).await;
    days(&site, 1);
    grant(&site, "kim@example.com", "shop.view_order", true).await;
    let said = list(&site, "kim@example.com", false).await.said();
    let lines: Vec<_> = said.lines().collect();
    assert!(lines[0].contains("user_changed") && lines[0].ends_with("by the command line"), "{said}");
    assert_eq!(lines[1], "    user_permissions: [shop.view_order] -> []");
    assert_eq!(lines[3], "    user_permissions: [] -> [shop.view_order]");
    for round in 0..100 {
        days(&site, 1);
        grant(&site, "kim@example.com", "shop.view_order", round % 2 == 1).await;
    }
    let few = list(&site, "kim@example.com", false).await;
    assert_eq!(few.said().matches("user_changed").count(), 100);
    assert!(few.warned().contains("--all"));
    assert_eq!(list(&site, "kim@example.com", true).await.said().matches("user_changed").count(), 102);
}
