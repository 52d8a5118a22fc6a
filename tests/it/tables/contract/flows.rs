//! The product's own store on these tables: what it makes of the answers.

use futures_util::future::join_all;
use jiff::Timestamp;
use portico::accounts::tokens::{Grant, LinkId, Purpose};
use portico::accounts::{Email, Identifier, LoginRecord, User, UserId, Username};
use portico::audit::{Action, Month, Subject};
use portico::config::{Rate, Tables};
use portico::i18n::Language;
use portico::mail::{Letter, Promise};
use portico::meter::Cost;
use portico::sessions::{EndReason, SessionChanges, SessionKey, SessionRecord};
use portico::store::bundles::Placed;
use portico::store::outbox::Claim;
use portico::store::records::Record;
use portico::store::users::Taken;
use portico::store::{Store, StoreError};
use portico::throttle::Counter;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Difference, Place};
use crate::site::author;

fn now() -> Timestamp {
    Timestamp::now()
}

fn cost(calls: u32, read_units: f64, write_units: f64) -> Cost {
    Cost { calls, trips: calls, read_units, write_units }
}

fn newcomer(email: &str, username: Option<&str>) -> User {
    let password = serde_json::from_value(json!("!")).unwrap();
    let mut user = User::new(UserId::new(Uuid::now_v7()), Email::parse(email).unwrap(), password, now());
    user.username = username.map(|name| Username::parse(name).unwrap());
    user
}

async fn member(store: &Store, email: &str) -> User {
    let user = newcomer(email, None);
    store.create_user(&user, None, None).await.unwrap().unwrap();
    user
}

fn session(user: Option<UserId>, number: u32, ends_at: i64) -> (SessionKey, SessionRecord) {
    let record = json!({
        "data": { "theme": "dark" },
        "epoch": 1,
        "persistent": true,
        "lifetime": 600,
        "created_at": 1,
        "renewed_at": 1,
        "ends_at": ends_at,
        "absolute_at": ends_at,
        "expires_at": ends_at + 600,
    });
    (SessionKey { user, digest: format!("{number:064x}") }, serde_json::from_value(record).unwrap())
}

fn changed(name: &str, value: Option<Value>) -> SessionChanges {
    SessionChanges { data: [(name.to_owned(), value)].into(), ..SessionChanges::default() }
}

pub(crate) async fn of_sign_ups_at_the_same_time_one_gets_the_name(place: &Place) {
    let store = place.store();
    let kim = newcomer("kim@example.com", Some("kim"));
    store.create_user(&kim, None, None).await.unwrap().unwrap();
    if !place.differs(Difference::TransactionsHaveOnePrice) {
        assert_eq!(store.cost(), cost(1, 0.0, 8.0), "a user and two guards, each twice, and an entry for each guard");
    }
    store.create_user(&kim, None, None).await.unwrap().expect("once more, after a lost answer");
    for (user, email, username) in [
        (newcomer("Kim@Example.com", None), true, false),
        (newcomer("other@example.com", Some("KIM")), false, true),
        (newcomer("kim@example.com", Some("Kim")), true, true),
    ] {
        let taken = store.create_user(&user, None, None).await.unwrap().unwrap_err();
        assert_eq!(taken, Taken { email, username });
        assert!(store.get_user(user.id).await.unwrap().is_none());
    }
    let rivals: Vec<_> = (0..8).map(|number| newcomer(&format!("lee{number}@example.com"), Some("lee"))).collect();
    let outcomes = join_all(rivals.iter().map(|user| store.create_user(user, None, None))).await;
    let won: Vec<_> = rivals.iter().zip(outcomes).filter(|(_, outcome)| outcome.as_ref().unwrap().is_ok()).collect();
    assert_eq!(won.len(), 1);
    let found = store.find_user(&Identifier::parse("LEE").unwrap()).await.unwrap();
    assert_eq!(found, Some(won[0].0.id));
    assert_eq!(store.find_user(&Identifier::parse("nobody@example.com").unwrap()).await.unwrap(), None);
}

