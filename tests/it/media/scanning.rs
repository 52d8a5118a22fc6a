//! Malware: what a scanner has not looked at is readable by nobody, whoever the scanner is.

use local::Delivery;
use serde_json::{Value, json};

use super::{TEXT, used};
use crate::site::{Site, s3};

async fn site(settings: &[(&str, &str)]) -> Site {
    Site::start_with(|options| {
        options.deliver_events = false;
        options.set(settings);
    })
    .await
}

/// What EventBridge tells of a scan of the copy that is held.
fn verdict(site: &Site, key: &str, status: &str) -> Value {
    let sample = std::fs::read_to_string(crate::site::root().join("events/s3-object-scanned.json")).unwrap();
    let mut event: Value = serde_json::from_str(&sample).unwrap();
    event["detail"]["scanResultDetails"]["scanResultStatus"] = json!(status);
    let object = &mut event["detail"]["s3ObjectDetails"];
    object["bucketName"] = json!(site.stack.app().media().bucket());
    object["objectKey"] = json!(key);
    event
}

/// The copies that are held.
fn held(site: &Site) -> Vec<String> {
    site.stack.objects().into_iter().filter(|key| key.starts_with("held/")).collect()
}

#[tokio::test]
async fn with_guardduty_nothing_is_readable_before_its_verdict_and_then_as_it_says() {
    let site = site(&[("SCANNER", "guardduty")]).await;
    let mut kim = site.member("kim@example.com").await;
    for (status, state, reason) in [
        ("NO_THREATS_FOUND", "ready", Value::Null),
        ("THREATS_FOUND", "rejected", json!("malware")),
        ("UNSUPPORTED", "rejected", json!("unscannable")),
    ] {
        for deliveries in [1, 2] {
            let id = kim.send_file("document", "a.txt", "text/plain", TEXT).await;
            let event = site.stack.next_s3_event().await;
            for _ in 0..deliveries {
                assert_eq!(site.stack.deliver(&event).await, Delivery::Done);
                assert_eq!(kim.state(&id).await["state"], "verifying", "it waits");
                assert_eq!(kim.get(&format!("/media/{id}")).await.status, 404);
            }
            let copies = held(&site);
            assert_eq!(copies.len(), 1, "one copy, however often the event comes");
            for copy in copies.iter().chain(&copies) {
                let told = site.stack.put_event(&verdict(&site, copy, status)).await;
                assert_eq!(told, [Delivery::Done]);
                let known = kim.state(&id).await;
                assert_eq!((&known["state"], &known["reason"]), (&json!(state), &reason), "{status}");
            }
            assert_eq!(site.stack.deliver(&event).await, Delivery::Done, "late");
            assert_eq!(kim.state(&id).await["state"], state);
            assert_eq!((site.objects().0, held(&site)), (vec![], vec![]), "{status}");
        }
    }
    assert_eq!(used(&site, &kim, "document"), 2 * TEXT.len() as u64);
}

#[tokio::test]
async fn what_is_published_is_what_was_looked_at_whatever_is_sent_meanwhile() {
    let site = site(&[("SCANNER", "guardduty")]).await;
    let mut kim = site.member("kim@example.com").await;
    let body = json!({
        "purpose": "document", "filename": "a.txt", "content_type": "text/plain", "size": 5, "method": "PUT",
    });
    let promised = kim.clone().json().post_json("/uploads", body).await.json();
    let id = promised["id"].as_str().unwrap();
    assert_eq!(s3::upload(&promised, b"clean").await.status, 200);
    assert_eq!(site.deliver_next().await, Delivery::Done);
    let copy = held(&site).remove(0);
    assert_eq!(s3::upload(&promised, b"wrong").await.status, 200, "the address is good for five minutes");
    assert_eq!(site.deliver_next().await, Delivery::Done);
    assert_eq!(held(&site), [copy.as_str()], "the first one counts");
    site.stack.put_event(&verdict(&site, &copy, "NO_THREATS_FOUND")).await;
    assert_eq!(kim.state(id).await["state"], "ready");
    let location = kim.get(&format!("/media/{id}")).await.header("location").to_owned();
    assert_eq!(s3::get(&location).await.body, "clean");
    // Nobody has a word about anything else.
    let forged = copy.replacen("held/", "uploads/", 1);
    site.stack.put_event(&verdict(&site, &forged, "NO_THREATS_FOUND")).await;
    assert_eq!(s3::get(&location).await.body, "clean");
}

#[tokio::test]
async fn without_guardduty_its_verdict_opens_nothing() {
    let site = site(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    let id = kim.send_file("document", "a.txt", "text/plain", b"\0").await;
    let event = site.stack.next_s3_event().await;
    let key = event.key.replacen("uploads/", "held/", 1) + "/0197a3c9-0f1e-7d2c-8b3a-4c5d6e7f8092";
    site.stack.put_event(&verdict(&site, &key, "NO_THREATS_FOUND")).await;
    assert_eq!(kim.state(&id).await["state"], "pending");
}

#[tokio::test]
async fn a_scanner_that_does_not_answer_keeps_the_file_unread_until_the_event_is_given_up() {
    // Nobody listens on the port of this machine that is never given to a program.
    let site = site(&[("SCANNER", "clamd"), ("CLAMD_ADDRESS", "127.0.0.1:1")]).await;
    let mut kim = site.member("kim@example.com").await;
    let id = kim.send_file("document", "a.txt", "text/plain", TEXT).await;
    let event = site.stack.next_s3_event().await;
    assert_eq!(site.stack.deliver(&event).await, Delivery::Failed);
    assert_eq!(kim.state(&id).await["state"], "verifying");
    assert_eq!(kim.get(&format!("/media/{id}")).await.status, 404);
    assert_eq!(site.objects().0.len(), 1, "it waits in quarantine");
}
