//! To whom a letter goes, and what its link is good for.

use jiff::SignedDuration;
use portico::accounts::Email;
use portico::mail::Letter;
use serde_json::json;

use super::{client, email, event, id, reset, site, site_with};
use crate::site::mail::link;

#[tokio::test]
async fn a_reset_goes_to_the_stored_address_whatever_was_typed() {
    let site = site().await;
    let kim = site.member("Kim@Example.com").await;
    let promise = site.promise(reset("kIM@eXAMPLE.COM")).await;
    site.deliver_mail().await;
    let mails = site.mails();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!(
        (mail.to.as_str(), mail.recipients.as_slice()),
        ("Kim@example.com", &["Kim@example.com".to_owned()][..])
    );
    assert_eq!(mail.subject, "Set a new password for Portico");
    let address = link(mail, "/password/reset/");
    assert!(mail.html.contains(&address), "{}", mail.html);
    let grant = site.grant(&promise, "RESET_PASSWORD").unwrap();
    assert_eq!(grant["user"]["S"], kim.id);
    assert_eq!(grant["email"]["S"], "Kim@Example.com");
    assert_eq!(grant["password"]["S"].as_str().unwrap().len(), 43, "bound to the password");
    let expires = promise.created_at.as_second() + 1_800;
    assert_eq!(grant["expires_at"]["N"], expires.to_string());
    assert!(!grant.to_string().contains(address.split('.').next_back().unwrap()), "the secret is stored nowhere");
}

#[tokio::test]
async fn an_address_that_only_looks_like_one_finds_nobody() {
    let site = site().await;
    for address in ["mike@example.com", "kim@example.com", "sue@example.com"] {
        site.program().sign_up(address).await;
    }
    // They cannot be parsed; should one get into the outbox all the same, it is nobody's, or its owner's.
    for text in ["m\u{131}ke@example.com", "\u{212a}im@example.com", "\u{17f}ue@example.com", "kim\u{ff20}example.com"]
    {
        assert!(Email::parse(text).is_none(), "{text}");
        let unchecked: Email = serde_json::from_value(json!(text)).unwrap();
        site.promise(Letter::ResetPassword { email: unchecked }).await;
    }
    site.deliver_mail().await;
    let known = ["mike@example.com", "kim@example.com", "sue@example.com"];
    for mail in site.mails() {
        assert!(known.contains(&mail.recipients[0].as_str()) && mail.recipients.len() == 1, "{:?}", mail.recipients);
    }
    assert!(site.outbox().iter().all(|item| item.get("letter").is_none()), "what was typed is not kept");
}

#[tokio::test]
async fn nobody_gets_mail_for_an_address_without_an_active_account() {
    let site = site().await;
    let kim = site.member("kim@example.com").await;
    site.amend(&kim.id, "is_active", json!({ "BOOL": false }));
    let user = id(&kim.id);
    site.promise(reset("nobody@example.com")).await;
    site.promise(reset("kim@example.com")).await;
    site.promise(Letter::AccountExists { email: email("kim@example.com") }).await;
    site.promise(Letter::ConfirmEmail { user, email: email("kim@example.com") }).await;
    site.promise(Letter::NewDevice { user, client: client() }).await;
    site.deliver_mail().await;
    assert_eq!(site.mails().len(), 0);
    assert_eq!(site.outbox(), [] as [serde_json::Value; 0], "nor is kept that somebody asked");
}

#[tokio::test]
async fn an_address_is_confirmed_while_it_is_the_accounts_and_not_yet_confirmed() {
    let site = site().await;
    let kim = site.member("kim@example.com").await;
    let user = id(&kim.id);
    let promise = site.promise(Letter::ConfirmEmail { user, email: email("kim@example.com") }).await;
    site.promise(Letter::ConfirmEmail { user, email: email("former@example.com") }).await;
    site.deliver_mail().await;
    assert_eq!(site.mails().len(), 1);
    assert!(link(&site.mails()[0], "/email/confirm/").len() > 80);
    let grant = site.grant(&promise, "CONFIRM_EMAIL").unwrap();
    assert_eq!(grant["email"]["S"], "kim@example.com");
    assert_eq!(grant["expires_at"]["N"], (promise.created_at.as_second() + 86_400).to_string());
    site.amend(&kim.id, "email_verified", json!({ "BOOL": true }));
    site.promise(Letter::ConfirmEmail { user, email: email("kim@example.com") }).await;
    site.deliver_mail().await;
    assert_eq!(site.mails().len(), 1);
}

