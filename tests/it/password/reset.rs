//! A new password for somebody who has forgotten theirs.

use http::Method;
use portico::meter::Cost;
use serde_json::{Value, json};

use super::NEW;
use crate::site::links::text;
use crate::site::{PASSWORD, Site};

#[tokio::test]
async fn a_link_by_mail_leads_to_a_new_password_and_to_the_login_page() {
    let site = Site::uncounted(&[]).await;
    let mut elsewhere = site.member("kim@example.com").await;
    let mut kim = site.visitor().with("accept-language", "en");
    assert!(kim.get("/login").await.text().contains("href=\"/password/reset\""));
    let answer = kim.ask_for_reset("kim@example.com").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/password/reset/sent"));
    assert!(kim.get("/password/reset/sent").await.text().contains("If there is an account"));
    let link = site.link_to("kim@example.com", "/password/reset/").await;
    let page = kim.follow(&link).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("value=\"kim@example.com\"") && page.text().contains("autocomplete=\"new-password\""));
    let answer = kim.set_password(NEW).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login"), "{}", answer.text());
    assert!(kim.whoami().await.is_null(), "nobody is logged in by it");
    assert!(kim.get("/login").await.text().contains("Your new password is set"));
    assert!(elsewhere.whoami().await.is_null(), "every session has ended");
    assert!(kim.can_log_in(&site, "kim@example.com", NEW).await);
    assert!(!kim.can_log_in(&site, "kim@example.com", PASSWORD).await);
    let user = site.user(&elsewhere.id);
    assert_eq!(user["email_verified"]["BOOL"], true, "who read the mail owns the address");
    let mails = site.mails_to("kim@example.com").await;
    let told = mails.iter().filter(|mail| mail.subject == "Your password for Portico was changed").count();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn a_program_resets_in_the_same_steps() {
    let site = Site::uncounted(&[]).await;
    site.program().sign_up("kim@example.com").await;
    let mut kim = site.program();
    let answer = kim.post_json("/password/reset", json!({ "email": "kim@example.com" })).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (202, json!({ "next": "/password/reset/sent" })));
    let link = site.link_to("kim@example.com", "/password/reset/").await;
    let answer = kim.get(&link).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "next": "/password/reset/confirm" })));
    assert_eq!(kim.get("/password/reset/confirm").await.json()["username"], "kim@example.com");
    let body = json!({ "new_password1": NEW, "new_password2": NEW });
    let answer = kim.post_json("/password/reset/confirm", body.clone()).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["next"]), (200, &json!("/login")));
    let again = kim.post_json("/password/reset/confirm", body).await;
    assert_eq!((again.status.as_u16(), again.code().as_str()), (410, "link_invalid"));
}

#[tokio::test]
async fn whoever_is_asked_for_the_answer_and_the_work_are_the_same() {
    let site = Site::uncounted(&[]).await;
    let kim = site.member("kim@example.com").await;
    let lee = site.member("lee@example.com").await;
    site.amend(&lee.id, "is_active", json!({ "BOOL": false }));
    site.deliver_mail().await;
    let mut answers = Vec::new();
    for email in ["kim@example.com", "KIM@Example.COM", "lee@example.com", "nobody@example.com", "a.b+c@x.co.kr"] {
        for mut person in [site.visitor(), site.program(), kim.clone()] {
            let answer = person.ask_for_reset(email).await;
            let cost = answer.cost();
            let signed_in = person.cookies.contains_key("sessionid");
            let reads = if signed_in { (2, 2.0) } else { (1, 0.0) };
            assert_eq!((cost.calls, cost.read_units, cost.write_units), (reads.0, reads.1, 1.0), "{email}");
            answers.push((signed_in, answer.status, answer.header("location").to_owned(), answer.body.clone()));
        }
    }
    answers.sort_by_key(|(signed_in, status, ..)| (*signed_in, status.as_u16()));
    answers.dedup();
    assert_eq!(answers.len(), 3, "a page, a program, a member: {answers:?}");
    assert_eq!(site.promised().len(), 15, "each is a promise that the mailer decides about");
    site.deliver_mail().await;
    assert!(site.mails_to("lee@example.com").await.iter().all(|mail| !mail.text.contains("/password/reset/0")));
    assert!(site.links_to("lee@example.com", "/password/reset/0").await.is_empty(), "an inactive account gets none");
    assert!(site.links_to("nobody@example.com", "/password/reset/").await.is_empty());
    assert_eq!(site.links_to("kim@example.com", "/password/reset/0").await.len(), 6, "at the stored address alone");
}

