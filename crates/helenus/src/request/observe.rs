//! What a request tells of itself, where it is observed: the few places at which it does. Where it is not, each is one look at
//! what is not there.

use std::sync::Arc;
use std::time::Instant;

use super::execution::{Action, Actions, Answer, AttemptId, Input};
use super::{Request, State};
use crate::cluster::Host;
use crate::error::{AttemptError, Error, Recorded, RequestFailure};
use crate::observe::Observed;
use crate::observe::journal::Ended;

impl Request {
    /// Has a request observed that nobody else has yet; on the thread of whoever runs it, in whose span it is then.
    pub(crate) fn observe(request: &mut Arc<Self>, observed: Observed) {
        if let Some(request) = Arc::get_mut(request) {
            request.observed = Some(Box::new(observed));
            request.tell_observer();
        }
    }

    /// It makes an attempt.
    #[inline]
    pub(super) fn note_attempt(&self, id: AttemptId, host: &Arc<Host>, state: &State, now: Instant) {
        if let Some(observed) = &self.observed {
            observed.attempt(id, host, state.execution.progress(), now);
        }
    }

    /// Has the execution take an input, and takes note of the attempt that it ends.
    pub(super) fn decide(
        &self,
        state: &mut State,
        input: Input<Arc<Host>>,
        now: Instant,
    ) -> Actions<Arc<Host>> {
        let Some(observed) = &self.observed else { return state.execution.handle(input, now) };
        let ended = ended_by(&input);
        let actions = state.execution.handle(input, now);
        // An attempt whose statement is prepared anew goes on.
        let goes_on = |id: AttemptId| {
            actions.iter().any(|action| matches!(action, Action::Prepare { id: again, .. } if *again == id))
        };
        if let Some((id, ended)) = ended.filter(|(id, _)| !goes_on(*id)) {
            observed.attempt_ended(id, ended, now);
        }
        actions
    }

    /// It has ended, with the outcome that it has by now or cancelled. `answered`: the attempt that was answered, where that
    /// was not noted yet.
    #[inline]
    pub(super) fn note_end(&self, answered: Option<AttemptId>, state: &State, now: Instant) {
        if let Some(observed) = &self.observed {
            observed.ended(answered, state.outcome.as_ref(), now);
        }
    }

    /// Tells whoever observes it what was noted. With no lock held.
    #[inline]
    pub(super) fn tell_observer(&self) {
        if let Some(observed) = &self.observed {
            observed.tell(self);
        }
    }

    /// Its failure as the caller gets it: with what was recorded of its hosts, where that is wanted.
    #[cold]
    pub(crate) fn recorded(&self, failure: Box<RequestFailure>) -> Error {
        let recorder =
            self.observed.as_ref().and_then(|observed| observed.observer().settings().flight_recorder);
        if !recorder.is_some_and(|recorder| recorder.attach_to_errors) {
            return failure.into();
        }
        let flights = failure.hosts().into_iter().map(|host| (host.address(), host.flights())).collect();
        Error::Recorded(Box::new(Recorded { failure: *failure, flights }))
    }
}

/// The attempt that an input ends, if it is under way, and how.
fn ended_by(input: &Input<Arc<Host>>) -> Option<(AttemptId, Ended)> {
    match input {
        Input::Responded(id, Answer::Error(error)) => {
            Some((*id, Ended::Failed(AttemptError::Server(error.clone()))))
        }
        Input::Responded(id, _) => Some((*id, Ended::Answered)),
        Input::Failed(id, error, _) | Input::Prepared(id, Err(error)) => {
            Some((*id, Ended::Failed(error.clone())))
        }
        _ => None,
    }
}