#[tokio::test]
async fn a_change_of_address_is_confirmed_at_the_new_one_and_told_at_the_old_one() {
    let site = site().await;
    let kim = site.member("kim@example.com").await;
    site.program().sign_up("lee@example.com").await;
    let user = id(&kim.id);
    let change = |old: &str, new: &str| Letter::ChangeEmail { user, old: email(old), new: email(new), epoch: 1 };
    let asked = site.promise(change("kim@example.com", "new@example.com")).await;
    site.promise(change("former@example.com", "other@example.com")).await;
    site.promise(change("kim@example.com", "LEE@example.com")).await;
    site.deliver_mail().await;
    let mails = site.mails();
    let [mail] = mails.as_slice() else { panic!("superseded, or taken: {mails:?}") };
    assert_eq!(mail.to, "new@example.com");
    assert!(!mail.text.contains("kim@example.com") && !mail.html.contains("kim@example.com"), "it may be a stranger's");
    link(mail, "/email/change/");
    let grant = site.grant(&asked, "CHANGE_EMAIL").unwrap();
    assert_eq!(
        (&grant["email"]["S"], &grant["new_email"]["S"]),
        (&json!("kim@example.com"), &json!("new@example.com"))
    );
    assert_eq!(grant["expires_at"]["N"], (asked.created_at.as_second() + 1_800).to_string());

    let (old, new) = (email("kim@example.com"), email("new@example.com"));
    let told = site.promise(Letter::EmailChanged { user, old, new, proven: true, client: client() }).await;
    let mail = site.mails_to("kim@example.com").await.remove(0);
    link(&mail, "/email/undo/");
    assert!(mail.text.contains("new@example.com") && mail.text.contains("7 days"), "{}", mail.text);
    let grant = site.grant(&told, "UNDO_EMAIL_CHANGE").unwrap();
    assert_eq!(grant["email"]["S"], "kim@example.com", "the address to go back to");
    assert_eq!(grant["expires_at"]["N"], (told.created_at.as_second() + 604_800).to_string());
}

#[tokio::test]
async fn a_mail_that_comes_later_than_its_link_is_good_is_not_sent() {
    let site = site().await;
    site.member("kim@example.com").await;
    let promise = site.promise(reset("kim@example.com")).await;
    site.clock.advance(SignedDuration::from_secs(1_801));
    site.deliver_mail().await;
    assert_eq!(site.mails().len(), 0);
    assert!(site.grant(&promise, "RESET_PASSWORD").is_none() && site.outbox().is_empty());
}

#[tokio::test]
async fn the_lifetime_of_a_link_is_a_setting() {
    let site = site_with(|options| options.settings.push(("PASSWORD_RESET_TIMEOUT".into(), "7200".into()))).await;
    site.member("kim@example.com").await;
    let promise = site.promise(reset("kim@example.com")).await;
    site.deliver_mail().await;
    let grant = site.grant(&promise, "RESET_PASSWORD").unwrap();
    assert_eq!(grant["expires_at"]["N"], (promise.created_at.as_second() + 7_200).to_string());
    assert!(site.mails()[0].text.contains("2 hours"), "{}", site.mails()[0].text);
}

#[tokio::test]
async fn a_used_link_does_not_become_fresh_by_another_delivery() {
    let site = site().await;
    site.member("kim@example.com").await;
    let promise = site.promise(reset("kim@example.com")).await;
    site.deliver_mail().await;
    let mut grant = site.grant(&promise, "RESET_PASSWORD").unwrap();
    grant["used_at"] = json!({ "N": promise.created_at.as_second().to_string() });
    site.put("sessions", &grant);
    // As if it had never been noted that the mail was sent.
    let mut item = site.outbox().remove(0);
    item.as_object_mut().unwrap().remove("sent_at");
    item["letter"] = json!({ "M": { "kind": { "S": "reset_password" }, "email": { "S": "kim@example.com" } } });
    site.put("outbox", &item);
    site.stack.invoke("mailer", event(&promise)).await.unwrap();
    assert_eq!(site.mails().len(), 2);
    assert_eq!(site.grant(&promise, "RESET_PASSWORD").unwrap(), grant);
}
