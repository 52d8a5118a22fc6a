//! One of several: an enum whose variants are sent by a name.

use serde_json::{Value, json};

use super::{FieldType, Widget};
use crate::fields::FieldReader;

/// One of the variants of `T`, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice<T>(pub Option<T>);

/// What [`choices!`](crate::choices!) declares.
pub trait Choices: Copy + PartialEq + Send + Sync + 'static {
    /// The variants.
    const ALL: &'static [Self];
    /// Their names, in the same order.
    const NAMES: &'static [&'static str];

    /// The name by which it is sent and stored.
    fn name(self) -> &'static str;
}

/// Declares what there is to choose from: each variant with the name by which it is sent and stored. Labels are texts
/// of the locales: `label-<field>-<name>`.
#[macro_export]
macro_rules! choices {
    (
        $(#[$meta:meta])*
        $vis:vis enum $enum:ident { $( $(#[$about:meta])* $variant:ident = $name:literal ),* $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $enum { $( $(#[$about])* $variant ),* }

        impl $crate::user_fields::Choices for $enum {
            const ALL: &'static [Self] = &[ $( Self::$variant ),* ];
            const NAMES: &'static [&'static str] = &[ $( $name ),* ];

            fn name(self) -> &'static str {
                match self { $( Self::$variant => $name ),* }
            }
        }
    };
}

impl<T> Default for Choice<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Choices> FieldType for Choice<T> {
    const WIDGET: Widget = Widget::Select;
    const CHOICES: &'static [&'static str] = T::NAMES;

    fn read(name: &str, fields: &mut FieldReader<'_>) -> Option<Self> {
        let text = fields.line(name, usize::MAX)?;
        let choice = find(&text);
        if choice.is_none() && !fields.errors().contains(name) {
            fields.errors().add(name, "invalid_choice", "field-choice");
        }
        choice.filter(|_| !fields.errors().contains(name))
    }

    fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    fn to_json(&self) -> Value {
        json!(self.0.map_or("", Choices::name))
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_str().and_then(find)
    }
}

fn find<T: Choices>(text: &str) -> Option<Choice<T>> {
    if text.is_empty() {
        return Some(Choice(None));
    }
    T::ALL.iter().find(|choice| choice.name() == text).map(|choice| Choice(Some(*choice)))
}
