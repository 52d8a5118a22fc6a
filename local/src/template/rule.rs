//! An `EventBridgeRule` event: which events of other services a function is told of.

use serde_json::Value;

use super::{error::TemplateError, pattern::Pattern, section::Section};

/// A function's subscription to the default bus.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleEvent {
    /// Which events.
    pub pattern: Pattern,
    /// Whether the rule is switched on.
    pub enabled: bool,
}

impl RuleEvent {
    pub(super) fn read(event: &Section<'_>) -> Result<Self, TemplateError> {
        let properties = event.require("Properties")?;
        let enabled = match properties.get("State") {
            None => true,
            Some(state) => match state.text()? {
                "ENABLED" => true,
                "DISABLED" => false,
                _ => return Err(state.invalid("ENABLED or DISABLED")),
            },
        };
        // The function gets the event as it is: what would change it is not emulated.
        for name in ["EventBusName", "Input", "InputPath", "InputTransformer"] {
            if let Some(other) = properties.get(name) {
                return Err(other.invalid("left out: events of the default bus are delivered as they are"));
            }
        }
        Ok(Self { pattern: Pattern::read(&properties.require("Pattern")?)?, enabled })
    }

    /// Whether the function is told of this event, where the rule is on.
    pub fn takes(&self, event: &Value) -> bool {
        self.pattern.matches(event)
    }
}
