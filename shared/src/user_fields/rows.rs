//! The fields of a form as a template shows them: in rows, with their words in the language of the page.

use serde::Serialize;

use super::field::NamePart;
use super::{Field, FieldSet, Place, Widget};
use crate::config::Config;
use crate::error::Arg;
use crate::i18n::Language;

/// A field as a template shows it.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// Its name.
    pub name: &'static str,
    /// Its label.
    pub label: String,
    hint: String,
    widget: Widget,
    required: bool,
    max_length: Option<usize>,
    autocomplete: &'static str,
    choices: Vec<ShownChoice>,
}

#[derive(Debug, Serialize)]
struct ShownChoice {
    value: &'static str,
    label: String,
}

/// The fields that are asked for at `place`, in rows: one a row, but the parts of a name side by side. A Korean name
/// begins with the family's.
pub fn rows<F: FieldSet>(place: Place, language: Language, config: &Config) -> Vec<Vec<Shown>> {
    let mut rows: Vec<Vec<&Field>> = Vec::new();
    for field in F::FIELDS.iter().filter(|field| field.is_on(place)) {
        match rows.last_mut() {
            Some(row) if field.spec.name_part.is_some() && row.iter().all(|known| known.spec.name_part.is_some()) => {
                row.push(field);
            }
            _ => rows.push(vec![field]),
        }
    }
    let first = match language {
        Language::Ko => NamePart::Family,
        Language::En => NamePart::Given,
    };
    for row in &mut rows {
        row.sort_by_key(|field| field.spec.name_part.is_some_and(|part| part != first));
    }
    rows.into_iter().map(|row| row.into_iter().map(|field| show(field, language, config)).collect()).collect()
}

fn show(field: &Field, language: Language, config: &Config) -> Shown {
    let max = field.max_length.map(|max| ("max", Arg::Number(max as u64)));
    let choice = |value: &&'static str| ShownChoice { value, label: language.text(&field.choice_key(value), &[]) };
    Shown {
        name: field.name,
        label: language.text(&field.label_key(), &[]),
        hint: field.spec.hint.map(|key| language.text(key, max.as_slice())).unwrap_or_default(),
        widget: field.widget,
        required: field.is_required(config),
        max_length: field.max_length,
        autocomplete: field.spec.autocomplete,
        choices: field.choices.iter().map(choice).collect(),
    }
}
