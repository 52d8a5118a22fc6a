//! What cannot be saved, and what ends while something else is under way.

use std::sync::Arc;

use http::Method;
use portico::accounts::{self, Credentials, Password, Remember};
use portico::sessions::{EndReason, SessionChanges};
use portico::{Allow, Context, Error, Response, Routes, StatusCode};
use serde_json::json;

use crate::site::{Answer, Fault, Gate, PASSWORD, Sent, Site, Visitor};

const NEW: &str = "a new pass phrase";

fn tells_of_no_session(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text());
    let cookies = answer.set_cookies();
    assert!(!cookies.iter().any(|cookie| cookie.starts_with("sessionid")), "{cookies:?}");
}

#[tokio::test]
async fn of_what_could_not_be_saved_the_browser_is_told_nothing() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut visitor = site.program();
    let token = visitor.csrf_token().await;
    faults.always("PutItem", Fault::internal());
    let theme = json!({ "theme": "dark" });
    tells_of_no_session(&visitor.send_with(&token, Method::POST, "/preferences/theme", theme).await);
    faults.clear();
    assert!(site.session_items().is_empty());
}

#[tokio::test]
async fn a_session_that_could_not_be_renamed_goes_on_under_its_name() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    let routes = Arc::new(Routes::new().get("/cycle", Allow::ANYONE, |cx: Context| async move {
        cx.cycle_id().await?;
        Response::json(StatusCode::OK, &json!({}))
    }));
    let sent = Sent { method: "GET", path: "/cycle", headers: &[("accept", "application/json")], body: "" };
    faults.always("TransactWriteItems", Fault::internal());
    let answer = site.answer_by(&routes, &kim, sent).await;
    tells_of_no_session(&answer);
    kim.keep_cookies(&answer);
    faults.clear();
    assert_eq!(kim.whoami().await["email"], "kim@example.com");
    assert_eq!(kim.post("/preferences/theme", &[("theme", "dark")]).await.status, 303, "and its forms are good");
}

/// A site whose transactions wait before the gate, and two browsers in one session.
async fn held(operation: &'static str) -> (Gate, Site) {
    let gate = Gate::before(operation);
    let site = Site::start_with(|options| options.http_client = Some(gate.client())).await;
    (gate, site)
}

async fn ask(visitor: &mut Visitor<'_>, path: &str, body: serde_json::Value) -> Answer {
    visitor.send_json(Method::POST, path, body).await
}

