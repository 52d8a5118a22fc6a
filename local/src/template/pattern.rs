//! Patterns that choose among events, as streams and EventBridge have them.

use serde_json::Value;

use super::{error::TemplateError, section::Section};

/// Which events are meant: objects, down to lists of plain values of which one must be there. What else AWS knows
/// (`prefix`, `exists`, ...) is not emulated.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern(Value);

impl Pattern {
    /// A pattern that stands in the template as it is.
    pub(super) fn read(section: &Section<'_>) -> Result<Self, TemplateError> {
        Some(section.value.clone()).filter(is_pattern).map(Self).ok_or_else(|| invalid(section))
    }

    /// A pattern that stands there as the text of its JSON.
    pub(super) fn parse(section: &Section<'_>) -> Result<Self, TemplateError> {
        let read = serde_json::from_str(section.text()?).ok().filter(is_pattern);
        read.map(Self).ok_or_else(|| invalid(section))
    }

    /// Whether an event is meant.
    pub fn matches(&self, event: &Value) -> bool {
        matches(&self.0, event)
    }
}

fn invalid(section: &Section<'_>) -> TemplateError {
    section.invalid("a JSON object of lists of exact values")
}

fn is_pattern(pattern: &Value) -> bool {
    match pattern {
        Value::Object(map) => !map.is_empty() && map.values().all(|inner| inner.is_array() || is_pattern(inner)),
        _ => false,
    }
}

fn matches(pattern: &Value, value: &Value) -> bool {
    match pattern {
        Value::Object(map) => map.iter().all(|(key, inner)| value.get(key).is_some_and(|value| matches(inner, value))),
        Value::Array(allowed) => allowed.contains(value),
        _ => false,
    }
}
