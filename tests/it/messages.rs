//! Messages: shown once, by whichever process answers next, to whom they are meant for, in HTML and in JSON.

use std::sync::Arc;

use async_trait::async_trait;
use portico::accounts::{Hooks, User};
use portico::messages::{Level, Message};
use portico::{BoxError, Context};
use serde_json::{Value, json};

use crate::site::{Answer, Fault, PASSWORD, Site, Visitor};

/// Says one thing of each level at every log-in, the last with whatever the visitor is called.
struct Talkative;

#[async_trait]
impl Hooks for Talkative {
    async fn on_login(&self, cx: &Context, user: &User, _backend: &str) -> Result<(), BoxError> {
        let messages = cx.messages();
        messages.debug("nav-home");
        messages.info("nav-profile");
        messages.warning("nav-login");
        messages.error("nav-signup");
        let name = user.display_name();
        messages.add(Message::new(Level::Info, "home-greeting").with("name", name).tagged("greeting"));
        Ok(())
    }
}

/// Says more than a cookie holds.
struct Endless;

#[async_trait]
impl Hooks for Endless {
    async fn on_login(&self, cx: &Context, _user: &User, _backend: &str) -> Result<(), BoxError> {
        for number in 0..60_u64 {
            let padding = format!("{number:02} {}", "x".repeat(60));
            cx.messages().add(Message::new(Level::Info, "home-greeting").with("name", padding));
        }
        Ok(())
    }
}

async fn with(hook: Arc<dyn Hooks>, settings: &[(&str, &str)]) -> Site {
    Site::start_with(|options| {
        options.site.hooks = vec![hook];
        options.set(settings);
    })
    .await
}

/// The messages of a page: classes, role and text of each.
fn shown(page: &Answer) -> Vec<(String, String, String)> {
    let text = page.text();
    let messages = text.split("<div class=\"message ").skip(1).map(|rest| {
        let (classes, rest) = rest.split_once("\" role=\"").unwrap();
        let (role, rest) = rest.split_once("\"><p>").unwrap();
        (classes.to_owned(), role.to_owned(), rest.split("</p>").next().unwrap().to_owned())
    });
    messages.collect()
}

fn texts(page: &Answer) -> Vec<String> {
    shown(page).into_iter().map(|(_, _, text)| text).collect()
}

