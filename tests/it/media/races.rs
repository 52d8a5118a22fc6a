//! Files under way while something else happens: crashes at each step, deletions, events that come again, late, shuffled.

use http::Method;
use jiff::SignedDuration;
use local::Delivery;
use serde_json::json;

use super::{TEXT, ready_text, under_way, used};
use crate::crashes::deliver_twice;
use crate::site::{Fault, Site, pictures};

/// More calls than a delivery makes.
const ENOUGH: usize = 24;

#[tokio::test]
async fn a_crash_at_any_step_of_publishing_a_file_is_made_good_by_the_next_delivery() {
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        for picture in [false, true] {
            let (site, faults) = Site::with_faults(&[]).await;
            let mut kim = site.member("kim@example.com").await;
            let file = if picture { pictures::png() } else { TEXT.to_vec() };
            let (purpose, name, content_type) =
                if picture { ("image", "a.png", "image/png") } else { ("document", "a.txt", "text/plain") };
            let mut steps = 0;
            for step in 0..ENOUGH {
                let before = used(&site, &kim, purpose);
                let id = kim.send_file(purpose, name, content_type, &file).await;
                let crashed = deliver_twice(&site, &faults, step, &fault).await;
                let state = kim.state(&id).await;
                assert_eq!(state["state"], "ready", "step {step} {fault:?}: {state}");
                assert_eq!(site.objects().0, [] as [String; 0], "step {step}: nothing stays in quarantine");
                assert_eq!(under_way(&site, &kim), 0, "step {step}");
                let taken = used(&site, &kim, purpose) - before;
                kim.clone().json().send_json(Method::DELETE, &format!("/media/{id}"), json!({})).await;
                assert_eq!(used(&site, &kim, purpose), before, "step {step}: {taken} bytes were taken and given back");
                assert_eq!(site.lasting_objects(), [] as [String; 0], "step {step}");
                if !crashed {
                    break;
                }
                steps += 1;
            }
            assert!((6..ENOUGH - 1).contains(&steps), "{steps} steps");
        }
    }
}

#[tokio::test]
async fn a_crash_at_any_step_of_a_deletion_is_made_good_by_the_next_try() {
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        let (site, faults) = Site::with_faults(&[]).await;
        let mut kim = site.member("kim@example.com").await.json();
        site.member("lee@example.com").await;
        for step in 1..ENOUGH {
            let id = ready_text(&site, &mut kim, "a.txt").await;
            let path = format!("/media/{id}");
            let grant = json!({ "email": "lee@example.com", "verb": "view" });
            assert_eq!(kim.post_json(&format!("{path}/grants"), grant).await.status, 201);
            let token = kim.csrf_token().await;
            faults.clear();
            faults.after("", step, fault.clone());
            let first = kim.send_with(&token, Method::DELETE, &path, json!({})).await;
            let crashed = faults.calls().len() > step;
            faults.clear();
            // The SDK may have tried again by itself.
            assert!([204, 404, 409, 503].contains(&first.status.as_u16()), "step {step}: {}", first.text());
            if first.status == 204 || step > 2 {
                assert_eq!(
                    kim.state_or_none(&id).await,
                    None,
                    "step {step} {fault:?}: begun, and seen by nobody any more"
                );
            }
            let second = kim.send_with(&token, Method::DELETE, &path, json!({})).await;
            assert!([204, 404].contains(&second.status.as_u16()), "step {step} {fault:?}: {}", second.text());
            assert_eq!(used(&site, &kim, "document"), 0, "step {step} {fault:?}");
            if !crashed {
                break;
            }
        }
    }
}

#[tokio::test]
async fn an_event_that_comes_again_late_and_shuffled_changes_nothing() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let mut events = Vec::new();
    for number in 0..4 {
        kim.send_file("document", &format!("{number}.txt"), "text/plain", TEXT).await;
        events.push(site.stack.next_s3_event().await);
    }
    for &which in &[2, 0, 3, 1] {
        assert_eq!(site.stack.deliver(&events[which]).await, Delivery::Done);
    }
    let (accounts, objects) = (site.items("accounts"), site.lasting_objects());
    site.clock.advance(SignedDuration::from_hours(6));
    for &which in &[1, 1, 3, 0, 2, 2] {
        assert_eq!(site.stack.deliver(&events[which]).await, Delivery::Done);
    }
    assert_eq!((site.items("accounts"), site.lasting_objects()), (accounts, objects));
}