pub(crate) async fn a_session_is_read_with_its_user_and_not_brought_back(place: &Place) {
    let store = place.store();
    let kim = member(&store, "kim@example.com").await;
    let (key, record) = session(Some(kim.id), 1, 1_000);
    store.create_session(&key, &record).await.unwrap();
    let fresh = place.store();
    let (read, user) = fresh.get_session(&key).await.unwrap();
    assert_eq!((read.as_ref(), user.map(|user| user.id)), (Some(&record), Some(kim.id)));
    assert_eq!(fresh.cost(), cost(1, 2.0, 0.0));

    let many = ["a", "b", "c", "d"];
    let saved = join_all(many.map(|name| {
        let (store, key) = (&store, &key);
        async move { store.save_session(key, &changed(name, Some(json!({ "x": [1] }))), 10).await }
    }));
    assert!(saved.await.iter().all(Result::is_ok));
    store.save_session(&key, &changed("theme", None), 10).await.unwrap();
    let data = store.get_session(&key).await.unwrap().0.unwrap().data;
    assert!(data.keys().eq(many.iter()), "{data:?}");

    assert_eq!(store.end_session(&key, EndReason::LoggedOut, 20, 600).await.unwrap(), None);
    let late = store.save_session(&key, &changed("late", Some(json!(1))), 21).await;
    assert!(late.is_err_and(|error| error.is_condition()));
    let again = store.end_session(&key, EndReason::EndedElsewhere, 22, 600).await.unwrap();
    assert_eq!(again, Some(EndReason::LoggedOut), "it stays as it is");
    assert!(!store.is_alive(&key, 23).await.unwrap());
    let (gone, _) = session(Some(kim.id), 2, 1_000);
    assert!(store.save_session(&gone, &changed("late", None), 1).await.is_err_and(|error| error.is_condition()));
    assert_eq!(store.end_session(&gone, EndReason::LoggedOut, 1, 1).await.unwrap(), None);
    assert!(store.get_session(&gone).await.unwrap().0.is_none(), "nothing came of it");
}

pub(crate) async fn every_session_ends_by_one_write(place: &Place) {
    let store = place.store();
    let kim = member(&store, "kim@example.com").await;
    let event = author().of_user(Action::SessionsEnded, &kim);
    let fresh = place.store();
    for _ in ["once", "and after a lost answer"] {
        fresh.end_all_sessions(&kim, EndReason::LoggedOutEverywhere, None, &event).await.unwrap();
        assert_eq!(store.get_user(kim.id).await.unwrap().unwrap().session_epoch, 2);
    }
    let one = |author: &portico::audit::Author<'_>| author.of_user(Action::SessionsEnded, &kim);
    let events: Vec<_> = (0..6).map(|_| one(&author())).collect();
    let ends = events.iter().map(|event| store.end_all_sessions(&kim, EndReason::PasswordSet, None, event));
    assert!(join_all(ends).await.iter().all(Result::is_ok));
    assert_eq!(store.get_user(kim.id).await.unwrap().unwrap().session_epoch, 8, "of several at once none is lost");
    let stranger = newcomer("stranger@example.com", None);
    let refused = store.end_all_sessions(&kim, EndReason::PasswordSet, Some(&stranger), &one(&author())).await;
    assert!(matches!(refused, Err(StoreError::Condition { failed }) if failed == [2]));
}

pub(crate) async fn tries_at_the_same_time_are_spent_one_by_one(place: &Place) {
    let store = place.store();
    let counter = Counter::account(UserId::new(Uuid::now_v7()));
    let rate = Rate { times: 5, window: 60 };
    let spent = join_all((0..12).map(|_| store.spend(&counter, rate, 1_000))).await;
    let (given, refused): (Vec<_>, Vec<_>) = spent.into_iter().map(Result::unwrap).partition(Result::is_ok);
    let mut given: Vec<_> = given.into_iter().map(|one| one.unwrap().spent).collect();
    given.sort_unstable();
    assert_eq!(given, [1, 2, 3, 4, 5]);
    assert!(refused.into_iter().all(|one| one.unwrap_err().spent == 5));
    let over = join_all((0..3).map(|_| store.spend(&counter, rate, 1_061))).await;
    assert!(over.iter().any(|one| one.as_ref().unwrap().is_ok_and(|spent| spent.spent == 1)), "a new window");
}

pub(crate) async fn a_link_is_used_once(place: &Place) {
    let store = place.store();
    let kim = member(&store, "kim@example.com").await;
    let link = LinkId::new(Uuid::now_v7());
    let expires_at = now().as_second() + 600;
    let grant = json!({ "user": kim.id, "email": "kim@example.com", "expires_at": expires_at });
    let grant: Grant = serde_json::from_value(grant).unwrap();
    store.put_grant(Purpose::ConfirmEmail, link, &grant).await.unwrap();
    let events: Vec<_> = (0..5).map(|_| author().of_user(Action::EmailConfirmed, &kim)).collect();
    let outcomes = join_all(events.iter().map(|event| store.confirm_email(&kim, link, event))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.iter().all(|outcome| outcome.as_ref().err().is_none_or(StoreError::is_condition)));
    store.put_grant(Purpose::ConfirmEmail, link, &grant).await.unwrap();
    let used = store.get_grant(Purpose::ConfirmEmail, link).await.unwrap().unwrap();
    assert!(used.used_at.is_some(), "written once more it is still used");
    assert!(store.get_user(kim.id).await.unwrap().unwrap().email_verified);
}

