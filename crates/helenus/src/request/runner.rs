//! Performs what [`Execution`](super::execution::Execution) decides.
//!
//! The common case is one pass on the caller's thread (ask the plan, put the bytes into a connection) and one on the I/O
//! thread (take the answer, tell whoever waits): no task is spawned, no channel crossed. What takes longer (preparing
//! again, a pause before a retry, a policy that is not ours) leaves the pass and comes back with its own input.

use std::sync::Arc;
use std::time::Instant;

use helenus_protocol::connection::Body;
use helenus_protocol::envelope::Envelope;
use helenus_protocol::response::{self, Message, Peek, Response, ResultKind, ResultMessage, SchemaChange};
use helenus_protocol::{Consistency, DecodeError, ProtocolVersion};

use smallvec::SmallVec;

use super::completion::Waiters;
use super::execution::{Action, Answer, AttemptId, Input, Verdict};
use super::{Request, State, Success, Token};
use crate::cluster::Host;
use crate::connection::{Connection, Dispatch, NotSent, Seat};
use crate::error::AttemptError;
use crate::policy::Plan;
use crate::session::SessionInner;
use crate::statement::Statement;
use crate::sync::lock;

/// What follows from one input at once; hardly ever more than one thing.
type Inputs = SmallVec<[Input<Arc<Host>>; 1]>;

/// Where a request's hosts come from.
pub(crate) enum Route {
    /// This one, and only if it does not do the others of a plan, which is not made before.
    First(Arc<Host>),
    /// One after another from a plan, but for the host that was asked without one.
    Plan(Box<Plan>, Option<Arc<Host>>),
    /// One connection, whatever happens: the control connection, a USE on each of a pool. Its host is given out once, as
    /// by a plan of one host: what the connection does not take fails.
    Fixed(Option<Arc<Host>>, Arc<Connection>),
}

impl Route {
    /// These hosts.
    pub(crate) fn plan(plan: Plan) -> Self {
        Self::Plan(Box::new(plan), None)
    }

    fn next_host(&mut self, make_plan: impl FnOnce() -> Plan) -> Option<Arc<Host>> {
        if let Self::First(first) = self {
            *self = Self::Plan(Box::new(make_plan()), Some(Arc::clone(first)));
        }
        match self {
            Self::Plan(plan, None) => plan.next(),
            Self::Plan(plan, Some(first)) => plan.find(|host| host != first),
            Self::Fixed(host, _) => host.take(),
            Self::First(_) => None,
        }
    }
}

