//! Retry: what is known of a failed attempt, and what may be decided about it.
//!
//! A policy is not asked about a request that may have run and is not idempotent (unless it is of the user's own:
//! [`RetryPolicy::decides_idempotence`]), nor about one that surely never left (that goes to the next host by itself).

mod backoff;
mod context;
mod default;
mod downgrading;
mod fallthrough;

use std::time::Duration;

use helenus_protocol::Consistency;

use super::RetryPolicy;

pub use backoff::ExponentialBackoffRetryPolicy;
pub use context::{RetryContext, RetryState};
pub use default::DefaultRetryPolicy;
pub use downgrading::DowngradingConsistencyRetryPolicy;
pub use fallthrough::FallthroughRetryPolicy;
pub use helenus_protocol::response::WriteType;

/// What went wrong with an attempt: by the server's word (section 9 of the specification), or since its connection was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryFailure {
    /// The coordinator did not hear from enough replicas in time for a read.
    ReadTimeout {
        /// How many had to answer.
        required: i32,
        /// How many did.
        received: i32,
        /// Whether the one that was asked for the data itself, not for a digest, was among them.
        data_present: bool,
    },
    /// The coordinator did not hear from enough replicas in time for a write. It may be applied all the same.
    WriteTimeout {
        /// How many had to answer.
        required: i32,
        /// How many did.
        received: i32,
        /// What kind of write it was.
        write_type: WriteType,
    },
    /// The coordinator knew beforehand that too few replicas are alive, and did nothing.
    Unavailable {
        /// How many were needed.
        required: i32,
        /// How many are alive.
        alive: i32,
    },
    /// Anything else that another host may do better.
    Request(RequestFailure),
}

/// Failures that are not about replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestFailure {
    /// The coordinator has too much to do.
    Overloaded,
    /// The coordinator is still joining.
    Bootstrapping,
    /// A truncation failed.
    Truncate,
    /// The coordinator failed by itself.
    Server,
    /// The connection was lost, and with it the answer.
    ConnectionLost,
}

/// Which host is asked next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RetryHost {
    /// The one that failed.
    Same,
    /// The next one of the plan.
    Next,
}

/// What is to be done about a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryDecision {
    /// Try again, within the request's own time, and as long as the session's [budget](crate::Config::retry_budget) allows.
    Retry {
        /// Where.
        host: RetryHost,
        /// With which consistency; None leaves it as it is.
        consistency: Option<Consistency>,
        /// After which pause; zero is at once.
        after: Duration,
    },
    /// Let the caller have the error.
    Rethrow,
    /// Tell the caller that all is well, with no rows: a write that nobody has acknowledged looks as if it were done.
    Ignore,
}

impl RetryDecision {
    /// Try the same host again, at once and unchanged.
    pub const SAME_HOST: Self = Self::retry(RetryHost::Same);
    /// Try the next host of the plan, at once and unchanged.
    pub const NEXT_HOST: Self = Self::retry(RetryHost::Next);

    const fn retry(host: RetryHost) -> Self {
        Self::Retry { host, consistency: None, after: Duration::ZERO }
    }

    /// The same with another consistency. Nothing changes where it is not a retry.
    #[must_use]
    pub const fn at(self, level: Consistency) -> Self {
        match self {
            Self::Retry { host, after, .. } => Self::Retry { host, consistency: Some(level), after },
            other => other,
        }
    }

    /// The same after a pause. Nothing changes where it is not a retry.
    #[must_use]
    pub const fn after(self, pause: Duration) -> Self {
        match self {
            Self::Retry { host, consistency, .. } => Self::Retry { host, consistency, after: pause },
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::host::tests::host;
    use crate::statement::Statement;

    /// What `policy` decides about a failure at this level after so many retries.
    pub(super) fn decide(
        policy: &dyn RetryPolicy,
        failure: RetryFailure,
        consistency: Consistency,
        retries: u32,
    ) -> RetryDecision {
        let (host, statement) = (host(1, "dc", "r"), Statement::from("SELECT"));
        let state = RetryState::default();
        let mut context = RetryContext::new(failure, &statement, &host, &state);
        (context.retries, context.consistency) = (retries, consistency);
        policy.decide(&context)
    }

    pub(super) const fn read(required: i32, received: i32, data_present: bool) -> RetryFailure {
        RetryFailure::ReadTimeout { required, received, data_present }
    }

    pub(super) const fn write(required: i32, received: i32, write_type: WriteType) -> RetryFailure {
        RetryFailure::WriteTimeout { required, received, write_type }
    }

    pub(super) const fn unavailable(required: i32, alive: i32) -> RetryFailure {
        RetryFailure::Unavailable { required, alive }
    }

    #[test]
    fn only_a_retry_has_a_level_and_a_pause() {
        let pause = Duration::from_secs(1);
        assert_eq!(
            RetryDecision::NEXT_HOST.at(Consistency::One).after(pause),
            RetryDecision::Retry { host: RetryHost::Next, consistency: Some(Consistency::One), after: pause }
        );
        assert_eq!(RetryDecision::Rethrow.at(Consistency::One).after(pause), RetryDecision::Rethrow);
    }
}
