//! The texts of `locales/`. Those that say the same whoever reads them are put into the templates, so that no page looks them
//! up.

use std::collections::HashMap;

use fluent_syntax::ast::{Entry, PatternElement};

/// The keys of a file; with each its text, where that is the same for everybody.
pub(crate) fn read(file: &str) -> Vec<(String, Option<String>)> {
    // A file with a mistake still gives its other texts; a test refuses mistakes.
    let resource = fluent_syntax::parser::parse(file).unwrap_or_else(|(resource, _)| resource);
    let messages = resource.body.iter().filter_map(|entry| match entry {
        Entry::Message(message) => Some(message),
        _ => None,
    });
    let text = |element: &PatternElement<&str>| match element {
        PatternElement::TextElement { value } => Some((*value).to_owned()),
        PatternElement::Placeable { .. } => None,
    };
    messages
        .map(|message| {
            let value = message.value.as_ref();
            (message.id.name.to_owned(), value.and_then(|value| value.elements.iter().map(text).collect()))
        })
        .collect()
}

/// A template in one language: `{{ t('key') }}` is the text itself. What has arguments, or would mean something to the
/// parser of templates, is looked up by the page as before; so is what is part of an expression.
pub(crate) fn put_into(template: &str, is_html: bool, texts: &HashMap<String, String>) -> String {
    const BEGIN: &str = "{{ t('";
    const END: &str = "') }}";
    let mut done = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find(BEGIN) {
        let (before, call) = rest.split_at(at);
        done.push_str(before);
        let key = call[BEGIN.len()..].split('\'').next().unwrap_or_default();
        let behind = call[BEGIN.len() + key.len()..].strip_prefix(END);
        let text = texts.get(key).filter(|text| !text.contains(['{', '}']));
        if let (Some(behind), Some(text)) = (behind, text) {
            done.push_str(&if is_html { escaped(text) } else { text.clone() });
            rest = behind;
        } else {
            done.push_str(BEGIN);
            rest = &call[BEGIN.len()..];
        }
    }
    done.push_str(rest);
    done
}

/// As `MiniJinja` escapes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#x27;"),
            '/' => escaped.push_str("&#x2f;"),
            other => escaped.push(other),
        }
    }
    escaped
}
