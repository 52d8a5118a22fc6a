//! What every engine keeps to: one suite, run for each of them. Those that need a cache run it in `tests/peers`.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use portico::sessions::Expiry;
use portico::{Allow, Context, Error, Response, Result, Routes, StatusCode};
use serde_json::{Value, json};

use crate::site::Sent;
use crate::site::{Answer, PASSWORD, Site, Visitor};

/// An engine, and how a site is given it.
#[derive(Clone)]
pub(crate) struct Keeper {
    /// Its settings.
    pub(crate) settings: Vec<(String, String)>,
    /// Whether two requests at once that set different keys keep both: a cookie cannot.
    pub(crate) merges: bool,
    /// Whether a session that is too large for a cookie is none too large for it.
    pub(crate) roomy: bool,
}

impl Keeper {
    /// An engine that needs no cache.
    pub(crate) fn of(engine: &str) -> Self {
        let in_cookie = engine == "signed_cookies";
        let settings = vec![("SESSION_ENGINE".to_owned(), engine.to_owned())];
        Self { settings, merges: !in_cookie, roomy: !in_cookie }
    }

    pub(crate) async fn site(&self, more: &[(&str, &str)]) -> Site {
        Site::start_with(|options| {
            options.settings.extend(self.settings.clone());
            options.settings.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        })
        .await
    }
}

/// Makes a test of each case, for the engine that `$keeper` is.
macro_rules! contract {
    ($keeper:expr) => {
        $crate::sessions::contract::contract! { $keeper;
            who_stores_nothing_has_no_session,
            values_last_from_request_to_request,
            two_requests_that_set_different_keys_keep_both,
            a_log_in_takes_along_what_a_visitor_kept_and_nothing_of_anothers,
            a_log_out_holds_on_the_next_request,
            what_ends_all_sessions_holds_on_the_next_request,
            a_slow_save_brings_no_ended_session_back,
            an_idle_session_ends_and_a_busy_one_at_its_cap,
            a_session_is_renewed_once_in_a_twenty_fourth_of_its_life,
            every_request_renews_where_the_setting_says_so,
            an_end_of_ones_own_holds_in_the_cookie_and_on_the_server,
            another_identifier_keeps_the_values_and_ends_the_one_before,
            a_proof_of_who_it_is_lasts_and_is_made_anew_by_nothing_but_a_proof,
            a_flush_leaves_nothing,
            a_changed_cookie_is_nobodys,
            much_is_kept_or_refused_and_never_cut,
        }
    };
    ($keeper:expr; $($case:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $case() {
            $crate::sessions::contract::$case(&$keeper).await;
        })*
    };
}
pub(crate) use contract;

