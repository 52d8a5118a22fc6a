//! Does the same with every item on all cores.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Parsers recurse as deep as what they read is nested.
const STACK: usize = 64 << 20;

/// `work` on each item; the results in the items' order. Each core takes the next item when it is done with one, so that
/// whoever wants an even end puts the longest first.
pub(crate) fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get).min(items.len());
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    let share = || {
        let mut mine = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { break };
            mine.push((at, work(item)));
        }
        if let Ok(mut done) = done.lock() {
            done.extend(mine);
        }
    };
    thread::scope(|scope| {
        for _ in 0..cores {
            // Where no thread is to be had this one does the work.
            if thread::Builder::new().stack_size(STACK).spawn_scoped(scope, share).is_err() {
                share();
            }
        }
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u32> = (0..1_000).collect();
        assert_eq!(each(&items, |item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
        assert!(each(&[0_u8; 0], |_| ()).is_empty());
    }
}
