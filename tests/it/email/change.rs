//! Another address.

use http::Method;
use jiff::SignedDuration;
use portico::meter::Cost;
use serde_json::json;

use super::guards;
use crate::site::links::text;
use crate::site::{PASSWORD, Site};

fn sign_up(email: &str) -> serde_json::Value {
    json!({ "email": email, "password1": PASSWORD, "password2": PASSWORD })
}

#[tokio::test]
async fn a_link_in_the_new_mailbox_and_a_button_change_it() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await.with("accept-language", "en");
    site.amend(&kim.id, "email_verified", json!({ "BOOL": true }));
    let mut elsewhere = site.program();
    elsewhere.log_in("kim@example.com").await;
    let answer = kim.ask_for_address("New@example.com").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/email"), "{}", answer.text());
    let told = kim.get("/email").await.text();
    assert!(told.contains("on its way to the new address") && told.contains("may belong to another account"), "{told}");
    assert_eq!(kim.whoami().await["email"], "kim@example.com", "nothing has changed yet");
    let link = site.link_to("New@example.com", "/email/change/").await;
    for _ in 0..3 {
        let page = kim.follow(&link).await;
        assert_eq!((page.status.as_u16(), page.header("referrer-policy")), (200, "no-referrer"));
        assert!(page.text().contains("New@example.com") && page.text().contains("kim@example.com"));
    }
    assert_eq!(kim.whoami().await["email"], "kim@example.com");
    let answer = kim.post("/email/change/confirm", &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/email"), "{}", answer.text());
    let user = kim.whoami().await;
    assert_eq!((&user["email"], &user["email_verified"]), (&json!("New@example.com"), &json!(true)));
    assert_eq!(elsewhere.whoami().await["email"], "New@example.com", "sessions go on");
    assert!(kim.can_log_in(&site, "new@example.com", PASSWORD).await);
    assert!(!kim.can_log_in(&site, "kim@example.com", PASSWORD).await, "the old one leads to nobody");
    assert_eq!(guards(&site), [("kim@example.com".to_owned(), true), ("new@example.com".to_owned(), false)]);
    let told = site.mails_to("kim@example.com").await;
    assert!(told.last().unwrap().text.contains("/email/undo/"), "the old one is told: {}", told.last().unwrap().text);
    assert_eq!(kim.get(&link).await.status, 410, "once");
}

#[tokio::test]
async fn an_address_that_was_never_proven_is_told_and_is_no_way_back() {
    for verification in ["none", "optional"] {
        let site = Site::uncounted(&[("ACCOUNT_EMAIL_VERIFICATION", verification)]).await;
        an_unproven_address_is_left(&site).await;
    }
}

async fn an_unproven_address_is_left(site: &Site) {
    let mut kim = site.member("kim@example.com").await.with("accept-language", "en");
    kim.ask_for_address("new@example.com").await;
    kim.follow(&site.link_to("new@example.com", "/email/change/").await).await;
    assert_eq!(kim.post("/email/change/confirm", &[]).await.status, 303);
    assert_eq!(site.promised(), ["email_changed"], "and no way back, which would not be kept");
    let mails = site.mails_to("kim@example.com").await;
    let told: Vec<_> = mails.iter().filter(|mail| mail.subject.contains("no longer belongs")).collect();
    assert_eq!(told.len(), 1);
    for mail in &mails {
        for secret in ["/email/undo/", "new@example.com", "IP address"] {
            assert!(!mail.text.contains(secret) && !mail.html.contains(secret), "it may be a stranger's, mistyped");
        }
    }
    assert_eq!(site.member("kim@example.com").await.whoami().await["email"], "kim@example.com", "who can sign up");
    assert_eq!(kim.whoami().await["email"], "new@example.com");
}

