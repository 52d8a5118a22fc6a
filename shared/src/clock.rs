//! The time, as something that a handler is given and a test can turn.

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

/// Tells the time. Nothing in the product reads the system's clock except [`SystemClock`].
pub trait Clock: Send + Sync {
    /// The present instant, UTC.
    fn now(&self) -> Timestamp;
}

/// The machine's own clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // Whole milliseconds: what is stored reads back the same, and is short enough to read.
        let now = Timestamp::now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}

/// A clock that follows the machine's, moved by hand: for tests of whatever expires.
#[derive(Debug, Default)]
pub struct TestClock {
    offset: Mutex<SignedDuration>,
}

impl TestClock {
    /// Moves the clock by `by`, forwards or backwards.
    pub fn advance(&self, by: SignedDuration) {
        let mut offset = self.offset.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *offset += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let offset = *self.offset.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        SystemClock.now().saturating_add(offset).unwrap_or(Timestamp::MAX)
    }
}
