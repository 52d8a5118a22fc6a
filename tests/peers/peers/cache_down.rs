//! A cache that is gone, hangs, forgets or is out of date: nobody is taken for somebody else, nobody is signed in by it,
//! and with `cached_db` nobody is signed out.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::redis::Redis;
use crate::site::{PASSWORD, Site, Visitor};

const QUICK: [(&str, &str); 3] =
    [("CACHE_TIMEOUT_MS", "100"), ("CACHE_CONNECT_TIMEOUT_MS", "100"), ("CACHE_RETRY_MS", "0")];

async fn set_theme(visitor: &mut Visitor<'_>, theme: &str) {
    assert_eq!(visitor.post("/preferences/theme", &[("theme", theme)]).await.status, 303);
}

async fn theme(visitor: &mut Visitor<'_>) -> String {
    let page = visitor.get("/").await;
    assert_eq!(page.status, 200, "{}", page.text());
    let text = page.text();
    text.split("data-theme=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
}

/// A member and a visitor, each with a theme of their own.
async fn two(site: &Site) -> (Visitor<'_>, Visitor<'_>) {
    let (mut kim, mut visitor) = (site.member("kim@example.com").await, site.visitor());
    set_theme(&mut kim, "dark").await;
    set_theme(&mut visitor, "light").await;
    (kim, visitor)
}

#[tokio::test]
async fn without_its_cache_cached_db_serves_from_the_table_and_signs_nobody_out() {
    let mut redis = Redis::start(&[]);
    let site = redis.site("cached_db", &QUICK).await;
    let (mut kim, mut visitor) = two(&site).await;
    redis.kill();
    assert_eq!((theme(&mut kim).await, theme(&mut visitor).await), ("dark".into(), "light".into()));
    assert_eq!(kim.whoami().await["email"], "kim@example.com");
    set_theme(&mut kim, "light").await;
    set_theme(&mut visitor, "dark").await;
    let mut lee = site.member("lee@example.com").await;
    assert_eq!(kim.clone().post("/logout", &[]).await.status, 303);
    assert!(kim.whoami().await.is_null());
    // It comes back, empty: what was changed meanwhile is what everybody finds.
    redis.restart();
    assert_eq!(theme(&mut visitor).await, "dark");
    assert_eq!(lee.whoami().await["email"], "lee@example.com");
    assert!(kim.whoami().await.is_null());
    assert_eq!(redis.ask(&["DBSIZE"]), ":2", "copies of both are kept again");
}

#[tokio::test]
async fn without_its_cache_the_engine_cache_answers_503_and_never_a_wrong_identity() {
    let mut redis = Redis::start(&[]);
    let site = redis.site("cache", &QUICK).await;
    let (mut kim, mut visitor) = two(&site).await;
    redis.kill();
    for person in [&mut kim, &mut visitor] {
        let answer = person.clone().json().get("/").await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "unavailable"));
        assert!(person.cookies.contains_key("sessionid"), "the cookie is not taken back for it");
        let page = person.get("/").await;
        assert_eq!(page.status, 503);
        assert!(!page.text().contains("kim@example.com") && !page.header("retry-after").is_empty());
    }
    assert_eq!(site.visitor().get("/").await.status, 200, "who has no session needs none");
    let before = site.sessions().len();
    let answer =
        site.program().post_json("/login", json!({ "username": "kim@example.com", "password": PASSWORD })).await;
    assert_eq!(answer.status, 503);
    assert_eq!(site.sessions().len(), before, "and no session has begun");
    redis.restart();
    // What it has lost is lost. Who is signed in is not up to it.
    assert_eq!(kim.whoami().await["email"], "kim@example.com");
    assert_eq!((theme(&mut kim).await, theme(&mut visitor).await), ("auto".into(), "auto".into()));
    set_theme(&mut kim, "dark").await;
    assert_eq!(theme(&mut kim).await, "dark");
}

#[tokio::test]
async fn a_cache_that_hangs_holds_nobody_up_for_long() {
    for engine in ["cached_db", "cache"] {
        let redis = Redis::start(&[]);
        let settings = [("CACHE_TIMEOUT_MS", "100"), ("CACHE_CONNECT_TIMEOUT_MS", "100"), ("CACHE_RETRY_MS", "60000")];
        let site = redis.site(engine, &settings).await;
        let (mut kim, _) = two(&site).await;
        redis.pause();
        let begun = Instant::now();
        for _ in 0..20 {
            let expected = if engine == "cached_db" { 200 } else { 503 };
            assert_eq!(kim.get("/").await.status, expected, "{engine}");
        }
        // The first finds out; the others are told, and do not wait: 20 times 100 ms would be two seconds.
        assert!(begun.elapsed() < Duration::from_secs(5), "{engine}: {:?}", begun.elapsed());
        redis.resume();
    }
}