/// Routes that do with a session what their paths say.
fn routes() -> Arc<Routes> {
    let text = |cx: &Context, name: &str| cx.param(name).to_owned();
    let routes = Routes::new()
        .get("/set/{key}/{value}", Allow::ANYONE, move |cx: Context| async move {
            cx.session().await?.set(cx.param("key"), text(&cx, "value"))?;
            shown(&cx, Value::Null).await
        })
        .get("/fill/{key}/{bytes}", Allow::ANYONE, |cx: Context| async move {
            let bytes: usize = cx.param("bytes").parse().map_err(Error::internal)?;
            cx.session().await?.set(cx.param("key"), "x".repeat(bytes))?;
            shown(&cx, Value::Null).await
        })
        .get("/get/{key}", Allow::ANYONE, |cx: Context| async move {
            let session = cx.session().await?;
            let value: Option<String> = session.get(cx.param("key"));
            assert_eq!(session.contains(cx.param("key")), value.is_some());
            shown(&cx, json!(value)).await
        })
        .get("/pop/{key}", Allow::ANYONE, |cx: Context| async move {
            let value: Option<String> = cx.session().await?.pop(cx.param("key"));
            shown(&cx, json!(value)).await
        })
        .get("/expire/{how}", Allow::ANYONE, |cx: Context| async move {
            let expiry = match cx.param("how").split_once('-') {
                Some(("in", seconds)) => Expiry::seconds(seconds.parse().map_err(Error::internal)?),
                Some(("at", seconds)) => {
                    let at = seconds.parse().map_err(Error::internal)?;
                    Expiry::At(Timestamp::from_second(at).map_err(Error::internal)?)
                }
                _ if cx.param("how") == "close" => Expiry::BrowserClose,
                _ => Expiry::Default,
            };
            let session = cx.session().await?;
            session.set_expiry(expiry);
            let age = session.get_expiry_age();
            shown(&cx, json!(age)).await
        })
        .get("/fresh/{seconds}", Allow::ANYONE, |cx: Context| async move {
            let seconds = cx.param("seconds").parse().map_err(Error::internal)?;
            let fresh = cx.is_fresh(Duration::from_secs(seconds)).await?;
            shown(&cx, json!(fresh)).await
        })
        .get("/cycle", Allow::ANYONE, |cx: Context| async move {
            cx.cycle_id().await?;
            shown(&cx, Value::Null).await
        })
        .get("/flush", Allow::ANYONE, |cx: Context| async move {
            cx.flush().await?;
            shown(&cx, Value::Null).await
        });
    Arc::new(routes)
}

async fn shown(cx: &Context, value: Value) -> Result<Response> {
    let user = cx.user().await?.map(|user| user.email.as_str().to_owned());
    Response::json(StatusCode::OK, &json!({ "value": value, "user": user }))
}

/// GET of one of [`routes`]; the cookies are kept.
async fn ask(visitor: &mut Visitor<'_>, path: &str) -> Answer {
    let sent = Sent { method: "GET", path, headers: &[("accept", "application/json")], body: "" };
    let answer = visitor.site().answer_by(&routes(), visitor, sent).await;
    visitor.keep_cookies(&answer);
    answer
}

