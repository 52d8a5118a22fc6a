//! The fields that a site has of its own, as the command line gives them, or asked for at the terminal.

use portico::fields::{FieldReader, Fields, Form};
use portico::i18n::Language;
use portico::site::UserFields;
use portico::user_fields::{Field, FieldChanges, FieldSet as _, Place};
use serde_json::{Map, Value};

use crate::Failure;
use crate::console::Console;
use crate::site::Site;

/// The fields of a new user: those of `given`, each as `NAME=VALUE`, and those that nobody signs up without, which are
/// asked for where somebody answers.
///
/// # Errors
/// A value that the site's forms would not take, and what is missing where nobody answers.
pub(crate) fn collect(
    site: &Site,
    given: &[String],
    console: &mut dyn Console,
    answers: bool,
) -> Result<UserFields, Failure> {
    let mut fields = UserFields::default();
    let mut said = Vec::new();
    for option in given {
        let (name, value) =
            option.split_once('=').ok_or_else(|| Failure::new(format!("{option:?} is no NAME=VALUE")))?;
        let field = UserFields::FIELDS.iter().find(|field| field.name == name).ok_or_else(|| unknown(name))?;
        fields = read(site, field, value, &fields).map_err(|why| Failure::new(format!("{name}: {why}")))?;
        said.push(name);
    }
    let is_needed = |field: &&Field| field.is_on(Place::SignUp) && field.is_required(site.config());
    for field in UserFields::FIELDS.iter().filter(is_needed).filter(|field| !said.contains(&field.name)) {
        if !answers {
            return Err(Failure::new(format!("--field {}=.. is needed: nobody signs up here without it", field.name)));
        }
        fields = ask(site, field, &fields, console)?;
    }
    Ok(fields)
}

fn ask(site: &Site, field: &Field, fields: &UserFields, console: &mut dyn Console) -> Result<UserFields, Failure> {
    let question = format!("{}: ", Language::En.text(&field.label_key(), &[]));
    loop {
        let text = console.ask(&question).map_err(|error| Failure::new(format!("the terminal: {error}")))?;
        match read(site, field, &text, fields) {
            Ok(fields) => return Ok(fields),
            Err(why) => console.warn(&why),
        }
    }
}

/// `fields` with one of them as it was typed, by the rules of the sign-up form where that asks for it.
fn read(site: &Site, field: &Field, text: &str, fields: &UserFields) -> Result<UserFields, String> {
    let told = |error: portico::Error| portico::log::chain(&error);
    let typed = Map::from_iter([(field.name.to_owned(), Value::from(text))]);
    let body = serde_json::to_vec(&typed).map_err(|error| error.to_string())?;
    let body = Fields::from_json(&body, 1).map_err(told)?;
    let (changes, errors) = if field.is_on(Place::SignUp) {
        body.read(site.config()).map(|(AtSignUp(changes), errors)| (changes, errors)).map_err(told)?
    } else {
        body.read::<FieldChanges<UserFields>>(site.config()).map_err(told)?
    };
    // The others are not in this body: that they are missing is not looked at here.
    let wrong = errors.iter().filter(|(name, _)| *name == field.name).flat_map(|(_, errors)| errors);
    let wrong: Vec<_> = wrong.map(|error| Language::En.text(error.key, &error.args)).collect();
    if wrong.is_empty() { Ok(changes.applied_to(fields, site.now())) } else { Err(wrong.join(" ")) }
}

fn unknown(name: &str) -> Failure {
    let known: Vec<_> = UserFields::FIELDS.iter().map(|field| field.name).collect();
    Failure::new(format!("there is no field {name:?}; there are {}", known.join(", ")))
}

/// A field as the sign-up form reads it.
struct AtSignUp(FieldChanges<UserFields>);

impl Form for AtSignUp {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        Self(FieldChanges::read(Some(Place::SignUp), fields))
    }
}
