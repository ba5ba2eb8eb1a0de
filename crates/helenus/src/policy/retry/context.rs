//! What a retry policy is told of a failed attempt, and where it keeps what it wants to remember of a request.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use helenus_protocol::Consistency;

use super::{RetryDecision, RetryFailure};
use crate::cluster::Host;
use crate::lock::lock;
use crate::policy::PolicyFailure;
use crate::statement::Statement;

/// All that a policy is told.
#[derive(Debug)]
#[non_exhaustive]
pub struct RetryContext<'a> {
    /// What went wrong.
    pub failure: RetryFailure,
    /// What was run.
    pub statement: &'a Statement,
    /// How often this request was tried again already because a policy said so.
    pub retries: u32,
    /// How many attempts may have reached a server, this one and speculative ones included: not those that never left, since their
    /// host had no room or no connection for them.
    pub attempts: u32,
    /// With which consistency it was tried: what the statement asks for, unless a retry policy has changed it since.
    pub consistency: Consistency,
    /// Whether the request is known to be idempotent.
    pub idempotent: bool,
    /// The time since the request began.
    pub elapsed: Duration,
    /// The host that was asked.
    pub host: &'a Host,
    /// What this policy, or another one, has kept of the request.
    pub state: &'a RetryState,
    failed: Mutex<Option<PolicyFailure>>,
}

impl<'a> RetryContext<'a> {
    /// The first failure of an idempotent request at LOCAL_ONE; all else is there to be changed. For tests of policies.
    #[must_use]
    pub const fn new(
        failure: RetryFailure,
        statement: &'a Statement,
        host: &'a Host,
        state: &'a RetryState,
    ) -> Self {
        Self {
            failure,
            statement,
            retries: 0,
            attempts: 1,
            consistency: Consistency::LocalOne,
            idempotent: true,
            elapsed: Duration::ZERO,
            host,
            state,
            failed: Mutex::new(None),
        }
    }

    /// The policy cannot decide. The caller gets the attempt's error, and with it this one, as
    /// [`NotRetried::PolicyFailed`](crate::NotRetried::PolicyFailed).
    pub fn fail(&self, error: impl Error + Send + Sync + 'static) -> RetryDecision {
        *lock(&self.failed) = Some(Arc::new(error));
        RetryDecision::Rethrow
    }

    /// How it failed, if it did.
    pub(crate) fn into_failure(self) -> Option<PolicyFailure> {
        self.failed.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a policy keeps of one request between its decisions, such as the pauses that it has made. Each request has its own,
/// which is empty at first and gone with it.
#[derive(Default)]
pub struct RetryState(Mutex<Option<Box<dyn Any + Send>>>);

impl RetryState {
    /// Looks at the state and changes it. Where there is none yet, or one of another type, it is `T`'s default.
    ///
    /// Speculative attempts may fail at the same time: `change` is called by one at a time, and must not come back here.
    pub fn with<T: Any + Default + Send, R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let mut kept = lock(&self.0);
        if let Some(known) = kept.as_mut().and_then(|kept| kept.downcast_mut()) {
            return change(known);
        }
        let mut fresh = T::default();
        let result = change(&mut fresh);
        *kept = Some(Box::new(fresh));
        result
    }
}

impl fmt::Debug for RetryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RetryState(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_kept_by_its_type() {
        let state = RetryState::default();
        let count = || {
            state.with(|count: &mut u32| {
                *count += 1;
                *count
            })
        };
        assert_eq!((count(), count()), (1, 2));
        assert_eq!(state.with(|text: &mut String| text.len()), 0);
        assert_eq!(count(), 1, "another's state is not to be had");
    }
}