async fn value(visitor: &mut Visitor<'_>, key: &str) -> Value {
    let answer = ask(visitor, &format!("/get/{key}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["value"].clone()
}

fn session_cookie_of(answer: &Answer) -> Option<String> {
    answer.set_cookies().into_iter().find(|cookie| cookie.starts_with("sessionid=")).map(str::to_owned)
}

pub(crate) async fn who_stores_nothing_has_no_session(keeper: &Keeper) {
    let site = keeper.site(&[]).await;
    let mut visitor = site.visitor();
    for path in ["/get/a", "/pop/a", "/expire/in-60", "/cycle"] {
        let answer = ask(&mut visitor, path).await;
        assert_eq!((answer.status.as_u16(), session_cookie_of(&answer)), (200, None), "{path}");
    }
    assert!(site.session_items().is_empty());
}

pub(crate) async fn values_last_from_request_to_request(keeper: &Keeper) {
    let site = keeper.site(&[]).await;
    for mut visitor in [site.visitor(), site.member("kim@example.com").await] {
        ask(&mut visitor, "/set/a/1").await;
        ask(&mut visitor, "/set/b/2").await;
        ask(&mut visitor, "/set/a/3").await;
        assert_eq!((value(&mut visitor, "a").await, value(&mut visitor, "b").await), (json!("3"), json!("2")));
        assert_eq!(ask(&mut visitor, "/pop/a").await.json()["value"], "3");
        assert_eq!(ask(&mut visitor, "/pop/a").await.json()["value"], Value::Null);
        assert_eq!((value(&mut visitor, "a").await, value(&mut visitor, "b").await), (Value::Null, json!("2")));
    }
}

pub(crate) async fn two_requests_that_set_different_keys_keep_both(keeper: &Keeper) {
    let site = keeper.site(&[]).await;
    for mut visitor in [site.visitor(), site.member("kim@example.com").await] {
        ask(&mut visitor, "/set/z/0").await;
        let mut tabs: Vec<_> = (0..8).map(|_| visitor.clone()).collect();
        let all = tabs.iter_mut().enumerate().map(|(tab, visitor)| async move {
            assert_eq!(ask(visitor, &format!("/set/{tab}/x")).await.status, 200);
        });
        futures_util::future::join_all(all).await;
        let mut last = if keeper.merges { visitor } else { tabs.remove(3) };
        assert_eq!(value(&mut last, "z").await, "0");
        for tab in 0..8 {
            // Of cookies the last answer wins, as with Django's.
            let expected = if keeper.merges || tab == 3 { json!("x") } else { Value::Null };
            assert_eq!(value(&mut last, &tab.to_string()).await, expected, "{tab}");
        }
    }
}

pub(crate) async fn a_log_in_takes_along_what_a_visitor_kept_and_nothing_of_anothers(keeper: &Keeper) {
    let site = keeper.site(&[]).await;
    let mut browser = site.visitor();
    browser.sign_up("kim@example.com").await;
    browser.sign_up("lee@example.com").await;
    ask(&mut browser, "/set/cart/marble").await;
    let planted = browser.session_cookie();
    browser.log_in("kim@example.com").await;
    assert_ne!(browser.session_cookie(), planted);
    assert_eq!(value(&mut browser, "cart").await, "marble");
    let mut attacker = site.visitor().with_session(Some(&planted));
    assert_eq!(ask(&mut attacker, "/get/cart").await.json()["user"], Value::Null, "it never becomes anybody's");
    // As Lee, over Kim's session: nothing of Kim's is left.
    let kims = browser.session_cookie();
    browser.log_in("lee@example.com").await;
    assert_eq!(value(&mut browser, "cart").await, Value::Null);
    assert_eq!(browser.whoami().await["email"], "lee@example.com");
    assert!(site.visitor().with_session(Some(&kims)).whoami().await.is_null());
}

pub(crate) async fn a_log_out_holds_on_the_next_request(keeper: &Keeper) {
    let site = keeper.site(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    ask(&mut kim, "/set/a/1").await;
    let mut thief = kim.clone();
    assert_eq!(thief.whoami().await["email"], "kim@example.com");
    assert_eq!(kim.post("/logout", &[]).await.status, 303);
    for _ in 0..3 {
        let mut replayed = thief.clone();
        let answer = ask(&mut replayed, "/get/a").await.json();
        assert_eq!((answer["user"].clone(), answer["value"].clone()), (Value::Null, Value::Null));
        assert!(!replayed.cookies.contains_key("sessionid"), "it is taken back");
    }
    assert_eq!(site.session_items()[0]["ended"]["M"]["why"]["S"], "logged_out");
}

pub(crate) async fn what_ends_all_sessions_holds_on_the_next_request(keeper: &Keeper) {
    let site = keeper.site(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    let mut phone = site.program();
    phone.log_in("kim@example.com").await;
    ask(&mut phone, "/set/a/1").await;
    ask(&mut kim, "/set/b/2").await;
    // A new password: the browser that set it goes on, with its values, under another identifier.
    let before = kim.session_cookie();
    let new = "a new pass phrase";
    let form = [("old_password", PASSWORD), ("new_password1", new), ("new_password2", new)];
    assert_eq!(kim.post("/password/change", &form).await.status, 303);
    assert_ne!(kim.session_cookie(), before);
    assert_eq!(
        (kim.whoami().await["email"].clone(), value(&mut kim, "b").await),
        (json!("kim@example.com"), json!("2"))
    );
    assert!(phone.clone().whoami().await.is_null());
    assert!(site.visitor().with_session(Some(&before)).whoami().await.is_null());
    // Deactivated behind its back, and active again.
    let mut active = kim.clone();
    site.amend(&kim.id.clone(), "is_active", json!({ "BOOL": false }));
    assert!(active.clone().whoami().await.is_null());
    site.amend(&kim.id.clone(), "is_active", json!({ "BOOL": true }));
    assert!(!active.whoami().await.is_null());
    assert_eq!(kim.post("/logout/all", &[]).await.status, 303);
    assert!(active.whoami().await.is_null());
}

pub(crate) async fn a_slow_save_brings_no_ended_session_back(keeper: &Keeper) {
    let site = keeper.site(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    ask(&mut kim, "/set/a/1").await;
    let mut slow = kim.clone();
    // It reads its session, ends it as if from elsewhere, and then saves.
    let routes = Routes::new().get("/slow", Allow::ANYONE, |cx: Context| async move {
        let session = cx.session().await?;
        session.set("late", 1)?;
        let key = session.key().ok_or(Error::NotFound)?;
        let now = cx.now().as_second();
        cx.store().end_session(&key, portico::sessions::EndReason::EndedElsewhere, now, 600).await?;
        shown(&cx, Value::Null).await
    });
    let sent = Sent { method: "GET", path: "/slow", headers: &[("accept", "application/json")], body: "" };
    let answer = site.answer_by(&Arc::new(routes), &slow, sent).await;
    slow.keep_cookies(&answer);
    for mut browser in [kim, slow] {
        assert!(browser.whoami().await.is_null());
        assert_eq!(value(&mut browser, "late").await, Value::Null);
    }
    assert!(site.sessions().is_empty());
}

const AGES: [(&str, &str); 3] =
    [("SESSION_COOKIE_AGE", "21600"), ("SESSION_BROWSER_AGE", "3600"), ("SESSION_ABSOLUTE_AGE", "86400")];

pub(crate) async fn an_idle_session_ends_and_a_busy_one_at_its_cap(keeper: &Keeper) {
    let site = keeper.site(&AGES).await;
    let mut kim = site.member("kim@example.com").await;
    let mut visitor = site.visitor();
    ask(&mut visitor, "/set/a/1").await;
    site.clock.advance(SignedDuration::from_secs(3_570));
    assert!(!kim.whoami().await.is_null(), "renewed");
    assert_eq!(value(&mut visitor, "a").await, "1");
    site.clock.advance(SignedDuration::from_secs(3_570));
    assert!(!kim.whoami().await.is_null());
    site.clock.advance(SignedDuration::from_secs(3_601));
    assert!(kim.clone().whoami().await.is_null(), "idle for too long");
    assert_eq!(value(&mut visitor.clone(), "a").await, "1", "a visitor's lasts longer");
    for _ in 0..22 {
        site.clock.advance(SignedDuration::from_secs(3_500));
        let _ = value(&mut visitor, "a").await;
    }
    assert_eq!(value(&mut visitor, "a").await, Value::Null, "past the cap, however busy");
}

pub(crate) async fn a_session_is_renewed_once_in_a_twenty_fourth_of_its_life(keeper: &Keeper) {
    let site = keeper.site(&AGES).await;
    for mut visitor in [site.visitor(), site.member("kim@example.com").await] {
        let life = if visitor.id.is_null() { 21_600 } else { 3_600 };
        ask(&mut visitor, "/set/a/1").await;
        site.clock.advance(SignedDuration::from_secs(life / 24 - 30));
        assert_eq!(session_cookie_of(&ask(&mut visitor, "/get/a").await), None);
        site.clock.advance(SignedDuration::from_secs(30));
        assert!(session_cookie_of(&ask(&mut visitor, "/get/a").await).is_some());
        assert_eq!(session_cookie_of(&ask(&mut visitor, "/get/a").await), None);
    }
}

pub(crate) async fn every_request_renews_where_the_setting_says_so(keeper: &Keeper) {
    let site = keeper.site(&[("SESSION_SAVE_EVERY_REQUEST", "true")]).await;
    let mut visitor = site.visitor();
    assert_eq!(session_cookie_of(&ask(&mut visitor, "/get/a").await), None, "there is nothing to renew");
    ask(&mut visitor, "/set/a/1").await;
    for _ in 0..3 {
        site.clock.advance(SignedDuration::from_secs(1));
        assert!(session_cookie_of(&ask(&mut visitor, "/get/a").await).is_some());
    }
}

pub(crate) async fn an_end_of_ones_own_holds_in_the_cookie_and_on_the_server(keeper: &Keeper) {
    let site = keeper.site(&AGES).await;
    let mut kim = site.member("kim@example.com").await;
    let answer = ask(&mut kim, "/expire/in-600").await;
    assert_eq!(answer.json()["value"], 600);
    assert!(session_cookie_of(&answer).unwrap().contains("; Max-Age=600"));
    site.clock.advance(SignedDuration::from_secs(570));
    assert!(!kim.whoami().await.is_null());
    site.clock.advance(SignedDuration::from_secs(570));
    assert!(!kim.whoami().await.is_null(), "it slides");
    let answer = ask(&mut kim, "/expire/close").await;
    assert!(!session_cookie_of(&answer).unwrap().contains("Max-Age"));
    let at = site.clock_now() + 300;
    let answer = ask(&mut kim, &format!("/expire/at-{at}")).await;
    let left = answer.json()["value"].as_i64().unwrap();
    assert!((270..=300).contains(&left), "{left}");
    assert!(session_cookie_of(&answer).unwrap().contains(&format!("; Max-Age={left}")));
    site.clock.advance(SignedDuration::from_secs(270));
    assert!(!kim.whoami().await.is_null());
    let mut late = kim.clone();
    site.clock.advance(SignedDuration::from_secs(31));
    assert!(late.whoami().await.is_null(), "an instant does not slide");
}

pub(crate) async fn another_identifier_keeps_the_values_and_ends_the_one_before(keeper: &Keeper) {
    let site = keeper.site(&[]).await;
    for mut visitor in [site.visitor(), site.member("kim@example.com").await] {
        ask(&mut visitor, "/set/a/1").await;
        let who = visitor.whoami().await;
        let mut before = visitor.clone();
        assert_eq!(ask(&mut visitor, "/cycle").await.status, 200);
        assert_ne!(visitor.session_cookie(), before.session_cookie());
        assert_eq!((visitor.whoami().await, value(&mut visitor, "a").await), (who.clone(), json!("1")));
        if !who.is_null() {
            assert!(before.whoami().await.is_null());
        } else if keeper.merges {
            assert_eq!(value(&mut before, "a").await, Value::Null);
        }
        // The page that comes next can send its form.
        assert_eq!(visitor.post("/preferences/theme", &[("theme", "dark")]).await.status, 303);
    }
}

pub(crate) async fn a_proof_of_who_it_is_lasts_and_is_made_anew_by_nothing_but_a_proof(keeper: &Keeper) {
    let site = keeper.site(&AGES).await;
    let mut visitor = site.visitor();
    ask(&mut visitor, "/set/a/1").await;
    assert!(!is_fresh(&mut visitor, 86_400).await, "a visitor has proven nothing");
    let mut kim = site.member("kim@example.com").await;
    ask(&mut kim, "/set/a/1").await;
    assert!(is_fresh(&mut kim, 60).await);
    site.clock.advance(SignedDuration::from_secs(2_000));
    assert!(session_cookie_of(&ask(&mut kim, "/get/a").await).is_some(), "renewed");
    for path in ["/get/a", "/set/authenticated_at/9999999999", "/expire/in-3000", "/cycle"] {
        ask(&mut kim, path).await;
        assert_eq!((is_fresh(&mut kim, 1_900).await, is_fresh(&mut kim, 2_100).await), (false, true), "{path}");
    }
    assert_eq!(kim.post("/sessions/end-others", &[]).await.status, 303);
    assert!(!is_fresh(&mut kim, 1_900).await, "nor is what took its place");
    let mut before = kim.clone();
    assert_eq!(kim.post("/reauthenticate", &[("password", PASSWORD)]).await.status, 303);
    assert_eq!((is_fresh(&mut kim, 60).await, value(&mut kim, "a").await), (true, json!("1")));
    assert!(before.whoami().await.is_null());
    site.clock.advance(SignedDuration::from_secs(2_000));
    assert_eq!((is_fresh(&mut kim, 1_900).await, is_fresh(&mut kim, 2_100).await), (false, true));
    // A change of the password takes the present one.
    let new = "a new pass phrase";
    let form = [("old_password", PASSWORD), ("new_password1", new), ("new_password2", new)];
    assert_eq!(kim.post("/password/change", &form).await.status, 303);
    assert!(is_fresh(&mut kim, 60).await);
    // A session of before the proof was kept: it was proven when it began.
    let mut item = site.sessions().into_iter().find(|item| item["authenticated_at"].is_object()).unwrap();
    item.as_object_mut().unwrap().remove("authenticated_at");
    site.put(&site.stack.app().config().tables.sessions, &item);
    assert_eq!((is_fresh(&mut kim, 3_900).await, is_fresh(&mut kim, 4_100).await), (false, true));
}

async fn is_fresh(visitor: &mut Visitor<'_>, seconds: u64) -> bool {
    ask(visitor, &format!("/fresh/{seconds}")).await.json()["value"] == true
}

pub(crate) async fn a_flush_leaves_nothing(keeper: &Keeper) {
    let site = keeper.site(&[]).await;
    for mut visitor in [site.visitor(), site.member("kim@example.com").await] {
        ask(&mut visitor, "/set/a/1").await;
        let mut before = visitor.clone();
        let answer = ask(&mut visitor, "/flush").await;
        let gone = session_cookie_of(&answer).unwrap();
        assert!(gone.starts_with("sessionid=;") && gone.contains("Max-Age=0"), "{gone}");
        assert!(visitor.whoami().await.is_null());
        assert!(before.whoami().await.is_null());
        if keeper.merges {
            assert_eq!(value(&mut before, "a").await, Value::Null);
        }
    }
    assert!(site.sessions().is_empty());
}

pub(crate) async fn a_changed_cookie_is_nobodys(keeper: &Keeper) {
    let site = keeper.site(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    ask(&mut kim, "/set/a/1").await;
    let (cookie, before) = (kim.session_cookie(), site.session_items().len());
    for index in (0..cookie.len()).step_by(cookie.len().div_ceil(60)) {
        let mut bytes = cookie.clone().into_bytes();
        bytes[index] = if bytes[index] == b'B' { b'C' } else { b'B' };
        let mut other = site.visitor().with_session(Some(std::str::from_utf8(&bytes).unwrap()));
        let answer = ask(&mut other, "/get/a").await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "value": null, "user": null })), "{index}");
    }
    assert_eq!(site.session_items().len(), before);
    assert_eq!(value(&mut kim, "a").await, "1");
}

pub(crate) async fn much_is_kept_or_refused_and_never_cut(keeper: &Keeper) {
    let site = keeper.site(&[]).await;
    for mut visitor in [site.visitor(), site.member("kim@example.com").await] {
        ask(&mut visitor, "/set/a/1").await;
        let answer = ask(&mut visitor, "/fill/b/50000").await;
        if keeper.roomy {
            assert_eq!(answer.status, 200);
            assert_eq!(value(&mut visitor, "b").await.as_str().unwrap().len(), 50_000);
        } else {
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (413, "session_too_large"));
            assert_eq!(value(&mut visitor, "b").await, Value::Null);
        }
        assert_eq!(value(&mut visitor, "a").await, "1", "what was there is there");
    }
}

/// Puts so many bytes into the session. Gives whether they had room.
pub(crate) async fn fill(visitor: &mut Visitor<'_>, bytes: usize) -> bool {
    ask(visitor, &format!("/fill/b/{bytes}")).await.status == 200
}
