//! What a deleted account has left, and the function that erases it.

use jiff::SignedDuration;
use local::Delivery;
use serde_json::json;

use crate::site::{Site, pictures, s3};

#[tokio::test]
async fn everything_of_a_deleted_user_is_erased_and_nothing_of_anybody_else() {
    let site = Site::by_hand().await;
    let mut lee = site.member("lee@example.com").await;
    lee.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    let (before, objects) = (site.state_beside_the_trail(), site.stack.objects());

    let mut kim = site.member("kim@example.com").await;
    for _ in 0..3 {
        site.program().log_in("kim@example.com").await;
    }
    kim.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    kim.upload(b"not a picture", "image/png").await;
    site.deliver_next().await;
    kim.upload(&pictures::png(), "image/png").await;
    kim.promise("image/png", 9, "PUT").await;
    let (raw, published) = site.objects();
    assert_eq!((raw.len(), published.len(), site.notes().len()), (1, 2, 5));
    // What others will keep with the user one day is erased without being named.
    let id = kim.id.as_str().unwrap().to_owned();
    for table in ["accounts", "sessions"] {
        for sort in ["LOGIN#07", "DEVICE#x", "zzz"] {
            site.put(table, &json!({ "PK": { "S": format!("USER#{id}") }, "SK": { "S": sort } }));
        }
    }

    kim.delete_account().await;
    assert!(site.erase(&kim.id).await);
    assert_eq!(site.traces(&kim.id, "kim@example.com"), [] as [String; 0]);
    assert_eq!((site.state_beside_the_trail(), site.stack.objects()), (before, objects), "of Lee nothing is missing");
    assert_eq!(site.ordered_and_promised(), (0, 1), "the order goes last");
}

#[tokio::test]
async fn an_order_that_is_delivered_ten_times_is_the_same_as_one() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    kim.delete_account().await;
    assert!(site.erase(&kim.id).await);
    let mut again = site.member("kim@example.com").await;
    again.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    let (state, outbox, objects) = (site.state_beside_the_trail(), site.items("outbox"), site.stack.objects());
    for _ in 0..9 {
        assert!(site.erase(&kim.id).await);
        site.clock.advance(SignedDuration::from_mins(10));
    }
    assert_eq!((site.state_beside_the_trail(), site.items("outbox"), site.stack.objects()), (state, outbox, objects));
}

#[tokio::test]
async fn ten_deliveries_at_once_erase_everything_too() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    kim.upload(&pictures::png(), "image/png").await;
    site.multiply_session(100);
    kim.delete_account().await;
    let all = futures_util::future::join_all((0..10).map(|_| site.erase(&kim.id))).await;
    assert_eq!(all, [true; 10]);
    assert_eq!(site.traces(&kim.id, "kim@example.com"), [] as [String; 0]);
    assert_eq!(site.stack.objects(), [] as [String; 0]);
}

#[tokio::test]
async fn an_order_for_somebody_who_is_not_deleted_erases_nothing() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    kim.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    let (state, objects) = (site.state_beside_the_trail(), site.stack.objects());
    assert!(site.erase(&kim.id).await);
    assert!(site.erase(&json!("01a20380-4626-78f1-a5ed-15e9409b99f0")).await, "nor for nobody");
    assert!(site.erase(&json!("../01a20380")).await, "nor for what is no user");
    assert_eq!((site.state_beside_the_trail(), site.stack.objects()), (state, objects));
}

#[tokio::test]
async fn ten_thousand_sessions_are_erased_in_one_go() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    site.multiply_session(9_999);
    kim.delete_account().await;
    faults.clear();
    assert!(site.erase(&kim.id).await, "within the function's timeout");
    assert_eq!(site.sessions().len(), 0);
    let batches = faults.count("BatchWriteItem");
    assert!((400..=410).contains(&batches), "25 at a time: {batches}");
    let pages = faults.count("Query");
    assert!((5..=30).contains(&pages), "a page at a time: {pages}");
}

#[tokio::test]
async fn an_erasure_that_was_cut_off_goes_on_where_it_was() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    site.multiply_session(999);
    kim.delete_account().await;
    let mut left = 1_000;
    for round in 0..3 {
        faults.clear();
        faults.after("BatchWriteItem", 10, crate::site::Fault::CrashBefore);
        assert!(!site.erase(&kim.id).await, "round {round}");
        let now = site.sessions().len();
        assert!(now < left && now > 0, "round {round}: {now} of {left}");
        left = now;
    }
    faults.clear();
    assert!(site.erase(&kim.id).await);
    assert!(faults.count("BatchWriteItem") <= left.div_ceil(25) + 1, "no more than what was left");
    assert_eq!(site.traces(&kim.id, "kim@example.com"), [] as [String; 0]);
}

