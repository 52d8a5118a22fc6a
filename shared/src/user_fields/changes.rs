//! What somebody sent of their fields: the values that are right, which were sent, and what was typed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Field, FieldSet, FieldType, Place, Values, Widget};
use crate::fields::{FieldReader, Form};

/// What was sent of a user's fields. A field that was not sent is not changed.
#[derive(Debug, Clone)]
pub struct FieldChanges<F> {
    new: F,
    place: Option<Place>,
    sent: Vec<&'static str>,
    typed: BTreeMap<&'static str, Value>,
}

/// Reads the fields of one body: what [`user_fields!`](crate::user_fields!) calls for each of them.
#[derive(Debug)]
pub struct Reading<'r, 'f> {
    fields: &'r mut FieldReader<'f>,
    known: &'static [Field],
    place: Option<Place>,
    sent: Vec<&'static str>,
    typed: BTreeMap<&'static str, Value>,
}

impl<F: FieldSet> FieldChanges<F> {
    /// Reads what is asked for at `place`, or every field where no form is asked: an import.
    pub fn read(place: Option<Place>, fields: &mut FieldReader<'_>) -> Self {
        let mut reading = Reading { fields, known: F::FIELDS, place, sent: Vec::new(), typed: BTreeMap::new() };
        let new = F::read(&mut reading);
        let Reading { sent, typed, .. } = reading;
        Self { new, place, sent, typed }
    }

    /// A browser leaves out a box that is not ticked: in a form that shows the boxes, absent means no.
    pub fn untick(&mut self, fields: &mut FieldReader<'_>) {
        let asked = |field: &&Field| self.place.is_none_or(|place| field.is_on(place));
        for field in F::FIELDS.iter().filter(|field| field.widget == Widget::Checkbox).filter(asked) {
            if self.typed.contains_key(field.name) || fields.errors().contains(field.name) {
                continue;
            }
            // What was not sent was left at its default, which is no.
            self.sent.push(field.name);
            self.typed.insert(field.name, json!(false));
            if field.is_required(fields.config()) {
                fields.errors().add(field.name, "required", "field-required");
            }
        }
    }

    /// The values that were sent and are right. What was not sent, or is wrong, is empty.
    pub fn sent(&self) -> &F {
        &self.new
    }

    /// Whether nothing was sent.
    pub fn is_empty(&self) -> bool {
        self.typed.is_empty()
    }

    /// `stored` with the changes, made at `now`.
    pub fn applied_to(&self, stored: &F, now: Timestamp) -> F {
        let mut fields = stored.clone();
        fields.change(&self.new, now, &|name| self.sent.contains(&name));
        fields
    }

    /// What must be stored so that `stored` has the changes, made at `now`: nothing of the fields that were not sent.
    pub fn attributes(&self, stored: &F, now: Timestamp) -> Vec<(String, Value)> {
        let all = self.applied_to(stored, now).attributes().into_iter();
        all.filter(|(name, _)| self.sent.contains(name)).flat_map(|(_, attributes)| attributes).collect()
    }

    /// Whether `stored` has all of it already.
    pub fn are_in(&self, stored: &F) -> bool {
        let (new, stored) = (Values::new(&self.new), Values::new(stored));
        self.sent.iter().all(|name| new.get(name) == stored.get(name))
    }

    /// The form as it was filled in: what was typed, right or wrong; what was not sent is as it is stored.
    pub fn shown(&self, stored: &F) -> Values {
        let mut values = self.place.map_or_else(|| Values::new(stored), |place| Values::asked(place, stored));
        for (name, value) in &self.typed {
            values.set(name, value);
        }
        values
    }
}

/// Every field by its name, as [`FieldChanges::read`] without a form.
impl<F: FieldSet> Form for FieldChanges<F> {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        Self::read(None, fields)
    }
}

impl Reading<'_, '_> {
    /// Reads one field, if it is asked for here.
    pub fn field<T: FieldType>(&mut self, name: &'static str) -> T {
        let Some(field) = self.known.iter().find(|field| field.name == name) else { return T::default() };
        if self.place.is_some_and(|place| !field.is_on(place)) {
            return T::default();
        }
        let value = T::read(name, self.fields);
        let missing = match self.place {
            Some(Place::SignUp) => value.as_ref().is_none_or(T::is_empty),
            // What is absent in an edit is unchanged.
            Some(Place::Profile) => value.as_ref().is_some_and(T::is_empty),
            // A user from elsewhere may lack what this site asks new ones for.
            None => false,
        };
        if missing && field.is_required(self.fields.config()) && !self.fields.errors().contains(name) {
            self.fields.errors().add(name, "required", "field-required");
        }
        let shown = match &value {
            Some(value) => Some(value.to_json()),
            None if field.widget == Widget::Checkbox => None,
            None => self.fields.typed(name).map(Value::String),
        };
        self.typed.extend(shown.map(|shown| (name, shown)));
        self.sent.extend(value.as_ref().map(|_| name));
        value.unwrap_or_default()
    }
}