#[tokio::test]
async fn a_log_out_is_not_lost_to_what_would_take_the_sessions_place() {
    let change = json!({ "old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW });
    let proof = json!({ "password": PASSWORD });
    for (path, body) in [("/sessions/end-others", json!({})), ("/password/change", change), ("/reauthenticate", proof)]
    {
        let (gate, site) = held("TransactWriteItems").await;
        gate.open();
        let mut kim = site.member("kim@example.com").await.json();
        gate.close();
        let mut thief = kim.clone();
        let (answer, ()) = tokio::join!(ask(&mut thief, path, body), async {
            gate.arrival().await;
            assert_eq!(ask(&mut kim, "/logout", json!({})).await.status, 200);
            gate.open();
        });
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login_required"), "{path}");
        assert!(thief.whoami().await.is_null(), "{path}");
        assert!(site.sessions().is_empty(), "{path}");
        let mut again = site.program();
        again.log_in("kim@example.com").await;
        assert!(!again.whoami().await.is_null(), "the password is the one that it was");
    }
}

#[tokio::test]
async fn a_log_out_that_comes_too_late_for_its_session_ends_the_one_that_took_its_place() {
    let (gate, site) = held("UpdateItem").await;
    gate.open();
    let mut kim = site.member("kim@example.com").await.json();
    gate.close();
    gate.hold(1);
    let mut thief = kim.clone();
    let (answer, ()) = tokio::join!(ask(&mut kim, "/logout", json!({})), async {
        gate.arrival().await;
        assert_eq!(ask(&mut thief, "/sessions/end-others", json!({})).await.status, 200);
        assert!(!thief.clone().whoami().await.is_null());
        gate.open();
    });
    assert_eq!(answer.status, 200);
    assert!(thief.whoami().await.is_null());
}

#[tokio::test]
async fn a_log_in_outlives_what_became_of_the_session_that_it_replaces() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let routes = Arc::new(Routes::new().get("/again", Allow::ANYONE, |cx: Context| async move {
        let old = cx.session().await?.key().ok_or(Error::NotFound)?;
        let credentials = Credentials { username: "kim@example.com".to_owned(), password: Password::new(PASSWORD) };
        let authenticated = accounts::authenticate(&cx, &credentials).await?.ok_or(Error::InvalidLogin)?;
        // Another request of this browser has given the session another name meanwhile.
        cx.store().end_session(&old, EndReason::Renamed, cx.now().as_second(), 60).await?;
        accounts::login(&cx, authenticated, Remember::No).await?;
        Response::json(StatusCode::OK, &json!({}))
    }));
    let sent = Sent { method: "GET", path: "/again", headers: &[("accept", "application/json")], body: "" };
    let answer = site.answer_by(&routes, &kim, sent).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    kim.keep_cookies(&answer);
    assert_eq!(kim.whoami().await["email"], "kim@example.com", "the session that was just begun lives");
}

#[tokio::test]
async fn what_a_visitor_chooses_while_another_tab_logs_in_is_kept() {
    let site = Site::start().await;
    let mut visitor = site.visitor();
    visitor.post("/preferences/theme", &[("theme", "light")]).await;
    let routes = Arc::new(Routes::new().get("/slow", Allow::ANYONE, |cx: Context| async move {
        let session = cx.session().await?;
        session.set("theme", "dark")?;
        cx.store().delete_session(&session.key().ok_or(Error::NotFound)?).await?;
        Response::json(StatusCode::OK, &json!({}))
    }));
    let sent = Sent { method: "GET", path: "/slow", headers: &[("accept", "application/json")], body: "" };
    let before = visitor.session_cookie();
    let answer = site.answer_by(&routes, &visitor, sent).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    visitor.keep_cookies(&answer);
    assert_ne!(visitor.session_cookie(), before);
    assert!(visitor.get("/").await.text().contains("data-theme=\"dark\""));
}

#[tokio::test]
async fn a_slow_renewal_does_not_undo_another_end() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let token = portico::sessions::SessionToken::parse(&kim.session_cookie()).unwrap();
    let (key, store) = (token.key(), site.stack.app().store(Arc::default()));
    let (record, _) = store.get_session(&key).await.unwrap();
    let (record, now) = (record.unwrap(), site.clock_now());
    // One request has read it. Another gives it ten minutes.
    let mut short = record.times;
    (short.lifetime, short.absolute_at, short.ends_at) = (600, now + 600, now + 600);
    let given = SessionChanges { times: Some(short), ..SessionChanges::default() };
    store.save_session(&key, &given, now).await.unwrap();
    // The first one renews it, and keeps a value.
    let mut changes = SessionChanges {
        times: Some(record.times),
        renewed_from: Some(record.times.renewed_at),
        ..SessionChanges::default()
    };
    store.save_session(&key, &changes, now).await.unwrap();
    changes.data.insert("theme".to_owned(), Some(json!("dark")));
    store.save_session(&key, &changes, now).await.unwrap();
    let (stored, _) = store.get_session(&key).await.unwrap();
    let stored = stored.unwrap();
    assert_eq!((stored.times.ends_at, stored.data["theme"].clone()), (now + 600, json!("dark")));
    assert_eq!(kim.whoami().await["email"], "kim@example.com");
    store.end_session(&key, EndReason::LoggedOut, now, 600).await.unwrap();
    assert!(store.save_session(&key, &changes, now).await.unwrap_err().is_condition());
}
