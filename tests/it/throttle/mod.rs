//! Limits on tries: exact however many try at once, the same whoever is asked about.

mod actions;
mod devices;
mod login;
mod networks;
mod proofs;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};

use crate::site::{Answer, PASSWORD, Site, Visitor};

const WRONG: &str = "wrong wrong wrong";

/// A site with other limits. Its store may take its time: many try at once here.
async fn site(settings: &[(&str, &str)]) -> Site {
    let patience = [("AWS_ATTEMPT_TIMEOUT_MS", "30000"), ("AWS_OPERATION_TIMEOUT_MS", "60000")];
    Site::start_with(|options| {
        let settings = settings.iter().chain(&patience);
        options.settings = settings.map(|(name, value)| ((*name).into(), (*value).into())).collect();
    })
    .await
}

/// A visitor from this address.
fn from<'a>(visitor: &Visitor<'a>, address: &str) -> Visitor<'a> {
    let mut other = visitor.clone();
    other.address = SocketAddr::new(address.parse::<IpAddr>().unwrap(), 50_000);
    other
}

/// One try to log in, as a program without a session.
async fn try_once(visitor: &Visitor<'_>, name: &str, password: &str) -> Answer {
    let mut visitor = visitor.clone().json();
    let token = visitor.csrf_token().await;
    let body = json!({ "username": name, "password": password });
    visitor.send_with(&token, Method::POST, "/login", body).await
}

/// Wrong passwords at the same time, each from a network and for a name: how often each status was answered.
async fn guesses(tries: impl IntoIterator<Item = (Visitor<'_>, String)>) -> BTreeMap<u16, usize> {
    let mut tries: Vec<_> = tries.into_iter().collect();
    let token = tries[0].0.csrf_token().await;
    let cookie = tries[0].0.cookies["csrftoken"].clone();
    let tries = tries.into_iter().map(|(mut visitor, name)| {
        visitor.cookies.insert("csrftoken".to_owned(), cookie.clone());
        let (token, body) = (&token, json!({ "username": name, "password": WRONG }));
        async move { visitor.json().send_with(token, Method::POST, "/login", body).await }
    });
    statuses(&join_all(tries).await)
}

/// The same visitor with the same name, so many times.
fn times<'a>(number: usize, visitor: &Visitor<'a>, name: &str) -> Vec<(Visitor<'a>, String)> {
    (0..number).map(|_| (visitor.clone(), name.to_owned())).collect()
}

/// How often each status was answered.
fn statuses(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        let status = answer.status.as_u16();
        assert!(status != 429 || retry_after(answer) > 0);
        *counts.entry(status).or_default() += 1;
    }
    counts
}

fn retry_after(answer: &Answer) -> i64 {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (429, "throttled"), "{}", answer.text());
    answer.header("retry-after").parse().unwrap()
}

/// The counters that are kept, by scope.
fn counters(site: &Site) -> BTreeMap<String, Vec<Value>> {
    let mut counters: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for item in site.items("sessions") {
        let key = item["PK"]["S"].as_str().unwrap().to_owned();
        if let Some(scope) = key.strip_prefix("THROTTLE#") {
            counters.entry(scope.split('#').next().unwrap().to_owned()).or_default().push(item);
        }
    }
    counters
}

/// Those of wrong passwords.
fn failures(site: &Site) -> BTreeMap<String, Vec<Value>> {
    let mut counters = counters(site);
    counters.retain(|_, items| items[0]["failures"].is_object());
    counters
}

#[tokio::test]
async fn switched_off_nothing_is_counted() {
    let site = site(&[("THROTTLE_ENABLED", "false")]).await;
    let mut kim = site.program();
    for number in 0..22 {
        kim.sign_up(&format!("kim{number}@example.com")).await;
    }
    let answers = guesses(times(60, &kim, "kim0@example.com")).await;
    assert_eq!(answers, BTreeMap::from([(401, 60)]));
    assert_eq!(try_once(&kim, "kim0@example.com", PASSWORD).await.status, 200);
    assert!(counters(&site).is_empty());
}

#[tokio::test]
async fn no_address_and_no_name_stands_in_a_counter() {
    let site = site(&[]).await;
    let kim = site.program();
    kim.clone().sign_up("kim@example.com").await;
    for name in ["kim@example.com", "nobody@example.com", "nobody"] {
        try_once(&kim, name, WRONG).await;
    }
    let all = format!("{:?}", counters(&site));
    for text in ["kim", "nobody", "192.0.2", "example"] {
        assert!(!all.contains(text), "{text}: {all}");
    }
    assert!(counters(&site).values().flatten().all(|item| item["expires_at"]["N"].is_string()), "each expires");
}
