//! The texts of `locales/`, each by itself, so that a page parses those that it shows. Those that say the same whoever reads
//! them need no parser, and are put into the templates, so that no page looks them up.

use std::collections::HashMap;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Message, Pattern, PatternElement, Resource};
use fluent_syntax::serializer::serialize;

/// A text of a file.
pub(crate) struct Text {
    pub(crate) key: String,
    pub(crate) value: Value,
}

/// What a text says.
pub(crate) enum Value {
    /// The same, whoever reads it.
    Plain(String),
    /// What Fluent makes it from: the message, with whatever of its file it refers to.
    Pattern(String),
}

/// The texts of a file.
pub(crate) fn read(file: &str) -> Vec<Text> {
    // A file with a mistake still gives its other texts; a test refuses mistakes.
    let resource = fluent_syntax::parser::parse(file).unwrap_or_else(|(resource, _)| resource);
    let plain = |element: &PatternElement<&str>| match element {
        PatternElement::TextElement { value } => Some((*value).to_owned()),
        PatternElement::Placeable { .. } => None,
    };
    let text = |entry: &Entry<&str>| {
        let Entry::Message(Message { id, value: Some(value), .. }) = entry else { return None };
        let value = match value.elements.iter().map(plain).collect() {
            Some(text) => Value::Plain(text),
            None => Value::Pattern(serialize(&Resource { body: with_what_it_names(entry, &resource) })),
        };
        Some(Text { key: id.name.to_owned(), value })
    };
    resource.body.iter().filter_map(text).collect()
}

/// An entry, and all that it refers to, directly or not.
fn with_what_it_names<'s>(entry: &Entry<&'s str>, resource: &Resource<&'s str>) -> Vec<Entry<&'s str>> {
    let mut found = vec![without_comment(entry)];
    let mut seen = 0;
    while let Some(entry) = found.get(seen) {
        let mut named = Vec::new();
        for pattern in patterns(entry) {
            of_pattern(pattern, &mut named);
        }
        for name in named {
            let wanted = resource.body.iter().find(|entry| name_of(entry) == Some(name));
            if let Some(wanted) = wanted.map(without_comment).filter(|wanted| !found.contains(wanted)) {
                found.push(wanted);
            }
        }
        seen += 1;
    }
    found
}

fn without_comment<'s>(entry: &Entry<&'s str>) -> Entry<&'s str> {
    let mut entry = entry.clone();
    match &mut entry {
        Entry::Message(message) => message.comment = None,
        Entry::Term(term) => term.comment = None,
        _ => {}
    }
    entry
}

/// By what an entry is referred to: whether it is a term, and its name.
type Name<'s> = (bool, &'s str);

fn name_of<'s>(entry: &Entry<&'s str>) -> Option<Name<'s>> {
    match entry {
        Entry::Message(message) => Some((false, message.id.name)),
        Entry::Term(term) => Some((true, term.id.name)),
        _ => None,
    }
}

fn patterns<'e, 's>(entry: &'e Entry<&'s str>) -> impl Iterator<Item = &'e Pattern<&'s str>> {
    let (value, attributes) = match entry {
        Entry::Message(message) => (message.value.as_ref(), &message.attributes[..]),
        Entry::Term(term) => (Some(&term.value), &term.attributes[..]),
        _ => (None, &[][..]),
    };
    value.into_iter().chain(attributes.iter().map(|attribute| &attribute.value))
}

fn of_pattern<'s>(pattern: &Pattern<&'s str>, named: &mut Vec<Name<'s>>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            of_expression(expression, named);
        }
    }
}

fn of_expression<'s>(expression: &Expression<&'s str>, named: &mut Vec<Name<'s>>) {
    let (Expression::Inline(inline) | Expression::Select { selector: inline, .. }) = expression;
    of_inline(inline, named);
    if let Expression::Select { variants, .. } = expression {
        for variant in variants {
            of_pattern(&variant.value, named);
        }
    }
}

fn of_inline<'s>(inline: &InlineExpression<&'s str>, named: &mut Vec<Name<'s>>) {
    let arguments = match inline {
        InlineExpression::MessageReference { id, .. } => {
            named.push((false, id.name));
            None
        }
        InlineExpression::TermReference { id, arguments, .. } => {
            named.push((true, id.name));
            arguments.as_ref()
        }
        InlineExpression::FunctionReference { arguments, .. } => Some(arguments),
        InlineExpression::Placeable { expression } => {
            of_expression(expression, named);
            None
        }
        _ => None,
    };
    if let Some(arguments) = arguments {
        let given = arguments.positional.iter().chain(arguments.named.iter().map(|argument| &argument.value));
        for inline in given {
            of_inline(inline, named);
        }
    }
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