#[tokio::test]
async fn an_upload_that_was_pending_never_publishes_however_late_its_event_comes() {
    for erased_first in [false, true] {
        let site = Site::by_hand().await;
        let mut kim = site.member("kim@example.com").await;
        let promised = kim.promise("image/png", pictures::png().len(), "POST").await;
        kim.upload(&pictures::png(), "image/png").await;
        let event = site.stack.next_s3_event().await;
        kim.delete_account().await;
        if erased_first {
            assert!(site.erase(&kim.id).await);
        }
        // The browser was given permission for some minutes: it may still use it.
        assert_eq!(s3::upload(&promised, &pictures::png()).await.status, 204);
        let late = site.stack.next_s3_event().await;
        site.clock.advance(SignedDuration::from_hours(6));
        for event in [&event, &late, &event] {
            assert_eq!(site.stack.deliver(event).await, Delivery::Done);
        }
        assert_eq!(site.stack.objects(), [] as [String; 0], "erased first: {erased_first}");
        assert!(site.erase(&kim.id).await);
        assert_eq!(site.traces(&kim.id, "kim@example.com"), [] as [String; 0], "erased first: {erased_first}");
    }
}

#[tokio::test]
async fn a_picture_of_a_deleted_account_is_gone_from_its_old_address() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    kim.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    let url = kim.avatar().await["url"].as_str().unwrap().to_owned();
    assert_eq!(s3::get(&url).await.status, 200);
    kim.delete_account().await;
    site.erase(&kim.id).await;
    // Not 404: whoever may not list a bucket is not told what is missing in it, nor is who has an address of theirs.
    assert_eq!(s3::get(&url).await.status, 403);
}

#[tokio::test]
async fn the_stream_carries_the_order_and_the_mail() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    site.stack.deliver_changes().await;
    kim.delete_account().await;
    let outcomes = site.stack.deliver_changes().await;
    assert_eq!(outcomes, [Delivery::Done; 2], "one for each function");
    assert_eq!(site.traces(&kim.id, "kim@example.com"), [] as [String; 0]);
    let mails = site.stack.mails();
    let farewell = mails.last().expect("a mail");
    assert_eq!(farewell.to, "kim@example.com");
    assert_eq!(site.stack.deliver_changes().await, [] as [Delivery; 0], "and nothing is left in the stream");
}

#[tokio::test]
async fn an_order_that_was_given_up_is_carried_out_once_it_is_touched() {
    let (site, faults) = Site::with_faults(&[]).await;
    let mut kim = site.member("kim@example.com").await;
    site.stack.deliver_changes().await;
    kim.delete_account().await;
    faults.always("LIST uploads", crate::site::Fault::CrashBefore);
    let mut outcomes = Vec::new();
    for _ in 0..20 {
        outcomes.extend(site.stack.deliver_changes().await);
    }
    assert!(outcomes.contains(&Delivery::Dead), "{outcomes:?}");
    assert_eq!(site.stack.dead_changes().len(), 1, "it is in the dead-letter queue now");
    faults.clear();
    assert_eq!(site.stack.deliver_changes().await, [] as [Delivery; 0]);

    let mut order = site.items("outbox").into_iter().find(|item| item["SK"]["S"] == "ERASE").expect("the order stands");
    order["touched"] = json!({ "N": "1" });
    site.put("outbox", &order);
    assert_eq!(site.stack.deliver_changes().await, [Delivery::Done]);
    assert_eq!(site.traces(&kim.id, "kim@example.com"), [] as [String; 0]);
}

#[tokio::test]
async fn what_is_counted_against_a_deleted_account_goes_too() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let body = json!({ "username": "kim@example.com", "password": "wrong wrong wrong" });
    assert_eq!(site.program().post_json("/login", body).await.status, 401);
    let counted = || {
        site.items("sessions")
            .iter()
            .filter(|item| item["PK"]["S"].as_str().unwrap().starts_with("THROTTLE#ACCOUNT#"))
            .count()
    };
    assert_eq!(counted(), 1);
    kim.delete_account().await;
    assert!(site.erase(&kim.id).await);
    assert_eq!(counted(), 0);
}