#[tokio::test]
async fn a_file_that_was_deleted_while_it_was_on_its_way_does_not_come_back() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await.json();
    let id = kim.send_file("document", "a.txt", "text/plain", TEXT).await;
    let event = site.stack.next_s3_event().await;
    assert_eq!(kim.send_json(Method::DELETE, &format!("/media/{id}"), json!({})).await.status, 204);
    assert_eq!(site.stack.deliver(&event).await, Delivery::Done);
    assert_eq!((site.lasting_objects(), used(&site, &kim, "document")), (vec![], 0));
    assert_eq!(kim.get(&format!("/uploads/{id}")).await.status, 404);
}

#[tokio::test]
async fn ten_deliveries_at_once_settle_a_file_once() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let id = kim.send_file("document", "a.txt", "text/plain", TEXT).await;
    let event = site.stack.next_s3_event().await;
    futures_util::future::join_all((0..10).map(|_| site.stack.deliver(&event))).await;
    assert_eq!(site.stack.deliver(&event).await, Delivery::Done);
    assert_eq!(kim.state(&id).await["state"], "ready");
    assert_eq!((used(&site, &kim, "document"), under_way(&site, &kim)), (TEXT.len() as u64, 0));
}

#[tokio::test]
async fn a_state_that_is_known_already_is_told_in_a_line() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await.json();
    let id = kim.send_file("document", "a.txt", "text/plain", TEXT).await;
    let path = format!("/uploads/{id}");
    let first = kim.get(&path).await;
    let etag = first.header("etag").to_owned();
    assert!(first.json()["poll_after_ms"].as_u64().unwrap() >= 400);
    site.clock.advance(SignedDuration::from_secs(60));
    let mut again = kim.clone().with("if-none-match", &etag);
    let answer = again.get(&path).await;
    assert_eq!((answer.status.as_u16(), answer.body.len(), answer.header("etag")), (304, 0, &*etag));
    assert_eq!(kim.get(&path).await.json()["poll_after_ms"], 5_000, "the longer it lasts the less often");
    site.deliver_next().await;
    let answer = again.get(&path).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["state"]), (200, &json!("ready")));
    assert!(answer.json()["poll_after_ms"].is_null());
}

#[tokio::test]
async fn of_two_files_under_one_promise_the_first_one_is_judged_and_the_other_changes_nothing() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let picture = pictures::png();
    let body = json!({
        "purpose": "image", "filename": "a.png", "content_type": "image/png", "size": picture.len(), "method": "PUT",
    });
    for good_first in [true, false] {
        let promised = kim.clone().json().post_json("/uploads", body.clone()).await.json();
        let id = promised["id"].as_str().unwrap();
        let garbage = vec![7; picture.len()];
        let (first, second) = if good_first { (&picture, &garbage) } else { (&garbage, &picture) };
        let mut events = Vec::new();
        for bytes in [first, second] {
            assert_eq!(crate::site::s3::upload(&promised, bytes).await.status, 200);
            events.push(site.stack.next_s3_event().await);
            if events.len() == 1 {
                assert_eq!(site.stack.deliver(&events[0]).await, Delivery::Done);
            }
        }
        let (accounts, published) = (site.items("accounts"), site.objects().1);
        for event in [&events[1], &events[0], &events[1]] {
            assert_eq!(site.stack.deliver(event).await, Delivery::Done);
        }
        assert_eq!(kim.state(id).await["state"], if good_first { "ready" } else { "rejected" });
        assert_eq!((site.items("accounts"), site.objects().1), (accounts, published));
        assert_eq!(site.objects().0, [] as [String; 0]);
    }
}

#[tokio::test]
async fn parts_are_not_signed_when_they_could_not_be_put_together_any_more() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await.json();
    let body = json!({
        "purpose": "document", "filename": "a.txt", "content_type": "text/plain", "size": 10, "method": "MULTIPART",
    });
    let promised = kim.post_json("/uploads", body).await.json();
    let path = format!("/uploads/{}/parts", promised["id"].as_str().unwrap());
    assert_eq!(kim.post_json(&path, json!({ "numbers": [1] })).await.status, 200);
    site.clock.advance(SignedDuration::from_secs(86_403));
    let mut kim = site.program();
    kim.log_in("kim@example.com").await;
    assert_eq!(kim.post_json(&path, json!({ "numbers": [1] })).await.status, 404);
}