#[tokio::test]
async fn what_only_looks_like_an_address_is_refused_and_promises_nothing() {
    let site = Site::uncounted(&[]).await;
    let mut program = site.program();
    program.sign_up("kim.is@example.com").await;
    site.deliver_mail().await;
    let labels = format!("kim@{}com", "a.".repeat(20_000));
    for (email, code) in [
        ("k\u{131}m.is@example.com", "invalid"),
        ("kim.i\u{17f}@example.com", "invalid"),
        ("\u{212a}im.is@example.com", "invalid"),
        ("kim.is\u{ff20}example.com", "invalid"),
        ("kim.is@example.com\r\nBcc: x@y.zz", "invalid"),
        ("kim.is@example.com, x@y.zz", "invalid"),
        ("kim.is", "invalid"),
        ("", "required"),
        (&labels, "max_length"),
    ] {
        let answer = program.post_json("/password/reset", json!({ "email": email })).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, "invalid"), "{email:.40}");
        assert!(answer.field("email").contains(&code.to_owned()), "{email:.40}: {}", answer.text());
        let page = site.visitor().ask_for_reset(email).await;
        assert_eq!(page.status, 422, "{email:.40}");
        assert!(page.header("content-type").starts_with("text/html"));
    }
    assert!(site.promised().is_empty());
}

#[tokio::test]
async fn a_link_is_followed_any_number_of_times_before_it_is_used() {
    let site = Site::uncounted(&[]).await;
    let kim = site.member("kim@example.com").await;
    site.visitor().ask_for_reset("kim@example.com").await;
    let link = site.link_to("kim@example.com", "/password/reset/").await;
    let before = site.user(&kim.id);
    for _ in 0..5 {
        let mut scanner = site.visitor();
        let answer = scanner.get(&link).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/password/reset/confirm"));
        assert_eq!((answer.header("referrer-policy"), answer.header("cache-control")), ("no-referrer", "no-store"));
        assert_eq!(scanner.send(Method::HEAD, &link, &[], bytes::Bytes::new()).await.status, 303);
        let page = scanner.get("/password/reset/confirm").await;
        assert_eq!((page.status.as_u16(), page.header("referrer-policy")), (200, "no-referrer"));
        assert_eq!(page.header("cache-control"), "no-store");
    }
    assert_eq!(site.user(&kim.id), before);
    let secret = link.rsplit('.').next().unwrap();
    assert!(site.state().iter().all(|item| !item.contains(secret)), "the secret is stored nowhere");
    let mut person = site.visitor();
    person.follow(&link).await;
    assert_eq!(person.set_password(NEW).await.status, 303);
}

#[tokio::test]
async fn the_form_of_a_browser_that_keeps_the_address_to_itself_is_accepted() {
    let site = Site::uncounted(&[]).await;
    site.program().sign_up("kim@example.com").await;
    site.visitor().ask_for_reset("kim@example.com").await;
    let link = site.link_to("kim@example.com", "/password/reset/").await;
    // As a page with `no-referrer` sends its form (Fetch, 3.1).
    let mut kim = site.visitor();
    kim.follow(&link).await;
    for (site_says, status) in [("cross-site", 403), ("same-site", 403), ("same-origin", 303)] {
        let mut browser = kim.clone().with("origin", "null").with("sec-fetch-site", site_says);
        assert_eq!(browser.set_password(NEW).await.status, status, "{site_says}");
    }
}

