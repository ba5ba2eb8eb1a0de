//! Requests that took long, in the log: not more of them than somebody can read.

use std::time::{Duration, Instant};

/// Which requests are logged for being slow. Each is an event of [`tracing`] of the level WARN with the target
/// `helenus::slow_query`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SlowQueries {
    /// How long a request must have taken, all its attempts and pauses together.
    pub threshold: Duration,
    /// How many are logged a second at most: 10. Those that are not are counted, and the next that is logged says how many.
    pub per_second: u32,
    /// How many bytes of the statement's text are logged at most, without its constants: 256.
    pub text_length: usize,
}

impl SlowQueries {
    /// All requests that take `threshold` or longer.
    #[must_use]
    pub const fn new(threshold: Duration) -> Self {
        Self { threshold, per_second: 10, text_length: 256 }
    }

    /// Whether a request that took so long is one of them.
    #[must_use]
    pub fn is_slow(&self, elapsed: Duration) -> bool {
        elapsed >= self.threshold
    }
}

/// How many may still be logged; pure.
#[derive(Debug)]
pub(super) struct Allowance {
    per_second: u32,
    /// When the present second began.
    since: Option<Instant>,
    logged: u32,
    suppressed: u64,
}

impl Allowance {
    pub(super) const fn new(per_second: u32) -> Self {
        Self { per_second, since: None, logged: 0, suppressed: 0 }
    }

    /// Whether one more may be logged at `now`; with how many were not since the last one.
    pub(super) fn take(&mut self, now: Instant) -> Option<u64> {
        let is_over = |since: Instant| now.saturating_duration_since(since) >= Duration::from_secs(1);
        if self.since.is_none_or(is_over) {
            (self.since, self.logged) = (Some(now), 0);
        }
        if self.logged >= self.per_second {
            self.suppressed += 1;
            return None;
        }
        self.logged += 1;
        Some(std::mem::take(&mut self.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_logged_a_few_at_a_time_and_counted() {
        let start = Instant::now();
        let mut allowance = Allowance::new(2);
        let at = |millis| start + Duration::from_millis(millis);
        assert_eq!(allowance.take(at(0)), Some(0));
        assert_eq!(allowance.take(at(1)), Some(0));
        assert_eq!(allowance.take(at(2)), None);
        assert_eq!(allowance.take(at(999)), None);
        assert_eq!(allowance.take(at(1000)), Some(2), "the next second tells of those before");
        assert_eq!(allowance.take(at(1001)), Some(0));
        assert_eq!(allowance.take(at(1002)), None);
        // The time of another thread may be a little older.
        assert_eq!(allowance.take(at(500)), None);
    }

    #[test]
    fn what_takes_as_long_as_the_threshold_is_slow() {
        let slow = SlowQueries::new(Duration::from_millis(5));
        assert!(!slow.is_slow(Duration::from_nanos(4_999_999)));
        assert!(slow.is_slow(Duration::from_millis(5)) && slow.is_slow(Duration::MAX));
        assert!(SlowQueries::new(Duration::ZERO).is_slow(Duration::ZERO), "all are");
    }

    #[test]
    fn none_a_second_is_none() {
        let mut allowance = Allowance::new(0);
        assert_eq!(allowance.take(Instant::now()), None);
    }
}