pub(crate) async fn a_mail_is_claimed_by_one(place: &Place) {
    let store = place.store();
    let kim = UserId::new(Uuid::now_v7());
    let letter = Letter::ConfirmEmail { user: kim, email: Email::parse("kim@example.com").unwrap() };
    let mail = Promise { id: Uuid::now_v7(), letter, language: Language::En, created_at: now() };
    store.put_mail(&mail).await.unwrap();
    let claims = join_all((0..6).map(|_| store.claim_mail(mail.id, 100, 130))).await;
    let granted = claims.iter().filter(|claim| matches!(claim, Ok(Claim::Granted { attempt: 1, .. }))).count();
    assert_eq!(granted, 1);
    assert!(claims.iter().filter(|claim| matches!(claim, Ok(Claim::Held))).count() == 5, "{claims:?}");
    assert!(matches!(store.claim_mail(mail.id, 131, 160).await, Ok(Claim::Granted { attempt: 2, .. })));
    store.mail_sent(mail.id, 132, 1_000).await.unwrap();
    assert!(matches!(store.claim_mail(mail.id, 200, 230).await, Ok(Claim::Sent)));
    assert!(matches!(store.claim_mail(Uuid::now_v7(), 200, 230).await, Ok(Claim::Gone)));
    assert_eq!(store.unsent_mails(None).await.unwrap().0.len(), 0);
}

pub(crate) async fn what_hinders_an_import_is_told_piece_by_piece(place: &Place) {
    let store = place.store();
    let bundle = |sk: &str, text: &str| {
        let line = json!({ "PK": "KEPT#1", "SK": sk, "text": text }).to_string();
        store.restore(Record::from_line(line.as_bytes()).unwrap(), now()).unwrap()
    };
    assert_eq!(store.put_bundles(&[bundle("there", "")]).await.unwrap(), [Placed::New]);
    let bundles = [
        bundle("1", ""),
        bundle("there", "other"),
        bundle("2", &"x".repeat(410_000)),
        bundle("3", &"x".repeat(390_000)),
        bundle("4", ""),
    ];
    let found = store.find_bundles(&bundles, 0).await.unwrap();
    assert_eq!(found[1], Placed::There(vec![0]));
    let placed = store.put_bundles(&bundles).await.unwrap();
    let [Placed::New, Placed::There(there), Placed::Refused(why), Placed::New, Placed::New] = &*placed else {
        panic!("{placed:?}")
    };
    assert_eq!(there, &[0]);
    assert!(why.contains("size"), "{why}");
    for (at, holds) in [(0, true), (1, false), (2, false), (3, true), (4, true)] {
        assert_eq!(store.holds(&bundles[at]).await.unwrap(), holds, "{at}");
    }
    let (records, next) = store.scan(None).await.unwrap();
    assert!(next.is_none());
    let mut lines: Vec<_> = records.iter().map(Record::to_line).collect();
    lines.sort_by_key(String::len);
    assert_eq!(lines[2], "{\"PK\":\"KEPT#1\",\"SK\":\"there\",\"text\":\"\"}");
}

pub(crate) async fn more_than_one_batch_is_read_and_erased(place: &Place) {
    let store = place.store();
    let (kim, lee) = (UserId::new(Uuid::now_v7()), UserId::new(Uuid::now_v7()));
    let all: Vec<_> = (0..60).map(|number| session(Some(kim), number, 1_000)).collect();
    for written in join_all(all.iter().map(|(key, record)| store.create_session(key, record))).await {
        written.unwrap();
    }
    let (other, record) = session(Some(lee), 1, 1_000);
    store.create_session(&other, &record).await.unwrap();
    let (found, more) = store.sessions_of(kim, "", 50).await.unwrap();
    assert_eq!((found.len(), more), (50, true));
    let (found, more) = store.sessions_of(kim, &all[17].0.digest, 50).await.unwrap();
    assert_eq!((found, more), (vec![all[17].clone()], false));
    let fresh = place.store();
    fresh.erase_sessions(kim).await.unwrap();
    let Cost { calls, write_units, .. } = fresh.cost();
    assert_eq!(calls, 5, "a page, three batches, and a look that nothing is left");
    assert_eq!(json!(write_units), 60.0);
    assert_eq!(store.sessions_of(kim, "", 50).await.unwrap(), (Vec::new(), false));
    assert!(store.is_alive(&other, 1).await.unwrap());
}