#[tokio::test]
async fn a_log_out_holds_whatever_the_cache_still_has() {
    for engine in ["cached_db", "cache"] {
        let redis = Redis::start(&[]);
        let site = redis.site(engine, &QUICK).await;
        let mut kim = site.member("kim@example.com").await;
        set_theme(&mut kim, "dark").await;
        // A process that does not reach the cache ends the session; one that does finds its values still there.
        let elsewhere = site.beside(&[("SESSION_ENGINE", "dynamodb")]).await;
        assert_eq!(kim.clone().at(&elsewhere).post("/logout", &[]).await.status, 303, "{engine}");
        assert_eq!(redis.ask(&["DBSIZE"]), ":1", "{engine}");
        assert!(kim.clone().whoami().await.is_null(), "{engine}");
        // The same where all of somebody's sessions end at once.
        let mut lee = site.member("lee@example.com").await;
        set_theme(&mut lee, "dark").await;
        assert_eq!(lee.clone().at(&elsewhere).post("/logout/all", &[]).await.status, 303);
        assert!(lee.whoami().await.is_null(), "{engine}");
    }
}

#[tokio::test]
async fn a_copy_that_could_not_be_changed_does_not_last() {
    let redis = Redis::start(&[]);
    let site = redis.site("cached_db", &[("SESSION_CACHE_AGE", "7")]).await;
    let mut kim = site.member("kim@example.com").await;
    set_theme(&mut kim, "dark").await;
    let key = redis.ask(&["RANDOMKEY"]);
    assert!(key.starts_with('$'), "{key}");
    // Of whatever age the session is, its copy ends with the setting; the table has the rest.
    let keys = format!(
        "portico:session:{}",
        portico::sessions::SessionToken::parse(&kim.session_cookie()).unwrap().key().id()
    );
    let left: i64 = redis.ask(&["TTL", &keys]).trim_start_matches(':').parse().unwrap();
    assert!((1..=7).contains(&left), "{left}");
    redis.ask(&["FLUSHALL"]);
    assert_eq!(theme(&mut kim).await, "dark");
}

#[tokio::test]
async fn of_many_changes_at_once_the_copy_is_the_newest() {
    let redis = Redis::start(&[]);
    let site = redis.site("cached_db", &[]).await;
    let mut kim = site.member("kim@example.com").await;
    for _ in 0..5 {
        let (mut one, mut two) = (kim.clone(), kim.clone());
        tokio::join!(set_theme(&mut one, "dark"), async {
            assert_eq!(two.post("/preferences/language", &[("language", "ko")]).await.status, 303);
        });
        let copied = (theme(&mut kim).await, kim.get("/").await.text().contains("<html lang=\"ko\""));
        redis.ask(&["FLUSHALL"]);
        let stored = (theme(&mut kim).await, kim.get("/").await.text().contains("<html lang=\"ko\""));
        assert_eq!(copied, stored);
        set_theme(&mut kim, "auto").await;
    }
}

#[tokio::test]
async fn what_is_not_a_session_in_the_cache_is_an_error_and_nobody() {
    let redis = Redis::start(&[]);
    let site = redis.site("cache", &QUICK).await;
    let mut visitor = site.visitor();
    set_theme(&mut visitor, "dark").await;
    let key = format!(
        "portico:session:{}",
        portico::sessions::SessionToken::parse(&visitor.session_cookie()).unwrap().key().id()
    );
    for nonsense in [&["HSET", &key, "r", "{"][..], &["HSET", &key, "r", "[1]"], &["SET", &key, "x"]] {
        redis.ask(nonsense);
        assert_eq!(visitor.clone().get("/").await.status, 503, "{nonsense:?}");
    }
}

#[tokio::test]
async fn a_log_out_holds_while_the_cache_is_down() {
    for engine in ["cached_db", "cache"] {
        for path in ["/logout", "/logout/all", "/sessions/ID/end"] {
            let redis = Redis::start(&[]);
            let site = redis.site(engine, &QUICK).await;
            let mut kim = site.member("kim@example.com").await.json();
            let id = kim.get("/sessions").await.json()["sessions"][0]["id"].as_str().unwrap().to_owned();
            let token = kim.csrf_token().await;
            let mut thief = kim.clone();
            redis.pause();
            let path = path.replace("ID", &id);
            let headers = [("x-csrftoken", &*token), ("content-type", "application/json")];
            let answer = kim.send(http::Method::POST, &path, &headers, "{}".into()).await;
            assert_eq!(answer.status, 200, "{engine} {path}: {}", answer.text());
            redis.resume();
            assert!(thief.whoami().await.is_null(), "{engine} {path}");
        }
    }
}

