//! Fields of a user that a site declares in one struct: forms, checks, JSON, storage and widgets follow from it.
//!
//! [`user_fields!`](crate::user_fields!) declares the struct (the site's own is in [`crate::site`]); [`Field`] says of
//! each field where it is asked for and how; [`FieldType`] is what a field's type must know, and `types` has the
//! ready-made ones; [`FieldChanges`] is what somebody sent. Nothing else in the product names a field of a site.

mod changes;
mod choice;
mod field;
mod rows;
#[doc(hidden)]
pub mod stored;
mod types;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;

pub use changes::{FieldChanges, Reading};
pub use choice::{Choice, Choices};
#[cfg(test)]
pub(crate) use field::is_reserved;
pub use field::{Field, Place, Spec, Widget, check, everywhere, on_profile, on_sign_up, read_only};
pub use rows::{Shown, rows};
pub use stored::Attributes;
pub use types::{Consent, Date, Flag, Line, Phone, Text};

use crate::fields::FieldReader;

/// What the type of a field knows: how it is asked for, read, shown and stored.
pub trait FieldType: Clone + Default + PartialEq + Send + Sync + 'static {
    /// How a form asks for it.
    const WIDGET: Widget;
    /// The most characters, where there is such a limit.
    const MAX_LENGTH: Option<usize> = None;
    /// What there is to choose from, as it is sent.
    const CHOICES: &'static [&'static str] = &[];
    /// The attributes in which it is stored: what follows the field's name in each.
    const ATTRIBUTES: &'static [&'static str] = &[""];

    /// Reads one from a body. `None` when it is absent or wrong: what is wrong is noted in `fields`.
    fn read(name: &str, fields: &mut FieldReader<'_>) -> Option<Self>;

    /// Whether it says nothing: a required field may not.
    fn is_empty(&self) -> bool;

    /// The value in answers and in forms: what a program may send back.
    fn to_json(&self) -> Value;

    /// The value of what [`Self::to_json`] wrote, perhaps long ago. It is as lenient as can be, since what cannot be
    /// read is shown as empty; `None` then.
    fn from_json(value: &Value) -> Option<Self>;

    /// Becomes `new` at `now`.
    fn change(&mut self, new: &Self, now: Timestamp) {
        let _ = now;
        self.clone_from(new);
    }

    /// What is stored: an entry for each of [`Self::ATTRIBUTES`], or for those that have a value.
    fn to_attributes(&self, name: &str) -> Vec<(String, Value)> {
        vec![(name.to_owned(), self.to_json())]
    }

    /// What was stored. An attribute that is missing, or that this type no longer takes, is read as empty: a field that
    /// was declared yesterday is one that older users do not have.
    fn from_attributes(name: &str, attributes: &Attributes) -> Self {
        attributes.get(name).and_then(Self::from_json).unwrap_or_default()
    }
}

