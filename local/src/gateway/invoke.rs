//! How the gateway reaches a function: one event in, one answer out, both JSON, as Lambda's Invoke.

use async_trait::async_trait;
use serde_json::Value;

/// A function that can be invoked.
#[async_trait]
pub trait Invoke: Send + Sync {
    /// Runs the function with `event` and returns its answer, unchanged.
    async fn invoke(&self, event: Value) -> Result<Value, InvokeError>;
}

/// Why a function gave no answer. The visitor sees 500 in either case; the log sees which.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// The function returned an error or panicked.
    #[error("the function failed: {0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The function took longer than its `Timeout`.
    #[error("the function timed out")]
    TimedOut,
}

impl InvokeError {
    /// A failure with this cause.
    pub fn failed(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed(cause.into())
    }
}
