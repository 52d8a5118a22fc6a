//! The mails of a site: promised, delivered by hand, read.

use std::sync::Arc;

use local::Delivery;
use local::mail::Mail;
use portico::i18n::Language;
use portico::mail::{Letter, Promise};
use serde_json::Value;

use super::Site;

impl Site {
    /// Delivers every mail that was promised, and what follows from that. Nothing waits, nothing is left.
    pub(crate) async fn deliver_mail(&self) {
        loop {
            let outcomes = self.stack.deliver_changes().await;
            if outcomes.is_empty() {
                return;
            }
            assert!(outcomes.iter().all(|outcome| *outcome == Delivery::Done), "{outcomes:?}");
        }
    }

    /// The mails that were sent, the oldest first: `to`, `subject`, `text`, `html`, ...
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.stack.mails()
    }

    /// Delivers what was promised, and gives the mails to this address that were sent since the beginning.
    pub(crate) async fn mails_to(&self, address: &str) -> Vec<Mail> {
        self.deliver_mail().await;
        self.mails().into_iter().filter(|mail| mail.to == address).collect()
    }

    /// Promises a mail, as the handler of a request would.
    pub(crate) async fn promise(&self, letter: Letter) -> Promise {
        self.promise_in(Language::En, letter).await
    }

    /// Promises a mail to somebody who reads this language.
    pub(crate) async fn promise_in(&self, language: Language, letter: Letter) -> Promise {
        let app = self.stack.app();
        let now = app.clock().now();
        let promise = Promise { id: app.rng().uuid(now), letter, language, created_at: now };
        app.store(Arc::default()).put_mail(&promise).await.unwrap();
        promise
    }

    /// Every item of the outbox.
    pub(crate) fn outbox(&self) -> Vec<Value> {
        self.items(&self.stack.app().config().tables.outbox)
    }

    /// What a promised mail's link permits.
    pub(crate) fn grant(&self, promise: &Promise, purpose: &str) -> Option<Value> {
        let table = &self.stack.app().config().tables.sessions;
        self.stored(table, &format!("TOKEN#{}", promise.id.simple()), purpose)
    }
}

/// The address of this site's page `path` that stands in a mail, from the scheme on.
pub(crate) fn link(mail: &Mail, path: &str) -> String {
    let begin = format!("http://localhost:8000{path}");
    let mut lines = mail.text.lines().map(str::trim);
    lines.find(|line| line.starts_with(&begin)).unwrap_or_else(|| panic!("no {path} in {}", mail.text)).to_owned()
}