#[tokio::test]
async fn it_takes_the_password_and_an_address() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    site.deliver_mail().await;
    let labels = format!("kim@{}com", "a.".repeat(20_000));
    for (email, password, field, code) in [
        ("new@example.com", "wrong wrong wrong", "password", "password_incorrect"),
        ("new@example.com", "", "password", "required"),
        ("kim@example.com", PASSWORD, "email", "unchanged"),
        ("", PASSWORD, "email", "required"),
        ("new", PASSWORD, "email", "invalid"),
        ("n\u{131}ck@example.com", PASSWORD, "email", "invalid"),
        ("new\u{ff20}example.com", PASSWORD, "email", "invalid"),
        ("new@example.com\r\nBcc: x@y.zz", PASSWORD, "email", "invalid"),
        (&labels, PASSWORD, "email", "max_length"),
    ] {
        let answer = kim.post_json("/email", json!({ "email": email, "password": password })).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, "invalid"), "{email:.30}");
        assert!(answer.field(field).contains(&code.to_owned()), "{email:.30}: {}", answer.text());
    }
    assert_eq!(site.promised(), [""; 0]);
    let answer = site.program().post_json("/email", json!({ "email": "a@b.de", "password": PASSWORD })).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login_required"));
    let answer = site.visitor().get("/email").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login?next=%2Femail"));
}

#[tokio::test]
async fn whether_the_new_address_is_taken_is_not_told() {
    let site = Site::uncounted(&[]).await;
    site.program().sign_up("lee@example.com").await;
    let mut kim = site.member("kim@example.com").await.json();
    site.deliver_mail().await;
    let mut answers = Vec::new();
    for email in ["lee@example.com", "free@example.com"] {
        let token = kim.csrf_token().await;
        let body = json!({ "email": email, "password": PASSWORD });
        let answer = kim.send_with(&token, Method::POST, "/email", body).await;
        answers.push((answer.status, answer.body.clone(), answer.cost()));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0, 202);
    assert_eq!(answers[0].2, Cost { calls: 2, trips: 2, read_units: 2.0, write_units: 1.0 });
}

#[tokio::test]
async fn an_address_that_was_taken_meanwhile_is_told_to_who_reads_its_mail() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    kim.clone().html().ask_for_address("new@example.com").await;
    let link = site.link_to("new@example.com", "/email/change/").await;
    site.program().sign_up("new@example.com").await;
    kim.get(&link).await;
    let before = site.accounts();
    let answer = kim.post_json("/email/change/confirm", json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.field("email")), (422, vec!["unique".to_owned()]));
    assert_eq!(kim.clone().html().post("/email/change/confirm", &[]).await.status, 422);
    assert_eq!(site.accounts(), before, "nothing is half done, and the link is not used up");
}

#[tokio::test]
async fn the_link_is_for_who_is_signed_in_to_the_account() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    kim.ask_for_address("new@example.com").await;
    let link = site.link_to("new@example.com", "/email/change/").await;
    // Where nobody is signed in, the way leads over the log-in page, and the link is kept.
    let mut phone = site.visitor();
    let answer = phone.follow(&link).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login?next=%2Femail%2Fchange%2Fconfirm"));
    let answer = phone.post("/email/change/confirm", &[]).await;
    assert_eq!(answer.status, 303);
    assert!(answer.header("location").starts_with("/login"));
    // In somebody else's session it is good for nothing.
    let mut lee = site.member("lee@example.com").await.json();
    lee.get(&link).await;
    for answer in [lee.get("/email/change/confirm").await, lee.post_json("/email/change/confirm", json!({})).await] {
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (410, "link_invalid"));
    }
    assert_eq!(kim.whoami().await["email"], "kim@example.com");
    phone.log_in("kim@example.com").await;
    assert_eq!(phone.get("/email/change/confirm").await.status, 200);
    assert_eq!(phone.post("/email/change/confirm", &[]).await.status, 303);
    assert_eq!(kim.whoami().await["email"], "new@example.com");
}

