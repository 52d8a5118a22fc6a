//! The mails: who gets which, when, and how often.

use portico::mail::{Client, Letter};
use serde_json::Value;

use crate::site::Site;
use crate::site::mail::link;

fn id(user: &Value) -> portico::accounts::UserId {
    serde_json::from_value(user.clone()).unwrap()
}

fn email(text: &str) -> portico::accounts::Email {
    portico::accounts::Email::parse(text).unwrap()
}

fn client() -> Client {
    Client {
        address: "192.0.2.7".to_owned(),
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0".to_owned(),
    }
}

#[tokio::test]
async fn an_owner_is_told_of_a_new_password() {
    let site = Site::start().await;
    let kim = site.member("kim@example.com").await;
    site.promise(Letter::PasswordChanged { user: id(&kim.id), client: client() }).await;
    let mails = site.mails_to("kim@example.com").await;
    let mail = mails.last().unwrap();
    assert_eq!(mail.subject, "Your password for Portico was changed");
    assert!(mail.text.contains("192.0.2.7") && mail.html.contains("Firefox on Linux"), "{}", mail.text);
}

#[tokio::test]
async fn a_reset_leads_to_a_link_at_the_stored_address() {
    let site = Site::start().await;
    site.member("kim@example.com").await;
    site.promise(Letter::ResetPassword { email: email("KIM@example.com") }).await;
    let mails = site.mails_to("kim@example.com").await;
    let mail = mails.last().unwrap();
    assert_eq!(mail.subject, "Set a new password for Portico");
    assert!(link(mail, "/password/reset/").len() > 100, "{}", mail.text);
}
