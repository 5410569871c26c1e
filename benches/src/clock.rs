//! The time that this thread has had, not the time that has passed: what other programs take of a
//! shared processor is not counted.

use std::time::Duration;

/// A moment of the thread's own time.
#[derive(Debug, Clone, Copy)]
pub struct Moment(Duration);

impl Moment {
    /// Now.
    pub fn now() -> Self {
        Self(time())
    }

    /// The time that the thread has had since.
    pub fn elapsed(self) -> Duration {
        time().saturating_sub(self.0)
    }
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