async fn log_in(visitor: &mut Visitor<'_>, email: &str) -> Answer {
    let answer = visitor.post("/login", &[("username", email), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer
}

#[tokio::test]
async fn several_are_announced_once_by_their_level_and_in_the_language_of_the_page() {
    let site = with(Arc::new(Talkative), &[]).await;
    let mut kim = site.visitor();
    kim.sign_up("kim@example.com").await;
    log_in(&mut kim, "kim@example.com").await;
    let cookie = kim.cookies["messages"].clone();
    assert!(cookie.len() <= 2_048);
    let page = kim.get("/").await;
    let classes: Vec<_> = shown(&page).into_iter().map(|(classes, role, _)| (classes, role)).collect();
    let expected = [
        ("message-info", "status"),
        ("message-warning", "status"),
        ("message-error", "alert"),
        ("message-info greeting", "status"),
        ("message-success", "status"),
    ];
    assert_eq!(classes, expected.map(|(class, role)| (class.to_owned(), role.to_owned())));
    assert!(texts(&page)[3].contains("kim") && texts(&page)[4] == "You are logged in.", "{:?}", texts(&page));
    assert!(!kim.cookies.contains_key("messages"), "the cookie is taken back");
    assert!(shown(&kim.get("/").await).is_empty());
    kim.cookies.insert("messages".to_owned(), cookie);
    let mut korean = kim.with("accept-language", "ko");
    assert!(texts(&korean.get("/").await)[4].contains("로그인했습니다"));
}

#[tokio::test]
async fn what_matters_less_than_message_level_is_not_kept() {
    for (level, count) in [("debug", 6), ("info", 5), ("success", 3), ("warning", 2), ("error", 1)] {
        let site = with(Arc::new(Talkative), &[("MESSAGE_LEVEL", level)]).await;
        let mut kim = site.visitor();
        kim.sign_up("kim@example.com").await;
        log_in(&mut kim, "kim@example.com").await;
        assert_eq!(shown(&kim.get("/").await).len(), count, "{level}");
    }
}

#[tokio::test]
async fn they_need_no_row_and_not_the_same_process() {
    let key = ("SECRET_KEY", "one key that both processes have got");
    let site = Site::start_with(|options| options.settings.push((key.0.to_owned(), key.1.to_owned()))).await;
    let other = site.beside(&[key]).await;
    let mut visitor = site.visitor();
    // A log-out says so to a visitor as well.
    assert_eq!(visitor.post("/logout", &[]).await.status, 303);
    assert!(site.state().is_empty(), "no row");
    let mut there = visitor.at(&other);
    assert_eq!(texts(&there.get("/").await), ["You are logged out."]);
    assert!(shown(&there.at(&site).get("/").await).is_empty());
}

#[tokio::test]
async fn of_more_than_fits_the_oldest_are_dropped_and_the_redirect_goes_on() {
    let site = with(Arc::new(Endless), &[]).await;
    let mut kim = site.visitor();
    kim.sign_up("kim@example.com").await;
    let answer = log_in(&mut kim, "kim@example.com").await;
    assert!(answer.set_cookies().iter().all(|cookie| cookie.len() <= 4_096));
    let kept = texts(&kim.get("/").await);
    assert!((5..60).contains(&kept.len()), "{}", kept.len());
    assert_eq!(kept.last().unwrap(), "You are logged in.", "the newest");
    assert!(kept[kept.len() - 2].contains("59 x") && !kept.iter().any(|text| text.contains("00 x")));
    // A program has no such limit: what it is told stands in the answer itself.
    let answer =
        site.program().post_json("/login", json!({ "username": "kim@example.com", "password": PASSWORD })).await;
    assert_eq!(answer.json()["messages"].as_array().unwrap().len(), 61);
    assert!(!answer.set_cookies().iter().any(|cookie| cookie.starts_with("messages")));
}

#[tokio::test]
async fn an_answer_in_json_carries_them_and_then_they_are_shown() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let saved = kim.clone().json().post_json("/profile", json!({ "version": 1, "bio": "hello" })).await;
    assert_eq!(saved.json()["messages"], json!([{ "level": "success", "text": "Your profile is saved." }]));
    assert!(!saved.set_cookies().iter().any(|cookie| cookie.starts_with("messages")), "nothing is left over");

    // Of a page's redirect that was not followed, the next answer in JSON tells: an answer, a page, an error.
    let form = [("version", "2"), ("bio", "hello again"), ("first_name", ""), ("last_name", ""), ("phone", "")];
    assert_eq!(kim.post("/profile", &form).await.status, 303);
    let expected = json!([{ "level": "success", "text": "Your profile is saved." }]);
    for path in ["/", "/profile", "/email", "/nowhere"] {
        let mut program = kim.clone().json();
        let answer = program.get(path).await;
        assert_eq!(answer.json()["messages"], expected, "{path}: {}", answer.text());
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(program.get(path).await.json()["messages"], Value::Null, "{path}: once");
    }
    // What scripts ask for behind a page leaves them to the page.
    assert_eq!(kim.get("/csrf").await.json()["messages"], Value::Null);
    assert_eq!(texts(&kim.get("/profile").await), ["Your profile is saved."]);
}

#[tokio::test]
async fn in_json_they_are_in_the_language_that_was_chosen() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    kim.post("/preferences/language", &[("language", "ko")]).await;
    let saved = kim.json().post_json("/profile", json!({ "version": 1, "bio": "hello" })).await;
    let text = saved.json()["messages"][0]["text"].as_str().unwrap().to_owned();
    assert!(text.contains("저장"), "{text}");
}

#[tokio::test]
async fn what_was_not_done_is_not_said_and_what_waited_is_not_lost() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    let form = [("version", "1"), ("bio", "hello"), ("first_name", ""), ("last_name", ""), ("phone", "")];
    assert_eq!(kim.post("/profile", &form).await.status, 303);
    // A page that would have shown it is thrown away with its session, which could not be saved.
    site.clock.advance(jiff::SignedDuration::from_hours(1));
    faults.always("UpdateItem", Fault::internal());
    let page = kim.get("/profile").await;
    assert_eq!(page.status, 503);
    let told = shown(&page).len();
    faults.clear();
    let later = shown(&kim.get("/profile").await).len();
    assert_eq!(told + later, 1, "once, on whichever page the visitor saw");
}

