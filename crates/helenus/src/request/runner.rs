//! Performs what [`Execution`](super::execution::Execution) decides.
//!
//! The common case is one pass on the caller's thread (ask the plan, put the bytes into a connection) and one on the I/O
//! thread (take the answer, tell whoever waits): no task is spawned, no channel crossed. What takes longer (preparing
//! again, a pause before a retry, a policy that is not ours) leaves the pass and comes back with its own input.

use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus_protocol::Consistency;
use helenus_protocol::connection::Body;
use helenus_protocol::envelope::{Envelope, HEADER_LENGTH};
use helenus_protocol::response::SchemaChange;

use smallvec::SmallVec;

use super::answer::is_overload;
use super::completion::Waiters;
use super::environment::{Asked, Heard, RetryAnswer};
use super::execution::{Action, Answer, AttemptId, Concluded, Input};
use super::route::Route;
use super::{Request, State, Success, Token, answer};
use crate::cluster::Host;
use crate::connection::{Connection, Dispatch, NotSent, Seat};
use crate::error::AttemptError;
use crate::session::view::View;
use crate::statement::Statement;
use crate::sync::lock;

/// What follows from one input at once; hardly ever more than one thing.
type Inputs = SmallVec<[Input<Arc<Host>>; 1]>;

impl Request {
    /// Begins the request for a caller that [waits](Self::wait) next, on this thread.
    pub(crate) fn start_to_wait(self: &Arc<Self>, view: &View, now: Instant) {
        lock(&self.state).waits = true;
        self.start_in(view, now);
    }

    /// Begins the request by what the session sees.
    #[inline]
    pub(crate) fn start_in(self: &Arc<Self>, view: &View, now: Instant) {
        self.start_by(now, |host, dispatch, token| view.send(host, dispatch, token, false));
    }

    /// Begins the request.
    pub(crate) fn start(self: &Arc<Self>, now: Instant) {
        self.start_by(now, |host, dispatch, token| self.environment.send(host, dispatch, token, false));
    }

