//! `sessions list|end|end-all`, and `session why`.

use jiff::SignedDuration;
use manage::sessions::{Action, Args};
use manage::site::Target;
use portico::sessions::SessionKey;
use serde_json::json;

use super::{Script, whole, why};
use crate::site::{PASSWORD, Site, Visitor};

const NEW: &str = "a new pass phrase";

async fn run(site: &Site, action: Action) -> String {
    let mut script = Script::nobody(&[]);
    let args = Args { target: Target::default(), action };
    let outcome = manage::sessions::run(&args, &site.managed(), &mut script).await;
    assert!(whole(&outcome), "{}", script.warned());
    script.said()
}

async fn refused(site: &Site, action: Action) -> String {
    let args = Args { target: Target::default(), action };
    why(manage::sessions::run(&args, &site.managed(), &mut Script::nobody(&[])).await)
}

async fn ask_why(site: &Site, id: &str) -> String {
    run(site, Action::Why { id: id.to_owned(), user: None }).await
}

/// How the log calls the session that a browser is in.
fn id(visitor: &Visitor<'_>) -> String {
    portico::sessions::SessionToken::parse(&visitor.session_cookie()).unwrap().key().id()
}

/// Where the engine `cached_db` keeps the values of the session that a browser is in: table and keys.
fn values_of(site: &Site, visitor: &Visitor<'_>) -> (String, String, String) {
    let cookie = visitor.session_cookie();
    let (owner, secret) = cookie.split_once('.').unwrap();
    let table = site.stack.app().config().tables.sessions.clone();
    (table, format!("USER#{owner}"), format!("VALUES#{}", portico::secret::digest(secret)))
}

#[tokio::test]
async fn sessions_are_listed_ended_one_by_one_and_all_at_once() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let mut phone = site.program().with("user-agent", "curl/8.5.0");
    phone.log_in("kim@example.com").await;
    let whom = || "kim@example.com".to_owned();
    let listed = run(&site, Action::List { whom: whom(), all: false }).await;
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(listed.contains("curl, from 192.0.2.1") && listed.contains("alive"), "{listed}");
    for line in listed.lines() {
        let id = line.split_whitespace().next().unwrap();
        assert!(ask_why(&site, id).await.starts_with("alive: "), "what is listed can be asked about: {line}");
    }
    let whose = Some(whom());
    let digits = SessionKey::parse_id(&id(&phone)).unwrap().1.to_owned();
    let said = run(&site, Action::Why { id: digits, user: whose }).await;
    assert!(said.starts_with("alive: curl"), "as `/sessions` calls it: {said}");

    let values = values_of(&site, &phone);
    site.put(&values.0, &json!({ "PK": { "S": values.1 }, "SK": { "S": values.2 }, "revision": { "N": "1" } }));
    let said = run(&site, Action::End { whom: whom(), id: id(&phone) }).await;
    assert!(said.starts_with("The session has ended. It was curl, from 192.0.2.1, since "), "{said}");
    assert!(!said.contains("alive") && !said.contains("until"), "{said}");
    assert_eq!(site.stored(&values.0, &values.1, &values.2), None, "nor do its values stay behind");
    assert!(phone.clone().whoami().await.is_null() && !kim.whoami().await.is_null());
    assert!(run(&site, Action::End { whom: whom(), id: id(&phone) }).await.contains("ended already"));
    assert!(ask_why(&site, &id(&phone)).await.starts_with("ended_by_administrator: "));
    let all = run(&site, Action::List { whom: whom(), all: true }).await;
    assert!(all.lines().count() == 2 && all.contains("an administrator ended it"), "{all}");

    run(&site, Action::EndAll { whom: whom() }).await;
    assert!(kim.clone().whoami().await.is_null());
    assert!(ask_why(&site, &id(&kim)).await.starts_with("ended_by_administrator: "));
    assert!(run(&site, Action::List { whom: whom(), all: false }).await.contains("has no session"));
    phone.log_in("kim@example.com").await;
    assert!(!phone.whoami().await.is_null(), "a new one is of the next epoch");
}

