//! Malware: what a scanner has not looked at is readable by nobody, whoever the scanner is.

use local::Delivery;
use serde_json::{Value, json};

use super::{TEXT, used};
use crate::site::{Site, s3};

async fn site(settings: &[(&str, &str)]) -> Site {
    Site::start_with(|options| {
        options.deliver_events = false;
        options.settings = settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    })
    .await
}

/// What EventBridge tells of a scan of the object in quarantine.
fn verdict(site: &Site, key: &str, etag: &str, status: &str) -> Value {
    let sample = std::fs::read_to_string(crate::site::root().join("events/s3-object-scanned.json")).unwrap();
    let mut event: Value = serde_json::from_str(&sample).unwrap();
    event["detail"]["scanResultDetails"]["scanResultStatus"] = json!(status);
    let object = &mut event["detail"]["s3ObjectDetails"];
    object["bucketName"] = json!(site.stack.app().media().bucket());
    object["objectKey"] = json!(key);
    object["eTag"] = json!(etag);
    event
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
        for verdict_first in [false, true] {
            let id = kim.send_file("document", "a.txt", "text/plain", TEXT).await;
            let event = site.stack.next_s3_event().await;
            let (key, etag) = (event.key.clone(), event.etag.clone());
            let scanned = verdict(&site, &key, &etag, status);
            if !verdict_first {
                assert_eq!(site.stack.deliver(&event).await, Delivery::Done);
                assert_eq!(kim.state(&id).await["state"], "verifying", "it waits");
                assert_eq!(kim.get(&format!("/media/{id}")).await.status, 404);
            }
            for _ in 0..2 {
                let told = site.stack.put_event(&scanned).await;
                assert_eq!(told.len(), 1);
                let known = kim.state(&id).await;
                assert_eq!((&known["state"], &known["reason"]), (&json!(state), &reason), "{status}");
            }
            assert_eq!(site.stack.deliver(&event).await, Delivery::Done, "late");
            assert_eq!(kim.state(&id).await["state"], state);
            assert_eq!(site.objects().0, [] as [String; 0]);
        }
    }
    assert_eq!(used(&site, &kim, "document"), 2 * TEXT.len() as u64);
}

#[tokio::test]
async fn a_verdict_is_about_the_bytes_that_were_looked_at() {
    let site = site(&[("SCANNER", "guardduty")]).await;
    let mut kim = site.member("kim@example.com").await;
    let promised = {
        let body = json!({
            "purpose": "document", "filename": "a.txt", "content_type": "text/plain", "size": 5, "method": "PUT",
        });
        kim.clone().json().post_json("/uploads", body).await.json()
    };
    assert_eq!(s3::upload(&promised, b"clean").await.status, 200);
    let first = site.stack.next_s3_event().await;
    assert_eq!(s3::upload(&promised, b"wrong").await.status, 200);
    site.stack.put_event(&verdict(&site, &first.key, &first.etag, "NO_THREATS_FOUND")).await;
    let id = promised["id"].as_str().unwrap();
    assert_eq!(kim.state(id).await["state"], "verifying", "nobody has looked at what is there now");
    let second = site.stack.next_s3_event().await;
    site.stack.put_event(&verdict(&site, &second.key, &second.etag, "THREATS_FOUND")).await;
    assert_eq!(kim.state(id).await["reason"], "malware");
}

#[tokio::test]
async fn without_guardduty_its_verdict_opens_nothing() {
    let site = site(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    let id = kim.send_file("document", "a.txt", "text/plain", b"\0").await;
    let event = site.stack.next_s3_event().await;
    site.stack.put_event(&verdict(&site, &event.key, &event.etag, "NO_THREATS_FOUND")).await;
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
