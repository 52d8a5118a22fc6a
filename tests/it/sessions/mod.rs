//! Sessions: who has a row, how long it lives, what a cookie can do, what happens at the same time.

mod concurrency;
pub(crate) mod contract;
mod cookies;
mod devices;
mod engines;
mod forced_logout;
mod interrupted;
mod lifetime;
mod refusals;
pub(crate) mod rights;

use crate::site::{PASSWORD, Site};

#[tokio::test]
async fn a_visitor_who_stores_nothing_has_no_row() {
    let site = Site::start().await;
    let mut visitor = site.visitor();
    for path in ["/", "/login", "/signup", "/csrf", "/profile", "/logout", "/uploads/1", "/nowhere"] {
        let answer = visitor.get(path).await;
        assert!(!answer.set_cookies().iter().any(|cookie| cookie.starts_with("sessionid")), "{path}");
    }
    visitor.post("/login", &[("username", "nobody"), ("password", PASSWORD)]).await;
    visitor.post("/logout", &[]).await;
    assert!(site.state().is_empty());
}

#[tokio::test]
async fn what_a_visitor_stores_makes_one_row_that_expires() {
    let site = Site::start().await;
    let mut visitor = site.visitor();
    visitor.post("/preferences/theme", &[("theme", "dark")]).await;
    visitor.post("/preferences/language", &[("language", "ko")]).await;
    let rows = site.sessions();
    assert_eq!(rows.len(), 1);
    let expires_at: i64 = rows[0]["expires_at"]["N"].as_str().unwrap().parse().unwrap();
    let in_days = (expires_at - jiff::Timestamp::now().as_second()) / 86_400;
    assert!((13..=14).contains(&in_days), "epoch seconds, in {in_days} days");
    assert!(rows[0]["PK"]["S"].as_str().unwrap().starts_with("ANON#"));
}

#[tokio::test]
async fn only_the_digest_of_the_secret_is_stored_and_no_answer_shows_the_token() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    let cookie = kim.session_cookie();
    let secret = cookie.split('.').nth(1).unwrap().to_owned();
    assert_eq!(secret.len(), 43, "256 bits");
    assert!(!site.state().join("\n").contains(&secret));
    for path in ["/", "/profile", "/csrf", "/login", "/nowhere"] {
        for mut visitor in [kim.clone(), kim.clone().json()] {
            let answer = visitor.get(path).await;
            assert!(!answer.text().contains(&secret), "{path}");
            assert!(!format!("{:?}", answer.headers).contains(&secret), "{path}");
        }
    }
    kim.post("/logout", &[]).await;
    assert!(!crate::site::log::lines().join("").contains(&secret));
}

#[tokio::test]
async fn every_session_has_an_identifier_of_its_own() {
    let site = Site::start().await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let mut visitor = site.visitor();
        visitor.post("/preferences/theme", &[("theme", "dark")]).await;
        assert!(seen.insert(visitor.session_cookie()));
    }
    assert_eq!(site.sessions().len(), 20);
}
