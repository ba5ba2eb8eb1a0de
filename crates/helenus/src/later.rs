//! Points in time, reckoned from lengths of time that a caller has set: such a length may reach beyond what the clock can say.

use std::time::{Duration, Instant};

/// Longer than any process lives, and not too long for any clock.
const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// `by` after `now`; a century after it, where that is farther than the clock goes.
pub(crate) fn later(now: Instant, by: Duration) -> Instant {
    now.checked_add(by).unwrap_or_else(|| now + CENTURY)
}

/// Some time within `window`, so that many who wait for the same are not all there at once.
pub(crate) fn jittered(window: Duration) -> Duration {
    window.min(CENTURY).mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_far_is_far_away() {
        let now = Instant::now();
        assert_eq!(later(now, Duration::from_secs(1)), now + Duration::from_secs(1));
        assert_eq!(later(now, Duration::MAX), now + CENTURY);
        assert!(jittered(Duration::MAX) <= CENTURY);
        assert_eq!(jittered(Duration::ZERO), Duration::ZERO);
    }
}
