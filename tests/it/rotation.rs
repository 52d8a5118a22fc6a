//! Changing `SECRET_KEY` while the site is in use: nobody is signed out, no form is refused, and what the old key had
//! signed is signed anew before it goes.

use bytes::Bytes;
use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};

use crate::site::{Answer, PASSWORD, Site, Visitor};

const OLD: &str = "the key that has signed everything up to now";
const NEW: &str = "the key that is going to sign from now on";
const FORM: &str = "application/x-www-form-urlencoded";

/// A process with this key, and these that still (or already) verify.
fn keyed<'a>(key: &'a str, fallbacks: &'a str) -> [(&'a str, &'a str); 3] {
    [("SECRET_KEY", key), ("SECRET_KEY_FALLBACKS", fallbacks), ("THROTTLE_ENABLED", "false")]
}

/// The same, whose sessions are in encrypted cookies.
fn in_cookies<'a>(key: &'a str, fallbacks: &'a str) -> [(&'a str, &'a str); 4] {
    let [key, fallbacks, uncounted] = keyed(key, fallbacks);
    [key, fallbacks, uncounted, ("SESSION_ENGINE", "signed_cookies")]
}

fn token(page: &Answer) -> String {
    page.after("name=\"csrfmiddlewaretoken\" value=\"")
}

/// A form as a page sends it: with the page's token, and nothing asked for in between.
async fn send(visitor: &mut Visitor<'_>, path: &str, token: &str, fields: &str) -> Answer {
    visitor.post_raw(path, FORM, format!("csrfmiddlewaretoken={token}&{fields}")).await
}

/// Somebody in a browser during a deployment: each request reaches one or the other process.
struct Client<'a> {
    browser: Visitor<'a>,
    email: Option<String>,
    /// A page that was opened before any of it, and stays open.
    left_open: String,
}

impl<'a> Client<'a> {
    async fn member(site: &'a Site, number: usize) -> Self {
        let email = format!("member{number}@example.com");
        let mut browser = site.member(&email).await;
        let left_open = token(&browser.get("/profile").await);
        Self { browser, email: Some(email), left_open }
    }

    async fn visitor(site: &'a Site) -> Self {
        let mut browser = site.visitor();
        let left_open = token(&browser.get("/").await);
        Self { browser, email: None, left_open }
    }

    /// Pages, forms and redirects between two processes.
    async fn wander(&mut self, one: &'a Site, other: &'a Site, round: usize) {
        let (here, there) = if round.is_multiple_of(2) { (one, other) } else { (other, one) };
        self.browser = self.browser.at(here);
        let page = self.browser.get("/login").await;
        assert_eq!(page.status, 200);
        assert_eq!(page.text().contains("/logout"), self.email.is_some(), "{round}: nobody is signed out");
        // A form of the one process, sent to the other; the message of the redirect, read at the first again.
        self.browser = self.browser.at(there);
        let choice = if round.is_multiple_of(2) { "theme=dark" } else { "theme=light" };
        let answer = send(&mut self.browser, "/preferences/theme", &token(&page), choice).await;
        assert_eq!(answer.status, 303, "{round}: {}", answer.text());
        let left_open = self.left_open.clone();
        let answer = send(&mut self.browser, "/preferences/language", &left_open, "language=en").await;
        assert_eq!(answer.status, 303, "{round}: a page that was left open: {}", answer.text());
        let said = if let Some(email) = &self.email {
            let version = self.browser.clone().json().get("/profile").await.json()["user"]["version"].clone();
            let fields = format!("version={version}&bio={round}&first_name=&last_name=&phone=");
            let answer = send(&mut self.browser, "/profile", &left_open, &fields).await;
            assert_eq!(answer.status, 303, "{round}: {}", answer.text());
            assert_eq!(self.browser.whoami().await["email"], email.as_str());
            "Your profile is saved."
        } else {
            let answer = send(&mut self.browser, "/logout", &token(&page), "").await;
            assert_eq!(answer.status, 303, "{round}: {}", answer.text());
            "You are logged out."
        };
        self.browser = self.browser.at(here);
        let page = self.browser.get("/").await;
        assert_eq!(page.text().matches(said).count(), 1, "{round}: told once");
        assert!(!self.browser.get("/").await.text().contains(said), "{round}: told once");
        if self.email.is_none() {
            // A log-out begins another CSRF secret, whoever it is of.
            self.left_open = token(&page);
        }
    }
}

async fn load<'a>(clients: &mut [Client<'a>], one: &'a Site, other: &'a Site) {
    for round in 0..2 {
        join_all(clients.iter_mut().map(|client| client.wander(one, other, round))).await;
    }
}

#[tokio::test]
async fn a_key_is_changed_under_load_and_nobody_notices() {
    let old = Site::uncounted(&keyed(OLD, "")[..2]).await;
    let knows_new = old.beside(&keyed(OLD, NEW)).await;
    let new = old.beside(&keyed(NEW, OLD)).await;
    let alone = old.beside(&keyed(NEW, "")).await;
    change_under_load(&old, &knows_new, &new, &alone).await;
}

