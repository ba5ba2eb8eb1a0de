//! Rather a weaker answer than none: for those who choose it knowing that they may read what is stale and lose what
//! they wrote.

use helenus_protocol::Consistency;

use super::{RetryContext, RetryDecision, RetryFailure, RetryPolicy, WriteType};

/// Tries once more, asking for as many replicas as did answer or are alive. What was lowered is so for that one request: the next
/// page asks for what the statement says again.
///
/// A write that reached at least one replica is taken for done. The consistency of lightweight transactions is never
/// lowered.
#[derive(Debug, Clone, Copy, Default)]
pub struct DowngradingConsistencyRetryPolicy;

impl RetryPolicy for DowngradingConsistencyRetryPolicy {
    fn decide(&self, context: &RetryContext<'_>) -> RetryDecision {
        let serial = context.consistency.is_serial();
        match context.failure {
            RetryFailure::Request(_) => RetryDecision::NEXT_HOST,
            _ if context.retries > 0 => RetryDecision::Rethrow,
            RetryFailure::ReadTimeout { .. } if serial => RetryDecision::Rethrow,
            RetryFailure::ReadTimeout { required, received, .. } if received < required => at_most(received),
            RetryFailure::ReadTimeout { data_present: false, .. } => RetryDecision::SAME_HOST,
            RetryFailure::ReadTimeout { .. } => RetryDecision::Rethrow,
            RetryFailure::WriteTimeout { ref write_type, received, .. } => match write_type {
                WriteType::Simple | WriteType::Batch | WriteType::Counter if received > 0 => {
                    RetryDecision::Ignore
                }
                WriteType::UnloggedBatch => at_most(received),
                WriteType::BatchLog => RetryDecision::SAME_HOST,
                _ => RetryDecision::Rethrow,
            },
            RetryFailure::Unavailable { .. } if serial => RetryDecision::NEXT_HOST,
            RetryFailure::Unavailable { alive, .. } => at_most(alive),
        }
    }

    fn decides_idempotence(&self) -> bool {
        false
    }
}

/// The same host with the strongest counted level that so many replicas can satisfy.
fn at_most(replicas: i32) -> RetryDecision {
    let level = match replicas {
        ..=0 => return RetryDecision::Rethrow,
        1 => Consistency::One,
        2 => Consistency::Two,
        3.. => Consistency::Three,
    };
    RetryDecision::SAME_HOST.at(level)
}

#[cfg(test)]
mod tests {
    use super::super::RequestFailure;
    use super::super::tests::{decide, read, unavailable, write};
    use super::*;
    use Consistency::{LocalSerial, One, Quorum, Serial, Three, Two};
    use RetryDecision as D;

    #[test]
    fn what_it_decides() {
        let at = |level| D::SAME_HOST.at(level);
        for (failure, consistency, expected) in [
            (read(3, 0, false), Quorum, D::Rethrow),
            (read(3, 1, false), Quorum, at(One)),
            (read(3, 2, true), Quorum, at(Two)),
            (read(5, 4, true), Quorum, at(Three)),
            (read(3, 3, false), Quorum, D::SAME_HOST),
            (read(3, 3, true), Quorum, D::Rethrow),
            (read(3, 1, false), Serial, D::Rethrow),
            (read(3, 3, false), LocalSerial, D::Rethrow),
            (write(3, 1, WriteType::Simple), Quorum, D::Ignore),
            (write(3, 0, WriteType::Simple), Quorum, D::Rethrow),
            (write(3, 1, WriteType::Batch), Quorum, D::Ignore),
            (write(3, 1, WriteType::Counter), Quorum, D::Ignore),
            (write(3, 2, WriteType::UnloggedBatch), Quorum, at(Two)),
            (write(3, 0, WriteType::UnloggedBatch), Quorum, D::Rethrow),
            (write(3, 0, WriteType::BatchLog), Quorum, D::SAME_HOST),
            (write(3, 2, WriteType::Cas), Serial, D::Rethrow),
            (write(3, 2, WriteType::View), Quorum, D::Rethrow),
            (write(3, 2, WriteType::Cdc), Quorum, D::Rethrow),
            (unavailable(3, 0), Quorum, D::Rethrow),
            (unavailable(3, 2), Quorum, at(Two)),
            (unavailable(3, 2), Serial, D::NEXT_HOST),
            (unavailable(3, -1), Quorum, D::Rethrow),
        ] {
            let decision = decide(&DowngradingConsistencyRetryPolicy, failure.clone(), consistency, 0);
            assert_eq!(decision, expected, "{failure:?} at {consistency}");
            let again = decide(&DowngradingConsistencyRetryPolicy, failure.clone(), consistency, 1);
            assert_eq!(again, D::Rethrow, "{failure:?} at {consistency}, again");
        }
        let lost = RetryFailure::Request(RequestFailure::Server);
        assert_eq!(decide(&DowngradingConsistencyRetryPolicy, lost, Quorum, 7), D::NEXT_HOST);
    }
}
