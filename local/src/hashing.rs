//! The threads on which passwords are hashed: on Linux at a lower priority, so that pages do not wait while many log in. What
//! pages leave of the processors is theirs, and about a tenth where pages leave nothing. In Lambda nobody shares a processor with a log-in.

use std::sync::LazyLock;

use tokio::runtime::{Builder, Handle, Runtime};

/// By how much their priority is lower (`nice`): where both have work to do, a hash has a tenth of what a page has.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// One set of threads for a process, however many systems run in it. It polls nothing: all that is asked of it is to work.
static THREADS: LazyLock<Option<Runtime>> = LazyLock::new(|| {
    let threads = Builder::new_current_thread().thread_name("hashing").on_thread_start(step_back).build();
    threads.inspect_err(|error| tracing::warn!(%error, "passwords are hashed at the priority of pages")).ok()
});

/// The threads; `None` where the system has none to give.
pub(crate) fn threads() -> Option<Handle> {
    THREADS.as_ref().map(|threads| threads.handle().clone())
}

/// Elsewhere a thread has no such priority of its own, or none that safe code can set.
fn step_back() {
    // To step back is everybody's right; a thread that may not keeps its priority.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICE);
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    /// Field 19 of proc(5)'s `stat`.
    fn niceness() -> i32 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        let behind_the_name = stat.rsplit_once(')').unwrap().1;
        behind_the_name.split_whitespace().nth(16).unwrap().parse().unwrap()
    }

    #[tokio::test]
    async fn the_threads_are_nicer_than_who_asks_them_and_stay_so() {
        let own = niceness();
        let expected = (own + NICE).min(19);
        for _ in 0..3 {
            assert_eq!(threads().unwrap().spawn_blocking(niceness).await.unwrap(), expected);
        }
        assert_eq!(tokio::task::spawn_blocking(niceness).await.unwrap(), own);
    }
}
