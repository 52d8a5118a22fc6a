//! Tries and what they lead to: some are free, then a delay that doubles with each further one, or a wait until the
//! window is over; and for the wrong passwords of an account an end.

use serde::{Deserialize, Serialize};

use super::Counter;
use crate::config::{LoginLimits, Rate};
use crate::error::Result;
use crate::store::Store;

/// The rules of one counter.
#[derive(Debug, Clone, Copy)]
pub struct Ladder {
    /// Failures without a delay.
    pub free: u64,
    /// Failures in all, if they end at all.
    pub in_all: Option<u64>,
    /// What follows the free ones: a try after each delay, or none until the free ones begin anew.
    pub delays: bool,
    /// The first delay, seconds.
    pub delay: i64,
    /// The longest one, seconds.
    pub delay_max: i64,
    /// Seconds after the first failure until the free ones begin anew.
    pub memory: i64,
    /// Seconds after the last failure for which the counter is kept.
    pub kept: i64,
}

/// What a counter holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failures {
    /// Failures since the free ones began.
    pub failures: u64,
    /// Failures in all.
    pub total: u64,
    /// When the last one was, epoch seconds.
    pub last_at: i64,
    /// When the free ones begin anew, epoch seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resets_at: Option<i64>,
    /// Until when it is kept, epoch seconds.
    pub expires_at: i64,
}

/// A try that was counted as a failure ahead of its outcome.
#[derive(Debug, Clone)]
pub(super) struct Charge {
    counter: Counter,
    before: Option<Failures>,
    after: Failures,
}

/// What may happen after a failure that was not free.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Nothing for so many seconds.
    Wait(u64),
    /// One try, if nobody else takes it: then this is what the counter holds.
    Try(Failures),
}

/// How often a counter is looked at again that somebody else has just changed.
const ROUNDS: usize = 4;

impl Ladder {
    /// For an account: so many tries in a window, whatever became of them, and so many failures in all.
    pub(super) fn account(limits: &LoginLimits) -> Self {
        Self { in_all: Some(limits.in_all), kept: limits.account_memory, ..Self::devices(limits) }
    }

    /// For an account's known devices together: so many tries in a window.
    pub(super) fn devices(limits: &LoginLimits) -> Self {
        let Rate { times, window } = limits.rate;
        Self { free: times, delays: false, memory: window, kept: window, ..Self::pair(limits) }
    }

    /// For a device that an account knows.
    pub(super) fn device(limits: &LoginLimits) -> Self {
        Self { in_all: Some(limits.in_all), kept: limits.account_memory, ..Self::pair(limits) }
    }

    /// For a name, from wherever.
    pub(super) fn name(limits: &LoginLimits) -> Self {
        Self::pair(limits)
    }

    /// For a network.
    pub(super) fn network(limits: &LoginLimits) -> Self {
        Self { free: limits.network_failures, ..Self::pair(limits) }
    }

    /// For a name from one network.
    pub(super) fn pair(limits: &LoginLimits) -> Self {
        Self {
            free: limits.failures,
            in_all: None,
            delays: true,
            delay: limits.delay,
            delay_max: limits.delay_max.max(limits.delay),
            memory: limits.memory,
            kept: limits.memory,
        }
    }

    /// Counts a failure ahead of the try, if one is allowed at `now`. What is refused changes nothing: knocking on a
    /// locked door does not lock it for longer.
    ///
    /// # Errors
    /// The inner `Err` is the seconds until a try may be allowed.
    pub(super) async fn charge(&self, store: &Store, counter: Counter, now: i64) -> Result<Result<Charge, u64>> {
        let mut wait = 1;
        for _ in 0..ROUNDS {
            // The free ones: one write that counts and decides. Nothing is read first, so no two see the same count.
            let seen = match store.count_failure(&counter, self, now).await? {
                Ok(before) => {
                    let after = self.counted(before, now);
                    return Ok(Ok(Charge { counter, before, after }));
                }
                Err(seen) => seen,
            };
            match self.step(&seen, now) {
                Step::Wait(seconds) => return Ok(Err(seconds)),
                Step::Try(after) => {
                    if store.replace_failures(&counter, &seen, Some(&after)).await? {
                        return Ok(Ok(Charge { counter, before: Some(seen), after }));
                    }
                    // Somebody else took it. What is left is decided by what they left.
                    wait = self.pause(after.failures);
                }
            }
        }
        Ok(Err(wait))
    }

    /// What the counter holds after a free failure: as `Store::count_failure` writes it.
    fn counted(&self, before: Option<Failures>, now: i64) -> Failures {
        Failures {
            failures: before.map_or(0, |before| before.failures) + 1,
            total: before.map_or(0, |before| before.total) + 1,
            last_at: now,
            resets_at: before.and_then(|before| before.resets_at).or(Some(now + self.memory)),
            expires_at: now + self.kept,
        }
    }