    #[inline]
    fn start_by(
        self: &Arc<Self>,
        now: Instant,
        send: impl FnOnce(&Host, Dispatch<'_>, Token) -> Result<Seat, AttemptError>,
    ) {
        let refused = {
            let mut state = lock(&self.state);
            let state = &mut *state;
            let first = state.route.take_first().map(|first| state.execution.begin(first, now));
            if let Some((id, host)) = first.and_then(|id| Some((id, state.execution.host(id)?))) {
                self.note_attempt(id, host, state, now);
                let wake_at = state.execution.poll_timeout();
                let waits = std::mem::take(&mut state.waits);
                let dispatch = self.dispatch(&self.message.bytes, wake_at, waits);
                match send(host, dispatch, Token::new(Arc::clone(self), id)) {
                    Ok(seat) => {
                        state.armed = wake_at;
                        state.execution.seated(id, seat.connection.serial());
                        state.seats.push((id, seat));
                        None
                    }
                    Err(error) => Some(Input::Failed(id, error, false)),
                }
            } else {
                Some(Input::Start)
            }
        };
        match refused {
            None => self.tell_observer(),
            Some(input) => self.handle_at(input, now),
        }
    }

    /// The message with `bytes` for its own, and the statement's values in their place.
    fn dispatch<'a>(&'a self, bytes: &'a [u8], wake_at: Option<Instant>, waits: bool) -> Dispatch<'a> {
        let (before, after) = bytes.split_at(self.message.values_at);
        let values = match &self.statement {
            Statement::Bound(bound) => bound.values.as_bytes(),
            _ => &[],
        };
        let ids = self.columns().and_then(|columns| columns.ids().get(..self.message.ids_length));
        let body = Body::new([ids.unwrap_or_default(), before, values, after]);
        Dispatch { flags: self.message.flags, opcode: self.message.opcode, body, wake_at, waits }
    }

    /// How many bytes the message has, its header included.
    pub(crate) fn length(&self) -> usize {
        let values = match &self.statement {
            Statement::Bound(bound) => bound.values.as_bytes().len(),
            _ => 0,
        };
        HEADER_LENGTH + self.message.ids_length + self.message.bytes.len() + values
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
        let timer;
        let told = {
            let mut state = lock(&self.state);
            let since = unseated.and_then(|id| state.execution.began(id));
            let seat = unseated.and_then(|id| state.unseat(id));
            if let (Some(seat), Some(since), Some(Input::Responded(_, answer))) = (&seat, since, &input) {
                note_load(&seat.connection, answer, since, now);
                if matches!(answer, Answer::Plain(_)) {
                    later.push(Later::Latency(Heard::Answer, now.saturating_duration_since(since)));
                }
            }
            if fired {
                state.note_in_flight();
            }
            if let Some(seat) = seat.as_ref().filter(|_| self.may_have_switched(&input)) {
                later.push(Later::KeyspaceUnknown(Arc::clone(&seat.connection)));
            }
            // The seat that is gone may have been the one that would have called: another is to be armed.
            if fired || unseated.is_some() {
                state.armed = None;
            }
            while let Some(next) =
                input.take().or_else(|| if inputs.is_empty() { None } else { Some(inputs.remove(0)) })
            {
                if let Input::Responded(_, Answer::Error(_))
                | Input::Failed(..)
                | Input::Retry(..)
                | Input::Speculation(_) = &next
                {
                    self.environment.note(&next);
                }
                for action in self.decide(&mut state, next, now) {
                    self.perform(action, &mut state, now, &mut inputs, &mut later);
                }
            }
            timer = self.arm(&mut state);
            // Also where it was cancelled: whoever waits for it waits in vain.
            if state.execution.has_ended() && !state.ended {
                self.note_end(None, &state, now);
                Some(state.end())
            } else {
                None
            }
        };
        self.tell_observer();
        if let Some(at) = timer {
            self.environment.set_timer(self, at);
        }
        for action in later {
            self.perform_unlocked(action, now);
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
                if let Err(error) = self.attempt(id, &host, consistency, has_waited, state, now) {
                    inputs.push(Input::Failed(id, error, false));
                }
            }
            Action::WaitForRoom(hosts) => {
                let ticket = *state.ticket.get_or_insert_with(|| self.environment.ticket());
                later.push(Later::WaitForRoom(ticket, hosts, state.execution.poll_timeout()));
            }
            Action::LeaveQueue => {
                state.ticket.into_iter().for_each(|ticket| self.environment.leave_queue(ticket));
            }
            Action::Orphan { id, since } => {
                if let Some(seat) = state.unseat(id) {
                    let waited = now.saturating_duration_since(since);
                    seat.connection.load().given_up(waited, now);
                    later.push(Later::Latency(Heard::Nothing, waited));
                    let token = seat.connection.orphan(seat.stream, |token| token.is(self, id), now);
                    token.into_iter().for_each(Token::discard);
                    if self.changes_keyspace() {
                        later.push(Later::KeyspaceUnknown(Arc::clone(&seat.connection)));
                    }
                }
            }
            Action::Done(outcome) => state.outcome = Some(outcome),
            Action::AskRetry { id, host, error, retries, attempts, consistency } => {
                later.push(Later::AskRetry(id, host, error, Asked { retries, attempts, consistency }));
            }
            Action::AskSpeculation => inputs.push(Input::Speculation(self.environment.may_speculate(now))),
            Action::Prepare { id, host, since } => later.push(Later::Prepare(id, host, since)),
            Action::SetKeyspace(keyspace) => later.push(Later::SetKeyspace(keyspace)),
            Action::AwaitSchema(change, host) => later.push(Later::AwaitSchema(change, host)),
        }
    }

    fn perform_unlocked(self: &Arc<Self>, action: Later, now: Instant) {
        match action {
            Later::Latency(heard, latency) => self.environment.note_latency(self, heard, latency, now),
            Later::AskRetry(id, host, error, asked) => {
                match self.environment.ask_retry(self, &host, &error, asked, id) {
                    RetryAnswer::Now(verdict) => self.handle(Input::Retry(id, verdict)),
                    RetryAnswer::Later => {}
                }
            }
            Later::Prepare(id, host, since) => self.environment.prepare(self, id, &host, since),
            Later::WaitForRoom(ticket, hosts, deadline) => {
                self.environment.wait_for_room(self, ticket, &hosts, deadline);
            }
            Later::KeyspaceUnknown(connection) => self.environment.keyspace_unknown(&connection),
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
        now: Instant,
    ) -> Result<(), AttemptError> {
        self.note_attempt(id, host, state, now);
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
            Route::First(_) | Route::Others(_) | Route::Plan(..) => {
                self.environment.send(host, dispatch, token, has_waited)
            }
        }?;
        state.armed = wake_at;
        state.execution.seated(id, seat.connection.serial());
        state.seats.push((id, seat));
        Ok(())
    }

