//! Every way in which a session begins, changes and ends is one that its function is allowed: with any engine.

use http::Method;
use serde_json::{Value, json};

use crate::site::{PASSWORD, Site, Visitor};

const NEW: &str = "a new pass phrase";

/// Goes through them all under these settings.
pub(crate) async fn tour(settings: &[(&str, &str)]) {
    let settings: Vec<_> = settings.iter().copied().chain([("SESSION_MAX_PER_USER", "3")]).collect();
    let site = Site::by_hand_with(&settings).await;
    let mut kim = site.program();
    kim.sign_up("kim@example.com").await;
    send(&mut kim, "/preferences/theme", json!({ "theme": "dark" })).await;
    send(&mut kim, "/preferences/theme", json!({ "theme": "light" })).await;
    let mut phone = site.program();
    for browser in [&mut kim, &mut phone] {
        let token = browser.csrf_token().await;
        let body = json!({ "username": "kim@example.com", "password": PASSWORD });
        assert_eq!(browser.send_with(&token, Method::POST, "/login", body).await.status, 200);
    }
    send(&mut kim, "/preferences/theme", json!({ "theme": "dark" })).await;
    site.clock.advance(jiff::SignedDuration::from_hours(5));
    kim.get("/").await;

    let mut others = Vec::new();
    for _ in 0..3 {
        // Of sessions that were seen in the same second any may be the oldest.
        site.clock.advance(jiff::SignedDuration::from_secs(2));
        let mut other = site.program();
        let token = other.csrf_token().await;
        let body = json!({ "username": "kim@example.com", "password": PASSWORD });
        assert_eq!(other.send_with(&token, Method::POST, "/login", body).await.status, 200);
        others.push(other);
    }
    let mut kim = others.remove(0);
    let listed = kim.get("/sessions").await.json();
    let other = listed["sessions"].as_array().unwrap().iter().find(|session| session["current"] == false).unwrap();
    send(&mut kim, &format!("/sessions/{}/end", other["id"].as_str().unwrap()), json!({})).await;
    send(&mut kim, "/sessions/end-others", json!({})).await;
    send(&mut kim, "/reauthenticate", json!({ "password": PASSWORD })).await;
    let form = json!({ "old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW });
    send(&mut kim, "/password/change", form).await;
    send(&mut kim, "/logout", json!({})).await;
    let mut visitor = site.program();
    visitor.post_json("/preferences/theme", json!({ "theme": "dark" })).await;
    send(&mut visitor, "/logout", json!({})).await;
}

/// What is to be looked at is this call alone.
async fn send(visitor: &mut Visitor<'_>, path: &str, body: Value) {
    let token = visitor.csrf_token().await;
    let answer = visitor.send_with(&token, Method::POST, path, body).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
}
