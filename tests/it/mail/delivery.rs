//! How often a mail is sent: once, whatever is repeated, lost or cut short; and what becomes of one that cannot be sent.

use std::time::Duration;

use futures_util::future::join_all;
use local::Delivery;
use portico::clock::Clock as _;
use portico::mail::Letter;
use serde_json::json;

use super::{client, event, id, reset, site, site_with, site_with_faults};
use crate::site::Fault;

/// More calls than a delivery makes.
const ENOUGH: usize = 20;

/// `SendEmail`, as [`Faults`] names it.
const SEND: &str = "POST email";

fn ses_error(status: u16) -> Fault {
    Fault::Answer(status, json!({ "message": "Email address is not verified: kim@example.com" }))
}

#[tokio::test]
async fn a_mail_that_is_delivered_ten_times_is_sent_once() {
    let site = site().await;
    site.member("kim@example.com").await;
    let promise = site.promise(reset("kim@example.com")).await;
    let together = (0..10).map(|_| site.stack.invoke("mailer", event(&promise)));
    for answer in join_all(together).await {
        let failures = answer.unwrap()["batchItemFailures"].as_array().unwrap().len();
        // Whoever comes while another sends it shall come again.
        assert!(failures <= 1);
    }
    for _ in 0..10 {
        let answer = site.stack.invoke("mailer", event(&promise)).await.unwrap();
        assert_eq!(answer, json!({ "batchItemFailures": [] }));
    }
    site.deliver_mail().await;
    assert_eq!(site.mails().len(), 1);
}

#[tokio::test]
async fn one_delivery_costs_what_it_must() {
    let (site, faults) = site_with_faults(&[]).await;
    let kim = site.member("kim@example.com").await;
    for (letter, calls) in [
        (reset("kim@example.com"), vec!["UpdateItem", "GetItem", "GetItem", "PutItem", SEND, "UpdateItem"]),
        (reset("nobody@example.com"), vec!["UpdateItem", "GetItem", "DeleteItem"]),
        (
            Letter::PasswordChanged { user: id(&kim.id), client: Some(client()) },
            vec!["UpdateItem", "GetItem", SEND, "UpdateItem"],
        ),
    ] {
        let promise = site.promise(letter).await;
        faults.clear();
        site.stack.invoke("mailer", event(&promise)).await.unwrap();
        let made: Vec<_> = faults.calls().into_iter().map(|call| call.name).collect();
        assert_eq!(made, calls);
        faults.clear();
        site.stack.invoke("mailer", event(&promise)).await.unwrap();
        assert_eq!(faults.calls().len(), 2, "a repetition looks, and leaves");
    }
}

#[tokio::test]
async fn a_crash_at_any_step_is_made_good_and_repeats_nothing_but_what_was_not_noted() {
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        let mut steps = 0;
        for step in 0..ENOUGH {
            let (site, faults) = site_with_faults(&[("AWS_OPERATION_TIMEOUT_MS", "2000")]).await;
            site.member("kim@example.com").await;
            let promise = site.promise(reset("kim@example.com")).await;
            faults.clear();
            faults.after("", step, fault.clone());
            let first = site.stack.deliver_changes().await;
            let calls = faults.calls();
            faults.clear();
            if calls.len() <= step {
                assert_eq!(first, [Delivery::Done]);
                break;
            }
            assert_eq!(first, [Delivery::Failed], "step {step} {fault:?}");
            steps += 1;
            // What the crash left behind is nobody's once its time is over.
            site.clock.advance(jiff::SignedDuration::from_secs(31));
            site.deliver_mail().await;
            let mails = site.mails();
            let noted = ["UpdateItem", "GetItem", "GetItem", "PutItem", SEND, "UpdateItem"];
            let accepted = step == 5 || (step == 4 && matches!(fault, Fault::CrashAfter));
            // After the note was written nobody can tell that the answer was lost: the repetition finds it.
            let unnoted = accepted && !(step == 5 && matches!(fault, Fault::CrashAfter));
            assert_eq!(calls[step].name, noted[step]);
            assert_eq!(mails.len(), if unnoted { 2 } else { 1 }, "step {step} {fault:?}");
            let id = |mail: &local::mail::Mail| {
                mail.headers.iter().find(|(name, _)| name == "Message-ID").map(|(_, value)| value.clone())
            };
            assert!(mails.iter().all(|mail| id(mail) == id(&mails[0])), "the same mail");
            assert!(site.grant(&promise, "RESET_PASSWORD").is_some());
            assert_eq!(site.outbox().len(), 1);
            assert!(site.outbox()[0].get("sent_at").is_some() && site.outbox()[0].get("letter").is_none());
        }
        assert_eq!(steps, 6, "claim, find, read, permit, send, note");
    }
}

#[tokio::test]
async fn a_mail_that_another_delivery_holds_is_put_off_without_an_error() {
    let site = site().await;
    site.member("kim@example.com").await;
    let promise = site.promise(reset("kim@example.com")).await;
    // As a process leaves it that was killed while it sent.
    let held = site.clock.now().as_second() + 30;
    let mut item = site.outbox().remove(0);
    item["held_until"] = json!({ "N": held.to_string() });
    site.put("outbox", &item);
    assert_eq!(site.stack.deliver_changes().await, [Delivery::Failed]);
    let lines = crate::site::log::lines();
    let of_it: Vec<_> = lines.iter().filter(|line| line.contains(&promise.id.to_string())).collect();
    assert!(of_it.iter().any(|line| line.contains("\"busy\"")), "{of_it:?}");
    assert!(of_it.iter().all(|line| !line.contains("ERROR")), "{of_it:?}");
    site.clock.advance(jiff::SignedDuration::from_secs(31));
    site.deliver_mail().await;
    assert_eq!(site.mails().len(), 1);
}

