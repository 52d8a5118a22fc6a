//! A `DynamoDB` event: which changes of a table a function is told of, and how.

use serde_json::Value;

use super::{error::TemplateError, section::Section};

/// A function's subscription to a table's stream.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamEvent {
    /// The table's physical name.
    pub table: String,
    /// The most records of one invocation.
    pub batch_size: u32,
    /// How often a record that failed is tried again; then it goes to the dead letters.
    pub retries: u32,
    /// Which records: those that one of the patterns matches, or all where there is none.
    pub filters: Vec<Pattern>,
}

/// A pattern of a `FilterCriteria`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern(Value);

impl StreamEvent {
    pub(super) fn read(event: &Section<'_>) -> Result<Self, TemplateError> {
        let properties = event.require("Properties")?;
        let stream = properties.require("Stream")?;
        // What `!GetAtt Table.StreamArn` is on one machine.
        let table = stream.text()?.split_once(":table/").and_then(|(_, rest)| rest.strip_suffix("/stream/local"));
        let Some(table) = table else {
            return Err(stream.invalid("the StreamArn of a table of this template"));
        };
        let start = properties.require("StartingPosition")?;
        if start.text()? != "TRIM_HORIZON" {
            // Here a record waits until it was delivered, whenever that is.
            return Err(start.invalid("TRIM_HORIZON"));
        }
        // A whole batch that comes again for one bad record is not emulated: name the bad one.
        let answers = properties.require("FunctionResponseTypes")?;
        if answers.texts()? != ["ReportBatchItemFailures"] {
            return Err(answers.invalid("ReportBatchItemFailures"));
        }
        let mut filters = Vec::new();
        if let Some(criteria) = properties.get("FilterCriteria") {
            for filter in criteria.require("Filters")?.items()? {
                let pattern = filter.require("Pattern")?;
                let read = serde_json::from_str(pattern.text()?).ok().filter(is_pattern);
                filters.push(Pattern(read.ok_or_else(|| pattern.invalid("a JSON object of lists of exact values"))?));
            }
        }
        Ok(Self {
            table: table.to_owned(),
            batch_size: properties.get("BatchSize").map_or(Ok(100), |size| size.number())?.max(1),
            retries: properties.require("MaximumRetryAttempts")?.number()?,
            filters,
        })
    }

    /// Whether the function is told of this record.
    pub fn takes(&self, record: &Value) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| matches(&filter.0, record))
    }
}

/// Objects, down to lists of plain values. What else AWS knows (`prefix`, `exists`, ...) is not
/// emulated.
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
