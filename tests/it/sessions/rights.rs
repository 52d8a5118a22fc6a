//! Every way in which a session begins, changes and ends is one that its function is allowed: with any engine.

use http::Method;
use serde_json::{Value, json};

use crate::site::rights::refused;
use crate::site::{PASSWORD, Site, Visitor};

const NEW: &str = "a new pass phrase";

/// Goes through them all under these settings.
pub(crate) async fn tour(settings: &[(&str, &str)]) {
    let settings: Vec<_> = settings.iter().copied().chain([("SESSION_MAX_PER_USER", "3")]).collect();
    let (site, faults) = Site::with_faults(&settings).await;
    let check = |name: &str, what: &str| {
        let missing = refused(site.stack.template().function(name).unwrap(), &faults);
        assert!(missing.is_empty(), "{name}, {what}, {settings:?}: {missing:?}");
    };
    let mut kim = site.program();
    kim.sign_up("kim@example.com").await;
    faults.clear();
    send(&mut kim, "/preferences/theme", json!({ "theme": "dark" })).await;
    check("home", "a visitor's first value");
    send(&mut kim, "/preferences/theme", json!({ "theme": "light" })).await;
    check("home", "a visitor's value");
    let mut phone = site.program();
    for browser in [&mut kim, &mut phone] {
        let token = browser.csrf_token().await;
        faults.clear();
        let body = json!({ "username": "kim@example.com", "password": PASSWORD });
        assert_eq!(browser.send_with(&token, Method::POST, "/login", body).await.status, 200);
        check("login", "a session begins, and one before it ends");
    }
    send(&mut kim, "/preferences/theme", json!({ "theme": "dark" })).await;
    check("home", "a member's value");
    site.clock.advance(jiff::SignedDuration::from_hours(5));
    kim.get("/").await;
    check("home", "a renewal");

    let mut others = Vec::new();
    for _ in 0..3 {
        // Of sessions that were seen in the same second any may be the oldest.
        site.clock.advance(jiff::SignedDuration::from_secs(2));
        let mut other = site.program();
        let token = other.csrf_token().await;
        faults.clear();
        let body = json!({ "username": "kim@example.com", "password": PASSWORD });
        assert_eq!(other.send_with(&token, Method::POST, "/login", body).await.status, 200);
        check("login", "the oldest of too many ends");
        others.push(other);
    }
    let mut kim = others.remove(0);
    let listed = kim.get("/sessions").await.json();
    check("account", "the list of sessions");
    let other = listed["sessions"].as_array().unwrap().iter().find(|session| session["current"] == false).unwrap();
    send(&mut kim, &format!("/sessions/{}/end", other["id"].as_str().unwrap()), json!({})).await;
    check("account", "one session ends");
    send(&mut kim, "/sessions/end-others", json!({})).await;
    check("account", "all others end");
    send(&mut kim, "/reauthenticate", json!({ "password": PASSWORD })).await;
    check("login", "a session goes on as one that was proven anew");
    let form = json!({ "old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW });
    send(&mut kim, "/password/change", form).await;
    check("password", "a session goes on under another name");
    send(&mut kim, "/logout", json!({})).await;
    check("logout", "a member's session ends");
    let mut visitor = site.program();
    visitor.post_json("/preferences/theme", json!({ "theme": "dark" })).await;
    faults.clear();
    send(&mut visitor, "/logout", json!({})).await;
    check("logout", "a visitor's session ends");
}

/// What is to be looked at is this call alone.
async fn send(visitor: &mut Visitor<'_>, path: &str, body: Value) {
    let token = visitor.csrf_token().await;
    let answer = visitor.send_with(&token, Method::POST, path, body).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
}