#[tokio::test]
async fn a_provider_that_fails_is_tried_again_and_then_given_up() {
    let (site, faults) = site_with_faults(&[]).await;
    site.member("kim@example.com").await;
    site.member("lee@example.com").await;
    let promise = site.promise(reset("kim@example.com")).await;
    for attempt in 1..=11 {
        faults.clear();
        faults.always(SEND, ses_error(if attempt % 2 == 0 { 500 } else { 429 }));
        let outcomes = site.stack.deliver_changes().await;
        assert_eq!(faults.count(SEND), 1, "the SDK does not repeat it by itself");
        assert_eq!(outcomes, [if attempt < 11 { Delivery::Failed } else { Delivery::Dead }], "attempt {attempt}");
        let item = site.outbox().remove(0);
        assert!(item.get("held_until").is_none(), "the next try need not wait: {item}");
        assert_eq!(item["attempts"]["N"], attempt.to_string());
        let error = item["error"]["S"].as_str().unwrap();
        assert!(error.contains("SES") && !error.contains("kim@"), "{error}");
    }
    faults.clear();
    let dead = site.stack.dead_changes();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0]["dynamodb"]["Keys"]["PK"]["S"], format!("MAIL#{}", promise.id));
    assert_eq!(site.outbox().len(), 1, "what it was about stays in the outbox");
    // The others are not held up.
    site.promise(reset("lee@example.com")).await;
    site.deliver_mail().await;
    assert_eq!(site.mails().len(), 1);
}

#[tokio::test]
async fn a_mail_that_cannot_be_read_holds_up_no_other_of_its_batch() {
    let site = site().await;
    site.member("kim@example.com").await;
    let keys = json!({ "PK": { "S": "MAIL#0197a3c9-0f1e-7d2c-8b3a-4c5d6e7f8091" }, "SK": { "S": "MAIL" } });
    site.put("outbox", &keys);
    for _ in 0..5 {
        site.promise(reset("kim@example.com")).await;
    }
    let outcomes = site.stack.deliver_changes().await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Delivery::Done).count(), 5, "{outcomes:?}");
    assert_eq!(outcomes.len(), 6);
    assert_eq!(site.mails().len(), 5);
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_waited_for_no_longer_than_was_said() {
    let (site, faults) = site_with_faults(&[("EMAIL_TIMEOUT", "1")]).await;
    site.member("kim@example.com").await;
    site.promise(reset("kim@example.com")).await;
    faults.next(SEND, 1, Fault::Silence);
    let begun = std::time::Instant::now();
    assert_eq!(site.stack.deliver_changes().await, [Delivery::Failed]);
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    site.deliver_mail().await;
    assert_eq!(site.mails().len(), 1);
}

#[tokio::test]
async fn the_stream_is_empty_when_everything_was_delivered() {
    let site = site().await;
    site.member("kim@example.com").await;
    for _ in 0..30 {
        site.promise(reset("kim@example.com")).await;
    }
    site.deliver_mail().await;
    assert_eq!(site.mails().len(), 30);
    assert_eq!(site.stack.waiting_changes(), 0, "the engine looks at all of them with each write");
}

#[tokio::test]
async fn a_mail_that_was_promised_before_the_end_is_sent_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_owned();
    let promise = {
        let site = site_with(|options| options.data = Some(data.clone())).await;
        site.member("kim@example.com").await;
        let promise = site.promise(reset("kim@example.com")).await;
        site.stack.shutdown().await;
        promise
    };
    let site = site_with(|options| options.data = Some(data.clone())).await;
    assert_eq!(site.mails().len(), 0);
    site.deliver_mail().await;
    assert_eq!(site.mails().len(), 1);
    site.stack.shutdown().await;
    let site = site_with(|options| options.data = Some(data)).await;
    site.deliver_mail().await;
    assert_eq!(site.mails().len(), 1, "the tray keeps it, and it is not sent again");
    assert!(site.grant(&promise, "RESET_PASSWORD").is_some());
}

#[tokio::test]
async fn a_mail_comes_by_itself_and_at_once() {
    let site = site_with(|options| options.deliver_changes = true).await;
    let mut kim = site.member("kim@example.com").await;
    site.promise(reset("kim@example.com")).await;
    // What a function writes is looked for when it has ended; what others write, each second.
    kim.get("/").await;
    let arrived = async {
        while site.mails().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), arrived).await.expect("the mail arrives");
}

#[tokio::test]
async fn neither_the_log_nor_the_outbox_has_the_link() {
    let (site, _faults) = site_with_faults(&[]).await;
    site.member("kim@example.com").await;
    site.promise(reset("kim@example.com")).await;
    site.deliver_mail().await;
    let address = crate::site::mail::link(&site.mails()[0], "/password/reset/");
    let secret = address.rsplit('.').next().unwrap();
    assert!(!crate::site::log::lines().join("\n").contains(secret));
    for table in ["accounts", "sessions", "outbox"] {
        assert!(!json!(site.items(table)).to_string().contains(secret), "{table}");
    }
}