#[tokio::test]
async fn a_password_that_breaks_the_rules_uses_nothing_up() {
    let site = Site::uncounted(&[]).await;
    site.program().sign_up("kim@example.com").await;
    site.visitor().ask_for_reset("kim@example.com").await;
    let link = site.link_to("kim@example.com", "/password/reset/").await;
    let mut kim = site.program();
    kim.get(&link).await;
    let long = "x".repeat(4_097);
    for (one, two, code) in [
        ("short", "short", "password_too_short"),
        (NEW, PASSWORD, "password_mismatch"),
        (NEW, "", "required"),
        (&long, &long, "password_too_long"),
    ] {
        let body = json!({ "new_password1": one, "new_password2": two });
        let answer = kim.post_json("/password/reset/confirm", body).await;
        assert_eq!((answer.status.as_u16(), answer.field("new_password2")), (422, vec![code.to_owned()]));
    }
    let huge = "x".repeat(1_000_000);
    let body = json!({ "new_password1": huge, "new_password2": huge });
    assert_eq!(kim.post_json("/password/reset/confirm", body).await.status, 413);
    assert_eq!(kim.clone().html().set_password(NEW).await.status, 303);
}

#[tokio::test]
async fn it_ends_the_session_of_the_account_in_which_it_is_done_and_no_other() {
    let site = Site::uncounted(&[]).await;
    for (email, stays) in [("kim@example.com", false), ("lee@example.com", true)] {
        let mut browser = site.member(email).await;
        if email != "kim@example.com" {
            browser.post("/preferences/theme", &[("theme", "dark")]).await;
        }
        browser.ask_for_reset("kim@example.com").await;
        let link = site.link_to("kim@example.com", "/password/reset/0").await;
        browser.follow(&link).await;
        assert_eq!(browser.set_password(NEW).await.status, 303);
        assert_eq!(browser.whoami().await.is_null(), !stays);
        assert_eq!(browser.get("/password/reset/confirm").await.status, 410, "the link is put away");
    }
}

#[tokio::test]
async fn its_steps_cost_what_they_must() {
    let site = Site::uncounted(&[]).await;
    site.program().sign_up("kim@example.com").await;
    site.visitor().ask_for_reset("kim@example.com").await;
    let link = site.link_to("kim@example.com", "/password/reset/").await;
    let cost = |calls, trips, read_units, write_units| Cost { calls, trips, read_units, write_units };
    let mut kim = site.program();
    assert_eq!(kim.get(&format!("{link}x")).await.cost(), cost(0, 0, 0.0, 0.0), "a forged link is worth no call");
    assert_eq!(kim.get(&link).await.cost(), cost(3, 3, 2.0, 1.0), "link, user; the visitor's session");
    assert_eq!(kim.get("/password/reset/confirm").await.cost(), cost(3, 3, 3.0, 0.0), "session, link, user");
    let token = kim.csrf_token().await;
    let body = json!({ "new_password1": NEW, "new_password2": NEW });
    let reset = kim.send_with(&token, Method::POST, "/password/reset/confirm", body).await;
    assert_eq!(reset.status, 200);
    assert_eq!(
        reset.cost(),
        cost(9, 6, 3.0, 14.0),
        "the same; link, user, event and mail; four counts are forgotten; the session lets the link go"
    );
}

#[tokio::test]
async fn a_mail_that_cannot_be_sent_changes_no_answer() {
    let site = Site::uncounted(&[]).await;
    let kim = site.member("kim@example.com").await;
    let unknown = site.program().post_json("/password/reset", json!({ "email": "nobody@example.com" })).await;
    let known = site.program().post_json("/password/reset", json!({ "email": "kim@example.com" })).await;
    assert_eq!(
        (known.status, known.body.clone(), known.cost()),
        (unknown.status, unknown.body.clone(), unknown.cost())
    );
    // What a log has of it is the same too, but for who asked: nobody.
    let (known, unknown) = (known.line().0, unknown.line().0);
    for name in ["route", "status", "code", "user", "error"] {
        assert_eq!(known.get(name), unknown.get(name), "{name}");
    }
    assert_eq!(text(&site.user(&kim.id), "email"), "kim@example.com");
    let _: Value = known;
}

#[tokio::test]
async fn the_page_says_how_long_the_link_is_good_as_the_mail_does() {
    let site = Site::uncounted(&[("PASSWORD_RESET_TIMEOUT", "86400")]).await;
    let mut visitor = site.visitor().with("accept-language", "en");
    let page = visitor.get("/password/reset/sent").await.text();
    assert!(page.contains("good for 24 hours") && !page.contains("1440"), "{page}");
}
