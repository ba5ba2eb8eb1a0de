//! Performs what [`Execution`](super::execution::Execution) decides.
//!
//! The common case is one pass on the caller's thread (ask the plan, put the bytes into a connection) and one on the I/O
//! thread (take the answer, tell whoever waits): no task is spawned, no channel crossed. What takes longer (preparing
//! again, a pause before a retry, a policy that is not ours) leaves the pass and comes back with its own input.

use std::sync::Arc;
use std::time::Instant;

use helenus_protocol::Consistency;
use helenus_protocol::connection::Body;
use helenus_protocol::envelope::Envelope;
use helenus_protocol::response::SchemaChange;

use smallvec::SmallVec;

use super::completion::Waiters;
use super::environment::RetryAnswer;
use super::execution::{Action, Answer, AttemptId, Input};
use super::route::Route;
use super::{Request, State, Success, Token, answer};
use crate::cluster::Host;
use crate::connection::{Dispatch, NotSent};
use crate::error::AttemptError;
use crate::statement::Statement;
use crate::sync::lock;

/// What follows from one input at once; hardly ever more than one thing.
type Inputs = SmallVec<[Input<Arc<Host>>; 1]>;

impl Request {
    /// Begins the request for a caller that [waits](Self::wait) next, on this thread.
    pub(crate) fn start_to_wait(self: &Arc<Self>, now: Instant) {
        lock(&self.state).waits = true;
        self.start(now);
    }

    /// Begins the request.
    pub(crate) fn start(self: &Arc<Self>, now: Instant) {
        let refused = {
            let mut state = lock(&self.state);
            let state = &mut *state;
            if let Route::First(host) = &state.route {
                let id = state.execution.begin(Arc::clone(host), now);
                let wake_at = state.execution.poll_timeout();
                let waits = std::mem::take(&mut state.waits);
                let dispatch = self.dispatch(&self.message.bytes, wake_at, waits);
                match self.environment.send(host, dispatch, Token::new(Arc::clone(self), id), false) {
                    Ok(seat) => {
                        state.armed = wake_at;
                        state.execution.seated(id, seat.connection.serial());
                        state.seats.push((id, seat));
                        return;
                    }
                    Err(error) => Input::Failed(id, error, false),
                }
            } else {
                Input::Start
            }
        };
        self.handle_at(refused, now);
    }

    /// The message with `bytes` for its own, and the statement's values in their place.
    fn dispatch<'a>(&'a self, bytes: &'a [u8], wake_at: Option<Instant>, waits: bool) -> Dispatch<'a> {
        let (before, after) = bytes.split_at(self.message.values_at);
        let values = match &self.statement {
            Statement::Bound(bound) => bound.values.as_bytes(),
            _ => &[],
        };
        let body = Body::new([before, values, after]);
        Dispatch { flags: self.message.flags, opcode: self.message.opcode, body, wake_at, waits }
    }

    /// Takes what has happened, and does what follows from it until nothing is left to do.
    pub(crate) fn handle(self: &Arc<Self>, input: Input<Arc<Host>>) {
        self.handle_at(input, Instant::now());
    }

    /// The same at `now`: the clock is read once for all answers of one read.
    fn handle_at(self: &Arc<Self>, input: Input<Arc<Host>>, now: Instant) {
        let mut inputs = Inputs::new();
        let unseated = match &input {
            Input::Responded(id, _) | Input::Failed(id, ..) => Some(*id),
            _ => None,
        };
        let fired = matches!(input, Input::TimerFired);
        let mut input = Some(input);
        let mut later = Vec::new();
        let told = {
            let mut state = lock(&self.state);
            if let Some(id) = unseated {
                state.seats.retain(|(seat, _)| *seat != id);
            }
            // The seat that is gone may have been the one that would have called: another is to be armed.
            if fired || unseated.is_some() {
                state.armed = None;
            }
            while let Some(next) =
                input.take().or_else(|| if inputs.is_empty() { None } else { Some(inputs.remove(0)) })
            {
                if let Input::Responded(_, Answer::Error(_)) | Input::Failed(..) | Input::Retry(..) = &next {
                    self.environment.note(&next);
                }
                for action in state.execution.handle(next, now) {
                    self.perform(action, &mut state, now, &mut inputs, &mut later);
                }
            }
            self.arm(&mut state);
            // Also where it was cancelled: whoever waits for it waits in vain.
            if state.execution.has_ended() && !state.ended { Some(state.end()) } else { None }
        };
        for action in later {
            self.perform_unlocked(action);
        }
        if let Some(told) = told {
            told.tell(self);
        }
    }

