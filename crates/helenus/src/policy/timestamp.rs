//! Timestamps of writes, from the wall clock that the caller read.

use std::sync::atomic::{AtomicI64, Ordering};

use super::TimestampGenerator;

/// The server stamps each write when it gets it. A write that is sent twice is then two writes.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTimestampGenerator;

impl TimestampGenerator for NoTimestampGenerator {
    fn timestamp(&self, _: i64) -> Option<i64> {
        None
    }
}

/// The wall clock's microseconds, but never the same or an earlier one twice, even if the clock is set back.
///
/// Running ahead of the clock for long (more than a million writes a second, or a clock that was set back) is told
/// in the log: writes of other clients then lose against ours.
#[derive(Debug)]
pub struct MonotonicTimestampGenerator {
    last: AtomicI64,
    warned: AtomicI64,
    warning_threshold: Option<i64>,
    warning_interval: i64,
}

impl MonotonicTimestampGenerator {
    /// Warns when more than a second ahead, once a second.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_warnings(Some(1_000_000), 1_000_000)
    }

    /// Warns when more than `threshold` microseconds ahead (None: never), at most once in `interval` microseconds.
    #[must_use]
    pub const fn with_warnings(threshold: Option<i64>, interval: i64) -> Self {
        Self {
            last: AtomicI64::new(i64::MIN),
            warned: AtomicI64::new(i64::MIN),
            warning_threshold: threshold,
            warning_interval: interval,
        }
    }

    /// Whether being at `given` while the clock says `now` is to be told now.
    fn is_warning_due(&self, given: i64, now: i64) -> bool {
        if self.warning_threshold.is_none_or(|threshold| given.saturating_sub(now) <= threshold) {
            return false;
        }
        let warned = self.warned.load(Ordering::Relaxed);
        // A clock that was set back must not silence the warning until it has caught up.
        let due = warned == i64::MIN || now < warned || now.saturating_sub(warned) >= self.warning_interval;
        due && self.warned.compare_exchange(warned, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

impl Default for MonotonicTimestampGenerator {
    fn default() -> Self {
        Self::new()
    }
}

impl TimestampGenerator for MonotonicTimestampGenerator {
    fn timestamp(&self, now: i64) -> Option<i64> {
        let next = |last: i64| now.max(last.saturating_add(1));
        let last = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)))
            .unwrap_or_else(|last| last);
        let given = next(last);
        if self.is_warning_due(given, now) {
            tracing::warn!(
                ahead_microseconds = given.saturating_sub(now),
                "timestamps of writes run ahead of the clock: it was set back, or there are more than a million writes a second",
            );
        }
        Some(given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F26 of docs/promises.md.
    #[test]
    fn they_follow_the_clock_and_never_stand_still() {
        let generator = MonotonicTimestampGenerator::new();
        let given: Vec<_> =
            [100, 100, 100, 105, 50, 50, 200].map(|now| generator.timestamp(now).unwrap()).into();
        assert_eq!(given, [100, 101, 102, 105, 106, 107, 200]);
        assert_eq!(generator.timestamp(i64::MAX), Some(i64::MAX));
        assert_eq!(generator.timestamp(0), Some(i64::MAX));
    }

    #[test]
    fn threads_never_share_one() {
        let generator = MonotonicTimestampGenerator::new();
        let mut all: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| (0..1000).map(|_| generator.timestamp(7).unwrap()).collect::<Vec<_>>())
                })
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        all.sort_unstable();
        assert_eq!(all, (7..4007).collect::<Vec<_>>());
    }

    #[test]
    fn running_ahead_is_told_once_an_interval() {
        let generator = MonotonicTimestampGenerator::with_warnings(Some(10), 100);
        assert!(!generator.is_warning_due(1010, 1000));
        assert!(generator.is_warning_due(1011, 1000));
        assert!(!generator.is_warning_due(1099, 1001));
        assert!(generator.is_warning_due(2000, 1100));
        assert!(generator.is_warning_due(2000, 500), "the clock was set back again");
        assert!(!MonotonicTimestampGenerator::with_warnings(None, 0).is_warning_due(i64::MAX, 0));
    }

    #[test]
    fn the_server_may_stamp_instead() {
        assert_eq!(NoTimestampGenerator.timestamp(5), None);
    }
}
