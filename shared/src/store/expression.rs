//! Builds the expressions of `DynamoDB` from parts, with a placeholder for every name and value, so that neither a
//! reserved word nor a visitor's text can ever be read as syntax.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;

use super::StoreError;
use super::call::to_value;
use super::keys::{DELETED_AT, PK};

/// Names, values and clauses of one update or condition.
#[derive(Debug, Default)]
pub(super) struct Expression {
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
    sets: Vec<String>,
    removes: Vec<String>,
    adds: Vec<String>,
    conditions: Vec<String>,
}

impl Expression {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// `SET path = value`. Each step of the path is one attribute's name.
    pub(super) fn set(mut self, path: &[&str], value: impl Serialize) -> Result<Self, StoreError> {
        let clause = format!("{} = {}", self.name(path), self.value(value)?);
        self.sets.push(clause);
        Ok(self)
    }

    /// `REMOVE path`.
    pub(super) fn remove(mut self, path: &[&str]) -> Self {
        let clause = self.name(path);
        self.removes.push(clause);
        self
    }

    /// Sets and removes (`None`) single keys of the map `name`, and leaves its others alone.
    pub(super) fn merge<V: Serialize>(
        mut self,
        name: &str,
        changes: &BTreeMap<String, Option<V>>,
    ) -> Result<Self, StoreError> {
        for (key, value) in changes {
            self = match value {
                Some(value) => self.set(&[name, key], value)?,
                None => self.remove(&[name, key]),
            };
        }
        Ok(self)
    }

    /// `SET name = value`, unless it has a value.
    pub(super) fn set_if_absent(mut self, name: &str, value: impl Serialize) -> Result<Self, StoreError> {
        let name = self.name(&[name]);
        let clause = format!("{name} = if_not_exists({name}, {})", self.value(value)?);
        self.sets.push(clause);
        Ok(self)
    }

    /// `ADD name number`: a counter that starts at zero.
    pub(super) fn add(mut self, name: &str, number: i64) -> Result<Self, StoreError> {
        let clause = format!("{} {}", self.name(&[name]), self.value(number)?);
        self.adds.push(clause);
        Ok(self)
    }

    /// Only if the item exists (or, by another attribute's name, if the item has it).
    pub(super) fn if_exists(mut self, name: &str) -> Self {
        let clause = format!("attribute_exists({})", self.name(&[name]));
        self.conditions.push(clause);
        self
    }

    /// Only if there is no such item, or the item has no such attribute.
    pub(super) fn if_absent(mut self, name: &str) -> Self {
        let clause = format!("attribute_not_exists({})", self.name(&[name]));
        self.conditions.push(clause);
        self
    }

    /// Only if the attribute compares so with the value: `=`, `>`, ...
    pub(super) fn only_if(mut self, name: &str, comparison: &str, value: impl Serialize) -> Result<Self, StoreError> {
        let clause = format!("{} {comparison} {}", self.name(&[name]), self.value(value)?);
        self.conditions.push(clause);
        Ok(self)
    }

    /// Only if the attribute is absent, or compares so with the value.
    pub(super) fn only_if_absent_or(
        mut self,
        name: &str,
        comparison: &str,
        value: impl Serialize,
    ) -> Result<Self, StoreError> {
        let name = self.name(&[name]);
        let clause = format!("(attribute_not_exists({name}) OR {name} {comparison} {})", self.value(value)?);
        self.conditions.push(clause);
        Ok(self)
    }

    /// Only if what the path leads to is less than the value, or is not there.
    pub(super) fn if_less(mut self, path: &[&str], value: impl Serialize) -> Result<Self, StoreError> {
        let path = self.name(path);
        let clause = format!("(attribute_not_exists({path}) OR {path} < {})", self.value(value)?);
        self.conditions.push(clause);
        Ok(self)
    }

    /// Only if the item is a user's and the account is not deleted: a tombstone is changed by nobody.
    pub(super) fn if_living(self) -> Self {
        self.if_exists(PK).if_absent(DELETED_AT)
    }

    /// Only if the attribute is what it was when it was read: the value, or absent.
    pub(super) fn if_still(self, name: &str, value: Option<&str>) -> Result<Self, StoreError> {
        match value {
            Some(value) => self.only_if(name, "=", value),
            None => Ok(self.if_absent(name)),
        }
    }

    /// Of the last `count` conditions one is enough.
    pub(super) fn any_of_last(mut self, count: usize) -> Self {
        let any = self.conditions.split_off(self.conditions.len().saturating_sub(count));
        self.conditions.push(format!("({})", any.join(" OR ")));
        self
    }

    pub(super) fn names(&self) -> Option<HashMap<String, String>> {
        (!self.names.is_empty()).then(|| self.names.clone())
    }

    pub(super) fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }

    pub(super) fn condition(&self) -> Option<String> {
        (!self.conditions.is_empty()).then(|| self.conditions.join(" AND "))
    }

    pub(super) fn update(&self) -> String {
        let mut text = String::new();
        for (keyword, clauses) in [("SET", &self.sets), ("REMOVE", &self.removes), ("ADD", &self.adds)] {
            if !clauses.is_empty() {
                let _ = write!(text, "{keyword} {} ", clauses.join(", "));
            }
        }
        text
    }

    fn name(&mut self, path: &[&str]) -> String {
        let mut steps = Vec::with_capacity(path.len());
        for step in path {
            let known = self.names.iter().find(|(_, name)| name == step).map(|(placeholder, _)| placeholder.clone());
            steps.push(known.unwrap_or_else(|| {
                let placeholder = format!("#n{}", self.names.len());
                self.names.insert(placeholder.clone(), (*step).to_owned());
                placeholder
            }));
        }
        steps.join(".")
    }

    fn value(&mut self, value: impl Serialize) -> Result<String, StoreError> {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), to_value(value)?);
        Ok(placeholder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_and_value_is_a_placeholder() {
        let expression = Expression::new()
            .set(&["data", "a.b = :x"], "text")
            .unwrap()
            .remove(&["data", "c"])
            .add("version", 1)
            .unwrap()
            .if_exists("PK")
            .only_if("expires_at", ">", 5)
            .unwrap();
        assert_eq!(expression.update(), "SET #n0.#n1 = :v0 REMOVE #n0.#n2 ADD #n3 :v1 ");
        assert_eq!(expression.condition().unwrap(), "attribute_exists(#n4) AND #n5 > :v2");
        assert_eq!(expression.names().unwrap()["#n1"], "a.b = :x");
    }

    #[test]
    fn what_is_absent_can_be_filled_in() {
        let expression = Expression::new().set_if_absent("end", 9).unwrap();
        assert_eq!(expression.update(), "SET #n0 = if_not_exists(#n0, :v0) ");
    }

    #[test]
    fn alternatives_stand_in_brackets_beside_the_other_conditions() {
        let expression =
            Expression::new().if_exists("a").if_absent("b").only_if("c", "<", 1).unwrap().any_of_last(2).if_exists("d");
        let condition = "attribute_exists(#n0) AND (attribute_not_exists(#n1) OR #n2 < :v0) AND attribute_exists(#n3)";
        assert_eq!(expression.condition().unwrap(), condition);
    }
}