    /// What can be done while the state is held: asking our own plan, and putting bytes into a connection.
    fn perform(
        self: &Arc<Self>,
        action: Action<Arc<Host>>,
        state: &mut State,
        now: Instant,
        inputs: &mut Inputs,
        later: &mut Vec<Later>,
    ) {
        match action {
            Action::WantHost => {
                inputs.push(Input::NextHost(state.route.next_host(|| self.environment.plan(self))));
            }
            Action::Attempt { id, host, consistency, has_waited } => {
                if let Err(error) = self.attempt(id, &host, consistency, has_waited, state) {
                    inputs.push(Input::Failed(id, error, false));
                }
            }
            Action::WaitForRoom(hosts) => {
                let ticket = *state.ticket.get_or_insert_with(|| self.environment.ticket());
                later.push(Later::WaitForRoom(ticket, hosts, state.execution.poll_timeout()));
            }
            Action::LeaveQueue => {
                state.ticket.into_iter().for_each(|ticket| self.environment.leave_queue(ticket))
            }
            Action::Orphan(id) => {
                if let Some(index) = state.seats.iter().position(|(seat, _)| *seat == id) {
                    let (_, seat) = state.seats.swap_remove(index);
                    let token = seat.connection.orphan(seat.stream, |token| token.is(self, id), now);
                    token.into_iter().for_each(Token::discard);
                }
            }
            Action::Done(outcome) => state.outcome = Some(outcome),
            Action::AskRetry { id, host, error, retries } => {
                later.push(Later::AskRetry(id, host, error, retries));
            }
            Action::Prepare { id, host, since } => later.push(Later::Prepare(id, host, since)),
            Action::SetKeyspace(keyspace) => later.push(Later::SetKeyspace(keyspace)),
            Action::AwaitSchema(change, host) => later.push(Later::AwaitSchema(change, host)),
        }
    }

    fn perform_unlocked(self: &Arc<Self>, action: Later) {
        match action {
            Later::AskRetry(id, host, error, retries) => {
                match self.environment.ask_retry(self, &host, &error, retries, id) {
                    RetryAnswer::Now(verdict) => self.handle(Input::Retry(id, verdict)),
                    RetryAnswer::Later => {}
                }
            }
            Later::Prepare(id, host, since) => self.environment.prepare(self, id, &host, since),
            Later::WaitForRoom(ticket, hosts, deadline) => {
                self.environment.wait_for_room(self, ticket, &hosts, deadline);
            }
            Later::SetKeyspace(keyspace) => self.environment.set_keyspace(self, keyspace),
            Later::AwaitSchema(change, host) => self.environment.await_schema(self, &host, change),
        }
    }

    fn attempt(
        self: &Arc<Self>,
        id: AttemptId,
        host: &Arc<Host>,
        consistency: Option<Consistency>,
        has_waited: bool,
        state: &mut State,
    ) -> Result<(), AttemptError> {
        let changed;
        let bytes = match consistency {
            None => self.message.bytes.as_slice(),
            Some(level) => {
                changed = self.message.with_consistency(level);
                changed.as_slice()
            }
        };
        let token = Token::new(Arc::clone(self), id);
        let wake_at = state.execution.poll_timeout();
        // Only for the first attempt: who waits looks once where that is.
        let dispatch = self.dispatch(bytes, wake_at, std::mem::take(&mut state.waits));
        let seat = match &state.route {
            Route::Fixed(_, connection) => connection.send(dispatch, token).map_err(NotSent::into_error),
            Route::First(_) | Route::Plan(..) => self.environment.send(host, dispatch, token, has_waited),
        }?;
        state.armed = wake_at;
        state.execution.seated(id, seat.connection.serial());
        state.seats.push((id, seat));
        Ok(())
    }

    /// Sees to it that the request hears of its next deadline.
    fn arm(self: &Arc<Self>, state: &mut State) {
        if state.ended || state.outcome.is_some() {
            return;
        }
        let Some(at) = state.execution.poll_timeout() else { return };
        if state.armed == Some(at) {
            return;
        }
        state.armed = Some(at);
        match state.seats.first() {
            // The queue knows when.
            None if state.execution.waits_for_room() => {}
            Some((id, seat)) => {
                let id = *id;
                seat.connection.rearm(seat.stream, at, |token| token.is(self, id));
            }
            None => self.environment.set_timer(self, at),
        }
    }

    /// An answer has come for `attempt`.
    pub(super) fn answered(self: &Arc<Self>, attempt: AttemptId, envelope: Envelope, now: Instant) {
        let input = match answer::classify(self.environment.version(), envelope) {
            Ok(Answer::Plain(envelope)) => match self.conclude(attempt, envelope) {
                Some(envelope) => Input::Responded(attempt, Answer::Plain(envelope)),
                None => return,
            },
            Ok(answer) => Input::Responded(attempt, answer),
            Err(error) => Input::Failed(attempt, AttemptError::Decode(error), true),
        };
        self.handle_at(input, now);
    }

    /// The common end: the only attempt was answered. Gives the envelope back where there is more to it.
    fn conclude(self: &Arc<Self>, attempt: AttemptId, envelope: Envelope) -> Option<Envelope> {
        let told = {
            let mut state = lock(&self.state);
            let Some((host, attempts)) = state.execution.conclude(attempt) else { return Some(envelope) };
            state.seats.clear();
            state.outcome = Some(Ok(Success { envelope: Some(envelope), host, attempts }));
            state.end()
        };
        told.tell(self);
        None
    }
}

impl State {
    /// Notes that the request has ended; whom to tell, once the state is not held any more.
    fn end(&mut self) -> Waiters {
        self.ended = true;
        std::mem::take(&mut self.waiters)
    }
}

/// What cannot be done while the request's state is held, since it may take other locks or run others' code.
enum Later {
    AskRetry(AttemptId, Arc<Host>, Box<AttemptError>, u32),
    Prepare(AttemptId, Arc<Host>, Instant),
    WaitForRoom(u64, SmallVec<[Arc<Host>; 3]>, Option<Instant>),
    SetKeyspace(String),
    AwaitSchema(SchemaChange, Arc<Host>),
}

#[cfg(test)]
mod tests;
