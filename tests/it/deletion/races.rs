//! A deletion while something else happens to the same account.

use http::Method;
use serde_json::{Value, json};

use super::{UNLIMITED, consent};
use crate::site::{Gate, PASSWORD, Site, Visitor, pictures};

/// Enough for the two to meet in more than one order.
const ROUNDS: usize = 8;

async fn delete(mut visitor: Visitor<'_>, token: &str) -> u16 {
    visitor.send_with(token, Method::POST, "/profile/delete", consent()).await.status.as_u16()
}

/// Nothing is left once the order was carried out, whatever happened at the same time.
async fn nothing_is_left(site: &Site, id: &Value, what: &str) {
    site.guards_and_users_agree();
    assert!(site.erase(id).await, "{what}");
    assert_eq!(site.traces(id, "kim@example.com"), [] as [String; 0], "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_during_the_deletion_is_dead_or_refused() {
    for round in 0..ROUNDS {
        let site = Site::by_hand().await;
        let mut kim = site.member("kim@example.com").await;
        let token = kim.csrf_token().await;
        let mut other = site.program();
        let other_token = other.csrf_token().await;
        let body = json!({ "username": "kim@example.com", "password": PASSWORD });
        let (deleted, login) =
            tokio::join!(delete(kim.clone(), &token), other.send_with(&other_token, Method::POST, "/login", body),);
        assert_eq!(deleted, 200, "round {round}");
        assert!([200, 401].contains(&login.status.as_u16()), "round {round}: {} {}", login.status, login.text());
        assert_eq!(other.whoami().await, Value::Null, "round {round}");
        nothing_is_left(&site, &kim.id, &format!("round {round}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_that_is_overtaken_by_deletion_and_erasure_leaves_nothing() {
    let gate = Gate::before("UpdateItem");
    gate.open();
    let site = Site::start_with(|options| {
        options.http_client = Some(gate.client());
        options.deliver_events = false;
        options.settings = UNLIMITED.map(|(name, value)| (name.into(), value.into())).into();
    })
    .await;
    let mut kim = site.member("kim@example.com").await;
    let token = kim.csrf_token().await;
    gate.close();
    let mut other = site.visitor();
    let form = [("username", "kim@example.com"), ("password", PASSWORD)];
    let (login, ()) = tokio::join!(other.post("/login", &form), async {
        gate.arrival().await;
        assert_eq!(delete(kim.clone(), &token).await, 200);
        assert!(site.erase(&kim.id).await);
        gate.open();
    });
    assert_eq!(login.status, 401);
    assert!(login.text().contains("value=\"kim@example.com\""), "the form again: {}", login.text());
    assert_eq!(site.traces(&kim.id, "kim@example.com"), [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_during_the_deletion_publishes_nothing_that_stays() {
    for round in 0..ROUNDS {
        let site = Site::by_hand().await;
        let mut kim = site.member("kim@example.com").await;
        kim.upload(&pictures::png(), "image/png").await;
        let event = site.stack.next_s3_event().await;
        let token = kim.csrf_token().await;
        let (deleted, _) = tokio::join!(delete(kim.clone(), &token), site.stack.deliver(&event));
        assert_eq!(deleted, 200, "round {round}");
        let (erased, _) = tokio::join!(site.erase(&kim.id), site.stack.deliver(&event));
        assert!(erased, "round {round}");
        assert_eq!(site.stack.deliver(&event).await, local::Delivery::Done, "round {round}");
        assert_eq!(site.stack.objects(), [] as [String; 0], "round {round}");
        nothing_is_left(&site, &kim.id, &format!("round {round}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_during_the_deletion_is_kept_by_nobody() {
    for round in 0..ROUNDS {
        let site = Site::by_hand().await;
        let mut kim = site.member("kim@example.com").await;
        let token = kim.csrf_token().await;
        let mut uploading = kim.clone();
        let ask = crate::site::uploading::ask("image/png", 9, "POST");
        let (deleted, promised) =
            tokio::join!(delete(kim.clone(), &token), uploading.send_with(&token, Method::POST, "/uploads", ask),);
        assert_eq!(deleted, 200, "round {round}");
        assert!([201, 401].contains(&promised.status.as_u16()), "round {round}: {}", promised.text());
        nothing_is_left(&site, &kim.id, &format!("round {round}")).await;
        assert_eq!(site.notes(), [] as [Value; 0], "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_during_the_deletion_is_saved_before_it_or_not_at_all() {
    for round in 0..ROUNDS {
        let site = Site::by_hand().await;
        let mut kim = site.member("kim@example.com").await;
        let token = kim.csrf_token().await;
        let mut editing = kim.clone();
        let body = json!({ "version": 1, "bio": "a last word" });
        let (deleted, edited) =
            tokio::join!(delete(kim.clone(), &token), editing.send_with(&token, Method::PATCH, "/profile", body),);
        assert_eq!(deleted, 200, "round {round}: an edit is no reason to stay");
        assert!([200, 401].contains(&edited.status.as_u16()), "round {round}: {}", edited.text());
        assert!(!site.user(&kim.id).to_string().contains("a last word"), "round {round}");
        nothing_is_left(&site, &kim.id, &format!("round {round}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_deletion_during_the_first_orders_nothing_twice() {
    for round in 0..ROUNDS {
        let site = Site::by_hand().await;
        let mut kim = site.member("kim@example.com").await;
        let token = kim.csrf_token().await;
        let both = tokio::join!(delete(kim.clone(), &token), delete(kim.clone(), &token));
        assert!(both.0 == 200 || both.1 == 200, "round {round}: {both:?}");
        assert!([200, 401].contains(&both.0) && [200, 401].contains(&both.1), "round {round}: {both:?}");
        assert_eq!(site.ordered_and_promised(), (1, 1), "round {round}");
        nothing_is_left(&site, &kim.id, &format!("round {round}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_out_everywhere_during_the_deletion_hinders_nobody() {
    for round in 0..ROUNDS {
        let site = Site::by_hand().await;
        let mut kim = site.member("kim@example.com").await;
        let token = kim.csrf_token().await;
        let mut leaving = kim.clone();
        let (deleted, left) = tokio::join!(
            delete(kim.clone(), &token),
            leaving.send_with(&token, Method::POST, "/logout/all", json!({})),
        );
        assert!([200, 401].contains(&left.status.as_u16()), "round {round}: {}", left.text());
        if deleted != 200 {
            // The epoch moved on between the read and the deletion: it is asked for again.
            assert!([401, 409].contains(&deleted), "round {round}: {deleted}");
            let mut again = site.program();
            again.log_in("kim@example.com").await;
            assert_eq!(again.post_json("/profile/delete", consent()).await.status, 200, "round {round}");
        }
        nothing_is_left(&site, &kim.id, &format!("round {round}")).await;
    }
}
