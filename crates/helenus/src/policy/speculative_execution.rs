//! Speculative execution: how long a slow request waits before another host is asked as well. Only requests that
//! the user marked as idempotent come this far.

mod percentile;

use std::time::Duration;

pub use percentile::PercentileSpeculativeExecutionPolicy;

use super::{RoutingInfo, SpeculativeExecutionPolicy};

/// One host at a time.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSpeculativeExecutionPolicy;

impl SpeculativeExecutionPolicy for NoSpeculativeExecutionPolicy {
    fn delay(&self, _: u32, _: &RoutingInfo<'_>) -> Option<Duration> {
        None
    }
}

/// Another host after each `delay` without an answer, a limited number of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConstantSpeculativeExecutionPolicy {
    delay: Duration,
    max_attempts: u32,
}

impl ConstantSpeculativeExecutionPolicy {
    /// Asks up to `max_attempts` further hosts, one each `delay`: the first `delay` after the request was sent. Zero sends them at once.
    #[must_use]
    pub const fn new(delay: Duration, max_attempts: u32) -> Self {
        Self { delay, max_attempts }
    }
}

impl SpeculativeExecutionPolicy for ConstantSpeculativeExecutionPolicy {
    fn delay(&self, begun: u32, _: &RoutingInfo<'_>) -> Option<Duration> {
        (begun < self.max_attempts).then_some(self.delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_and_no_more() {
        let query = RoutingInfo::default();
        let delay = Duration::from_millis(50);
        let policy = ConstantSpeculativeExecutionPolicy::new(delay, 2);
        let delays = [0, 1, 2, u32::MAX].map(|begun| policy.delay(begun, &query));
        assert_eq!(delays, [Some(delay), Some(delay), None, None]);
        assert_eq!(NoSpeculativeExecutionPolicy.delay(0, &query), None);
    }
}
