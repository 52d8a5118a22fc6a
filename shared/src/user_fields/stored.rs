//! Fields among the attributes of their user: what [`user_fields!`](crate::user_fields!) names to write and read them.

use std::fmt;
use std::marker::PhantomData;

pub use jiff::Timestamp;
use serde::de::{IgnoredAny, MapAccess, Visitor};
pub use serde::{Deserialize, Deserializer, Serialize, Serializer};
pub use serde_json::Value as Json;

use super::FieldSet;

/// Attributes as they are stored.
pub type Attributes = serde_json::Map<String, Json>;

/// Writes the attributes, flat beside those of the user.
pub fn serialize<F: FieldSet, S: Serializer>(fields: &F, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(fields.attributes().into_iter().flat_map(|(_, attributes)| attributes))
}

/// Reads the attributes from among those of the user.
pub fn deserialize<'de, F: FieldSet, D: Deserializer<'de>>(deserializer: D) -> Result<F, D::Error> {
    struct FieldsVisitor<F>(PhantomData<F>);
    impl<'de, F: FieldSet> Visitor<'de> for FieldsVisitor<F> {
        type Value = F;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the fields of a user")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<F, A::Error> {
            let mut attributes = Attributes::new();
            while let Some(name) = map.next_key::<String>()? {
                if F::FIELDS.iter().any(|field| field.is_stored_in(&name)) {
                    attributes.insert(name, map.next_value()?);
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            Ok(F::from_attributes(&attributes))
        }
    }
    deserializer.deserialize_map(FieldsVisitor(PhantomData))
}
