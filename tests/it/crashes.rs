//! Verifying a picture, ended at each of its steps in turn: before a call is sent, and after it was carried out. The
//! next delivery finishes what was begun, and nothing is left over.

use http::Method;
use local::Delivery;
use serde_json::{Value, json};

use crate::site::{Fault, Faults, Site, Visitor, pictures, s3};

/// More calls than a delivery makes.
const ENOUGH: usize = 20;

/// Delivers the next event with a crash at call number `step`, then again. Gives whether the crash came.
pub(crate) async fn deliver_twice(site: &Site, faults: &Faults, step: usize, fault: &Fault) -> bool {
    let event = site.stack.next_s3_event().await;
    faults.clear();
    faults.after("", step, fault.clone());
    let first = site.stack.deliver(&event).await;
    let crashed = faults.calls().len() > step;
    faults.clear();
    assert_eq!(first == Delivery::Failed, crashed, "step {step}: a delivery that failed is tried again");
    assert_eq!(site.stack.deliver(&event).await, Delivery::Done, "step {step}");
    crashed
}

async fn the_picture_is(site: &Site, kim: &mut Visitor<'_>, id: &str, step: usize) {
    let state = kim.state(id).await;
    assert_eq!(state["state"], "ready", "step {step}: {state}");
    let avatar = kim.avatar().await;
    assert_eq!(avatar["state"], "ready", "step {step}");
    assert_eq!(s3::get(avatar["url"].as_str().unwrap()).await.status, 200, "step {step}");
    let (raw, published) = site.objects();
    assert_eq!(raw, [] as [String; 0], "step {step}: nothing stays in quarantine");
    assert_eq!(published.len(), 1, "step {step}: {published:?}");
    assert!(published[0].contains(id), "step {step}");
    assert_eq!(site.notes().len(), 1, "step {step}");
}

#[tokio::test]
async fn a_crash_at_any_step_of_publishing_is_made_good_by_the_next_delivery() {
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        let (site, faults) = Site::with_faults(&[]).await;
        let mut kim = site.member("kim@example.com").await;
        let mut steps = 0;
        for step in 0..ENOUGH {
            // From the second round on there is a picture to replace.
            let id = kim.upload(&pictures::png(), "image/png").await;
            let crashed = deliver_twice(&site, &faults, step, &fault).await;
            the_picture_is(&site, &mut kim, &id, step).await;
            if !crashed {
                break;
            }
            steps += 1;
        }
        assert_eq!(steps, 14, "note, copy, begin, head, fetch, publish, owner, replaced, swap, five deletions");
    }
}

#[tokio::test]
async fn a_crash_at_any_step_of_refusing_is_made_good_by_the_next_delivery() {
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        let (site, faults) = Site::with_faults(&[]).await;
        let mut kim = site.member("kim@example.com").await;
        for step in 0..ENOUGH {
            let id = kim.upload(b"not a picture", "image/png").await;
            let crashed = deliver_twice(&site, &faults, step, &fault).await;
            let state = kim.state(&id).await;
            let (told, expected) = ((&state["state"], &state["reason"]), (&json!("rejected"), &json!("not_an_image")));
            assert_eq!(told, expected, "step {step} {fault:?}");
            assert_eq!(site.lasting_objects(), [] as [String; 0], "step {step} {fault:?}");
            let expected = json!({ "state": "rejected", "url": null, "reason": "not_an_image" });
            assert_eq!(kim.avatar().await, expected, "step {step} {fault:?}");
            if !crashed {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_crash_at_any_step_of_a_superseded_upload_leaves_nothing() {
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        let (site, faults) = Site::with_faults(&[]).await;
        let mut kim = site.member("kim@example.com").await;
        for step in 0..ENOUGH {
            let id = kim.upload(&pictures::png(), "image/png").await;
            let version = kim.whoami().await["version"].clone();
            let body = json!({ "version": version, "avatar-clear": true });
            assert_eq!(kim.clone().json().send_json(Method::PATCH, "/profile", body).await.status, 200);
            let crashed = deliver_twice(&site, &faults, step, &fault).await;
            assert_eq!(kim.state(&id).await["reason"], "superseded", "step {step}");
            assert_eq!(kim.avatar().await, Value::Null, "step {step}");
            assert_eq!(site.lasting_objects(), [] as [String; 0], "step {step}");
            if !crashed {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_removal_that_s3_does_not_answer_is_found_again() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    kim.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    let token = kim.csrf_token().await;
    faults.always("DELETE media", Fault::CrashBefore);
    let body = json!({ "version": 1, "avatar-clear": true });
    let answer = kim.send_with(&token, Method::PATCH, "/profile", body).await;
    faults.clear();
    assert_eq!(answer.status, 503);
    assert_eq!(kim.avatar().await, Value::Null, "nobody is shown it any more");
    // The object is still there, and so is the note by which a sweep finds it.
    assert_eq!((site.lasting_objects().len(), site.notes().len()), (1, 1));
}
