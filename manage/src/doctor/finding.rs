//! What the checks of a template and of a site say: a code that stays, where, what is wrong, why it matters, what to write.

use std::fmt;

use serde::Serialize;

/// Something that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its name, as `edge.host-forwarded`: never changed, so that it can be searched for.
    pub code: &'static str,
    /// Why it matters, a sentence without its full stop.
    pub why: &'static str,
}

/// Checks under names, and the list of them all.
macro_rules! checks {
    ($($name:ident $code:literal $why:literal)*) => {
        $(pub(super) const $name: crate::doctor::Check = crate::doctor::Check { code: $code, why: $why };)*

        /// All of them.
        pub const CHECKS: &[crate::doctor::Check] = &[$($name),*];
    };
}
pub(super) use checks;

/// One thing that is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    #[serde(flatten)]
    pub(super) check: Check,
    place: String,
    what: String,
    fix: String,
}

impl Finding {
    pub(super) fn new(check: Check, place: impl Into<String>, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, place: place.into(), what: what.into(), fix: fix.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}. {}. {}.", self.check.code, self.place, self.what, self.check.why, self.fix)
    }
}
