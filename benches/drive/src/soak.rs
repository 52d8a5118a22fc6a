//! Whether a server's memory grows with the requests it has answered.

use std::time::Duration;

use serde_json::{Value, json};

use crate::load::{Crowd, Target};
use crate::{Result, tell};

/// No part of it takes longer.
const MOST: Duration = Duration::from_mins(30);
const CONNECTIONS: usize = 8;

/// What is in memory after so many requests of the profile, as `[10_000, 100_000]`.
pub(crate) fn measure(target: &Target, after: &[usize]) -> Result<Value> {
    let mut points = Vec::new();
    let mut answered = 0;
    for requests in after {
        let crowd =
            Crowd { target, step: "profile", connections: CONNECTIONS, requests: requests.saturating_sub(answered) };
        let measured = crowd.measure(MOST)?;
        answered += measured.requests;
        if answered < *requests {
            return Err(format!("{}: {answered} of {requests} requests in {MOST:?}", target.name).into());
        }
        let memory = target.tree.memory();
        tell(&format!("  {}: {:.1} MiB after {requests} requests: {}", target.name, memory.rss_mib, measured.line()));
        points.push(json!({ "requests": requests, "memory": memory, "measured": measured }));
    }
    Ok(Value::from(points))
}
