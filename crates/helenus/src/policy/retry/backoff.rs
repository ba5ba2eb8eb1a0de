//! The default's decisions, several times and with pauses.

use std::time::Duration;

use super::{RetryContext, RetryDecision, RetryFailure, RetryPolicy, WriteType};
use crate::policy::InvalidPolicy;

/// Retries what [`DefaultRetryPolicy`](super::DefaultRetryPolicy) retries, but up to a number of times and each time
/// after a pause that doubles, so that a cluster that has too much to do gets room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExponentialBackoffRetryPolicy {
    max_retries: u32,
    min_interval: Duration,
    max_interval: Duration,
}

impl ExponentialBackoffRetryPolicy {
    /// Up to `max_retries` retries of a request, the first after `min_interval`, each further one after twice that, up to
    /// `max_interval`; each pause is shortened by chance, by half of it at most. All have to fit into the request's time.
    ///
    /// # Errors
    /// `max_interval` is below `min_interval`.
    pub fn new(
        max_retries: u32,
        min_interval: Duration,
        max_interval: Duration,
    ) -> Result<Self, InvalidPolicy> {
        if max_interval < min_interval {
            let why = "max_interval is below min_interval";
            return Err(InvalidPolicy { policy: "ExponentialBackoffRetryPolicy", why });
        }
        Ok(Self { max_retries, min_interval, max_interval })
    }

    /// The pause before retry number `retry` (from 0), where `luck` is from 0 to 1.
    fn pause(&self, retry: u32, luck: f64) -> Duration {
        let factor = 1_u32.checked_shl(retry).unwrap_or(u32::MAX);
        self.min_interval.saturating_mul(factor).min(self.max_interval).mul_f64(1.0 - luck / 2.0)
    }
}

impl RetryPolicy for ExponentialBackoffRetryPolicy {
    fn decide(&self, context: &RetryContext<'_>) -> RetryDecision {
        if context.retries >= self.max_retries {
            return RetryDecision::Rethrow;
        }
        let decision = match context.failure {
            RetryFailure::ReadTimeout { required, received, data_present: false } if received >= required => {
                RetryDecision::SAME_HOST
            }
            RetryFailure::WriteTimeout { write_type: WriteType::BatchLog, .. } => RetryDecision::SAME_HOST,
            RetryFailure::ReadTimeout { .. } | RetryFailure::WriteTimeout { .. } => RetryDecision::Rethrow,
            RetryFailure::Unavailable { .. } | RetryFailure::Request(_) => RetryDecision::NEXT_HOST,
        };
        decision.after(self.pause(context.retries, fastrand::f64()))
    }

    fn decides_idempotence(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{decide, read, unavailable, write};
    use super::super::{RequestFailure, RetryHost};
    use super::*;
    use helenus_protocol::Consistency;

    fn policy() -> ExponentialBackoffRetryPolicy {
        ExponentialBackoffRetryPolicy::new(3, Duration::from_millis(100), Duration::from_secs(1)).unwrap()
    }

    #[test]
    fn pauses_double_up_to_the_limit_and_are_spread() {
        for (retry, whole) in [(0, 100), (1, 200), (3, 800), (4, 1000), (32, 1000), (u32::MAX, 1000)] {
            let whole = Duration::from_millis(whole);
            assert_eq!(policy().pause(retry, 0.0), whole);
            assert_eq!(policy().pause(retry, 1.0), whole / 2);
        }
    }

    #[test]
    fn so_often_and_no_more() {
        let overloaded = RetryFailure::Request(RequestFailure::Overloaded);
        for (failure, expected) in [
            (read(2, 2, false), Some(RetryHost::Same)),
            (read(2, 1, false), None),
            (read(2, 2, true), None),
            (write(2, 1, WriteType::BatchLog), Some(RetryHost::Same)),
            (write(2, 1, WriteType::Simple), None),
            (unavailable(2, 1), Some(RetryHost::Next)),
            (overloaded, Some(RetryHost::Next)),
        ] {
            for retries in 0..3 {
                let whole = policy().pause(retries, 0.0);
                match decide(&policy(), failure.clone(), Consistency::Quorum, retries) {
                    RetryDecision::Retry { host, consistency: None, after } => {
                        assert_eq!(Some(host), expected, "{failure:?}");
                        assert!(after <= whole && after >= whole / 2, "{after:?} of {whole:?}");
                    }
                    other => assert_eq!((other, expected), (RetryDecision::Rethrow, None), "{failure:?}"),
                }
            }
            let exhausted = decide(&policy(), failure, Consistency::Quorum, 3);
            assert_eq!(exhausted, RetryDecision::Rethrow);
        }
    }

    #[test]
    fn a_limit_below_the_start_is_refused() {
        let second = Duration::from_secs(1);
        assert!(ExponentialBackoffRetryPolicy::new(1, second, Duration::ZERO).is_err());
    }
}
