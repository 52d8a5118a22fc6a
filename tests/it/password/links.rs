//! Links that are good for nothing, and links that many use at once.

use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::json;

use super::NEW;
use crate::site::{Answer, PASSWORD, Site};

/// 410 in both renderings, with the way to another link.
async fn assert_refused(site: &Site, link: &str, why: &str) {
    let page = site.visitor().with("accept-language", "en").get(link).await;
    assert_eq!((page.status.as_u16(), page.header("referrer-policy")), (410, "no-referrer"), "{why}");
    assert!(
        page.text().contains("no longer valid") && page.text().contains("href=\"&#x2f;password&#x2f;reset\""),
        "{why}"
    );
    let answer = site.program().get(link).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (410, "link_invalid"), "{why}");
    assert_eq!(answer.header("referrer-policy"), "no-referrer", "{why}");
}

async fn reset_link(site: &Site) -> String {
    site.visitor().ask_for_reset("kim@example.com").await;
    site.link_to("kim@example.com", "/password/reset/0").await
}

#[tokio::test]
async fn a_link_with_any_character_changed_is_none() {
    let site = Site::uncounted(&[]).await;
    site.program().sign_up("kim@example.com").await;
    let link = reset_link(&site).await;
    let (path, secret) = link.rsplit_once('/').unwrap();
    for (index, old) in secret.char_indices() {
        // The last character of 43 has two bits that say nothing; they must be zero all the same.
        for new in ['A', 'b', '0', '.', '-'].into_iter().filter(|new| *new != old) {
            let mut forged = secret.to_owned();
            forged.replace_range(index..=index, &new.to_string());
            let answer = site.program().get(&format!("{path}/{forged}")).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (410, "link_invalid"), "{forged}");
            assert_eq!(answer.cost().calls, 0, "{forged}");
        }
    }
    for odd in [".", "..", "x", "%00", "%2e%2e", "a%20b", &"x".repeat(5_000), &secret[1..], &secret[..secret.len() - 1]]
    {
        assert!(matches!(site.program().get(&format!("{path}/{odd}")).await.status.as_u16(), 404 | 410), "{odd:.20}");
    }
    assert!(site.sessions().iter().all(|item| !item["PK"]["S"].as_str().unwrap().starts_with("ANON#")));
}

#[tokio::test]
async fn a_link_for_another_purpose_is_none() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    kim.ask_for_address("new@example.com").await;
    let reset = reset_link(&site).await;
    let confirm = site.link_to("kim@example.com", "/email/confirm/").await;
    let change = site.link_to("new@example.com", "/email/change/").await;
    let secret = |link: &str| link.rsplit_once('/').unwrap().1.to_owned();
    for link in [&confirm, &change] {
        assert_refused(&site, &format!("/password/reset/{}", secret(link)), link).await;
    }
    for page in ["/email/confirm", "/email/change", "/email/undo"] {
        let answer = site.program().get(&format!("{page}/{}", secret(&reset))).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (410, "link_invalid"), "{page}");
    }
    // Nor does following one open another's page.
    kim.follow(&confirm).await;
    assert_eq!(kim.get("/password/reset/confirm").await.status, 410);
}

#[tokio::test]
async fn a_link_ends_after_half_an_hour_also_when_it_was_followed_before() {
    let site = Site::uncounted(&[]).await;
    site.program().sign_up("kim@example.com").await;
    let link = reset_link(&site).await;
    let mut kim = site.visitor();
    kim.follow(&link).await;
    site.clock.advance(SignedDuration::from_secs(1_790));
    assert_eq!(kim.get("/password/reset/confirm").await.status, 200);
    site.clock.advance(SignedDuration::from_secs(10));
    assert_refused(&site, &link, "expired").await;
    assert_eq!(kim.set_password(NEW).await.status, 410);
    assert!(kim.can_log_in(&site, "kim@example.com", PASSWORD).await);
}

#[tokio::test]
async fn a_link_is_over_once_the_password_is_another() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    let (first, second) = (reset_link(&site).await, reset_link(&site).await);
    let mut early = site.visitor();
    early.follow(&first).await;
    let mut visitor = site.visitor();
    visitor.follow(&second).await;
    assert_eq!(visitor.set_password(NEW).await.status, 303);
    assert_refused(&site, &second, "used").await;
    assert_refused(&site, &first, "another one was used").await;
    assert_eq!(early.set_password("third horse staple").await.status, 410, "also where it was followed before");
    kim.post_json("/login", json!({ "username": "kim@example.com", "password": NEW })).await;
    let third = reset_link(&site).await;
    let body = json!({ "old_password": NEW, "new_password1": PASSWORD, "new_password2": PASSWORD });
    assert_eq!(kim.post_json("/password/change", body).await.status, 200);
    assert_refused(&site, &third, "the password was changed").await;
}

#[tokio::test]
async fn a_link_is_over_once_the_account_is_another() {
    let site = Site::uncounted(&[]).await;
    let kim = site.member("kim@example.com").await;
    let link = reset_link(&site).await;
    let mut visitor = site.visitor();
    visitor.follow(&link).await;
    for (attribute, changed, before) in [
        ("is_active", json!({ "BOOL": false }), json!({ "BOOL": true })),
        ("email", json!({ "S": "lee@example.com" }), json!({ "S": "kim@example.com" })),
        ("email", json!({ "S": "Kim@example.com" }), json!({ "S": "kim@example.com" })),
    ] {
        site.amend(&kim.id, attribute, changed.clone());
        assert_refused(&site, &link, &changed.to_string()).await;
        assert_eq!(visitor.set_password(NEW).await.status, 410, "{changed}");
        site.amend(&kim.id, attribute, before);
    }
    let visitor = site.visitor();
    assert!(visitor.can_log_in(&site, "kim@example.com", PASSWORD).await);
}

#[tokio::test]
async fn what_a_bad_link_finds_open_it_closes() {
    let site = Site::uncounted(&[]).await;
    site.program().sign_up("kim@example.com").await;
    let link = reset_link(&site).await;
    let mut kim = site.visitor();
    kim.follow(&link).await;
    assert_eq!(kim.get(&format!("{link}x")).await.status, 410);
    assert_eq!(kim.get("/password/reset/confirm").await.status, 410);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_redemptions_at_once_one_succeeds() {
    // The machine is shared: how long a call or a turn may take is not what is asked here.
    let site = Site::uncounted(&[
        ("AWS_ATTEMPT_TIMEOUT_MS", "30000"),
        ("AWS_OPERATION_TIMEOUT_MS", "30000"),
        ("PASSWORD_HASH_WAIT_MS", "60000"),
    ])
    .await;
    let member = site.member("kim@example.com").await;
    let link = reset_link(&site).await;
    let mut people = Vec::new();
    for index in 0..50 {
        let mut person = site.visitor();
        person.follow(&link).await;
        people.push((person, format!("horse staple number {index}")));
    }
    let answers: Vec<(Answer, String)> = join_all(
        people.into_iter().map(async |(mut person, password)| (person.set_password(&password).await, password)),
    )
    .await;
    let done: Vec<_> = answers.iter().filter(|(answer, _)| answer.status == 303).collect();
    let statuses: Vec<_> = answers.iter().map(|(answer, _)| answer.status.as_u16()).collect();
    assert_eq!(done.len(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 303 | 410)), "{statuses:?}");
    assert!(member.can_log_in(&site, "kim@example.com", &done[0].1).await);
    assert_eq!(site.user(&member.id)["session_epoch"]["N"], "2", "one epoch on");
    assert_eq!(site.promised().iter().filter(|kind| *kind == "password_changed").count(), 1);
}
