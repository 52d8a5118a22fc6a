//! What the event sources share: invoking a function with an event, and the dead letters.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::gateway::Invoke;

/// What became of one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The function is done with it.
    Done,
    /// The function failed; it will be tried again.
    Failed,
    /// The function failed for the last time.
    Dead,
}

impl Delivery {
    /// What becomes of an event whose function has failed, for the first time after no `attempts`.
    pub(crate) fn after_failure(attempts: u32, most: u32) -> Self {
        if attempts + 1 < most { Self::Failed } else { Self::Dead }
    }
}

/// Invokes a function, in a task of its own: a panic is a failed try, not the end of all deliveries.
pub(crate) async fn invoke(function: &Arc<dyn Invoke>, event: Value) -> Result<Value, String> {
    let function = function.clone();
    let invoked = tokio::spawn(async move { function.invoke(event).await }).await;
    invoked.map_err(|panic| panic.to_string())?.map_err(|error| error.to_string())
}

/// What was given up.
#[derive(Clone, Default)]
pub(crate) struct DeadLetters(Arc<Mutex<Vec<Value>>>);

impl DeadLetters {
    pub(crate) fn push(&self, event: Value) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    pub(crate) fn all(&self) -> Vec<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