#[tokio::test]
async fn a_copy_lives_from_when_it_was_made() {
    let redis = Redis::start(&[]);
    let site = redis.site("cached_db", &[("SESSION_CACHE_AGE", "300")]).await;
    let mut kim = site.member("kim@example.com").await;
    set_theme(&mut kim, "dark").await;
    // Ten minutes after its last renewal, and by its own clock the cache is that far behind.
    site.clock.advance(jiff::SignedDuration::from_mins(10));
    redis.ask(&["FLUSHALL"]);
    assert_eq!(theme(&mut kim).await, "dark");
    let token = portico::sessions::SessionToken::parse(&kim.session_cookie()).unwrap();
    let left: i64 = redis.ask(&["TTL", &format!("portico:session:{}", token.key().id())])[1..].parse().unwrap();
    assert!((850..=900).contains(&left), "{left}");
    let page = kim.get("/").await;
    assert_eq!((page.cost().calls, page.cost().read_units), (1, 2.0), "the values come from the cache");
}

#[tokio::test]
async fn another_engine_signs_nobody_out() {
    let redis = Redis::start(&[]);
    let url = redis.url();
    let engines = ["dynamodb", "cache", "cached_db"];
    for from in engines {
        for to in engines.into_iter().filter(|to| *to != from) {
            let site = redis.site(from, &[]).await;
            let other = site.beside(&[("SESSION_ENGINE", to), ("CACHE_LOCATION", &url)]).await;
            let mut kim = site.member("kim@example.com").await;
            set_theme(&mut kim, "dark").await;
            let mut kim = kim.at(&other);
            assert_eq!(kim.whoami().await["email"], "kim@example.com", "{from} to {to}");
            set_theme(&mut kim, "light").await;
            assert_eq!(theme(&mut kim).await, "light", "{from} to {to}");
            site.clock.advance(jiff::SignedDuration::from_hours(1));
            assert_eq!(kim.whoami().await["email"], "kim@example.com", "{from} to {to}: renewed");
            assert_eq!(kim.clone().post("/logout", &[]).await.status, 303);
            assert!(kim.whoami().await.is_null(), "{from} to {to}");
        }
    }
}

#[tokio::test]
async fn a_user_whose_values_are_evicted_in_the_middle_of_a_request_stays_signed_in() {
    let redis = Redis::start(&[]);
    let site = redis.site("cache", &[]).await;
    let mut kim = site.member("kim@example.com").await;
    set_theme(&mut kim, "dark").await;
    let port = redis.port;
    let routes = portico::Routes::new().get("/slow", portico::Allow::ANYONE, move |cx: portico::Context| async move {
        cx.session().await?.set("theme", "light")?;
        Redis::ask_at(port, &["FLUSHALL"]);
        portico::Response::json(portico::StatusCode::OK, &json!({}))
    });
    let sent = crate::site::Sent { method: "GET", path: "/slow", headers: &[("accept", "application/json")], body: "" };
    let answer = site.answer_by(&std::sync::Arc::new(routes), &kim, sent).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(theme(&mut kim).await, "light");
    assert_eq!(kim.whoami().await["email"], "kim@example.com");
}

#[tokio::test]
async fn a_dead_session_costs_the_same_whatever_it_died_of() {
    let redis = Redis::start(&[]);
    let site = redis.site("cached_db", &[]).await;
    let (kim, lee) = (site.member("kim@example.com").await, site.member("lee@example.com").await);
    let ended = kim.clone();
    kim.clone().post("/logout", &[]).await;
    let of_an_old_epoch = lee.clone();
    lee.clone().post("/logout/all", &[]).await;
    redis.ask(&["FLUSHALL"]);
    for browser in [ended, of_an_old_epoch] {
        let answer = browser.json().get("/").await;
        assert_eq!((answer.cost().calls, answer.cost().read_units), (1, 2.0));
    }
    assert_eq!(redis.ask(&["DBSIZE"]), ":0", "and nothing of it is copied");
}

#[tokio::test]
async fn the_cache_holds_nothing_of_a_user_but_values() {
    for engine in ["cached_db", "cache"] {
        let redis = Redis::start(&[]);
        let site = redis.site(engine, &[]).await;
        let mut kim = site.member("kim@example.com").await.with("user-agent", "Mozilla/5.0 Firefox/133.0 Linux");
        set_theme(&mut kim, "dark").await;
        let token = portico::sessions::SessionToken::parse(&kim.session_cookie()).unwrap();
        let key = format!("portico:session:{}", token.key().id());
        assert_eq!(redis.ask_all(&["HGET", &key, "r"]), "null");
        assert_eq!(redis.ask_all(&["HGET", &key, "d:theme"]), "\"dark\"");
    }
}

#[tokio::test]
async fn what_becomes_of_sessions_is_allowed_with_the_engines_that_need_a_cache() {
    for engine in ["cached_db", "cache"] {
        let redis = Redis::start(&[]);
        crate::sessions::rights::tour(&[("SESSION_ENGINE", engine), ("CACHE_LOCATION", &redis.url())]).await;
    }
}
