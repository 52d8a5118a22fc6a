//! Wrong passwords: five, then delays that double, for an account a hundred in all.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{WRONG, failures, from, guesses, retry_after, site, times, try_once};
use crate::site::{Fault, PASSWORD, Site, Visitor};

async fn member(site: &Site) -> Visitor<'_> {
    let mut kim = site.program();
    let body = json!({ "email": "kim@example.com", "username": "kim", "password1": PASSWORD, "password2": PASSWORD });
    let created = kim.post_json("/signup", body).await;
    kim.id = created.json()["user"]["id"].clone();
    kim
}

#[tokio::test]
async fn of_two_hundred_guesses_at_once_five_are_looked_at_and_after_each_delay_one() {
    let site = site(&[]).await;
    let kim = member(&site).await;
    for (delay, guessers, looked_at) in [(0, 200, 5), (30, 50, 1), (60, 50, 1)] {
        site.clock.advance(SignedDuration::from_secs(delay));
        let answers = guesses(times(guessers, &kim, "kim@example.com")).await;
        assert_eq!(answers, BTreeMap::from([(401, looked_at), (429, guessers - looked_at)]), "after {delay} s");
    }
    // What was refused has counted nowhere, and the right password is as good as before, when its time has come.
    let counters = failures(&site);
    for scope in ["ACCOUNT", "NAME", "PAIR", "NETWORK"] {
        assert_eq!((counters[scope].len(), &counters[scope][0]["failures"]["N"]), (1, &json!("7")), "{scope}");
    }
    assert!((61..=120).contains(&retry_after(&try_once(&kim, "kim@example.com", PASSWORD).await)));
    site.clock.advance(SignedDuration::from_secs(120));
    assert_eq!(try_once(&kim, "kim@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn guesses_from_everywhere_count_against_each_name_in_every_spelling() {
    let site = site(&[]).await;
    let kim = member(&site).await;
    let names = ["kim@example.com", "KIM@example.com", "kim", "Kim"];
    let tries = (0..60_u32).zip(names.iter().cycle()).map(|(host, name)| {
        let address = std::net::Ipv4Addr::from(0x0a00_0000 + host).to_string();
        (from(&kim, &address), (*name).to_owned())
    });
    assert_eq!(guesses(tries).await, BTreeMap::from([(401, 10), (429, 50)]));
    let counters = failures(&site);
    assert_eq!(counters["PAIR"].len(), 10, "who was refused is not held up elsewhere");
    assert_eq!((counters["NETWORK"].len(), counters["NAME"].len()), (10, 2));
    assert_eq!((counters["ACCOUNT"].len(), &counters["ACCOUNT"][0]["total"]["N"]), (1, &json!("10")));
}

#[tokio::test]
async fn guesses_by_one_name_do_not_tell_that_another_is_the_same_accounts() {
    let site = site(&[]).await;
    let kim = member(&site).await;
    let answers = guesses(times(8, &from(&kim, "198.51.100.7"), "kim@example.com")).await;
    assert_eq!(answers, BTreeMap::from([(401, 5), (429, 3)]));
    let elsewhere = from(&kim, "203.0.113.5");
    for name in ["kim", "nobody"] {
        assert_eq!(guesses(times(8, &elsewhere, name)).await, BTreeMap::from([(401, 5), (429, 3)]), "{name}");
    }
    retry_after(&try_once(&from(&kim, "192.0.2.99"), "kim@example.com", PASSWORD).await);
}

#[tokio::test]
async fn guesses_by_all_names_together_end_at_so_many_failures_in_all() {
    let site = site(&[("LOGIN_ACCOUNT_FAILURE_MAX", "7")]).await;
    let kim = member(&site).await;
    let names = ["kim@example.com", "kim"];
    let tries = (0..14_u32).zip(names.iter().cycle()).map(|(host, name)| {
        let address = std::net::Ipv4Addr::from(0x0a00_0000 + host).to_string();
        (from(&kim, &address), (*name).to_owned())
    });
    let answers = guesses(tries).await;
    assert!(answers[&401] <= 7 && answers[&401] >= 5, "{answers:?}");
    let counted = answers[&401].to_string();
    assert_eq!(failures(&site)["ACCOUNT"][0]["total"]["N"], counted, "{answers:?}");
}

#[tokio::test]
async fn an_account_is_logged_in_to_so_often_an_hour_from_wherever() {
    let site = site(&[("LOGIN_RATE", "4/h")]).await;
    let kim = member(&site).await;
    for name in ["kim", "kim@example.com", "kim"] {
        assert_eq!(try_once(&kim, name, PASSWORD).await.status, 200);
    }
    assert_eq!(try_once(&kim, "kim", WRONG).await.status, 401);
    let mut browser = kim.clone();
    browser.sign_up("lee@example.com").await;
    browser.log_in("lee@example.com").await;
    let before = site.sessions().len();
    for password in [PASSWORD, WRONG] {
        let wait = retry_after(&try_once(&from(&kim, "198.51.100.7"), "kim", password).await);
        assert!((3_590..=3_600).contains(&wait), "{wait}");
    }
    assert_eq!(site.sessions().len(), before, "nothing was begun");
    // The devices that an account knows are counted by themselves, all of them together.
    for _ in 0..4 {
        browser = browser.with_session(None);
        browser.log_in("lee@example.com").await;
    }
    retry_after(&try_once(&browser.with_session(None), "lee@example.com", PASSWORD).await);
    assert_eq!(try_once(&kim, "lee@example.com", PASSWORD).await.status, 200);
    site.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(try_once(&kim, "kim", PASSWORD).await.status, 200);
    assert_eq!(try_once(&browser.with_session(None), "lee@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn delays_double_to_a_quarter_of_an_hour_and_knocking_makes_them_no_longer() {
    let site = site(&[]).await;
    let kim = member(&site).await;
    for _ in 0..5 {
        assert_eq!(try_once(&kim, "kim", WRONG).await.status, 401);
    }
    for delay in [30, 60, 120, 240, 480, 900, 900] {
        let before = site.items("sessions");
        assert!((delay - 1..=delay).contains(&retry_after(&try_once(&kim, "kim", WRONG).await)), "{delay}");
        site.clock.advance(SignedDuration::from_secs(delay - 2));
        assert!((1..=2).contains(&retry_after(&try_once(&kim, "kim", PASSWORD).await)), "{delay}");
        assert_eq!(site.items("sessions"), before, "a refused try changes nothing");
        site.clock.advance(SignedDuration::from_secs(2));
        assert_eq!(try_once(&kim, "kim", WRONG).await.status, 401, "{delay}");
    }
}

#[tokio::test]
async fn a_name_that_nobody_has_is_refused_like_one_that_somebody_has() {
    let mut stories = Vec::new();
    for name in ["kim@example.com", "kim", "inactive@example.com", "nobody@example.com", "nobody", "no name at all!"] {
        let site = site(&[]).await;
        let kim = member(&site).await;
        let inactive = kim.clone().sign_up("inactive@example.com").await;
        site.amend(&inactive["id"], "is_active", json!({ "BOOL": false }));
        let mut story = Vec::new();
        let mut tell = async |wait: i64, address: &str| {
            site.clock.advance(SignedDuration::from_secs(wait));
            let answer = try_once(&from(&kim, address), name, WRONG).await;
            let page = from(&kim, address).html();
            let page = { page }.post("/login", &[("username", name), ("password", WRONG)]).await.status;
            let mut body = answer.json();
            body["error"]["request_id"] = Value::Null;
            // The seconds until the next try are those of a clock that runs on.
            body["error"]["message"] = Value::Null;
            let mut headers: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
            headers.sort();
            let retry = answer.header("retry-after").parse::<u64>().map(|seconds| (seconds + 5) / 10);
            // How many of its calls overlapped is chance where one needs a second.
            let cost = portico::meter::Cost { trips: 0, ..answer.cost() };
            story.push((answer.status.as_u16(), body, headers, retry.ok(), cost, page));
        };
        for _ in 0..4 {
            tell(0, "192.0.2.1").await;
        }
        tell(0, "192.0.2.2").await;
        tell(40, "192.0.2.2").await;
        tell(70, "192.0.2.1").await;
        stories.push((name, story));
    }
    let (_, first) = &stories[0];
    let answers: Vec<_> = first.iter().map(|(status, .., page)| (*status, page.as_u16())).collect();
    assert_eq!(answers, [(401, 401), (401, 401), (401, 429), (429, 429), (429, 429), (401, 429), (401, 429)]);
    for (name, story) in &stories {
        for (step, (told, expected)) in story.iter().zip(first).enumerate() {
            assert_eq!(told, expected, "{name}, step {step}");
        }
    }
}

#[tokio::test]
async fn a_success_lets_an_account_begin_anew() {
    let site = site(&[]).await;
    let kim = member(&site).await;
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(try_once(&kim, "kim", WRONG).await.status, 401);
        }
        assert_eq!(try_once(&kim, "kim", PASSWORD).await.status, 200);
    }
    let counters = failures(&site);
    assert!(!counters.contains_key("PAIR") && !counters.contains_key("NAME"));
    let account = &counters["ACCOUNT"][0];
    assert_eq!((&account["failures"]["N"], &account["total"]["N"]), (&json!("15"), &json!("12")), "the twelve stay");
}

#[tokio::test]
async fn a_log_in_without_a_failure_leaves_its_number_for_an_hour() {
    let site = site(&[]).await;
    let kim = member(&site).await;
    for _ in 0..3 {
        assert_eq!(try_once(&kim, "kim", PASSWORD).await.status, 200);
    }
    let counters = failures(&site);
    assert_eq!(counters.keys().collect::<Vec<_>>(), ["ACCOUNT"]);
    let account = &counters["ACCOUNT"][0];
    assert_eq!((&account["failures"]["N"], &account["total"]["N"]), (&json!("3"), &json!("0")));
    assert_eq!(account["expires_at"], account["resets_at"]);
}

#[tokio::test]
async fn a_success_in_one_network_does_not_help_a_guesser_in_another() {
    let site = site(&[]).await;
    let kim = member(&site).await;
    let guesser = from(&kim, "198.51.100.7");
    for _ in 0..5 {
        assert_eq!(try_once(&guesser, "kim", WRONG).await.status, 401);
    }
    site.clock.advance(SignedDuration::from_secs(30));
    assert_eq!(try_once(&kim, "kim", PASSWORD).await.status, 200);
    assert_eq!(try_once(&guesser, "kim", WRONG).await.status, 401);
    retry_after(&try_once(&guesser, "kim", WRONG).await);
    assert_eq!(try_once(&kim, "kim", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn an_account_has_so_many_failures_in_all_until_its_password_is_set_anew() {
    let site = site(&[("LOGIN_ACCOUNT_FAILURE_MAX", "7")]).await;
    let kim = member(&site).await;
    for _ in 0..7 {
        site.clock.advance(SignedDuration::from_hours(25));
        assert_eq!(try_once(&kim, "kim", WRONG).await.status, 401);
    }
    for wait in [0, 1, 25, 25 * 30] {
        site.clock.advance(SignedDuration::from_hours(wait));
        assert_eq!(retry_after(&try_once(&kim, "kim", PASSWORD).await), 900, "{wait} hours");
    }
    // `cargo manage changepassword` and `unlock` open it too: `manage/accounts.rs`.
    let mut phone = from(&site.visitor(), "203.0.113.9");
    phone.ask_for_reset("kim@example.com").await;
    let link = site.link_to("kim@example.com", "/password/reset/").await;
    phone.follow(&link).await;
    assert_eq!(phone.set_password("another horse battery").await.status, 303);
    assert_eq!(try_once(&kim, "kim", "another horse battery").await.status, 200);
    assert_eq!(failures(&site)["ACCOUNT"][0]["total"]["N"], "0");
}

#[tokio::test]
async fn failures_without_a_delay_begin_anew_after_a_day() {
    let site = site(&[]).await;
    let kim = member(&site).await;
    for day in 0..2 {
        let answers = guesses(times(50, &kim, "kim")).await;
        assert_eq!(answers, BTreeMap::from([(401, 5), (429, 45)]), "day {day}");
        site.clock.advance(SignedDuration::from_hours(24));
    }
}

#[tokio::test]
async fn a_page_says_how_long_to_wait_and_that_a_password_can_be_set_anew() {
    let site = site(&[]).await;
    let mut visitor = site.visitor().with("accept-language", "en");
    let form = [("username", "nobody"), ("password", WRONG), ("next", "/profile")];
    for _ in 0..5 {
        assert_eq!(visitor.post("/login", &form).await.status, 401);
    }
    let page = visitor.post("/login", &form).await;
    assert_eq!(page.status, 429);
    let text = page.text();
    assert!(text.contains("Please wait 30 seconds") || text.contains("Please wait 29 seconds"), "{text}");
    assert!(text.contains("href=\"/password/reset\"") && text.contains("value=\"nobody\"") && !text.contains(WRONG));
    let korean = site.visitor().with("accept-language", "ko").post("/login", &form).await.text();
    assert!(korean.contains("초 뒤에 다시 시도해 주세요"), "{korean}");
}

#[tokio::test]
async fn without_the_counters_nobody_logs_in() {
    let (site, faults) = Site::with_faults(&[]).await;
    let kim = member(&site).await;
    for fault in [Fault::internal(), Fault::throttled(), Fault::NotSent] {
        faults.clear();
        faults.always("UpdateItem", fault);
        for password in [PASSWORD, WRONG] {
            let answer = try_once(&kim, "kim", password).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "unavailable"));
            assert!(answer.line().0["duration_ms"].as_f64().unwrap() < 20_000.0);
        }
        assert_eq!(faults.count("PutItem"), 0, "no session was begun");
    }
    faults.clear();
    assert_eq!(try_once(&kim, "kim", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_count_whose_answer_is_lost_is_counted() {
    let (site, faults) = Site::with_faults(&[]).await;
    let kim = member(&site).await;
    let mut looked_at = 0;
    for _ in 0..10 {
        faults.next("UpdateItem", 1, Fault::ReplyLost);
        looked_at += usize::from(try_once(&kim, "kim", WRONG).await.status == 401);
        faults.clear();
    }
    assert!((1..=5).contains(&looked_at), "{looked_at}");
}

#[tokio::test]
async fn a_password_that_was_not_looked_at_for_want_of_time_is_no_failure() {
    let settings = [
        ("PASSWORD_HASH_CONCURRENCY", "1"),
        ("PASSWORD_HASH_WAIT_MS", "100"),
        ("ARGON2_ITERATIONS", "64"),
        ("LOGIN_FAILURE_LIMIT", "50"),
    ];
    let site = site(&settings).await;
    let visitor = site.program();
    let answers = guesses(times(20, &visitor, "nobody")).await;
    let looked_at = answers[&401];
    assert!(answers[&503] > 0 && looked_at > 0, "{answers:?}");
    let expected = json!(looked_at.to_string());
    for scope in ["ACCOUNT", "NAME", "PAIR", "NETWORK"] {
        assert_eq!(failures(&site)[scope][0]["failures"]["N"], expected, "{scope}");
    }
}