#[tokio::test]
async fn a_link_dies_when_all_sessions_end() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    let mut links = Vec::new();
    for (number, path) in ["/password/change", "/password/reset", "/logout/all"].into_iter().enumerate() {
        let new = format!("thief{number}@example.com");
        kim.ask_for_address(&new).await;
        let mut thief = kim.clone();
        let link = site.link_to(&new, "/email/change/").await;
        assert_eq!(thief.follow(&link).await.status, 200);
        // And one that was asked for before, and is written after.
        kim.ask_for_address(&format!("late{number}@example.com")).await;
        match path {
            "/password/change" => {
                let form = [("old_password", PASSWORD), ("new_password1", PASSWORD), ("new_password2", PASSWORD)];
                assert_eq!(kim.post(path, &form).await.status, 303);
            }
            "/password/reset" => {
                let mut phone = site.visitor();
                phone.ask_for_reset("kim@example.com").await;
                phone.follow(&site.link_to("kim@example.com", "/password/reset/").await).await;
                assert_eq!(phone.set_password(PASSWORD).await.status, 303);
            }
            _ => assert_eq!(kim.post(path, &[]).await.status, 303),
        }
        kim.log_in("kim@example.com").await;
        links.push(link);
        for link in &links {
            assert_eq!(kim.get(link).await.status, 410, "{path}");
        }
        let late = site.mails_to(&format!("late{number}@example.com")).await;
        assert_eq!(late.len(), usize::from(path == "/password/reset"), "{path}");
    }
    assert_eq!(kim.whoami().await["email"], "kim@example.com");
}

#[tokio::test]
async fn the_way_back_leaves_a_thief_no_open_link() {
    let site = Site::uncounted(&[]).await;
    let mut thief = site.member("kim@example.com").await;
    thief.change_address(&site, "thief@example.com").await;
    thief.change_address(&site, "kim@example.com").await;
    thief.change_address(&site, "thief@example.com").await;
    let undo = site.link_to("kim@example.com", "/email/undo/").await;
    thief.ask_for_address("second@example.com").await;
    let second = site.link_to("second@example.com", "/email/change/").await;
    let mut kim = site.visitor();
    kim.follow(&undo).await;
    assert_eq!(kim.post("/email/undo", &[]).await.status, 303);
    kim.follow(&site.link_to("kim@example.com", "/password/reset/").await).await;
    assert_eq!(kim.set_password(PASSWORD).await.status, 303);
    kim.log_in("kim@example.com").await;
    kim.change_address(&site, "thief@example.com").await;
    assert_eq!(kim.get(&second).await.status, 410, "also where the address is again what it was");
}

#[tokio::test]
async fn a_race_of_two_changes_proves_only_what_was_proven() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    kim.ask_for_address("one@example.com").await;
    kim.ask_for_address("two@example.com").await;
    let one = site.link_to("one@example.com", "/email/change/").await;
    let two = site.link_to("two@example.com", "/email/change/").await;
    let confirmation = site.link_to("kim@example.com", "/email/confirm/").await;
    let mut phone = site.visitor();
    phone.follow(&confirmation).await;
    // The link of one is open when two is asked for and used: it must not become two's.
    kim.follow(&one).await;
    let mut other = site.visitor();
    other.log_in("kim@example.com").await;
    other.follow(&two).await;
    assert_eq!(other.post("/email/change/confirm", &[]).await.status, 303);
    assert_eq!(kim.post("/email/change/confirm", &[]).await.status, 410, "made while the address was another");
    assert_eq!(phone.post("/email/confirm", &[]).await.status, 410);
    assert_eq!(kim.whoami().await["email"], "two@example.com");
    assert_eq!(guards(&site), [("kim@example.com".to_owned(), true), ("two@example.com".to_owned(), false)]);
}

#[tokio::test]
async fn another_spelling_of_ones_address_is_a_change_as_well() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    kim.change_address(&site, "KIM@example.com").await;
    assert_eq!(kim.whoami().await["email"], "KIM@example.com");
    assert_eq!(guards(&site), [("kim@example.com".to_owned(), false)]);
    assert!(kim.can_log_in(&site, "kim@example.com", PASSWORD).await);
}