#[tokio::test]
async fn one_persons_messages_are_not_shown_to_the_next_in_the_same_browser() {
    let site = Site::start().await;
    let mut browser = site.visitor();
    browser.sign_up("kim@example.com").await;
    browser.sign_up("lee@example.com").await;
    log_in(&mut browser, "kim@example.com").await;
    let kims = browser.clone();
    assert!(kims.cookies.contains_key("messages"), "waiting, and never shown");

    // Kim logs out: what waited goes, what the log-out says stays.
    let mut after = kims.clone();
    after.post("/logout", &[]).await;
    assert_eq!(texts(&after.get("/").await), ["You are logged out."]);

    // Lee logs in over Kim's session.
    let mut after = kims.clone();
    log_in(&mut after, "lee@example.com").await;
    assert_eq!(texts(&after.get("/").await), ["You are logged in."], "one, and it is Lee's");

    // Kim's session ended, by its age or elsewhere; the cookies may be all still there, or all but one.
    let mut after = kims.clone();
    after.cookies.remove("sessionid");
    assert!(shown(&after.get("/").await).is_empty());
    assert!(!after.cookies.contains_key("messages"), "and it is taken back");
    let mut lee = site.visitor();
    log_in(&mut lee, "lee@example.com").await;
    lee.get("/").await;
    lee.cookies.insert("messages".to_owned(), kims.cookies["messages"].clone());
    assert!(shown(&lee.get("/").await).is_empty());
    site.clock.advance(jiff::SignedDuration::from_hours(13));
    let mut after = kims.clone();
    assert!(shown(&after.get("/").await).is_empty(), "the session is dead, whatever the browser holds");
    let mut program = kims.json();
    assert_eq!(program.get("/login").await.json()["messages"], Value::Null);
}

#[tokio::test]
async fn a_visitors_messages_go_along_into_the_session_of_a_log_in() {
    let site = Site::start().await;
    let mut kim = site.visitor();
    kim.sign_up("kim@example.com").await;
    kim.post("/logout", &[]).await;
    log_in(&mut kim, "kim@example.com").await;
    assert_eq!(texts(&kim.get("/").await), ["You are logged out.", "You are logged in."]);
}

#[tokio::test]
async fn pages_side_by_side_take_nothing_from_each_other() {
    let site = Site::start().await;
    let kim = site.member("kim@example.com").await;
    // A page that was asked for before there was a message does not delete the one that came meanwhile.
    let mut slow = kim.clone();
    let mut quick = kim.clone();
    let page = slow.get("/").await;
    let form = [("version", "1"), ("bio", "hello"), ("first_name", ""), ("last_name", ""), ("phone", "")];
    quick.post("/profile", &form).await;
    assert!(!page.set_cookies().iter().any(|cookie| cookie.starts_with("messages")));
    // Whoever asks for the head of a page has not read it.
    quick.send(http::Method::HEAD, "/", &[], bytes::Bytes::new()).await;
    assert!(quick.cookies.contains_key("messages"));
    // Two that were asked for at the same time both show it: neither can know of the other. Afterwards it is gone.
    let (mut one, mut two) = (quick.clone(), quick);
    assert_eq!((shown(&one.get("/").await).len(), shown(&two.get("/").await).len()), (1, 1));
    assert_eq!(shown(&one.get("/").await).len(), 0);
}

#[tokio::test]
async fn a_cookie_that_is_none_of_ours_says_nothing_and_goes() {
    let site = Site::start().await;
    let mut visitor = site.visitor();
    visitor.post("/logout", &[]).await;
    let ours = visitor.cookies["messages"].clone();
    let cut = &ours[..ours.len() - 2];
    let foreign = Site::start().await;
    let mut elsewhere = foreign.visitor();
    elsewhere.post("/logout", &[]).await;
    let theirs = elsewhere.cookies["messages"].clone();
    let large = "A".repeat(4_000);
    for bad in ["x", "\"\"", cut, &theirs, &large, &format!("\"{ours}\""), &format!("{ours}; messages={ours}")] {
        visitor.cookies.insert("messages".to_owned(), bad.to_owned());
        let page = visitor.get("/").await;
        assert_eq!((page.status.as_u16(), shown(&page).len()), (200, 0), "{bad:.60}");
        assert!(!visitor.cookies.contains_key("messages"), "{bad:.60}");
    }
    assert!(site.state().is_empty());
}
