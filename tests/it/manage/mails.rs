//! `mails`: what was promised and not sent, and another try.

use local::Delivery;
use manage::mails;

use super::{Script, whole};
use crate::site::{Fault, Site};

async fn list(site: &Site, retry: bool) -> String {
    let mut script = Script::nobody(&[]);
    let args = mails::Args { retry, ..Default::default() };
    assert!(whole(&mails::run(&args, &site.managed(), &mut script).await));
    script.said()
}

/// A mail that was tried until it was given up.
async fn dead(site: &Site, faults: &crate::site::Faults) {
    faults.always("POST email", Fault::internal());
    while site.stack.deliver_changes().await != [Delivery::Dead] {}
    faults.clear();
}

#[tokio::test]
async fn a_mail_that_was_given_up_is_listed_and_sent_once_what_kept_it_is_mended() {
    let (site, faults) = Site::with_faults(&[("THROTTLE_ENABLED", "false")]).await;
    let mut thief = site.member("kim@example.com").await;
    thief.change_address(&site, "thief@example.com").await;
    assert_eq!(site.promised(), ["email_changed"]);
    dead(&site, &faults).await;
    let before = site.mails().len();
    let listed = list(&site, false).await;
    assert!(listed.contains("email_changed tries 11: ") && listed.contains("Mails that wait: 1."), "{listed}");
    assert!(!listed.contains('@'), "{listed}");
    site.deliver_mail().await;
    assert_eq!(site.mails().len(), before, "looking sends nothing");
    // It fails once more, and is ordered once more.
    assert!(list(&site, true).await.contains("tried once more: 1."));
    dead(&site, &faults).await;
    list(&site, true).await;
    // Its link is the one that the account knows.
    let undo = site.link_to("kim@example.com", "/email/undo/").await;
    assert_eq!(site.mails().len(), before + 1, "once, however often it was tried");
    let mut kim = site.visitor();
    kim.follow(&undo).await;
    assert_eq!(kim.post("/email/undo", &[]).await.status, 303);
    site.deliver_mail().await;
    assert_eq!(list(&site, true).await, "Every mail was sent.");
}

#[tokio::test]
async fn what_nobody_could_send_is_gone_after_fourteen_days() {
    let (site, faults) = Site::with_faults(&[]).await;
    site.program().sign_up("kim@example.com").await;
    dead(&site, &faults).await;
    let item = site.outbox().remove(0);
    let expires: i64 = item["expires_at"]["N"].as_str().unwrap().parse().unwrap();
    let created: jiff::Timestamp = item["created_at"]["S"].as_str().unwrap().parse().unwrap();
    assert_eq!(expires, created.as_second() + 14 * 86_400);
    assert!(item.get("letter").is_some());
}