/// A struct that [`user_fields!`](crate::user_fields!) declared.
pub trait FieldSet: Clone + Default + Send + Sync + 'static {
    /// Its fields, in the order in which they are asked for.
    const FIELDS: &'static [Field];

    /// Reads each field.
    fn read(reading: &mut Reading<'_, '_>) -> Self;

    /// Takes from `new`, at `now`, the fields that `takes` names.
    fn change(&mut self, new: &Self, now: Timestamp, takes: &dyn Fn(&str) -> bool);

    /// The value of each field, as [`FieldType::to_json`].
    fn values(&self) -> Vec<(&'static str, Value)>;

    /// What is stored of each field, as [`FieldType::to_attributes`].
    fn attributes(&self) -> Vec<(&'static str, Vec<(String, Value)>)>;

    /// What was stored: by these names an export is read again, too.
    fn from_attributes(attributes: &Attributes) -> Self;
}

/// Declares the fields that a site keeps of its users.
///
/// Each is `name: type = where and how`, the last by the constant functions of [`Spec`]. The order is that of the forms.
///
/// ```
/// use portico::user_fields::{Choice, Line, everywhere};
///
/// portico::choices! {
///     /// What somebody does.
///     pub enum Role {
///         /// Builds.
///         Developer = "developer",
///         /// Draws.
///         Designer = "designer",
///     }
/// }
///
/// portico::user_fields! {
///     /// What this site knows of its users.
///     pub struct Fields {
///         /// Where somebody works.
///         pub organisation: Line<100> = everywhere().required().autocomplete("organization"),
///         /// What somebody does there.
///         pub role: Choice<Role> = everywhere(),
///     }
/// }
/// # assert_eq!(serde_json::to_value(Fields::default()).unwrap(), serde_json::json!({ "organisation": "", "role": "" }));
/// ```
///
/// A name that the product uses itself does not compile:
///
/// ```compile_fail
/// portico::user_fields! {
///     /// What this site knows of its users.
///     pub struct Fields {
///         /// A way to grant oneself rights.
///         pub is_staff: portico::user_fields::Flag = portico::user_fields::everywhere(),
///     }
/// }
/// ```
#[macro_export]
macro_rules! user_fields {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $( $(#[$about:meta])* $field_vis:vis $field:ident : $type:ty = $spec:expr ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq)]
        $vis struct $name { $( $(#[$about])* $field_vis $field: $type ),* }

        impl $crate::user_fields::FieldSet for $name {
            const FIELDS: &'static [$crate::user_fields::Field] =
                &[ $( $crate::user_fields::Field::new::<$type>(stringify!($field), $spec) ),* ];

            fn read(reading: &mut $crate::user_fields::Reading<'_, '_>) -> Self {
                Self { $( $field: reading.field::<$type>(stringify!($field)) ),* }
            }

            fn change(&mut self, new: &Self, now: $crate::user_fields::stored::Timestamp, takes: &dyn Fn(&str) -> bool) {
                $( if takes(stringify!($field)) {
                    $crate::user_fields::FieldType::change(&mut self.$field, &new.$field, now);
                } )*
            }

            fn values(&self) -> Vec<(&'static str, $crate::user_fields::stored::Json)> {
                vec![ $( (stringify!($field), $crate::user_fields::FieldType::to_json(&self.$field)) ),* ]
            }

            fn attributes(&self) -> Vec<(&'static str, Vec<(String, $crate::user_fields::stored::Json)>)> {
                vec![ $( (
                    stringify!($field),
                    $crate::user_fields::FieldType::to_attributes(&self.$field, stringify!($field)),
                ) ),* ]
            }

            fn from_attributes(attributes: &$crate::user_fields::stored::Attributes) -> Self {
                Self { $(
                    $field: <$type as $crate::user_fields::FieldType>::from_attributes(stringify!($field), attributes)
                ),* }
            }
        }

        const _: () = $crate::user_fields::check(<$name as $crate::user_fields::FieldSet>::FIELDS);

        impl $crate::user_fields::stored::Serialize for $name {
            fn serialize<S: $crate::user_fields::stored::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::user_fields::stored::serialize(self, serializer)
            }
        }

        impl<'de> $crate::user_fields::stored::Deserialize<'de> for $name {
            fn deserialize<D: $crate::user_fields::stored::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::user_fields::stored::deserialize(deserializer)
            }
        }
    };
}

/// The values of fields as answers and forms have them, in the fields' order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Values(Vec<(&'static str, Value)>);

impl Values {
    /// The values of a user's fields.
    pub fn new(fields: &impl FieldSet) -> Self {
        Self(fields.values())
    }

    /// The values that a form asks for.
    pub fn asked<F: FieldSet>(place: Place, fields: &F) -> Self {
        let asked = |name: &str| F::FIELDS.iter().any(|field| field.name == name && field.is_on(place));
        Self(fields.values().into_iter().filter(|(name, _)| asked(name)).collect())
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    fn set(&mut self, name: &str, value: &Value) {
        if let Some((_, known)) = self.0.iter_mut().find(|(known, _)| *known == name) {
            known.clone_from(value);
        }
    }
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

#[cfg(test)]
mod tests;
