//! Proving one's address.

use futures_util::future::join_all;
use http::Method;
use jiff::SignedDuration;
use portico::meter::Cost;
use serde_json::json;

use crate::site::{PASSWORD, Site};

async fn site_where_it_is(verification: &str) -> Site {
    Site::uncounted(&[("ACCOUNT_EMAIL_VERIFICATION", verification)]).await
}

#[tokio::test]
async fn a_link_after_the_sign_up_and_a_button_prove_it() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await.with("accept-language", "en");
    assert!(kim.get("/profile").await.text().contains("(not confirmed yet)"));
    assert_eq!(kim.whoami().await["email_verified"], false);
    let link = site.link_to("kim@example.com", "/email/confirm/").await;
    // Another browser, where nobody is signed in: the mailbox is what counts.
    let mut phone = site.visitor().with("accept-language", "en");
    for _ in 0..3 {
        let page = phone.follow(&link).await;
        assert_eq!((page.status.as_u16(), page.header("referrer-policy")), (200, "no-referrer"));
        assert!(page.text().contains("kim@example.com"));
    }
    assert_eq!(kim.whoami().await["email_verified"], false, "looking proves nothing");
    let answer = phone.post("/email/confirm", &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login"), "{}", answer.text());
    assert!(phone.whoami().await.is_null(), "nobody is logged in by it");
    assert!(phone.get("/login").await.text().contains("Your address is confirmed"));
    assert_eq!(kim.whoami().await["email_verified"], true);
    assert!(!kim.get("/profile").await.text().contains("(not confirmed yet)"));
    assert_eq!(phone.get("/email/confirm").await.status, 410);
    assert_eq!(phone.get(&link).await.status, 410, "once");
}

#[tokio::test]
async fn in_ones_own_browser_it_leads_to_ones_address() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    let link = site.link_to("kim@example.com", "/email/confirm/").await;
    assert_eq!(kim.get(&link).await.json(), json!({ "next": "/email/confirm" }));
    assert_eq!(kim.get("/email/confirm").await.json(), json!({ "email": "kim@example.com" }));
    let answer = kim.post_json("/email/confirm", json!({})).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["next"]), (200, &json!("/email")));
    let page = kim.get("/email").await.json();
    assert_eq!((&page["email"], &page["verified"]), (&json!("kim@example.com"), &json!(true)));
}

#[tokio::test]
async fn another_mail_is_sent_on_request_while_there_is_something_to_prove() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    let first = site.link_to("kim@example.com", "/email/confirm/").await;
    let answer = kim.post_json("/email/resend", json!({})).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["next"]), (202, &json!("/email")));
    let second = site.link_to("kim@example.com", "/email/confirm/").await;
    assert_ne!(first, second);
    kim.get(&second).await;
    assert_eq!(kim.post_json("/email/confirm", json!({})).await.status, 200);
    assert_eq!(kim.post_json("/email/resend", json!({})).await.status, 200);
    assert_eq!(site.promised(), [""; 0], "a proven address gets no more mails");
    let answer = site.program().post_json("/email/resend", json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "login_required"));
}

#[tokio::test]
async fn where_nobody_is_asked_there_is_no_mail_and_no_notice() {
    let site = site_where_it_is("none").await;
    let mut kim = site.member("kim@example.com").await.with("accept-language", "en");
    assert_eq!(site.promised(), [""; 0]);
    assert!(!kim.get("/profile").await.text().contains("not confirmed"));
    assert!(!kim.get("/email").await.text().contains("/email/resend"));
    let form = json!({ "email": "kim@example.com", "password1": PASSWORD, "password2": PASSWORD });
    let taken = site.program().post_json("/signup", form).await;
    assert_eq!(taken.field("email"), ["unique"]);
}

#[tokio::test]
async fn a_link_proves_the_address_that_it_was_sent_to_and_no_other() {
    let site = Site::uncounted(&[]).await;
    let kim = site.member("kim@example.com").await;
    let link = site.link_to("kim@example.com", "/email/confirm/").await;
    let mut phone = site.visitor();
    phone.follow(&link).await;
    // Between the page and the button, and between the mail and the page.
    site.amend(&kim.id, "email", json!({ "S": "victim@example.com" }));
    assert_eq!(phone.post("/email/confirm", &[]).await.status, 410);
    assert_eq!(site.visitor().get(&link).await.status, 410);
    assert_eq!(site.user(&kim.id)["email_verified"]["BOOL"], false);
}

#[tokio::test]
async fn a_link_ends_after_a_day() {
    let site = Site::uncounted(&[]).await;
    site.program().sign_up("kim@example.com").await;
    let link = site.link_to("kim@example.com", "/email/confirm/").await;
    site.clock.advance(SignedDuration::from_hours(24) - SignedDuration::from_secs(5));
    assert_eq!(site.visitor().get(&link).await.status, 303);
    site.clock.advance(SignedDuration::from_secs(5));
    let answer = site.program().get(&link).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (410, "link_invalid"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_confirmations_at_once_one_succeeds() {
    let site = Site::uncounted(&[("AWS_ATTEMPT_TIMEOUT_MS", "30000"), ("AWS_OPERATION_TIMEOUT_MS", "30000")]).await;
    site.program().sign_up("kim@example.com").await;
    let link = site.link_to("kim@example.com", "/email/confirm/").await;
    let mut phone = site.visitor();
    phone.follow(&link).await;
    let answers = join_all((0..50).map(|_| {
        let mut phone = phone.clone();
        async move { phone.post("/email/confirm", &[]).await.status.as_u16() }
    }))
    .await;
    assert_eq!(answers.iter().filter(|status| **status == 303).count(), 1, "{answers:?}");
}

#[tokio::test]
async fn its_steps_cost_what_they_must() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    let cost = |calls, trips, read_units, write_units| Cost { calls, trips, read_units, write_units };
    let token = kim.csrf_token().await;
    let resent = kim.send_with(&token, Method::POST, "/email/resend", json!({})).await;
    assert_eq!(resent.cost(), cost(2, 2, 2.0, 1.0), "session and user; the promise");
    let link = site.link_to("kim@example.com", "/email/confirm/").await;
    assert_eq!(kim.get(&link).await.cost(), cost(4, 4, 4.0, 1.0), "session and user, link, user; the session");
    assert_eq!(kim.get("/email/confirm").await.cost(), cost(3, 3, 4.0, 0.0));
    let confirmed = kim.send_with(&token, Method::POST, "/email/confirm", json!({})).await;
    assert_eq!(
        confirmed.cost(),
        cost(5, 5, 4.0, 8.0),
        "link, user and event with its entry; the session lets the link go"
    );
}
