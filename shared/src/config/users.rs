//! What a new user must say, and how people log in.

use std::collections::BTreeSet;

use super::reader::Reader;
use super::values;
use crate::site::UserFields;
use crate::user_fields::{FieldSet as _, Place};

/// Users and their log-in.
#[derive(Debug, Clone)]
pub struct UserSettings {
    /// `USERNAME_FIELD`.
    pub username_field: UsernameField,
    /// `REQUIRED_FIELDS`: names of fields that must be filled in beside those that always must.
    pub required_fields: Vec<String>,
    /// `AUTHENTICATION_BACKENDS`: names, in the order in which they are asked.
    pub backends: Vec<String>,
    /// `HOOK_TIMEOUT_MS`: how long a hook may take, milliseconds.
    pub hook_timeout_ms: u64,
}

/// What the log-in page asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsernameField {
    /// The address, which everybody has.
    Email,
    /// The user name: everybody must choose one.
    Username,
}

impl UserSettings {
    pub(super) fn read(env: &mut Reader) -> Option<Self> {
        let username_field = env.or("USERNAME_FIELD", "email or username", "email", |text| match text.trim() {
            "email" => Some(UsernameField::Email),
            "username" => Some(UsernameField::Username),
            _ => None,
        });
        let declared = UserFields::FIELDS.iter().filter(|field| field.is_on(Place::SignUp)).map(|field| field.name);
        let names: Vec<_> = ["email", "username"].into_iter().chain(declared).collect();
        let accepts = format!("names of sign-up fields, comma-separated: {}", names.join(", "));
        let required_fields = env.or("REQUIRED_FIELDS", &accepts, "", |text| {
            let wanted: Vec<_> = values::items(text).map(str::to_owned).collect();
            wanted.iter().all(|name| names.contains(&name.as_str())).then_some(wanted)
        });
        // Which names there are is known where the site's own backends are (`accounts::Backends`).
        let accepts = "names of backends, each once, comma-separated";
        let backends = env.or("AUTHENTICATION_BACKENDS", accepts, "email,username", |text| {
            let names: Vec<_> = values::items(text).map(str::to_owned).collect();
            let distinct = names.iter().collect::<BTreeSet<_>>().len() == names.len();
            (distinct && !names.is_empty()).then_some(names)
        });
        let hook_timeout_ms = env.number("HOOK_TIMEOUT_MS", "milliseconds", 10, 10_000, 2_000);
        Some(Self {
            username_field: username_field?,
            required_fields: required_fields?,
            backends: backends?,
            hook_timeout_ms,
        })
    }

    /// What the log-in page asks for, in one word: `email`, `username` or `either`.
    pub fn login_with(&self) -> &'static str {
        match self.username_field {
            UsernameField::Username => "username",
            UsernameField::Email if self.backends.iter().all(|name| name == "email") => "email",
            UsernameField::Email => "either",
        }
    }

    /// Whether everybody must choose a user name.
    pub fn requires_username(&self) -> bool {
        self.username_field == UsernameField::Username || self.required_fields.iter().any(|name| name == "username")
    }
}
