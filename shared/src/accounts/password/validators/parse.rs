//! `AUTH_PASSWORD_VALIDATORS` as text: names in order, separated by commas, each with its options in brackets.
//!
//! `UserAttributeSimilarity(max_similarity=0.6 user_attributes=email+username), MinimumLength(min_length=12)`

use super::{OwnRule, Validator, Validators, python};
use crate::site::UserFields;
use crate::user_fields::FieldSet as _;

/// What a password is compared with, unless an option says otherwise (Django's `DEFAULT_USER_ATTRIBUTES`). A site that has
/// no such field compares with the others.
const ATTRIBUTES: [&str; 4] = ["username", "first_name", "last_name", "email"];
/// What `strict` asks of the length.
const STRICT_LENGTH: usize = 15;
/// From how similar on a password is refused, unless an option says otherwise (Django's).
const MAX_SIMILARITY: f64 = 0.7;

impl Validators {
    /// Django's four, in the order of its project template.
    pub(crate) const DEFAULT: &str = "UserAttributeSimilarity, MinimumLength, CommonPassword, NumericPassword";
    /// What `strict` stands for, with a length of its own.
    const STRICT: &str = "UserAttributeSimilarity, MinimumLength, CommonPassword, NumericPassword, ContextWords";
    /// What the setting accepts, for people.
    pub(crate) const ACCEPTS: &str = "strict, or a list of UserAttributeSimilarity, MinimumLength (required), \
         CommonPassword, NumericPassword, ContextWords, and the site's own, each as Name or Name(option=value \
         option=value)";

    /// Parses the setting. `min_length` is for lists that name no other; `words` are what the site is known by, `own` its
    /// own rules.
    ///
    /// `None` for a name or an option that does not exist, a value out of its bounds, or a list without `MinimumLength`:
    /// no site means to accept passwords of one character.
    pub(crate) fn parse(text: &str, min_length: usize, words: &[String], own: &[OwnRule]) -> Option<Self> {
        let (text, min_length) = match text.trim() {
            "strict" => (Self::STRICT, min_length.max(STRICT_LENGTH)),
            list => (list, min_length),
        };
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let validators: Option<Vec<_>> = entries.map(|entry| validator(entry, min_length, words, own)).collect();
        validators.map(Self).filter(|validators| validators.min_length() > 0)
    }
}

fn validator(entry: &str, min_length: usize, site: &[String], own: &[OwnRule]) -> Option<Validator> {
    let (name, options) = match entry.split_once('(') {
        Some((name, rest)) => (name.trim(), rest.strip_suffix(')')?),
        None => (entry, ""),
    };
    let mut options = Options::parse(options)?;
    // Django's own names are understood too: `django.contrib.auth.password_validation.MinimumLengthValidator`.
    let name = name.rsplit('.').next().unwrap_or(name);
    let validator = match name.strip_suffix("Validator").unwrap_or(name) {
        "UserAttributeSimilarity" => Validator::Similarity {
            attributes: options.take("user_attributes", attributes)?.unwrap_or_else(|| ATTRIBUTES.to_vec()),
            most: options.take("max_similarity", similarity)?.unwrap_or(MAX_SIMILARITY),
        },
        "MinimumLength" => Validator::Length { least: options.take("min_length", length)?.unwrap_or(min_length) },
        "CommonPassword" => Validator::Common,
        "NumericPassword" => Validator::Numeric,
        "ContextWords" => {
            let given = options.take("words", words)?.unwrap_or_default();
            Validator::Context { words: given.into_iter().chain(site.iter().cloned()).collect() }
        }
        name => Validator::Own(*own.iter().find(|rule| rule.name == name)?),
    };
    options.0.is_empty().then_some(validator)
}

/// What stands in the brackets and was not yet taken.
struct Options<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Options<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        text.split_whitespace().map(|option| option.split_once('=')).collect::<Option<_>>().map(Self)
    }

    /// An option's value. The outer `None` is a mistake, the inner one absence. What is given twice is left over.
    #[expect(clippy::option_option, reason = "a mistake and an absence are two things")]
    fn take<T>(&mut self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
        let Some(at) = self.0.iter().position(|(known, _)| *known == name) else { return Some(None) };
        let (_, value) = self.0.remove(at);
        parse(value).map(Some)
    }
}

/// Django's four, and every field of the site.
fn attributes(text: &str) -> Option<Vec<&'static str>> {
    let known = || ATTRIBUTES.into_iter().chain(UserFields::FIELDS.iter().map(|field| field.name));
    text.split('+').map(|name| known().find(|known| *known == name)).collect()
}

/// At least 0.1, as Django demands.
fn similarity(text: &str) -> Option<f64> {
    text.parse().ok().filter(|ratio| (0.1..=1.0).contains(ratio))
}

/// The bounds of `PASSWORD_MIN_LENGTH` (ASVS 6.2.1).
fn length(text: &str) -> Option<usize> {
    text.parse().ok().filter(|length| (8..=128).contains(length))
}

fn words(text: &str) -> Option<Vec<String>> {
    text.split('+').map(|word| Some(python::lower(word)).filter(|word| !word.is_empty())).collect()
}
