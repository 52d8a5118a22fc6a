//! The ready-made types of fields: a line, a text, a telephone number, a flag, a consent, a day.

use std::fmt;
use std::ops::Deref;

use jiff::Timestamp;
use jiff::civil;
use serde_json::{Value, json};

use super::{Attributes, FieldType, Widget};
use crate::fields::FieldReader;

/// A line of text of at most `N` characters, without control characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line<const N: usize>(String);

/// Text of several lines, of at most `N` characters; a line break counts one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text<const N: usize>(String);

/// A telephone number as people write one: at most 20 of digits, spaces and `+ - ( ) . / # *`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Phone(String);

/// Yes or no.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flag(pub bool);

/// A consent, and when it was given or withdrawn: two attributes, `<name>` and `<name>_at`. There is no date where
/// nobody ever agreed, nor where somebody did before dates were kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consent {
    given: bool,
    at: Option<Timestamp>,
}

/// A day, without a time and a zone: a birthday. `2026-11-22` in forms and JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Date(pub Option<civil::Date>);

macro_rules! texts {
    ($( [$($generics:tt)*] $type:ty ),*) => { $(
        impl<$($generics)*> $type {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<$($generics)*> Deref for $type {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl<$($generics)*> fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )* };
}

texts!([const N: usize] Line<N>, [const N: usize] Text<N>, [] Phone);

/// How a text is shown and stored: as it is.
macro_rules! as_text {
    () => {
        fn is_empty(&self) -> bool {
            self.0.is_empty()
        }

        fn to_json(&self) -> Value {
            json!(self.0)
        }

        fn from_json(value: &Value) -> Option<Self> {
            value.as_str().map(|text| Self(text.to_owned()))
        }
    };
}

impl<const N: usize> FieldType for Line<N> {
    const WIDGET: Widget = Widget::Text;
    const MAX_LENGTH: Option<usize> = Some(N);

    fn read(name: &str, fields: &mut FieldReader<'_>) -> Option<Self> {
        fields.line(name, N).filter(|_| !fields.errors().contains(name)).map(Self)
    }

    as_text!();
}

impl<const N: usize> FieldType for Text<N> {
    const WIDGET: Widget = Widget::Textarea;
    const MAX_LENGTH: Option<usize> = Some(N);

    fn read(name: &str, fields: &mut FieldReader<'_>) -> Option<Self> {
        fields.lines(name, N).filter(|_| !fields.errors().contains(name)).map(Self)
    }

    as_text!();
}

impl Phone {
    /// The most characters.
    pub const MAX_LENGTH: usize = 20;
}

impl FieldType for Phone {
    const WIDGET: Widget = Widget::Tel;
    const MAX_LENGTH: Option<usize> = Some(Self::MAX_LENGTH);

    fn read(name: &str, fields: &mut FieldReader<'_>) -> Option<Self> {
        let phone = fields.line(name, Self::MAX_LENGTH)?;
        let allowed = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | '.' | ' ' | '/' | '#' | '*');
        if !phone.chars().all(allowed) && !fields.errors().has(name, "invalid") {
            fields.errors().add(name, "invalid", "phone-invalid");
        }
        (!fields.errors().contains(name)).then_some(Self(phone))
    }

    as_text!();
}

impl FieldType for Flag {
    const WIDGET: Widget = Widget::Checkbox;

    fn read(name: &str, fields: &mut FieldReader<'_>) -> Option<Self> {
        fields.flag(name).map(Self)
    }

    fn is_empty(&self) -> bool {
        !self.0
    }

    fn to_json(&self) -> Value {
        json!(self.0)
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_bool().map(Self)
    }
}

/// What follows the name of a consent in the attribute that holds its date.
const AT: &str = "_at";

impl Consent {
    /// Whether it is given.
    pub fn is_given(&self) -> bool {
        self.given
    }

    /// When it was given, or withdrawn.
    pub fn at(&self) -> Option<Timestamp> {
        self.at
    }
}

impl FieldType for Consent {
    const WIDGET: Widget = Widget::Checkbox;
    const ATTRIBUTES: &'static [&'static str] = &["", AT];

    fn read(name: &str, fields: &mut FieldReader<'_>) -> Option<Self> {
        fields.flag(name).map(|given| Self { given, at: None })
    }

    fn is_empty(&self) -> bool {
        !self.given
    }

    fn to_json(&self) -> Value {
        json!(self.given)
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_bool().map(|given| Self { given, at: None })
    }

    /// The date is of the change: saving a form again does not make a consent younger.
    fn change(&mut self, new: &Self, now: Timestamp) {
        if self.given != new.given {
            *self = Self { given: new.given, at: Some(now) };
        }
    }

    fn to_attributes(&self, name: &str) -> Vec<(String, Value)> {
        let mut attributes = vec![(name.to_owned(), json!(self.given))];
        attributes.extend(self.at.map(|at| (format!("{name}{AT}"), json!(at))));
        attributes
    }

    fn from_attributes(name: &str, attributes: &Attributes) -> Self {
        let given = attributes.get(name).and_then(Value::as_bool).unwrap_or_default();
        let at = attributes.get(&format!("{name}{AT}")).and_then(Value::as_str).and_then(|at| at.parse().ok());
        Self { given, at }
    }
}

impl FieldType for Date {
    const WIDGET: Widget = Widget::Date;

    fn read(name: &str, fields: &mut FieldReader<'_>) -> Option<Self> {
        let text = fields.line(name, usize::MAX)?;
        let date = parse(&text);
        if date.is_none() && !fields.errors().contains(name) {
            fields.errors().add(name, "invalid", "field-not-a-date");
        }
        date.filter(|_| !fields.errors().contains(name))
    }

    fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    fn to_json(&self) -> Value {
        json!(self.0.map(|date| date.to_string()).unwrap_or_default())
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_str().and_then(parse)
    }
}

/// `2026-11-22`, and no other of the forms that are read as a date somewhere.
fn parse(text: &str) -> Option<Date> {
    if text.is_empty() {
        return Some(Date(None));
    }
    let date: civil::Date = text.parse().ok()?;
    (date.to_string() == text).then_some(Date(Some(date)))
}