pub(crate) async fn log_ins_at_the_same_time_have_each_a_number_of_its_own(place: &Place) {
    let (store, kim) = (place.store(), UserId::new(Uuid::now_v7()));
    let (address, user_agent) = (String::new(), String::new());
    let record = LoginRecord { number: 0, at: now(), address, user_agent, known_device: false };
    let numbers = join_all((0..5).map(|_| store.keep_login(kim, record.clone()))).await;
    let mut numbers: Vec<_> = numbers.into_iter().map(Result::unwrap).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1, 2, 3, 4]);
    assert_eq!(store.logins_of(kim).await.unwrap().len(), 5);
}

pub(crate) async fn a_trail_is_paged_through_by_account_and_by_month(place: &Place) {
    let store = place.store();
    let kim = member(&store, "kim@example.com").await;
    let mut events: Vec<_> = (0..7).map(|_| author().of_user(Action::UserChanged, &kim)).collect();
    for event in &events {
        store.put_event(event).await.unwrap();
        store.put_event(event).await.expect("once more, after a lost answer");
    }
    events.sort_by_key(|event| std::cmp::Reverse(event.id));
    let subject = Subject::User(kim.id);
    let month = Month::of(events[0].at);
    for most in [1, 3, 7, 8] {
        let (mut by_account, mut by_month) = (Vec::new(), Vec::new());
        loop {
            let after = by_account.last().map(|event: &portico::audit::Event| event.id);
            let (page, more) = store.events_of(&subject, after, most).await.unwrap();
            by_account.extend(page);
            if !more {
                break;
            }
        }
        assert_eq!(by_account, events, "{most}");
        loop {
            let after = by_month.last().map(|event: &portico::audit::Event| event.id);
            let (page, more) = store.events_in(month, after, most).await.unwrap();
            by_month.extend(page);
            if !more {
                break;
            }
        }
        assert_eq!(by_month, events, "{most}");
    }
}

pub(crate) async fn a_deleted_account_leaves_its_address_free(place: &Place) {
    let store = place.store();
    let kim = newcomer("kim@example.com", Some("kim"));
    store.create_user(&kim, None, None).await.unwrap().unwrap();
    let changed = User { session_epoch: 9, ..kim.clone() };
    let event = author().of_user(Action::UserDeleted, &kim);
    let refused = store.delete_user(&changed, None, &[], &event).await;
    assert!(matches!(refused, Err(StoreError::Condition { failed }) if failed == [0]));
    let mut proven = kim.clone();
    proven.email_verified = true;
    store.delete_user(&proven, None, &[], &event).await.unwrap();
    assert!(store.get_user(kim.id).await.unwrap().is_none());
    assert!(store.record_login(kim.id, now(), "").await.is_err_and(|error| error.is_condition()));
    let anew = newcomer("kim@example.com", Some("kim"));
    store.create_user(&anew, None, None).await.unwrap().expect("both are free");
    store.erase_belongings(kim.id).await.unwrap();
    store.erase_tombstone(kim.id).await.unwrap();
    assert_eq!(store.find_user(&Identifier::parse("kim").unwrap()).await.unwrap(), Some(anew.id));
}

pub(crate) async fn what_hashes_cost_is_only_ever_raised(place: &Place) {
    let store = place.store();
    let accepted = &place.config.passwords.hashers;
    let of = |iterations: u32| {
        let hash = json!(format!("pbkdf2_sha256${iterations}$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
        let line = json!({
            "PK": "USER#x", "SK": "PROFILE", "password": hash,
        });
        Record::from_line(line.to_string().as_bytes()).unwrap().hash_costs(accepted)
    };
    for (noted, expected) in [(200_000, 200_000), (100_000, 200_000), (300_000, 300_000)] {
        store.note_hash_costs(of(noted)).await.unwrap();
        assert_eq!(store.hash_costs().await.unwrap(), of(expected), "{noted}");
    }
}

pub(crate) async fn a_table_that_is_not_there_is_our_mistake_and_not_a_bad_moment(place: &Place) {
    let tables = Tables { accounts: "nobodys".to_owned(), ..place.tables.clone() };
    let store = place.store_of(tables);
    assert!(matches!(store.get_user(UserId::nobody()).await, Err(StoreError::Internal(_))));
    let user = newcomer("kim@example.com", None);
    assert!(matches!(store.create_user(&user, None, None).await, Err(StoreError::Internal(_))));
}
