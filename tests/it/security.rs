//! `/profile/security`: the last log-ins, and the mail about a device that the account did not know.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use local::Delivery;
use portico::mail::{Client, Letter};
use serde_json::{Value, json};

use crate::site::{Answer, Fault, PASSWORD, Site, Visitor};

const SUBJECT: &str = "New log-in to your account at Portico";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";

async fn page(visitor: &Visitor<'_>) -> Answer {
    visitor.clone().json().get("/profile/security").await
}

async fn logins(visitor: &Visitor<'_>) -> Vec<Value> {
    page(visitor).await.json()["logins"].as_array().expect("a list").clone()
}

/// The slots of the ring, as stored.
fn slots(site: &Site) -> Vec<u64> {
    let items = site.accounts().into_iter().filter(|item| item["SK"]["S"].as_str().unwrap().starts_with("LOGIN#"));
    let mut numbers: Vec<u64> = items.map(|item| item["number"]["N"].as_str().unwrap().parse().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

#[tokio::test]
async fn the_last_log_ins_are_listed_with_time_address_and_device() {
    let site = Site::start().await;
    let kim = site.member("kim@example.com").await;
    site.clock.advance(SignedDuration::from_hours(1));
    let mut elsewhere = site.program().with("user-agent", FIREFOX);
    elsewhere.address = "198.51.100.7:50000".parse().unwrap();
    elsewhere.log_in("kim@example.com").await;
    let listed = logins(&kim).await;
    let shown: Vec<_> =
        listed.iter().map(|login| (&login["address"], &login["device"], &login["known_device"])).collect();
    assert_eq!(
        shown,
        [
            (&json!("198.51.100.7"), &json!("Firefox on Linux"), &json!(false)),
            (&json!("192.0.2.1"), &json!("Unknown device"), &json!(false)),
        ]
    );
    let at = |login: &Value| login["at"].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert!(at(&listed[0]).duration_since(at(&listed[1])) >= SignedDuration::from_mins(59));
    elsewhere.log_in("kim@example.com").await;
    assert_eq!(logins(&kim).await[0]["known_device"], true);

    let html = kim.clone().with("accept-language", "en").get("/profile/security").await.text();
    for text in ["Firefox on Linux", "198.51.100.7", "New device", "href=\"/password/change\"", "href=\"/email\""] {
        assert!(html.contains(text), "{text}: {html}");
    }
    assert!(html.contains("action=\"/logout/all\"") && html.matches("<li>").count() == 3);
    let korean = kim.clone().with("accept-language", "ko").get("/profile/security").await.text();
    assert!(korean.contains("Linux의 Firefox") && korean.contains("새 기기"), "{korean}");
    assert!(kim.clone().get("/profile").await.text().contains("href=\"/profile/security\""));
}

#[tokio::test]
async fn twenty_are_kept_the_latest_first() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    for _ in 0..22 {
        site.clock.advance(SignedDuration::from_mins(1));
        kim.log_in("kim@example.com").await;
    }
    assert_eq!(slots(&site), (4..=23).collect::<Vec<_>>());
    let listed = logins(&kim).await;
    assert_eq!(listed.len(), 20);
    let times: Vec<_> = listed.iter().map(|login| login["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|later, earlier| later > earlier), "{times:?}");
    assert_eq!(site.user(&kim.id)["login_count"]["N"], "23");
}

#[tokio::test]
async fn log_ins_at_the_same_time_lose_none() {
    let site = Site::start().await;
    let kim = site.member("kim@example.com").await;
    // As many as may be tried at once: a try counts until it is known to be right.
    let browsers: Vec<_> = (0..4).map(|_| kim.with_session(None)).collect();
    join_all(browsers.into_iter().map(|mut browser| async move { browser.log_in("kim@example.com").await })).await;
    assert_eq!(slots(&site), (1..=5).collect::<Vec<_>>());
    assert_eq!(site.user(&kim.id)["login_count"]["N"], "5");
}

#[tokio::test]
async fn ones_log_ins_are_for_oneself() {
    let site = Site::start().await;
    let kim = site.member("kim@example.com").await;
    let lee = site.member("lee@example.com").await;
    assert_eq!((logins(&kim).await.len(), logins(&lee).await.len()), (1, 1));
    let answer = site.visitor().get("/profile/security").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login?next=%2Fprofile%2Fsecurity"));
    assert_eq!((page(&site.program()).await.status.as_u16()), 401);
    assert_eq!(page(&kim).await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_user_who_was_stored_before_has_no_log_ins_yet() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let mut item = site.user(&kim.id);
    item.as_object_mut().unwrap().remove("login_count");
    site.put("accounts", &item);
    let slot = json!({ "PK": item["PK"], "SK": { "S": "LOGIN#01" } });
    let request = serde_json::from_value(json!({ "TableName": "accounts", "Key": slot })).unwrap();
    site.stack.dynamodb().database().delete_item(request).unwrap();
    assert!(logins(&kim).await.is_empty());
    assert_eq!(kim.get("/profile/security").await.status, 200);
    kim.log_in("kim@example.com").await;
    assert_eq!(logins(&kim).await.len(), 1);
}

#[tokio::test]
async fn what_a_browser_calls_itself_is_not_shown() {
    let site = Site::start().await;
    let mut kim = site.visitor().with("user-agent", "<svg/onload=1> call +1 555 0100");
    let user = kim.sign_up("kim@example.com").await;
    site.prove(&user["id"]);
    kim.log_in("kim@example.com").await;
    let mut again = site.program().with("user-agent", "<svg/onload=1> call +1 555 0100");
    again.log_in("kim@example.com").await;
    let html = kim.get("/profile/security").await.text();
    let mails = site.mails_to("kim@example.com").await;
    let mail = mails.into_iter().find(|mail| mail.subject == SUBJECT).unwrap();
    for text in [html, mail.text, mail.html] {
        assert!(!text.contains("555 0100") && !text.contains("onload"), "{text}");
    }
}

#[tokio::test]
async fn a_log_in_from_a_device_that_the_account_does_not_know_is_told_by_mail() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    site.prove(&kim.id);
    let told = async || {
        let mails = site.mails_to("kim@example.com").await;
        mails.into_iter().filter(|mail| mail.subject == SUBJECT).collect::<Vec<_>>()
    };
    assert!(told().await.is_empty(), "the first log-in ever is no news");
    kim.post("/logout", &[]).await;
    kim.log_in("kim@example.com").await;
    assert!(told().await.is_empty(), "nor is one from a browser that is known");
    let mut elsewhere = site.program().with("user-agent", FIREFOX);
    elsewhere.address = "198.51.100.7:50000".parse().unwrap();
    let wrong = json!({ "username": "kim@example.com", "password": "wrong wrong wrong" });
    assert_eq!(elsewhere.post_json("/login", wrong).await.status, 401);
    assert!(told().await.is_empty(), "nor one that was refused");
    elsewhere.log_in("kim@example.com").await;
    let mails = told().await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("198.51.100.7") && mails[0].text.contains("Firefox on Linux"), "{}", mails[0].text);
    elsewhere.log_in("kim@example.com").await;
    assert_eq!(told().await.len(), 1, "once told it is known");
    kim.post("/logout/all", &[]).await;
    kim.log_in("kim@example.com").await;
    assert_eq!(told().await.len(), 2, "and after a log-out everywhere it is not");
}

#[tokio::test]
async fn the_first_log_in_of_somebody_who_came_from_elsewhere_is_no_news() {
    let site = Site::start().await;
    let kim = site.program().sign_up("kim@example.com").await;
    // As an import leaves it: the last log-in was to another system.
    site.amend(&kim["id"], "last_login", json!({ "S": "2019-03-01T09:30:15Z" }));
    site.prove(&kim["id"]);
    site.program().log_in("kim@example.com").await;
    let news = |mails: Vec<local::mail::Mail>| mails.iter().filter(|mail| mail.subject == SUBJECT).count();
    assert_eq!(news(site.mails_to("kim@example.com").await), 0);
    site.program().log_in("kim@example.com").await;
    assert_eq!(news(site.mails_to("kim@example.com").await), 1, "the second one is");
}

#[tokio::test]
async fn of_what_a_browser_calls_itself_no_more_is_kept_than_is_looked_at() {
    let site = Site::start().await;
    let kim = site.member("kim@example.com").await;
    site.prove(&kim.id);
    let mut elsewhere = site.program().with("user-agent", &"x".repeat(4_000));
    elsewhere.log_in("kim@example.com").await;
    for item in [site.accounts(), site.sessions(), site.items("outbox")].concat() {
        assert!(!item.to_string().contains(&"x".repeat(257)), "{item}");
    }
    assert!(site.items("outbox").iter().any(|item| item.to_string().contains(&"x".repeat(256))));
}

#[tokio::test]
async fn a_change_of_the_password_keeps_this_browser_known_and_no_other() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    site.prove(&kim.id);
    let mut elsewhere = site.program();
    elsewhere.log_in("kim@example.com").await;
    let new = "another horse battery";
    let form = [("old_password", PASSWORD), ("new_password1", new), ("new_password2", new)];
    assert_eq!(kim.post("/password/change", &form).await.status, 303);
    let before = site.mails_to("kim@example.com").await.len();
    let body = json!({ "username": "kim@example.com", "password": new });
    let mut again = kim.with_session(None).json();
    assert_eq!(again.post_json("/login", body.clone()).await.status, 200);
    assert_eq!(site.mails_to("kim@example.com").await.len(), before);
    assert_eq!(elsewhere.post_json("/login", body).await.status, 200);
    assert_eq!(site.mails_to("kim@example.com").await.pop().unwrap().subject, SUBJECT);
}

#[tokio::test]
async fn a_log_in_that_cannot_be_told_or_kept_is_refused() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    site.prove(&kim.id);
    let mut elsewhere = site.program();
    let token = elsewhere.csrf_token().await;
    let body = json!({ "username": "kim@example.com", "password": PASSWORD });
    for name in ["TransactWriteItems", "PutItem"] {
        faults.always(name, Fault::internal());
        let answer = elsewhere.clone().send_with(&token, http::Method::POST, "/login", body.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "unavailable"), "{name}");
        assert!(answer.set_cookies().iter().all(|cookie| !cookie.starts_with("device=")), "{name}");
        faults.clear();
    }
    faults.always("Query", Fault::internal());
    assert_eq!(kim.get("/profile/security").await.status, 503);
}