#[tokio::test]
async fn it_is_known_why_a_session_has_ended() {
    let site = Site::uncounted(&[]).await;
    let kim = site.member("kim@example.com").await;
    let again = async || {
        let mut browser = site.program();
        browser.log_in("kim@example.com").await;
        browser
    };
    assert!(ask_why(&site, &id(&kim)).await.starts_with("alive: "));
    let mut here = again().await;
    let key = id(&here);
    here.post_json("/logout", json!({})).await;
    assert!(ask_why(&site, &key).await.starts_with("logged_out: "));

    let elsewhere = again().await;
    let handle = SessionKey::parse_id(&id(&elsewhere)).unwrap().1.to_owned();
    kim.clone().post(&format!("/sessions/{handle}/end"), &[]).await;
    assert!(ask_why(&site, &id(&elsewhere)).await.starts_with("ended_elsewhere: "));

    let mut replaced = again().await;
    let key = id(&replaced);
    replaced.log_in("kim@example.com").await;
    assert!(ask_why(&site, &key).await.starts_with("replaced: "));

    // Of the ends of all sessions each is told from the others, also when more have followed.
    let others = again().await;
    let mut owner = again().await;
    owner.post_json("/sessions/end-others", json!({})).await;
    let password = again().await;
    let form = json!({ "old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW });
    assert_eq!(owner.post_json("/password/change", form).await.status, 200);
    let everywhere = id(&owner);
    owner.post_json("/logout/all", json!({})).await;
    assert!(ask_why(&site, &id(&others)).await.starts_with("others_ended: "));
    assert!(ask_why(&site, &id(&password)).await.starts_with("password_changed: "));
    assert!(ask_why(&site, &everywhere).await.starts_with("logged_out_everywhere: "));
    let answer = owner.post_json("/login", json!({ "username": "kim@example.com", "password": NEW })).await;
    assert_eq!(answer.status, 200);
    let deactivate = manage::deactivate::Args { whom: "kim@example.com".into(), ..Default::default() };
    assert!(whole(&manage::deactivate::run(&deactivate, &site.managed(), &mut Script::nobody(&[])).await));
    assert!(ask_why(&site, &id(&owner)).await.starts_with("deactivated: "));
}

#[tokio::test]
async fn a_session_by_a_backend_that_is_not_listed_any_more_is_told_to_be_dead() {
    let site = Site::start().await;
    let mut kim = site.program();
    let form = json!({ "email": "kim@example.com", "username": "kim", "password1": PASSWORD, "password2": PASSWORD });
    assert_eq!(kim.post_json("/signup", form).await.status, 201);
    kim.log_in("kim").await;
    let without = site.beside(&[("AUTHENTICATION_BACKENDS", "email")]).await;
    assert!(kim.at(&without).whoami().await.is_null());
    assert!(ask_why(&without, &id(&kim)).await.starts_with("backend_removed: "));
    assert!(ask_why(&site, &id(&kim)).await.starts_with("alive: "));
}

#[tokio::test]
async fn time_ends_sessions_too_and_is_told_apart() {
    let site = Site::uncounted(&[("SESSION_BROWSER_AGE", "3600"), ("SESSION_ABSOLUTE_AGE", "7200")]).await;
    let idle = site.member("kim@example.com").await;
    let mut busy = site.program();
    busy.log_in("kim@example.com").await;
    for _ in 0..2 {
        site.clock.advance(SignedDuration::from_mins(50));
        busy.whoami().await;
    }
    assert!(ask_why(&site, &id(&idle)).await.starts_with("idle: "));
    site.clock.advance(SignedDuration::from_mins(21));
    assert!(ask_why(&site, &id(&busy)).await.starts_with("absolute_age: "));
}

#[tokio::test]
async fn what_is_unknown_or_unreadable_is_said_to_be_so() {
    let site = Site::start().await;
    let kim = site.member("kim@example.com").await;
    let lee = site.member("lee@example.com").await;
    let owner = kim.id.as_str().unwrap();
    let nothing = "0".repeat(SessionKey::ID_LENGTH);
    assert!(ask_why(&site, &format!("{owner}.{nothing}")).await.starts_with("unknown: "));
    let of_kim = Action::Why { id: nothing.clone(), user: Some("kim@example.com".into()) };
    assert!(run(&site, of_kim).await.starts_with("unknown: "));
    let said = refused(&site, Action::Why { id: nothing.clone(), user: None }).await;
    assert!(said.contains("--user USER"), "{said}");
    for bad in ["", "x", "kim@example.com", "\u{1b}[2J", &format!("{owner}."), &format!(".{}", "G".repeat(32))] {
        let said = refused(&site, Action::Why { id: bad.into(), user: None }).await;
        assert!(said.contains("no session's name"), "{bad}: {said}");
        assert!(!said.contains('\u{1b}'), "shown as it can be read");
    }
    let whom = || "kim@example.com".to_owned();
    assert!(refused(&site, Action::End { whom: whom(), id: id(&lee) }).await.contains("is not a session of"));
    assert!(refused(&site, Action::End { whom: whom(), id: nothing }).await.contains("has no session"));
    let nobody = Action::List { whom: "nobody@example.com".into(), all: false };
    assert!(refused(&site, nobody).await.contains("no account"));
}
