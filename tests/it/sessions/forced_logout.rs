//! Forced log-out: one write whatever the number of sessions, and it holds on the very next request of each.

use futures_util::future::join_all;
use http::Method;
use portico::meter::Cost;
use serde_json::json;

use crate::site::{PASSWORD, Site, Visitor};

const NEW: &str = "a new pass phrase";

/// Fifty browsers of one person, each in a session of its own.
async fn fifty<'a>(kim: &Visitor<'a>) -> Vec<Visitor<'a>> {
    let site = kim.site();
    let mut one = site.program();
    one.log_in("kim@example.com").await;
    let key = one.session_cookie();
    // Fifty log-ins are fifty hashes: one is made, and put under other names.
    (0..50)
        .map(|index| {
            let secret = format!("{index:043}");
            site.copy_session(&key, &secret);
            one.with_session(Some(&format!("{}.{secret}", kim.id.as_str().unwrap())))
        })
        .collect()
}

#[tokio::test]
async fn each_way_costs_the_same_for_one_session_and_for_ten_thousand() {
    let flat = Cost { calls: 2, trips: 2, read_units: 2.0, write_units: 1.0 };
    for copies in [0, 10_000] {
        let site = Site::uncounted(&[]).await;
        let mut kim = site.member("kim@example.com").await;
        site.multiply_session(copies);
        let token = kim.csrf_token().await;
        let headers = [("x-csrftoken", &*token), ("content-type", "application/x-www-form-urlencoded")];
        let answer = kim.send(Method::POST, "/logout/all", &headers, bytes::Bytes::new()).await;
        assert_eq!((answer.status.as_u16(), answer.cost()), (303, flat), "{copies} more sessions");
    }
}

#[tokio::test]
async fn the_next_request_of_each_of_fifty_clients_is_refused() {
    type Way = (&'static str, &'static str, serde_json::Value);
    let ways: [Way; 3] = [
        ("everywhere", "/logout/all", json!({})),
        (
            "password",
            "/password/change",
            json!({ "old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW }),
        ),
        ("others", "/sessions/end-others", json!({})),
    ];
    for (name, path, body) in ways {
        let site = Site::uncounted(&[]).await;
        let mut kim = site.member("kim@example.com").await.json();
        let clients = fifty(&kim).await;
        let alive = join_all(clients.iter().map(async |client| client.clone().whoami().await)).await;
        assert!(alive.iter().all(|user| user["email"] == "kim@example.com"), "{name}");
        assert_eq!(kim.post_json(path, body).await.status, 200, "{name}");
        let next =
            join_all(clients.iter().map(async |client| client.clone().json().get("/profile").await.status)).await;
        assert!(next.iter().all(|status| *status == 401), "{name}");
    }
}

#[tokio::test]
async fn no_request_that_begins_after_it_is_let_in() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member("kim@example.com").await.json();
    let clients = fifty(&kim).await;
    // All at once with the log-out: whoever is answered as Kim was so before it was done.
    let (answers, done) = tokio::join!(
        join_all(clients.iter().map(async |client| client.clone().json().get("/profile").await.status)),
        kim.post_json("/logout/all", json!({})),
    );
    assert_eq!(done.status, 200);
    assert!(answers.iter().all(|status| [200, 401].contains(&status.as_u16())));
    for client in clients {
        assert!(client.clone().whoami().await.is_null());
    }
}
