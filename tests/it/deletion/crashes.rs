//! A deletion and an erasure, ended at each of their calls in turn: before it is sent, and after it was carried out. What
//! was begun is completed by the next delivery, and no guard is left without a user, no object without an owner.

use http::Method;
use serde_json::{Value, json};

use super::{UNLIMITED, consent};
use crate::site::{Fault, Site, pictures};

/// More calls than an erasure makes.
const ENOUGH: usize = 60;

#[tokio::test]
async fn a_crash_at_any_call_of_a_deletion_deletes_all_or_nothing() {
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        let mut outcomes = Vec::new();
        for step in 0..ENOUGH {
            let (site, faults) = Site::with_faults(&UNLIMITED).await;
            let mut kim = site.member("kim@example.com").await;
            let token = kim.csrf_token().await;
            let before = site.state_beside_the_trail();
            faults.clear();
            faults.after("", step, fault.clone());
            let answer = kim.clone().send_with(&token, Method::POST, "/profile/delete", consent()).await;
            let crashed = faults.calls().len() > step;
            faults.clear();
            site.guards_and_users_agree();
            let deleted = kim.clone().json().whoami().await == Value::Null;
            let expected = if deleted { (1, 1) } else { (0, 0) };
            assert_eq!(site.ordered_and_promised(), expected, "step {step}: they come with the deletion");
            if !deleted {
                assert_eq!(site.state_beside_the_trail(), before, "step {step}: nothing is half done");
            }
            assert_eq!(answer.status == 200, !crashed, "step {step}: {}", answer.text());
            // Whoever tries again gets there, or is told that nobody is signed in.
            let again = kim.clone().json().post_json("/profile/delete", consent()).await;
            assert_eq!(again.status, if deleted { 401 } else { 200 }, "step {step}");
            assert!(site.erase(&kim.id).await);
            assert_eq!(site.traces(&kim.id, "kim@example.com"), [] as [String; 0], "step {step}");
            if !crashed {
                break;
            }
            outcomes.push(deleted);
        }
        let expected = [false, matches!(fault, Fault::CrashAfter)];
        assert_eq!(outcomes, expected, "{fault:?}: the session is read, and one transaction does it all");
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_does_not_delete_twice_or_fail() {
    let (site, faults) = Site::with_faults(&UNLIMITED).await;
    let mut kim = site.member("kim@example.com").await;
    let token = kim.csrf_token().await;
    faults.next("TransactWriteItems", 1, Fault::ReplyLost);
    let answer = kim.send_with(&token, Method::POST, "/profile/delete", consent()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(site.ordered_and_promised(), (1, 1));
}

#[tokio::test]
async fn a_crash_at_any_call_of_an_erasure_is_made_good_by_the_next_delivery() {
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        let (site, faults) = Site::with_faults(&UNLIMITED).await;
        let mut lee = site.member("lee@example.com").await;
        let lees = format!("MEDIA#{}", lee.upload(&pictures::png(), "image/png").await);
        site.deliver_next().await;
        site.count_shares(&lees, 0);
        let (theirs, objects) = (site.state_beside_the_trail(), site.stack.objects());
        let mut steps = 0;
        for step in 0..ENOUGH {
            let mut kim = site.member("kim@example.com").await;
            kim.upload(&pictures::png(), "image/png").await;
            site.deliver_next().await;
            let kims = format!("MEDIA#{}", kim.upload(&pictures::png(), "image/png").await);
            site.share(&kims, &lee.id);
            site.share(&lees, &kim.id);
            let id = kim.id.as_str().unwrap();
            site.put("accounts", &json!({ "PK": { "S": format!("USER#{id}") }, "SK": { "S": "LOGIN#00" } }));
            kim.delete_account().await;

            faults.clear();
            faults.after("", step, fault.clone());
            let first = site.erase(&kim.id).await;
            let crashed = faults.calls().len() > step;
            faults.clear();
            assert_eq!(first, !crashed, "step {step}: a delivery that failed is tried again");
            site.guards_and_users_agree();
            assert!(site.erase(&kim.id).await, "step {step} {fault:?}");
            assert_eq!(site.traces(&kim.id, "kim@example.com"), [] as [String; 0], "step {step} {fault:?}");
            assert_eq!(
                (site.state_beside_the_trail(), site.stack.objects()),
                (theirs.clone(), objects.clone()),
                "step {step} {fault:?}"
            );
            assert_eq!(site.ordered_and_promised().0, 0, "step {step} {fault:?}");
            // The event of the upload that was waiting comes at last.
            site.deliver_next().await;
            assert_eq!(site.stack.objects(), objects, "step {step} {fault:?}");
            if !crashed {
                break;
            }
            steps += 1;
        }
        assert!((15..ENOUGH).contains(&steps), "{steps} steps");
    }
}

#[tokio::test]
async fn a_publication_that_crashed_before_the_erasure_leaves_no_object() {
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        for erased_between in [false, true] {
            let (site, faults) = Site::with_faults(&UNLIMITED).await;
            for step in 0..ENOUGH {
                let mut kim = site.member("kim@example.com").await;
                kim.upload(&pictures::png(), "image/png").await;
                let event = site.stack.next_s3_event().await;
                faults.clear();
                faults.after("", step, fault.clone());
                site.stack.deliver(&event).await;
                let crashed = faults.calls().len() > step;
                faults.clear();
                kim.delete_account().await;
                if erased_between {
                    assert!(site.erase(&kim.id).await);
                }
                assert_eq!(site.stack.deliver(&event).await, local::Delivery::Done, "step {step} {fault:?}");
                assert!(site.erase(&kim.id).await);
                assert_eq!(site.stack.objects(), [] as [String; 0], "step {step} {fault:?} {erased_between}");
                assert_eq!(site.traces(&kim.id, "kim@example.com"), [] as [String; 0], "step {step} {fault:?}");
                if !crashed {
                    break;
                }
            }
        }
    }
}
