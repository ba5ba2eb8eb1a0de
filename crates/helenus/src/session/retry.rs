//! What a retry policy says of a failed attempt, within the session's budget.

use std::sync::Arc;
use std::time::Instant;

use helenus_protocol::response::ServerError;

use super::SessionInner;
use crate::cluster::Host;
use crate::error::{AttemptError, NotRetried};
use crate::policy::guard::guarded;
use crate::policy::retry::RequestFailure;
use crate::policy::{RetryContext, RetryDecision, RetryFailure, RetryHost, RetryPolicy};
use crate::request::Request;
use crate::request::environment::{Asked, RetryAnswer};
use crate::request::execution::{AttemptId, Input, Verdict};

impl SessionInner {
    /// Asks the policy of the statement, its profile or the session; on another thread if it may block.
    pub(super) fn ask_retry_policy(
        &self,
        request: &Arc<Request>,
        host: &Arc<Host>,
        error: &AttemptError,
        asked: Asked,
        attempt: AttemptId,
    ) -> RetryAnswer {
        let Some(failure) = retry_failure(error) else { return RetryAnswer::Now(Verdict::Rethrow) };
        let options = request.statement().options();
        let policy = options.retry_policy.as_ref().unwrap_or(&self.defaults_of(options).retry);
        let may_block = match guarded("retry policy", || policy.may_block()) {
            Ok(may_block) => may_block,
            Err(failure) => {
                return RetryAnswer::Now(Verdict::Refused(NotRetried::PolicyFailed(failure)));
            }
        };
        if may_block {
            let (policy, request, host) = (Arc::clone(policy), Arc::clone(request), Arc::clone(host));
            let abandoned = request.owed();
            self.context.executor.main().spawn_blocking(move || {
                let verdict = judged(&*policy, &request, &host, failure, asked);
                request.handle(Input::Retry(attempt, verdict));
                abandoned.paid();
            });
            return RetryAnswer::Later;
        }
        RetryAnswer::Now(judged(&**policy, request, host, failure, asked))
    }
}

/// What the policy decides, if it does and the budget has something left.
fn judged(
    policy: &dyn RetryPolicy,
    request: &Request,
    host: &Host,
    failure: RetryFailure,
    asked: Asked,
) -> Verdict {
    let facts = request.facts();
    let now = Instant::now();
    let mut context = RetryContext::new(failure, request.statement(), host, request.retry_state());
    (context.retries, context.attempts) = (asked.retries, asked.attempts);
    (context.consistency, context.idempotent) =
        (asked.consistency.unwrap_or(facts.consistency), facts.idempotent);
    context.elapsed = now.saturating_duration_since(facts.began);
    let decided = guarded("retry policy", || policy.decide(&context));
    let verdict = match (decided, context.into_failure()) {
        (Err(failure), _) | (Ok(_), Some(failure)) => Verdict::Refused(NotRetried::PolicyFailed(failure)),
        (Ok(decision), None) => verdict(decision),
    };
    match verdict {
        Verdict::Again { .. } if request.session().is_some_and(|session| !session.retries.spend(now)) => {
            Verdict::Refused(NotRetried::BudgetSpent)
        }
        verdict => verdict,
    }
}

fn verdict(decision: RetryDecision) -> Verdict {
    match decision {
        RetryDecision::Retry { host, consistency, after } => {
            Verdict::Again { same_host: host == RetryHost::Same, consistency, after }
        }
        RetryDecision::Rethrow => Verdict::Rethrow,
        RetryDecision::Ignore => Verdict::Ignore,
    }
}

fn retry_failure(error: &AttemptError) -> Option<RetryFailure> {
    Some(match error {
        AttemptError::Server(error) => match &**error {
            ServerError::ReadTimeout { required, received, data_present, .. } => RetryFailure::ReadTimeout {
                required: *required,
                received: *received,
                data_present: *data_present,
            },
            ServerError::WriteTimeout { required, received, write_type, .. } => RetryFailure::WriteTimeout {
                required: *required,
                received: *received,
                write_type: write_type.clone(),
            },
            ServerError::Unavailable { required, alive, .. } => {
                RetryFailure::Unavailable { required: *required, alive: *alive }
            }
            ServerError::Overloaded { .. } => RetryFailure::Request(RequestFailure::Overloaded),
            ServerError::IsBootstrapping { .. } => RetryFailure::Request(RequestFailure::Bootstrapping),
            ServerError::TruncateError { .. } => RetryFailure::Request(RequestFailure::Truncate),
            ServerError::ServerError { .. } => RetryFailure::Request(RequestFailure::Server),
            _ => return None,
        },
        AttemptError::Connection(_) | AttemptError::NoConnection(_) | AttemptError::Busy { .. } => {
            RetryFailure::Request(RequestFailure::ConnectionLost)
        }
        AttemptError::Decode(_) | AttemptError::Encode(_) => return None,
    })
}