#[tokio::test]
async fn the_old_address_is_kept_for_a_week_and_then_anybodys() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    kim.change_address(&site, "new@example.com").await;
    site.deliver_mail().await;
    let count = site.mails().len();
    kim.ask_for_reset("kim@example.com").await;
    site.deliver_mail().await;
    assert_eq!(site.mails().len(), count, "no link is sent to it");
    let mut lee = site.program();
    assert_eq!(lee.post_json("/signup", sign_up("Kim@example.com")).await.field("email"), ["unique"]);
    site.clock.advance(SignedDuration::from_hours(7 * 24) - SignedDuration::from_secs(5));
    assert_eq!(lee.post_json("/signup", sign_up("Kim@example.com")).await.field("email"), ["unique"]);
    site.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(lee.post_json("/signup", sign_up("Kim@example.com")).await.status, 201);
    assert_eq!(guards(&site), [("kim@example.com".to_owned(), false), ("new@example.com".to_owned(), false)]);
    assert!(lee.can_log_in(&site, "kim@example.com", PASSWORD).await);
}

#[tokio::test]
async fn a_change_back_is_a_change_like_any_other() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    kim.change_address(&site, "new@example.com").await;
    kim.change_address(&site, "kim@example.com").await;
    assert_eq!(guards(&site), [("kim@example.com".to_owned(), false), ("new@example.com".to_owned(), true)]);
    assert!(kim.can_log_in(&site, "kim@example.com", PASSWORD).await);
    assert!(!kim.can_log_in(&site, "new@example.com", PASSWORD).await);
    // What can no longer be gone back to is let go by the next change.
    site.clock.advance(SignedDuration::from_hours(8 * 24));
    kim.log_in("kim@example.com").await;
    kim.change_address(&site, "third@example.com").await;
    assert_eq!(guards(&site), [("kim@example.com".to_owned(), true), ("third@example.com".to_owned(), false)]);
    let user = site.user(&kim.id);
    assert_eq!(user["former_emails"]["L"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn more_changes_than_can_be_gone_back_to_have_to_wait() {
    let site = Site::uncounted(&[("EMAIL_CHANGE_MAX", "2")]).await;
    let mut kim = site.member("kim@example.com").await;
    kim.change_address(&site, "one@example.com").await;
    kim.change_address(&site, "two@example.com").await;
    kim.ask_for_address("three@example.com").await;
    let link = site.link_to("three@example.com", "/email/change/").await;
    kim.follow(&link).await;
    let answer = kim.clone().json().post_json("/email/change/confirm", json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (429, "throttled"));
    let wait: i64 = answer.header("retry-after").parse().unwrap();
    assert!((600_000..=604_800).contains(&wait), "{wait}");
    site.clock.advance(SignedDuration::from_secs(wait));
    kim.log_in("two@example.com").await;
    kim.change_address(&site, "three@example.com").await;
}

#[tokio::test]
async fn a_link_ends_after_half_an_hour() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    kim.ask_for_address("new@example.com").await;
    let link = site.link_to("new@example.com", "/email/change/").await;
    kim.follow(&link).await;
    site.clock.advance(SignedDuration::from_secs(1_800));
    assert_eq!(kim.get("/email/change/confirm").await.status, 410);
    assert_eq!(kim.post("/email/change/confirm", &[]).await.status, 410);
    assert_eq!(text(&site.user(&kim.id), "email"), "kim@example.com");
}

#[tokio::test]
async fn it_is_one_transaction() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    site.amend(&kim.id, "email_verified", json!({ "BOOL": true }));
    kim.ask_for_address("new@example.com").await;
    let link = site.link_to("new@example.com", "/email/change/").await;
    kim.follow(&link).await;
    let token = kim.csrf_token().await;
    let answer = kim.send_with(&token, Method::POST, "/email/change/confirm", json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let cost = Cost { calls: 5, trips: 5, read_units: 4.0, write_units: 16.0 };
    let why = "session and user, link, user; link, user, two guards, event, mail, three entries; the session";
    assert_eq!(answer.cost(), cost, "{why}");
}