    fn step(&self, seen: &Failures, now: i64) -> Step {
        if seen.expires_at <= now {
            return Step::Try(self.counted(None, now));
        }
        if self.in_all.is_some_and(|in_all| seen.total >= in_all) {
            return Step::Wait(seconds(self.delay_max));
        }
        let next = self.counted(Some(*seen), now);
        let Some(resets_at) = seen.resets_at.filter(|at| *at > now) else {
            return Step::Try(Failures { failures: 1, resets_at: Some(now + self.memory), ..next });
        };
        if !self.delays && seen.failures >= self.free {
            return Step::Wait(seconds(resets_at - now));
        }
        match self.delay_after(seen.failures) - (now - seen.last_at) {
            wait if wait > 0 => Step::Wait(seconds(wait)),
            _ => Step::Try(next),
        }
    }

    fn pause(&self, failures: u64) -> u64 {
        seconds(self.delay_after(failures))
    }

    /// The delay after so many failures.
    fn delay_after(&self, failures: u64) -> i64 {
        let Some(beyond) = failures.checked_sub(self.free).filter(|_| self.delays) else { return 0 };
        let doubled = self.delay.checked_shl(u32::try_from(beyond).unwrap_or(u32::MAX)).unwrap_or(self.delay_max);
        // Shifted out at the top it would be short again.
        if beyond > 30 { self.delay_max } else { doubled.min(self.delay_max) }
    }
}

fn seconds(wait: i64) -> u64 {
    u64::try_from(wait).unwrap_or_default().max(1)
}

impl Charge {
    /// The try was not carried out, or it was no failure: as if it had not been counted.
    pub(super) async fn undo(&self, store: &Store) -> Result<()> {
        if !store.replace_failures(&self.counter, &self.after, self.before.as_ref()).await? {
            store.uncount_failure(&self.counter).await?;
        }
        Ok(())
    }

    /// The owner was there: the free ones begin anew. The failures in all stay, but for this one.
    pub(super) async fn forgive(&self, store: &Store) -> Result<()> {
        let alone = self.before.is_none_or(|before| before.total == 0);
        if !alone || !store.replace_failures(&self.counter, &self.after, None).await? {
            store.clear_failures(&self.counter).await?;
        }
        Ok(())
    }

    /// It was a try and no failure: of the failures in all it is none. Where there are no others, what is kept of the
    /// tries goes with their window.
    pub(super) async fn spare(&self, store: &Store) -> Result<()> {
        let total = self.after.total - 1;
        let window = self.after.resets_at.unwrap_or(self.after.expires_at);
        let kept = self.before.filter(|_| total > 0).map_or(window, |before| before.expires_at.max(window));
        let spared = Failures { total, expires_at: kept, ..self.after };
        if !store.replace_failures(&self.counter, &self.after, Some(&spared)).await? {
            store.spare_failure(&self.counter).await?;
        }
        Ok(())
    }

    /// The owner was there, and nothing needs to be kept.
    pub(super) async fn forget(&self, store: &Store) -> Result<()> {
        Ok(store.forget_failures(&self.counter).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn ladder() -> Ladder {
        Ladder::device(&Config::sample().throttle.login)
    }

    fn seen(failures: u64, total: u64, last_at: i64) -> Failures {
        Failures { failures, total, last_at, resets_at: Some(86_400), expires_at: 9_999_999 }
    }

    #[test]
    fn the_delay_doubles_from_half_a_minute_to_a_quarter_of_an_hour() {
        let delays: Vec<_> = (4..12).map(|failures| ladder().delay_after(failures)).collect();
        assert_eq!(delays, [0, 30, 60, 120, 240, 480, 900, 900]);
        for many in [60, 64, 65, 69, 100, u64::MAX] {
            assert_eq!(ladder().delay_after(many), 900, "{many}");
        }
    }

    #[test]
    fn a_delay_ends_with_one_try() {
        let wait = |now| ladder().step(&seen(5, 5, 1_000), now);
        assert_eq!(wait(1_000), Step::Wait(30));
        assert_eq!(wait(1_029), Step::Wait(1));
        let next = Failures { expires_at: 1_030 + 31_536_000, ..seen(6, 6, 1_030) };
        assert_eq!(wait(1_030), Step::Try(next));
    }

    #[test]
    fn tries_that_are_counted_in_a_window_wait_for_its_end() {
        let ladder = Ladder::devices(&Config::sample().throttle.login);
        let full = |now| ladder.step(&seen(100, 100, 80_000), now);
        assert_eq!(full(80_001), Step::Wait(6_399));
        assert_eq!(full(86_399), Step::Wait(1));
        let Step::Try(next) = full(86_400) else { panic!() };
        assert_eq!((next.failures, next.resets_at), (1, Some(90_000)));
    }

    #[test]
    fn a_clock_that_went_back_waits_and_does_not_open() {
        assert_eq!(ladder().step(&seen(5, 5, 1_000), 990), Step::Wait(40));
    }

    #[test]
    fn the_free_ones_begin_anew_and_the_failures_in_all_do_not() {
        let Step::Try(next) = ladder().step(&seen(9, 9, 86_000), 86_400) else { panic!() };
        assert_eq!((next.failures, next.total, next.resets_at), (1, 10, Some(172_800)));
        assert_eq!(ladder().step(&seen(9, 100, 0), 86_400), Step::Wait(900));
        let Step::Try(next) = ladder().step(&seen(9, 100, 0), 9_999_999) else { panic!() };
        assert_eq!((next.failures, next.total), (1, 1), "a year later nothing is known of it");
    }
}
