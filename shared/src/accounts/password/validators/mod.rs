//! Validators: what a new password must be. The first four are Django's and give Django 5.2's verdicts.

mod common;
mod context;
mod own;
mod parse;
pub(in crate::accounts) mod python;
mod similarity;
#[cfg(test)]
mod tests;

pub use own::OwnRule;
use serde::Serialize;

use super::Password;
use crate::accounts::{Email, User, Username};
use crate::error::{Arg, FieldError};
use crate::i18n::Language;
use crate::site::UserFields;
use crate::user_fields::FieldSet as _;

/// `AUTH_PASSWORD_VALIDATORS`: the rules for a new password, in the order in which they are told.
#[derive(Debug, Clone, PartialEq)]
pub struct Validators(Vec<Validator>);

/// One rule.
#[derive(Debug, Clone, PartialEq)]
enum Validator {
    /// `UserAttributeSimilarityValidator`: not too similar to what is known of its owner.
    Similarity { attributes: Vec<&'static str>, most: f64 },
    /// `MinimumLengthValidator`: so many characters (code points).
    Length { least: usize },
    /// `CommonPasswordValidator`: not on Django's list.
    Common,
    /// `NumericPasswordValidator`: not digits alone.
    Numeric,
    /// Not the site's name or one's own address with a little around it (ASVS 6.2.11).
    Context { words: Vec<String> },
    /// One of the site's own.
    Own(OwnRule),
}

/// Whose password it is to be: what is known of them, by name.
#[derive(Debug, Clone, Default)]
pub struct Subject(Vec<(&'static str, String)>);

impl Subject {
    /// Somebody with this address, user name and these fields.
    pub fn new(email: Option<&Email>, username: Option<&Username>, fields: &UserFields) -> Self {
        let email = email.map(|email| ("email", email.as_str().to_owned()));
        let username = username.map(|name| ("username", name.as_str().to_owned()));
        let texts = fields.values().into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())));
        Self(email.into_iter().chain(username).chain(texts).collect())
    }

    /// What is known under this name, `email`, `username` or that of a field of the site; nothing, where the site asks for
    /// no such thing.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
    }
}

impl From<&User> for Subject {
    fn from(user: &User) -> Self {
        Self::new(Some(&user.email), user.username.as_ref(), &user.fields)
    }
}

/// What a rule asks for, to be read before anything is typed. The code is the one under which the rule refuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Django's error code.
    pub code: &'static str,
    /// The help text.
    pub message: String,
}

impl Validators {
    /// Every rule that `password` breaks. None: it may be used.
    pub fn check(&self, password: &Password, subject: &Subject) -> Vec<FieldError> {
        let (text, min_length) = (password.text(), self.min_length());
        self.0.iter().filter_map(|validator| validator.check(text, subject, min_length)).collect()
    }

    /// The rules in words.
    pub fn help(&self, language: Language) -> Vec<Rule> {
        self.0.iter().map(|validator| validator.help(language)).collect()
    }

    /// The fewest characters that a password may have.
    pub fn min_length(&self) -> usize {
        let least = |validator: &Validator| match validator {
            Validator::Length { least } => Some(*least),
            _ => None,
        };
        self.0.iter().filter_map(least).max().unwrap_or_default()
    }
}

impl Validator {
    /// What is wrong with `password`.
    fn check(&self, password: &str, subject: &Subject, min_length: usize) -> Option<FieldError> {
        match self {
            Self::Similarity { attributes, most } => {
                let attribute = similarity::find(password, subject, attributes, *most)?;
                Some(self.error("password-too-similar", vec![("attribute", Arg::Text(attribute.to_owned()))]))
            }
            Self::Length { least } => (password.chars().count() < *least)
                .then(|| self.error("password-too-short", vec![("min", Arg::Number(*least as u64))])),
            Self::Common => common::contains(python::strip(&python::lower(password)))
                .then(|| self.error("password-too-common", Vec::new())),
            Self::Numeric => python::is_digit(password).then(|| self.error("password-entirely-numeric", Vec::new())),
            Self::Context { words } => context::is_little_more(password, words, subject.get("email"), min_length)
                .then(|| self.error("password-context-word", Vec::new())),
            Self::Own(rule) => (rule.is_broken)(password, subject).then(|| self.error(rule.message, Vec::new())),
        }
    }

    fn error(&self, key: &'static str, args: Vec<(&'static str, Arg)>) -> FieldError {
        FieldError { code: self.code(), key, args }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Similarity { .. } => "password_too_similar",
            Self::Length { .. } => "password_too_short",
            Self::Common => "password_too_common",
            Self::Numeric => "password_entirely_numeric",
            Self::Context { .. } => "password_context_word",
            Self::Own(rule) => rule.code,
        }
    }

    fn help(&self, language: Language) -> Rule {
        let (key, args) = match self {
            Self::Similarity { .. } => ("password-help-similar", Vec::new()),
            Self::Length { least } => ("password-help-length", vec![("min", Arg::Number(*least as u64))]),
            Self::Common => ("password-help-common", Vec::new()),
            Self::Numeric => ("password-help-numeric", Vec::new()),
            Self::Context { .. } => ("password-help-context", Vec::new()),
            Self::Own(rule) => (rule.help, Vec::new()),
        };
        Rule { code: self.code(), message: language.text(key, &args) }
    }
}
