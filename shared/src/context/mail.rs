//! The promise of a mail, with what the request knows.

use super::Context;
use crate::mail::{Client, Letter, Promise};

impl Context {
    /// A mail in the visitor's language. It is sent once it was written to the outbox, together with its cause.
    pub fn promise(&self, letter: Letter) -> Promise {
        let now = self.now();
        Promise { id: self.app().rng().uuid(now), letter, language: self.language(), created_at: now }
    }

    /// Where the request seems to come from: for letters that tell an owner about it.
    pub fn client(&self) -> Client {
        Client { address: self.client_address(), user_agent: self.request().user_agent().to_owned() }
    }
}
