//! The announcements of new objects.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use aws_sdk_s3::primitives::ByteStream;

use super::{Folder, start, start_with};
use crate::s3::Event;

#[tokio::test]
async fn each_new_object_is_announced_exactly_once_and_in_order() {
    let s3 = start().await;
    let events = s3.server.events();
    s3.put("elsewhere/x", "not announced").await;
    s3.put("incoming/a", "one").await;
    s3.put("incoming/a", "two!").await;
    let refused = s3.client.put_object().bucket("media").key("incoming/a").body(ByteStream::from_static(b"three"));
    refused.if_none_match("*").send().await.unwrap_err();
    let copy = s3.client.copy_object().bucket("media").key("incoming/b").copy_source("media/elsewhere/x");
    copy.send().await.unwrap();

    let taken = [events.next().await, events.next().await, events.next().await];
    let seen: Vec<_> = taken.iter().map(|event| (event.name.as_str(), event.key.as_str(), event.size)).collect();
    let put = "ObjectCreated:Put";
    assert_eq!(seen, [(put, "incoming/a", 3), (put, "incoming/a", 4), ("ObjectCreated:Copy", "incoming/b", 13)]);
    assert!(taken[0].sequencer < taken[1].sequencer);
    for event in &taken {
        events.done(event.id).await;
    }
    let mut none = pin!(events.next());
    assert!(none.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    s3.put("incoming/c", "wakes").await;
    assert_eq!(none.await.key, "incoming/c");
}

#[tokio::test]
async fn a_failed_event_comes_again_with_its_attempts_counted() {
    let s3 = start().await;
    let events = s3.server.events();
    s3.put("incoming/a", "x").await;
    let first = events.next().await;
    assert_eq!(first.attempts, 0);
    events.failed(first.id).await;
    let second = events.next().await;
    assert_eq!((second.id, second.attempts), (first.id, 1));
}

#[tokio::test]
async fn a_dropped_wait_loses_no_event() {
    let s3 = start().await;
    let events = s3.server.events();
    s3.put("incoming/a", "x").await;
    for _ in 0..20 {
        let mut wait = Box::pin(events.next());
        // Polled once, so that the event is being taken when the wait is dropped.
        if let Poll::Ready(event) = wait.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            events.failed(event.id).await;
        }
    }
    assert_eq!(events.next().await.key, "incoming/a");
}

#[tokio::test]
async fn what_was_not_done_is_delivered_after_a_restart() {
    let folder = Folder::new();
    let s3 = start_with(folder.options()).await;
    s3.put("incoming/done", "x").await;
    s3.put("incoming/taken", "x").await;
    s3.put("incoming/waiting", "x").await;
    let events = s3.server.events();
    events.done(events.next().await.id).await;
    let taken = events.next().await;
    s3.server.shutdown().await;

    let s3 = start_with(folder.options()).await;
    let events = s3.server.events();
    assert_eq!(events.next().await, taken);
    assert_eq!(events.next().await.key, "incoming/waiting");
}

#[test]
fn an_event_reads_as_s3_sends_it() {
    let event = Event {
        id: 1,
        bucket: "media".to_owned(),
        key: "incoming/a b+c (1)~안.png".to_owned(),
        size: 5,
        etag: "5d41".to_owned(),
        sequencer: "000000000000000001".to_owned(),
        name: "ObjectCreated:Put".to_owned(),
        time: 1_767_225_600_123,
        attempts: 0,
    };
    let json = event.to_s3_json("ap-northeast-2");
    let record = &json["Records"][0];
    assert_eq!(record["eventVersion"], "2.1");
    assert_eq!(record["eventSource"], "aws:s3");
    assert_eq!(record["awsRegion"], "ap-northeast-2");
    assert_eq!(record["eventTime"], "2026-01-01T00:00:00.123Z");
    assert_eq!(record["eventName"], "ObjectCreated:Put");
    assert_eq!(record["s3"]["bucket"]["arn"], "arn:aws:s3:::media");
    assert_eq!(record["s3"]["object"]["key"], "incoming/a+b%2Bc+%281%29%7E%EC%95%88.png");
    assert_eq!(record["s3"]["object"]["size"], 5);
    assert_eq!(record["s3"]["object"]["eTag"], "5d41");
    assert_eq!(record["s3"]["object"]["sequencer"], "000000000000000001");
}
