//! Counts what one request costs in DynamoDB: calls, trips one after another, capacity units.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The cost of one request so far.
#[derive(Debug, Default)]
pub struct Meter(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    cost: Cost,
    in_flight: u32,
}

/// What a request cost.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Calls to DynamoDB.
    pub calls: u32,
    /// Calls one after another: those that run at the same time are one trip.
    pub trips: u32,
    /// Read capacity units.
    pub read_units: f64,
    /// Write capacity units.
    pub write_units: f64,
}

/// What a call consumes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Units {
    Read,
    Write,
}

impl Meter {
    /// What was counted so far.
    pub fn cost(&self) -> Cost {
        self.lock().cost
    }

    /// A call begins. A new trip begins with it unless another call is under way.
    pub(crate) fn begin(&self) -> InFlight<'_> {
        let mut state = self.lock();
        state.cost.calls += 1;
        if state.in_flight == 0 {
            state.cost.trips += 1;
        }
        state.in_flight += 1;
        InFlight(self)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call under way; it ends when this is dropped, also when the caller gives up on it.
pub(crate) struct InFlight<'a>(&'a Meter);

impl InFlight<'_> {
    pub(crate) fn consumed(&self, kind: Units, units: f64) {
        let cost = &mut self.0.lock().cost;
        match kind {
            Units::Read => cost.read_units += units,
            Units::Write => cost.write_units += units,
        }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.lock().in_flight -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_at_the_same_time_are_one_trip() {
        let meter = Meter::default();
        {
            let first = meter.begin();
            let second = meter.begin();
            first.consumed(Units::Read, 1.0);
            second.consumed(Units::Write, 2.0);
        }
        drop(meter.begin());
        assert_eq!(meter.cost(), Cost { calls: 3, trips: 2, read_units: 1.0, write_units: 2.0 });
    }
}
