//! Who does what a request does, for the audit trail.

use super::Context;
use crate::accounts::User;
use crate::audit::{Actor, Author};

impl Context {
    /// `user`, from where this request comes.
    pub fn author(&self, user: &User) -> Author<'_> {
        self.author_as(Actor::User(user.id))
    }

    /// The same for whoever has the link of a mail, or for another.
    pub fn author_as(&self, actor: Actor) -> Author<'_> {
        Author {
            actor,
            address: Some(self.client_address()),
            user_agent: Some(self.request().user_agent().to_owned()),
            now: self.now(),
            witness: None,
            max_age: self.config().audit.max_age,
            rng: self.app().rng(),
        }
    }
}