    /// Sees to it that the request hears of its next deadline; of what is returned by a timer of its own, which is set when the
    /// state is not held any more.
    fn arm(self: &Arc<Self>, state: &mut State) -> Option<Instant> {
        if state.ended || state.outcome.is_some() {
            return None;
        }
        let at = state.execution.poll_timeout()?;
        if state.armed == Some(at) {
            return None;
        }
        state.armed = Some(at);
        match state.seats.first() {
            // The queue knows when.
            None if state.execution.waits_for_room() => None,
            Some((id, seat)) => {
                let id = *id;
                seat.connection.rearm(seat.stream, at, |token| token.is(self, id));
                None
            }
            None => Some(at),
        }
    }

    /// An answer has come for `attempt`.
    pub(super) fn answered(self: &Arc<Self>, attempt: AttemptId, envelope: Envelope, now: Instant) {
        let envelope = if answer::is_plain(&envelope) {
            let Some(envelope) = self.conclude(attempt, envelope, now) else { return };
            envelope
        } else {
            envelope
        };
        let input = match answer::classify(self.environment.version(), envelope) {
            Ok(answer) => Input::Responded(attempt, answer),
            Err(error) => Input::Failed(attempt, AttemptError::Decode(error), true),
        };
        self.handle_at(input, now);
    }

    /// The common end: the only attempt was answered. Gives the envelope back where there is more to it.
    fn conclude(self: &Arc<Self>, attempt: AttemptId, envelope: Envelope, now: Instant) -> Option<Envelope> {
        let (latency, told) = {
            let mut state = lock(&self.state);
            let Some(concluded) = state.execution.conclude(attempt) else { return Some(envelope) };
            let Concluded { host, began, attempts } = concluded;
            let latency = now.saturating_duration_since(began);
            host.load().answered(latency, now);
            state.seats.clear();
            state.outcome = Some(Ok(Success { envelope: Some(envelope), host, attempts }));
            self.note_end(Some(attempt), &state, now);
            (latency, state.end())
        };
        self.tell_observer();
        self.environment.note_latency(self, Heard::Answer, latency, now);
        told.tell(self);
        None
    }
}

/// What an answer says of the load of the host that gave it.
fn note_load(connection: &Connection, answer: &Answer, since: Instant, now: Instant) {
    match answer {
        Answer::Plain(_) => connection.load().answered(now.saturating_duration_since(since), now),
        Answer::Error(error) if is_overload(error) => connection.load().refused(now),
        // A change of the schema or of the keyspace takes as long as it takes; other errors are not the host's.
        _ => {}
    }
}

impl State {
    /// The seat of an attempt, which it has no more.
    fn unseat(&mut self, id: AttemptId) -> Option<Seat> {
        let index = self.seats.iter().position(|(seated, _)| *seated == id)?;
        Some(self.seats.swap_remove(index).1)
    }

    /// Somebody waits for the end in another way than by performing.
    pub(super) fn give_up_turn(&mut self) {
        self.seats.iter_mut().for_each(|(_, seat)| seat.give_up_turn());
    }

    /// For what is told of those that are silent, should its time be over.
    fn note_in_flight(&mut self) {
        for (id, seat) in &self.seats {
            self.execution.note_in_flight(*id, seat.connection.in_flight());
        }
    }

    /// Notes that the request has ended; whom to tell, once the state is not held any more.
    fn end(&mut self) -> Waiters {
        self.ended = true;
        std::mem::take(&mut self.waiters)
    }
}

/// What cannot be done while the request's state is held, since it may take other locks or run others' code.
enum Later {
    Latency(Heard, Duration),
    AskRetry(AttemptId, Arc<Host>, Box<AttemptError>, Asked),
    Prepare(AttemptId, Arc<Host>, Instant),
    WaitForRoom(u64, SmallVec<[Arc<Host>; 3]>, Option<Instant>),
    KeyspaceUnknown(Arc<Connection>),
    SetKeyspace(String),
    AwaitSchema(SchemaChange, Arc<Host>),
}

#[cfg(test)]
mod tests;
