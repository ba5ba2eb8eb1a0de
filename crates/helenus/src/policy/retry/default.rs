//! Try again where it is likely to help and cannot harm.

use super::{RetryContext, RetryDecision, RetryFailure, RetryPolicy, WriteType};

/// The default. Once each:
///
/// * a read for which enough replicas answered, only not the one with the data, on the same host: it knows by now
///   which replica is slow;
/// * a logged batch whose log could not be written, on the same host;
/// * a request that too few replicas are alive for, on the next host, which may see more of them.
///
/// What is not about replicas (overload, a host that is joining, a lost connection) goes to the next host as long as
/// there is one.
#[derive(Debug, Clone, Copy, Default)]
pub struct DefaultRetryPolicy;

impl RetryPolicy for DefaultRetryPolicy {
    fn decide(&self, context: &RetryContext<'_>) -> RetryDecision {
        let first = context.retries == 0;
        match context.failure {
            RetryFailure::ReadTimeout { required, received, data_present } => {
                retry_if(first && received >= required && !data_present, RetryDecision::SAME_HOST)
            }
            RetryFailure::WriteTimeout { ref write_type, .. } => {
                retry_if(first && *write_type == WriteType::BatchLog, RetryDecision::SAME_HOST)
            }
            RetryFailure::Unavailable { .. } => retry_if(first, RetryDecision::NEXT_HOST),
            RetryFailure::Request(_) => RetryDecision::NEXT_HOST,
        }
    }

    fn decides_idempotence(&self) -> bool {
        false
    }
}

fn retry_if(worthwhile: bool, retry: RetryDecision) -> RetryDecision {
    if worthwhile { retry } else { RetryDecision::Rethrow }
}

#[cfg(test)]
mod tests {
    use super::super::RequestFailure;
    use super::super::tests::{decide, read, unavailable, write};
    use super::*;
    use RetryDecision as D;
    use helenus_protocol::Consistency;

    #[test]
    fn what_it_decides() {
        let lost = RetryFailure::Request(RequestFailure::ConnectionLost);
        for (failure, at_first, later) in [
            (read(2, 2, false), D::SAME_HOST, D::Rethrow),
            (read(2, 3, false), D::SAME_HOST, D::Rethrow),
            (read(2, 2, true), D::Rethrow, D::Rethrow),
            (read(2, 1, false), D::Rethrow, D::Rethrow),
            (read(2, 1, true), D::Rethrow, D::Rethrow),
            (write(2, 1, WriteType::BatchLog), D::SAME_HOST, D::Rethrow),
            (write(2, 1, WriteType::Simple), D::Rethrow, D::Rethrow),
            (write(2, 1, WriteType::Batch), D::Rethrow, D::Rethrow),
            (write(2, 1, WriteType::UnloggedBatch), D::Rethrow, D::Rethrow),
            (write(2, 1, WriteType::Counter), D::Rethrow, D::Rethrow),
            (write(2, 1, WriteType::Cas), D::Rethrow, D::Rethrow),
            (unavailable(2, 1), D::NEXT_HOST, D::Rethrow),
            (lost, D::NEXT_HOST, D::NEXT_HOST),
        ] {
            for (retries, expected) in [(0, at_first), (1, later), (2, later)] {
                let decision = decide(&DefaultRetryPolicy, failure.clone(), Consistency::Quorum, retries);
                assert_eq!(decision, expected, "{failure:?} after {retries}");
            }
        }
    }
}
