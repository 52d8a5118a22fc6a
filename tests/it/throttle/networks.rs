//! A network: one try on each of many accounts, and nobody clears its count by an account of their own.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::json;

use super::{WRONG, failures, from, guesses, retry_after, site, try_once};
use crate::site::PASSWORD;

#[tokio::test]
async fn one_try_on_each_of_many_accounts_is_stopped_after_fifty() {
    let site = site(&[]).await;
    let visitor = site.program();
    let mut answers = BTreeMap::new();
    // Many at a time, and not so many that the engine of a test keeps one waiting for longer than a function may run.
    for block in 0..8 {
        let names = (0..25).map(|number| format!("kim{block}{number:02}@example.com"));
        for (status, count) in guesses(names.map(|name| (visitor.clone(), name))).await {
            *answers.entry(status).or_insert(0) += count;
        }
    }
    assert_eq!(answers, BTreeMap::from([(401, 50), (429, 150)]));
    assert_eq!(failures(&site)["ACCOUNT"].len(), 50, "who was refused has charged no account");
    assert_eq!(failures(&site)["PAIR"].len(), 50);
    assert!((1..=30).contains(&retry_after(&try_once(&visitor, "lee@example.com", WRONG).await)));
    let elsewhere = from(&visitor, "198.51.100.7");
    assert_eq!(try_once(&elsewhere, "lee@example.com", WRONG).await.status, 401);
    site.clock.advance(SignedDuration::from_secs(30));
    let tries = (0..20).map(|number| (visitor.clone(), format!("lee{number}@example.com")));
    assert_eq!(guesses(tries).await, BTreeMap::from([(401, 1), (429, 19)]), "and then one a delay");
}

#[tokio::test]
async fn the_addresses_of_one_subscriber_are_one_network() {
    let site = site(&[("LOGIN_NETWORK_FAILURE_LIMIT", "3")]).await;
    let visitor = site.program();
    let mut tries = Vec::new();
    for (address, name) in [
        ("2001:db8:1:2::1", "a"),
        ("2001:db8:1:2:ffff::1", "b"),
        ("2001:db8:1:2:3:4:5:6", "c"),
        ("2001:db8:1:2::7", "d"),
        ("2001:db8:1:3::1", "e"),
        ("::ffff:192.0.2.9", "f"),
        ("192.0.2.9", "g"),
        ("192.0.2.9", "h"),
        ("192.0.2.9", "i"),
        ("192.0.2.8", "j"),
    ] {
        tries.push(try_once(&from(&visitor, address), name, WRONG).await.status.as_u16());
    }
    assert_eq!(tries, [401, 401, 401, 429, 401, 401, 401, 401, 429, 401]);
}

#[tokio::test]
async fn ones_own_success_does_not_clear_the_networks_count() {
    let site = site(&[("LOGIN_NETWORK_FAILURE_LIMIT", "4")]).await;
    let guesser = site.program();
    guesser.clone().sign_up("guesser@example.com").await;
    for name in ["a", "b", "c"] {
        assert_eq!(try_once(&guesser, name, WRONG).await.status, 401);
        assert_eq!(try_once(&guesser, "guesser@example.com", PASSWORD).await.status, 200);
    }
    assert_eq!(failures(&site)["NETWORK"][0]["failures"]["N"], json!("3"), "nor does it add to it");
    assert_eq!(try_once(&guesser, "d", WRONG).await.status, 401);
    retry_after(&try_once(&guesser, "e", WRONG).await);
    retry_after(&try_once(&guesser, "guesser@example.com", PASSWORD).await);
    site.clock.advance(SignedDuration::from_secs(30));
    assert_eq!(try_once(&guesser, "guesser@example.com", PASSWORD).await.status, 200, "an owner gets through");
    assert_eq!(try_once(&guesser, "f", WRONG).await.status, 401, "and takes nobody's turn");
    retry_after(&try_once(&guesser, "g", WRONG).await);
}

#[tokio::test]
async fn no_header_makes_another_network() {
    let site = site(&[("LOGIN_NETWORK_FAILURE_LIMIT", "2")]).await;
    let mut tries = Vec::new();
    for number in 0..4 {
        let visitor = site.program().with("x-forwarded-for", &format!("203.0.113.{number}"));
        tries.push(try_once(&visitor, &format!("kim{number}"), WRONG).await.status.as_u16());
    }
    assert_eq!(tries, [401, 401, 429, 429]);
}
