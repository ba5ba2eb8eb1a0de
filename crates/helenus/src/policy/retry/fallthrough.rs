//! Never again.

use super::{RetryContext, RetryDecision, RetryPolicy};

/// Every failure goes to the caller.
#[derive(Debug, Clone, Copy, Default)]
pub struct FallthroughRetryPolicy;

impl RetryPolicy for FallthroughRetryPolicy {
    fn decide(&self, _: &RetryContext<'_>) -> RetryDecision {
        RetryDecision::Rethrow
    }

    fn decides_idempotence(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::RequestFailure;
    use super::super::tests::{decide, read, unavailable};
    use super::*;
    use helenus_protocol::Consistency;

    #[test]
    fn nothing_is_tried_again() {
        use super::super::RetryFailure;
        let overloaded = RetryFailure::Request(RequestFailure::Overloaded);
        for failure in [read(2, 2, false), unavailable(2, 1), overloaded] {
            assert_eq!(
                decide(&FallthroughRetryPolicy, failure, Consistency::Quorum, 0),
                RetryDecision::Rethrow
            );
        }
    }
}
