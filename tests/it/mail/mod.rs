//! The mails: who gets which, when, how often, and what is in them.

mod delivery;
mod letters;
mod recipients;
mod smtp;
mod tray;

use local::Options;
use portico::accounts::{Email, UserId};
use portico::mail::{Client, Letter, Promise};
use serde_json::{Value, json};

use crate::site::{Faults, Site};

/// Nobody gets mail for signing up: a test counts its own.
const QUIET: (&str, &str) = ("ACCOUNT_EMAIL_VERIFICATION", "none");

async fn site() -> Site {
    site_with(|_| {}).await
}

async fn site_with(change: impl FnOnce(&mut Options)) -> Site {
    Site::start_with(|options| {
        change(options);
        options.set(&[QUIET]);
    })
    .await
}

async fn site_with_faults(settings: &[(&str, &str)]) -> (Site, Faults) {
    Site::with_faults(&[settings, &[QUIET][..]].concat()).await
}

/// A user's identifier, as their visitor knows it.
fn id(user: &Value) -> UserId {
    serde_json::from_value(user.clone()).unwrap()
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn client() -> Client {
    Client {
        address: "192.0.2.7".to_owned(),
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0".to_owned(),
    }
}

fn reset(address: &str) -> Letter {
    Letter::ResetPassword { email: email(address) }
}

/// What the stream tells of a promise.
fn event(promise: &Promise) -> Value {
    let keys = json!({ "PK": { "S": format!("MAIL#{}", promise.id) }, "SK": { "S": "MAIL" } });
    json!({ "Records": [{ "eventName": "INSERT", "dynamodb": { "Keys": keys, "SequenceNumber": "1" } }] })
}
