//! A place in a template: what is there, and how it is called when it is told. What is not there has a place too.

use serde_json::Value;

use crate::doctor::Check;
use crate::doctor::finding::Finding;

/// A value, or its absence.
#[derive(Debug, Clone)]
pub(super) struct Part<'a> {
    /// The logical id of the resource.
    pub(super) id: &'a str,
    path: String,
    pub(super) value: &'a Value,
}

impl<'a> Part<'a> {
    /// The properties of a resource.
    pub(super) fn root(id: &'a str, value: &'a Value) -> Self {
        Self { id, path: String::new(), value }
    }

    /// What stands under these names, each below the one before, divided by dots.
    pub(super) fn get(&self, path: &str) -> Self {
        path.split('.').fold(self.clone(), |part, key| {
            let value = part.value.get(key).unwrap_or(&Value::Null);
            part.inner(key, value)
        })
    }

    pub(super) fn exists(&self) -> bool {
        !self.value.is_null()
    }

    /// The text that stands here, or none.
    pub(super) fn text(&self) -> &'a str {
        self.value.as_str().unwrap_or_default()
    }

    /// The number that stands here, as a number or as a text.
    pub(super) fn number(&self) -> Option<u64> {
        self.value.as_u64().or_else(|| self.value.as_str()?.parse().ok())
    }

    /// Whether `true` stands here, as a flag or as a text.
    pub(super) fn is_true(&self) -> bool {
        self.value == true || self.value == "true"
    }

    /// The items of a list; of a single value that one.
    pub(super) fn items(&self) -> Vec<Self> {
        match self.value {
            Value::Null => Vec::new(),
            Value::Array(items) => {
                items.iter().enumerate().map(|(index, item)| self.inner(&index.to_string(), item)).collect()
            }
            _ => vec![self.clone()],
        }
    }

    /// The entries of a map.
    pub(super) fn entries(&self) -> Vec<(&'a str, Self)> {
        let map = self.value.as_object().into_iter().flatten();
        map.map(|(key, value)| (key.as_str(), self.inner(key, value))).collect()
    }

    /// The texts of a list, or the one that stands here.
    pub(super) fn texts(&self) -> Vec<&'a str> {
        match self.value {
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            value => value.as_str().into_iter().collect(),
        }
    }

    /// That something is wrong here.
    pub(super) fn finding(&self, check: Check, what: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding::new(check, self.place(), what, fix)
    }

    /// As `MediaBucket.CorsConfiguration.CorsRules.0`.
    pub(super) fn place(&self) -> String {
        if self.path.is_empty() { self.id.to_owned() } else { format!("{}.{}", self.id, self.path) }
    }

    fn inner(&self, key: &str, value: &'a Value) -> Self {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Self { id: self.id, path, value }
    }
}
