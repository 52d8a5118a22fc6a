//! A `DynamoDB` event: which changes of a table a function is told of, and how.

use serde_json::Value;

use super::{error::TemplateError, pattern::Pattern, section::Section};

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
                filters.push(Pattern::parse(&filter.require("Pattern")?)?);
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
        self.filters.is_empty() || self.filters.iter().any(|filter| filter.matches(record))
    }
}