#[tokio::test]
async fn nobody_is_written_to_at_an_address_that_was_never_proven() {
    let site = Site::start().await;
    let mut kim = site.program();
    kim.sign_up("stranger@example.com").await;
    let before = site.mails_to("stranger@example.com").await.len();
    for _ in 0..3 {
        kim.with_session(None).log_in("stranger@example.com").await;
    }
    assert_eq!(site.promised(), [""; 0]);
    // One that was proven when it was promised, and is another by now.
    let user = kim.log_in("stranger@example.com").await;
    let user = serde_json::from_value(user["id"].clone()).unwrap();
    let client = Client { address: "192.0.2.7".to_owned(), user_agent: String::new() };
    site.promise(Letter::NewDevice { user, client }).await;
    assert_eq!(site.mails_to("stranger@example.com").await.len(), before);
}

#[tokio::test]
async fn an_owner_is_told_of_so_many_new_devices_a_day() {
    let (site, faults) = Site::with_faults(&[("NEW_DEVICE_MAIL_RATE", "2/d")]).await;
    let kim = site.member("kim@example.com").await;
    site.prove(&kim.id);
    let told = async || {
        let mails = site.mails_to("kim@example.com").await;
        mails.into_iter().filter(|mail| mail.subject == SUBJECT).count()
    };
    for (log_ins, expected) in [(1, 1), (4, 2)] {
        for _ in 0..log_ins {
            site.program().log_in("kim@example.com").await;
        }
        if expected == 1 {
            // What has to be sent again counts once.
            faults.next("POST email", 1, Fault::internal());
            assert_eq!(site.stack.deliver_changes().await.last(), Some(&Delivery::Failed));
        }
        assert_eq!(told().await, expected);
    }
    assert_eq!(logins(&kim).await.len(), 6, "the page lists them all");
    site.clock.advance(SignedDuration::from_hours(24));
    site.program().log_in("kim@example.com").await;
    assert_eq!(told().await, 3);
}