/// What a request needs of the session or the control connection that it belongs to.
pub(crate) trait Environment: Send + Sync {
    /// Puts a request on a connection to `host`.
    fn send(&self, host: &Host, body: Dispatch<'_>, token: Token) -> Result<Seat, AttemptError>;

    /// The whole plan for a request that was begun with the first host of one.
    fn plan(&self, request: &Request) -> Plan;

    /// Asks the retry policy; the answer comes as [`Input::Retry`], at once or later.
    fn ask_retry(
        &self,
        request: &Arc<Request>,
        host: &Arc<Host>,
        error: &AttemptError,
        retries: u32,
        attempt: AttemptId,
    ) -> RetryAnswer;

    /// Prepares the request's statement on `host`, unless that was done after `since`; comes back as
    /// [`Input::Prepared`].
    fn prepare(&self, request: &Arc<Request>, attempt: AttemptId, host: &Arc<Host>, since: Instant);

    /// Has every connection use `keyspace`; comes back as [`Input::KeyspaceSet`].
    fn set_keyspace(&self, request: &Arc<Request>, keyspace: String);

    /// Waits until the cluster agrees on the schema that `host` has changed; comes back as [`Input::SchemaSettled`].
    fn await_schema(&self, request: &Arc<Request>, host: &Arc<Host>, change: SchemaChange);

    /// Calls `request` with [`Input::TimerFired`] at `at`, for a request that is on no connection.
    fn set_timer(&self, request: &Arc<Request>, at: Instant);

    /// A failure, or what was decided about one: to be counted.
    fn note(&self, _failure: &Input<Arc<Host>>) {}

    /// The version that all connections speak.
    fn version(&self) -> ProtocolVersion;

    /// The session, where the request belongs to one.
    fn session(self: Arc<Self>) -> Option<Arc<SessionInner>>;
}

/// What came of asking the retry policy.
pub(crate) enum RetryAnswer {
    /// This.
    Now(Verdict),
    /// It will tell the request.
    Later,
}

impl Request {
    /// Begins the request.
    pub(crate) fn start(self: &Arc<Self>, now: Instant) {
        let refused = {
            let mut state = lock(&self.state);
            let state = &mut *state;
            if let Route::First(host) = &state.route {
                let id = state.execution.begin(Arc::clone(host), now);
                let wake_at = state.execution.poll_timeout();
                let dispatch = self.dispatch(&self.message.bytes, wake_at);
                match self.environment.send(host, dispatch, Token::new(Arc::clone(self), id)) {
                    Ok(seat) => {
                        state.armed = wake_at;
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
    fn dispatch<'a>(&'a self, bytes: &'a [u8], wake_at: Option<Instant>) -> Dispatch<'a> {
        let (before, after) = bytes.split_at(self.message.values_at);
        let values = match &self.statement {
            Statement::Bound(bound) => bound.values.as_bytes(),
            _ => &[],
        };
        let body = Body::new([before, values, after]);
        Dispatch { flags: self.message.flags, opcode: self.message.opcode, body, wake_at }
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
            Action::Attempt { id, host, consistency } => match self.attempt(id, &host, consistency, state) {
                Ok(()) => {}
                Err(error) => inputs.push(Input::Failed(id, error, false)),
            },
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
            Later::SetKeyspace(keyspace) => self.environment.set_keyspace(self, keyspace),
            Later::AwaitSchema(change, host) => self.environment.await_schema(self, &host, change),
        }
    }

    fn attempt(
        self: &Arc<Self>,
        id: AttemptId,
        host: &Arc<Host>,
        consistency: Option<Consistency>,
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
        let dispatch = self.dispatch(bytes, wake_at);
        let seat = match &state.route {
            Route::Fixed(_, connection) => {
                let sent = connection.send(dispatch, token);
                let connection = Arc::clone(connection);
                sent.map(|stream| Seat { connection, stream }).map_err(|refused| refused.into_error(1))
            }
            Route::First(_) | Route::Plan(..) => self.environment.send(host, dispatch, token),
        }?;
        state.armed = wake_at;
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
            Some((id, seat)) => {
                let id = *id;
                seat.connection.rearm(seat.stream, at, |token| token.is(self, id));
            }
            None => self.environment.set_timer(self, at),
        }
    }

    /// An answer has come for `attempt`.
    pub(super) fn answered(self: &Arc<Self>, attempt: AttemptId, envelope: Envelope, now: Instant) {
        let input = match classify(self.environment.version(), envelope) {
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
    SetKeyspace(String),
    AwaitSchema(SchemaChange, Arc<Host>),
}

impl NotSent {
    /// The token, for another connection to try.
    pub(crate) fn into_token(self) -> Token {
        match self {
            Self::Full(token) | Self::Closed(token, _) | Self::TooLong(token, _) => token,
        }
    }

    /// What the request is told; its token says nothing any more.
    pub(crate) fn into_error(self, connections: usize) -> AttemptError {
        match self {
            Self::Full(token) => {
                token.discard();
                AttemptError::Busy { connections, in_flight: 0 }
            }
            Self::Closed(token, error) => {
                token.discard();
                AttemptError::NoConnection(Some(error))
            }
            Self::TooLong(token, length) => {
                token.discard();
                let limit = helenus_protocol::envelope::MAX_BODY_LENGTH;
                AttemptError::Encode(helenus_protocol::EncodeError::new(
                    "the request",
                    format!("it has {length} bytes; the protocol allows {limit}"),
                ))
            }
        }
    }
}

/// Looks at an answer just far enough to know whether it needs more work.
fn classify(version: ProtocolVersion, envelope: Envelope) -> Result<Answer, DecodeError> {
    let header = envelope.header;
    match response::peek(header.opcode, header.flags, &envelope.body)? {
        Peek::Error { .. } | Peek::Result(ResultKind::SetKeyspace | ResultKind::SchemaChange) => {}
        _ => return Ok(Answer::Plain(envelope)),
    }
    let response = Response::decode(version, header.flags, header.opcode, &envelope.body)?;
    Ok(match response.message {
        Message::Error(error) => Answer::Error(Box::new(error)),
        Message::Result(ResultMessage::SetKeyspace(keyspace)) => Answer::KeyspaceSet(envelope, keyspace),
        Message::Result(ResultMessage::SchemaChange(change)) => {
            Answer::SchemaChanged(envelope, Box::new(change))
        }
        _ => Answer::Plain(envelope),
    })
}

#[cfg(test)]
mod tests;
