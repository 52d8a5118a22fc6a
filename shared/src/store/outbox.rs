//! The outbox: mails that were promised, each an item until it is delivered, or for good beyond delivery.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::call::{Item, Write, from_item, to_item, to_value};
use super::expression::Expression;
use super::keys::{Key, PK, TTL};
use super::records::Position;
use super::{Store, StoreError};
use crate::mail::Promise;

/// What somebody who wants to send a mail finds.
#[derive(Debug)]
pub enum Claim {
    /// It is theirs alone for a while.
    Granted {
        /// The mail.
        promise: Box<Promise>,
        /// How often it was granted, this time included.
        attempt: u64,
    },
    /// Somebody else is sending it.
    Held,
    /// It was sent.
    Sent,
    /// There is no such mail, or no more.
    Gone,
}

/// How often a mail was granted to somebody.
#[derive(Deserialize)]
struct Attempts {
    attempts: u64,
}

impl Store {
    /// A promised mail as a part of the transaction that is its cause.
    pub(super) fn promise(&self, mail: &Promise) -> Result<Write, StoreError> {
        Ok(Write::put(self.outbox(), promised(mail)?, Expression::new().if_absent(PK)))
    }

    /// Promises a mail whose only cause is the request for it.
    pub async fn put_mail(&self, mail: &Promise) -> Result<(), StoreError> {
        self.put(self.outbox(), promised(mail)?, &Expression::new()).await
    }

    /// Orders a mail to be tried once more at `now`, whatever became of it: the mailer finds out.
    pub async fn retry_mail(&self, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
        let order = Order { ordered_at: now, expires_at: now.as_second() + ORDER_KEPT };
        self.put(self.outbox(), to_item(&Key::retry(id), order)?, &Expression::new()).await
    }

    /// A page of the mails that were not sent yet, and where it ended. For administration alone: it reads everything
    /// there is.
    pub async fn unsent_mails(&self, after: Option<Position>) -> Result<(Vec<Unsent>, Option<Position>), StoreError> {
        let (items, next) = self.scan_page(self.outbox(), after).await?;
        let unsent = items.into_iter().filter(|item| item.contains_key(LETTER));
        Ok((unsent.map(from_item).collect::<Result<_, _>>()?, next))
    }

    /// Takes a mail for sending until `until` (epoch seconds): of several deliveries at the same time one gets it. One
    /// that a crash has left behind is free again at `now` once its time is over.
    pub async fn claim_mail(&self, id: Uuid, now: i64, until: i64) -> Result<Claim, StoreError> {
        let key = Key::mail(id);
        let claim = Expression::new()
            .set(&[HELD], until)?
            .add("attempts", 1)?
            .if_exists(PK)
            .if_absent(SENT)
            .only_if_absent_or(HELD, "<=", now)?;
        match self.update(self.outbox(), &key, &claim).await {
            Ok(item) => {
                let Attempts { attempts } = from_item(item.clone())?;
                Ok(Claim::Granted { promise: Box::new(from_item(item)?), attempt: attempts })
            }
            Err(StoreError::Condition { .. }) => Ok(match self.get(self.outbox(), &key).await? {
                None => Claim::Gone,
                Some(item) if item.contains_key(SENT) => Claim::Sent,
                Some(_) => Claim::Held,
            }),
            Err(error) => Err(error),
        }
    }

    /// The mail was accepted. What it was about is forgotten; that it was sent stays until `expires_at`, longer than the
    /// stream can deliver it again.
    pub async fn mail_sent(&self, id: Uuid, now: i64, expires_at: i64) -> Result<(), StoreError> {
        let sent = Expression::new()
            .set(&[SENT], now)?
            .set(&[TTL], expires_at)?
            .remove(&[HELD])
            .remove(&["error"])
            .remove(&[LETTER])
            .if_exists(PK);
        self.settle(id, &sent).await
    }

    /// The mail was not accepted: whoever tries next need not wait for the claim of `until` to end.
    pub async fn mail_failed(&self, id: Uuid, until: i64, error: &str) -> Result<(), StoreError> {
        let failed = Expression::new().set(&["error"], error)?.remove(&[HELD]).only_if(HELD, "=", until)?;
        self.settle(id, &failed).await
    }

    /// Nothing will be sent: nobody's address is kept for that.
    pub async fn forget_mail(&self, id: Uuid) -> Result<(), StoreError> {
        self.delete(self.outbox(), &Key::mail(id)).await
    }

    /// A condition that does not hold means that somebody else has settled it, which is as good.
    async fn settle(&self, id: Uuid, change: &Expression) -> Result<(), StoreError> {
        match self.update(self.outbox(), &Key::mail(id), change).await.map(drop::<Item>) {
            Err(StoreError::Condition { .. }) => Ok(()),
            other => other,
        }
    }
}

/// A mail that was promised and not sent.
#[derive(Debug, Deserialize)]
pub struct Unsent {
    /// The mail.
    #[serde(flatten)]
    pub promise: Promise,
    /// How often it was tried.
    #[serde(default)]
    pub attempts: u64,
    /// What went wrong last time, without addresses.
    #[serde(default)]
    pub error: String,
}

/// The order to try a mail once more.
#[derive(Serialize)]
struct Order {
    ordered_at: Timestamp,
    expires_at: i64,
}

/// How long such an order stays, seconds: a stream keeps its records for a day.
const ORDER_KEPT: i64 = 2 * 86_400;

/// The item of a mail that was just promised.
fn promised(mail: &Promise) -> Result<Item, StoreError> {
    let mut item = to_item(&Key::mail(mail.id), mail)?;
    item.insert(TTL.to_owned(), to_value(mail.created_at.as_second() + Promise::KEPT)?);
    Ok(item)
}

/// What it is about: there until it is sent.
const LETTER: &str = "letter";
/// Until when somebody is sending it, epoch seconds.
const HELD: &str = "held_until";
/// When it was sent, epoch seconds.
const SENT: &str = "sent_at";