#[tokio::test]
async fn nor_where_sessions_are_in_cookies() {
    let old = Site::start_with(|options| {
        options.settings = in_cookies(OLD, "").map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    })
    .await;
    let knows_new = old.beside(&in_cookies(OLD, NEW)).await;
    let new = old.beside(&in_cookies(NEW, OLD)).await;
    let alone = old.beside(&in_cookies(NEW, "")).await;
    // A key that is replaced alone is no change: what only the old one decrypts is nobody's session.
    let mut away = old.member("away@example.com").await;
    change_under_load(&old, &knows_new, &new, &alone).await;
    assert_eq!(away.clone().at(&new).whoami().await["email"], "away@example.com");
    assert!(away.at(&alone).whoami().await.is_null());
    assert_eq!(away.whoami().await["email"], "away@example.com");
}

async fn change_under_load(old: &Site, knows_new: &Site, new: &Site, alone: &Site) {
    let mut clients = Vec::new();
    for number in 0..10 {
        clients.push(Client::member(old, number).await);
        clients.push(Client::visitor(old).await);
    }
    load(&mut clients, old, knows_new).await;
    load(&mut clients, knows_new, new).await;
    load(&mut clients, new, new).await;
    // Everybody was here since the new key signs: nothing is left of the old one.
    load(&mut clients, new, alone).await;
    load(&mut clients, alone, alone).await;
    // And whoever logs in again is known from before: their browser's cookie was signed anew by the log-in.
    let promised = old.promised();
    for client in clients.iter_mut().filter(|client| client.email.is_some()) {
        let email = client.email.clone().unwrap();
        for site in [new, alone] {
            client.browser = client.browser.at(site);
            client.browser.post("/logout", &[]).await;
            client.browser.log_in(&email).await;
        }
    }
    assert_eq!(old.promised(), promised, "no mail about a new device");
}

#[tokio::test]
async fn who_was_away_for_all_of_it_stays_signed_in_and_gets_new_cookies() {
    let old = Site::uncounted(&keyed(OLD, "")[..2]).await;
    let alone = old.beside(&keyed(NEW, "")).await;
    let mut kim = old.member("kim@example.com").await;
    // News of a device goes to proven addresses alone.
    old.amend(&kim.id, "email_verified", json!({ "BOOL": true }));
    let left_open = token(&kim.get("/profile").await);
    let form = format!("version=1&bio=x&first_name=&last_name=&phone=&csrfmiddlewaretoken={left_open}");
    assert_eq!(kim.post_raw("/profile", FORM, form).await.status, 303);
    let before = kim.cookies.clone();
    assert!(before.contains_key("messages"));

    let mut kim = kim.at(&alone);
    let page = kim.get("/profile").await;
    assert_eq!(page.status, 200, "the session is no signature");
    assert!(!page.text().contains("Your profile is saved."), "the message is");
    assert_ne!(kim.cookies["csrftoken"], before["csrftoken"]);
    assert!(!kim.cookies.contains_key("messages"));
    let answer = send(&mut kim, "/preferences/theme", &token(&page), "theme=dark").await;
    assert_eq!(answer.status, 303);
    // A page that was open all the time is refused like any form that outlived its cookie, and nothing is done.
    let answer = send(&mut kim, "/preferences/theme", &left_open, "theme=light").await;
    assert_eq!(answer.status, 403);
    assert!(kim.get("/").await.text().contains("data-theme=\"dark\""));
    // The account does not know the browser any more, says so once, and knows it again.
    let news = |site: &Site| site.promised().into_iter().filter(|kind| kind == "new_device").count();
    kim.post("/logout", &[]).await;
    kim.log_in("kim@example.com").await;
    assert_eq!(news(&old), 1);
    kim.post("/logout", &[]).await;
    kim.log_in("kim@example.com").await;
    assert_eq!(news(&old), 1);
}

#[tokio::test]
async fn a_process_without_the_new_key_is_why_it_is_announced_first() {
    let old = Site::uncounted(&keyed(OLD, "")[..2]).await;
    let new = old.beside(&keyed(NEW, OLD)).await;
    let mut visitor = new.visitor();
    let page = visitor.get("/").await;
    let mut visitor = visitor.at(&old);
    let headers = [("content-type", FORM), ("accept", "application/json")];
    let body = format!("csrfmiddlewaretoken={}&theme=dark", token(&page));
    let answer = visitor.send(Method::POST, "/preferences/theme", &headers, Bytes::from(body)).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "csrf_failed"));
}

#[tokio::test]
async fn a_link_of_a_mail_outlives_the_change() {
    let old = Site::uncounted(&keyed(OLD, "")[..2]).await;
    let new = old.beside(&keyed(NEW, OLD)).await;
    let alone = old.beside(&keyed(NEW, "")).await;
    let mut kim = old.program();
    kim.sign_up("kim@example.com").await;
    assert_eq!(kim.post_json("/password/reset", json!({ "email": "kim@example.com" })).await.status, 202);
    let link = old.link_to("kim@example.com", "/password/reset/").await;
    assert_eq!(kim.at(&new).get(&link).await.status, 200);
    assert_eq!(kim.at(&alone).get(&link).await.status, 410);
    let body = json!({ "username": "kim@example.com", "password": PASSWORD });
    assert_ne!(kim.at(&alone).post_json("/login", body).await.json()["user"], Value::Null);
}
