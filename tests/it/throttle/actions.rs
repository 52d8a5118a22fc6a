//! What may be asked for so many times in so long.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use http::Method;
use jiff::SignedDuration;
use serde_json::json;

use super::{counters, from, retry_after, site, statuses};
use crate::site::{Answer, Fault, PASSWORD, Site, Visitor};

async fn sign_up(visitor: &Visitor<'_>, email: &str) -> Answer {
    let mut visitor = visitor.clone().json();
    let token = visitor.csrf_token().await;
    let body = json!({ "email": email, "password1": PASSWORD, "password2": PASSWORD });
    visitor.send_with(&token, Method::POST, "/signup", body).await
}

#[tokio::test]
async fn twenty_sign_ups_an_hour_come_from_one_network() {
    let site = site(&[]).await;
    let visitor = site.program();
    let many = |from: usize, to: usize| {
        let visitor = &visitor;
        let one = move |number| async move { sign_up(visitor, &format!("kim{number}@example.com")).await };
        (from..to).map(one).collect::<Vec<_>>()
    };
    assert_eq!(statuses(&join_all(many(0, 60)).await), BTreeMap::from([(201, 20), (429, 40)]));
    let users = site.accounts().iter().filter(|item| item["SK"]["S"] == "PROFILE").count();
    assert_eq!(users, 20);
    assert_eq!(counters(&site)["SIGN_UP_FROM"][0]["spent"]["N"], json!("20"));
    let refused = sign_up(&visitor, "lee@example.com").await;
    assert!((3_500..=3_600).contains(&retry_after(&refused)), "{}", refused.header("retry-after"));
    assert!(refused.cost().read_units < f64::EPSILON);
    assert_eq!(sign_up(&from(&visitor, "198.51.100.7"), "lee@example.com").await.status, 201);
    site.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(
        statuses(&join_all(many(100, 130)).await),
        BTreeMap::from([(201, 20), (429, 10)]),
        "a new window, as exact"
    );
}

#[tokio::test]
async fn five_sign_ups_an_hour_are_for_one_address_known_or_not() {
    for taken in [false, true] {
        let site = site(&[]).await;
        if taken {
            sign_up(&from(&site.program(), "198.51.100.7"), "kim@example.com").await;
            site.clock.advance(SignedDuration::from_hours(2));
        }
        let mut answers = Vec::new();
        for number in 0..7 {
            let email = if number % 2 == 0 { "kim@example.com" } else { " KIM@Example.com" };
            let visitor = from(&site.program(), &format!("203.0.113.{number}"));
            answers.push(sign_up(&visitor, email).await.status.as_u16());
        }
        let first = if taken { 422 } else { 201 };
        assert_eq!(answers, [first, 422, 422, 422, 422, 429, 429]);
        assert_eq!(counters(&site)["SIGN_UP"].iter().filter(|item| item["spent"]["N"] == "5").count(), 1);
    }
}

#[tokio::test]
async fn what_the_network_may_not_costs_the_address_nothing() {
    let site = site(&[("SIGNUP_NETWORK_RATE", "1/h"), ("SIGNUP_RATE", "2/h")]).await;
    let visitor = site.program();
    assert_eq!(sign_up(&visitor, "kim@example.com").await.status, 201);
    for _ in 0..5 {
        retry_after(&sign_up(&visitor, "lee@example.com").await);
    }
    assert_eq!(sign_up(&from(&visitor, "198.51.100.7"), "lee@example.com").await.status, 201);
}

#[tokio::test]
async fn a_form_with_mistakes_counts_as_no_try() {
    let site = site(&[("SIGNUP_NETWORK_RATE", "1/h")]).await;
    let visitor = site.program();
    for _ in 0..3 {
        assert_eq!(sign_up(&visitor, "not an address").await.status, 422);
    }
    assert!(counters(&site).is_empty());
    assert_eq!(sign_up(&visitor, "kim@example.com").await.status, 201);
}

#[tokio::test]
async fn a_page_says_when_to_come_back() {
    let site = site(&[("SIGNUP_NETWORK_RATE", "1/h")]).await;
    let mut visitor = site.visitor().with("accept-language", "en");
    visitor.sign_up("kim@example.com").await;
    let form = [("email", "lee@example.com"), ("password1", PASSWORD), ("password2", PASSWORD)];
    let page = visitor.post("/signup", &form).await;
    assert_eq!((page.status.as_u16(), page.header("retry-after").is_empty()), (429, false));
    assert!(page.text().contains("Please wait 60 minutes"), "{}", page.text());
    assert!(page.text().contains("value=\"lee@example.com\"") && !page.text().contains(PASSWORD));
}

#[tokio::test]
async fn without_the_counters_nobody_signs_up() {
    let (site, faults) = Site::with_faults(&[]).await;
    faults.always("UpdateItem", Fault::internal());
    let answer = sign_up(&site.program(), "kim@example.com").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "unavailable"));
    assert!(site.accounts().is_empty());
}
