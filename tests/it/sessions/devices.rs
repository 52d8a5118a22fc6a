//! `/sessions`: who is logged in where, and the ends that its owner puts to it.

use http::Method;
use jiff::SignedDuration;
use portico::meter::Cost;
use serde_json::{Value, json};

use crate::site::{Answer, Site, Visitor};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";

async fn listed(visitor: &Visitor<'_>) -> Vec<Value> {
    let answer = visitor.clone().json().get("/sessions").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["sessions"].as_array().unwrap().clone()
}

async fn post(visitor: &mut Visitor<'_>, path: &str) -> Answer {
    visitor.send_json(Method::POST, path, json!({})).await
}

async fn phone(site: &Site) -> Visitor<'_> {
    let mut phone = site.program().with("user-agent", FIREFOX);
    phone.address = "198.51.100.7:50000".parse().unwrap();
    phone.log_in("kim@example.com").await;
    phone
}

/// The identifier of the session that asks.
async fn own_id(visitor: &Visitor<'_>) -> String {
    let current = listed(visitor).await.into_iter().find(|session| session["current"] == true).unwrap();
    current["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_persons_devices_are_listed_with_this_one_first() {
    let site = Site::start().await;
    let kim = site.member("kim@example.com").await;
    site.clock.advance(SignedDuration::from_mins(5));
    let mut phone = phone(&site).await;
    site.member("lee@example.com").await;
    let sessions = listed(&kim).await;
    let shown: Vec<_> =
        sessions.iter().map(|session| (&session["current"], &session["device"], &session["address"])).collect();
    assert_eq!(
        shown,
        [
            (&json!(true), &json!("Unknown device"), &json!("192.0.2.1")),
            (&json!(false), &json!("Firefox on Linux"), &json!("198.51.100.7")),
        ]
    );
    // The address is the one of the log-in, and stands beside it; each button's name begins with what is read on it.
    let html = kim.clone().with("accept-language", "en").get("/sessions").await.text();
    let (_, beginnings) = html.split_once("Logged in <time").unwrap();
    assert!(beginnings.split("</p>").next().unwrap().contains("192.0.2.1"), "{html}");
    assert_eq!(html.matches("aria-label=\"End the session of Firefox on Linux\">End</button>").count(), 1, "{html}");
    assert!(html.contains("<button class=\"button button-outline\">Log out on this device</button>"), "{html}");
    let mut names: Vec<_> = sessions[0].as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = ["address", "created_at", "current", "device", "ends_at", "id", "last_seen", "remembered"];
    assert_eq!(names, expected);
    for (visitor, secret) in [(&kim, kim.session_cookie()), (&phone, phone.session_cookie())] {
        assert!(!json!(listed(visitor).await).to_string().contains(secret.split('.').nth(1).unwrap()));
    }
    // One that has run out is not among them, although its item is there.
    phone.post("/logout", &[]).await;
    assert_eq!(listed(&kim).await.len(), 1);
    assert_eq!(site.session_items().len(), 3);
    let html = kim.clone().with("accept-language", "en").get("/sessions").await.text();
    assert!(html.contains("This device") && !html.contains("End all other sessions"), "there are no others");
    assert!(!html.contains("aria-label=\"End the session"), "its button is called what it says");
    let answer = site.visitor().get("/sessions").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login?next=%2Fsessions"));
}

#[tokio::test]
async fn one_session_is_ended_and_the_others_go_on() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await.json();
    let (mut phone, mut tablet) = (phone(&site).await, phone(&site).await);
    let id = own_id(&phone).await;
    let answer = post(&mut kim, &format!("/sessions/{id}/end")).await;
    assert_eq!((answer.status.as_u16(), answer.json()["next"].clone()), (200, json!("/sessions")));
    assert!(!answer.headers.contains_key("clear-site-data"), "it is not this browser's session");
    assert!(phone.whoami().await.is_null());
    assert!(!kim.whoami().await.is_null() && !tablet.whoami().await.is_null());
    assert_eq!(post(&mut kim, &format!("/sessions/{id}/end")).await.status, 404, "it is none any more");
    let events = kim.get("/profile/security").await.json()["events"].clone();
    let told: Vec<_> = events.as_array().unwrap().iter().map(|event| &event["action"]).collect();
    assert_eq!(told, ["session_ended"], "once: {events}");
    assert_eq!(events[0]["by"], "self");
    // This one too: that is a log-out.
    let own = own_id(&kim).await;
    let answer = post(&mut kim, &format!("/sessions/{own}/end")).await;
    assert_eq!((answer.status.as_u16(), answer.json()["next"].clone()), (200, json!("/")));
    assert_eq!(answer.header("clear-site-data"), "\"cache\", \"storage\"", "as `/logout` has it");
    assert!(kim.whoami().await.is_null() && !tablet.whoami().await.is_null());
}

