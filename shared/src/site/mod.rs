//! What is this site's own: the fields of its users, what they may upload, its backends, its hooks,
//! its rules for passwords, the kinds of its objects, what it asks permission for, its orders. Begin here when you make the
//! product yours.

mod backends;
mod hooks;
mod kinds;
pub mod orders;
mod permissions;
mod purposes;
mod user;
mod validators;

use std::fmt;
use std::sync::Arc;

pub use kinds::KINDS;
pub(crate) use permissions::PERMISSIONS;
pub use permissions::shop;
pub use purposes::PURPOSES;
pub use user::UserFields;
pub use validators::validators;

use crate::accounts::{Backend, Hooks};

/// The site's own code, as a process has it.
#[derive(Clone, Default)]
pub struct Site {
    /// Backends that `AUTHENTICATION_BACKENDS` may name beside the built-in ones.
    pub backends: Vec<(&'static str, Arc<dyn Backend>)>,
    /// What runs when somebody logs in, fails to, logs out or signs up.
    pub hooks: Vec<Arc<dyn Hooks>>,
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let backends: Vec<_> = self.backends.iter().map(|(name, _)| name).collect();
        f.debug_struct("Site").field("backends", &backends).field("hooks", &self.hooks.len()).finish()
    }
}

/// This site's.
pub fn site() -> Site {
    Site { backends: backends::backends(), hooks: hooks::hooks() }
}
