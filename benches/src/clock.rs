//! The time that this thread has had, not the time that has passed: what other programs take of a
//! shared processor is not counted.

use std::time::Duration;

/// What `run` gives, and the time that it took.
pub fn timed<T>(run: impl FnOnce() -> T) -> (T, Duration) {
    let begin = time();
    let outcome = measured(run);
    (outcome, time().saturating_sub(begin))
}

/// A counter of instructions counts in here alone, and finds the function by its name.
#[inline(never)]
fn measured<T>(run: impl FnOnce() -> T) -> T {
    run()
}

#[cfg(unix)]
fn time() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    clock_gettime(ClockId::ThreadCPUTime).try_into().expect("not negative")
}

/// Where a thread's time cannot be asked for, the time that passes must do.
#[cfg(not(unix))]
fn time() -> Duration {
    use std::sync::LazyLock;
    use std::time::Instant;
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    BEGIN.elapsed()
}