#[tokio::test]
async fn all_others_end_by_one_transaction_and_this_one_goes_on_with_what_is_in_it() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    kim.post("/preferences/theme", &[("theme", "dark")]).await;
    let mut phone = phone(&site).await;
    site.multiply_session(300);
    let ends_at = listed(&kim).await[0]["ends_at"].clone();
    let before = kim.session_cookie();
    let token = kim.csrf_token().await;
    let headers = [("x-csrftoken", &*token), ("content-type", "application/x-www-form-urlencoded")];
    let answer = kim.send(Method::POST, "/sessions/end-others", &headers, bytes::Bytes::new()).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/sessions"));
    let cost = Cost { calls: 2, trips: 2, read_units: 2.0, write_units: 9.0 };
    assert_eq!(answer.cost(), cost, "session and user; user, two sessions and event, whatever their number");
    assert!(phone.whoami().await.is_null());
    assert_ne!(kim.session_cookie(), before);
    assert!(kim.with_session(Some(&before)).whoami().await.is_null());
    let page = kim.get("/sessions").await.text();
    assert!(page.contains("data-theme=\"dark\""));
    assert_eq!(listed(&kim).await.len(), 1);
    assert_eq!(listed(&kim).await[0]["ends_at"], ends_at, "its ends are the ones that it had");
}

#[tokio::test]
async fn nobody_ends_what_is_not_theirs() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await.json();
    let lee = site.member("lee@example.com").await;
    let lees = own_id(&lee).await;
    let before = site.state();
    let long = "0".repeat(1_000);
    let full = format!("{}.{lees}", lee.id.as_str().unwrap());
    for id in [lees.as_str(), &full, "0", "00000000000000000000000000000000", "*", "%23n", &long, &lees[..31], "%00"] {
        let answer = post(&mut kim, &format!("/sessions/{id}/end")).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "not_found"), "{id}");
    }
    let mut reader = kim.clone().html().with("accept-language", "en");
    let answer = reader.post(&format!("/sessions/{lees}/end"), &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/sessions"));
    assert!(reader.get("/sessions").await.text().contains("is logged in any more"), "and no more is told");
    assert_eq!(site.state(), before);
    assert!(!lee.clone().whoami().await.is_null());
    let mut nobody = site.program();
    assert_eq!(post(&mut nobody, "/sessions/end-others").await.status, 401);
    assert_eq!(post(&mut nobody, &format!("/sessions/{lees}/end")).await.status, 401);
}

#[tokio::test]
async fn of_two_ends_of_all_others_at_once_one_wins() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await.json();
    let mut phone = phone(&site).await;
    let (mut one, mut two) = (kim.clone(), phone.clone());
    let (one_answer, two_answer) =
        tokio::join!(post(&mut one, "/sessions/end-others"), post(&mut two, "/sessions/end-others"));
    let mut statuses = [one_answer.status.as_u16(), two_answer.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    let alive = [!one.whoami().await.is_null(), !two.whoami().await.is_null()];
    assert_eq!(alive.iter().filter(|alive| **alive).count(), 1);
    assert!(kim.whoami().await.is_null() && phone.whoami().await.is_null(), "under the names that they had");
}

#[tokio::test]
async fn beyond_the_most_the_sessions_seen_longest_ago_end() {
    let settings = [("SESSION_MAX_PER_USER", "2")];
    let site = Site::start_with(|options| {
        options.settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    })
    .await;
    let mut first = site.member("kim@example.com").await;
    site.clock.advance(SignedDuration::from_secs(2));
    let mut second = phone(&site).await;
    assert!(!first.whoami().await.is_null());
    site.clock.advance(SignedDuration::from_secs(2));
    let mut third = phone(&site).await;
    assert!(first.whoami().await.is_null());
    assert!(!second.whoami().await.is_null() && !third.whoami().await.is_null());
    let whys: Vec<_> = site.session_items().iter().map(|item| item["ended"]["M"]["why"]["S"].clone()).collect();
    assert_eq!(whys.iter().filter(|why| **why == json!("evicted")).count(), 1);
}

#[tokio::test]
async fn of_log_ins_at_the_same_time_the_newest_sessions_stay() {
    let settings = [("SESSION_MAX_PER_USER".to_owned(), "2".to_owned())];
    let site = Site::start_with(|options| options.settings = settings.to_vec()).await;
    site.program().sign_up("kim@example.com").await;
    for _ in 0..3 {
        let mut browsers: Vec<_> = (0..4).map(|_| site.program()).collect();
        let all = browsers.iter_mut().map(async |browser| browser.log_in("kim@example.com").await);
        futures_util::future::join_all(all).await;
        let alive = futures_util::future::join_all(browsers.iter().map(async |b| b.clone().whoami().await)).await;
        let alive = alive.iter().filter(|user| !user.is_null()).count();
        assert!(alive >= 2, "{alive} of those that have just logged in");
        // One that has not seen another begin may leave one too many; the next log-in ends it.
        site.clock.advance(SignedDuration::from_secs(2));
        let mut last = site.program();
        last.log_in("kim@example.com").await;
        assert_eq!(site.sessions().len(), 2);
        assert!(!last.whoami().await.is_null());
    }
}
