//! A rule of a site's own, beside the built-in ones: [`crate::site`] declares it, `AUTH_PASSWORD_VALIDATORS` lists it.

use std::fmt;

use super::Subject;

/// What a new password must also be.
#[derive(Clone, Copy)]
pub struct OwnRule {
    /// What `AUTH_PASSWORD_VALIDATORS` calls it.
    pub name: &'static str,
    /// The code under which it refuses.
    pub code: &'static str,
    /// The key of what is told of a password that breaks it, in the locales.
    pub message: &'static str,
    /// The key of what is said before a password is typed.
    pub help: &'static str,
    /// Whether a password, in NFC, breaks it. It is asked for each new password, also one that breaks other rules, and
    /// must not keep what it is given.
    pub is_broken: fn(password: &str, subject: &Subject) -> bool,
}

impl PartialEq for OwnRule {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for OwnRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnRule").field(&self.name).finish()
    }
}
