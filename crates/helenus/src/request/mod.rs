//! One request from its beginning to its end; users' statements, pages, `prepare` and the engine's own queries alike.
//!
//! * [`execution`]: what is decided, pure. * [`runner`]: performs it, with [`route`]'s hosts and by the means of its
//!   [`environment`]. * [`completion`]: who is told.

mod answer;
pub(crate) mod completion;
pub(crate) mod environment;
pub(crate) mod execution;
mod observe;
pub(crate) mod route;
mod runner;
mod switching;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use helenus_protocol::envelope::{Envelope, Flags};
use helenus_protocol::{Consistency, ProtocolVersion, RequestOpcode};
use smallvec::SmallVec;

use crate::cluster::Host;
use crate::connection::{Connection, Seat, Taken};
use crate::error::{AttemptError, ConnectionError, RequestFailure};
use crate::observe::Observed;
use crate::owed::Owed;
use crate::policy::RetryState;
use crate::session::SessionInner;
use crate::statement::batch::BatchEntry;
use crate::statement::prepared::Shared;
use crate::statement::{PreparedStatement, ResultColumns, Statement, WhichColumns};
use crate::sync::{AtomicBool, Mutex, lock, park, park_timeout};
use completion::{Waiter, Waiters};
use environment::Environment;
use execution::{AttemptId, Execution, Input, Limits};
use route::Route;

/// What ended a request well, with the host that answered.
pub(crate) type Success = execution::Success<Arc<Host>>;
/// How a request ended.
pub(crate) type Outcome = Result<Success, Box<RequestFailure>>;

/// Encoded bytes: few enough, mostly, to lie within their request.
pub(crate) type Encoded = SmallVec<[u8; 24]>;

/// A message, encoded but for its header. The ids and the values of a bound statement are not in it: they are sent from where
/// they are.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) opcode: RequestOpcode,
    pub(crate) flags: Flags,
    /// How many bytes of the statement's [ids](ResultColumns::ids) stand before it.
    pub(crate) ids_length: usize,
    pub(crate) bytes: Encoded,
    /// Where the values of the statement belong.
    pub(crate) values_at: usize,
    /// Where its `[consistency]` stands, for a retry with another one.
    pub(crate) consistency_at: Option<usize>,
}

impl Message {
    /// A message that is whole as it is.
    pub(crate) fn whole(opcode: RequestOpcode, bytes: Vec<u8>) -> Self {
        let values_at = bytes.len();
        let flags = Flags::default();
        Self { opcode, flags, ids_length: 0, bytes: bytes.into(), values_at, consistency_at: None }
    }

    /// The bytes with another consistency.
    fn with_consistency(&self, level: Consistency) -> Encoded {
        let mut bytes = self.bytes.clone();
        if let Some(place) = self.consistency_at.and_then(|at| bytes.get_mut(at..at + 2)) {
            place.copy_from_slice(&level.number().to_be_bytes());
        }
        bytes
    }
}

/// The prepared statements of a request: none, one, or those of a batch.
pub(crate) type ToPrepare = SmallVec<[Arc<Shared>; 1]>;

/// What a retry policy is told of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) consistency: Consistency,
    pub(crate) idempotent: bool,
    /// When the request began.
    pub(crate) began: Instant,
}

/// What changes while a request runs, under one lock.
struct State {
    execution: Execution<Arc<Host>>,
    route: Route,
    seats: SmallVec<[(AttemptId, Seat); 1]>,
    /// When somebody will call with [`Input::TimerFired`].
    armed: Option<Instant>,
    /// Its place in the order of those that wait for room, from when it did first.
    ticket: Option<u64>,
    outcome: Option<Outcome>,
    ended: bool,
    /// The next attempt is the first, and its caller waits for it.
    waits: bool,
    waiters: Waiters,
}

/// A request under way.
pub(crate) struct Request {
    message: Message,
    environment: Arc<dyn Environment>,
    /// What is run. A message of the engine's own says nothing here.
    statement: Statement,
    /// The columns that the server was told are known, and by which a page without columns is to be read.
    columns: Option<WhichColumns>,
    facts: Facts,
    schema_agreed: AtomicBool,
    /// Its statement was prepared again for it, and may have other columns than were known.
    prepared_again: AtomicBool,
    /// What a retry policy keeps of it, made when one is asked.
    retry_state: OnceLock<Box<RetryState>>,
    /// Set before it begins, if at all.
    observed: Option<Box<Observed>>,
    state: Mutex<State>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("opcode", &self.message.opcode).finish_non_exhaustive()
    }
}

impl Request {
    /// A request that has not begun; see [`runner`] for what begins it.
    #[inline]
    pub(crate) fn new(
        message: Message,
        limits: Limits,
        route: Route,
        environment: Arc<dyn Environment>,
        statement: Statement,
        columns: Option<WhichColumns>,
        facts: Facts,
    ) -> Arc<Self> {
        Arc::new(Self {
            message,
            environment,
            statement,
            columns,
            facts,
            schema_agreed: AtomicBool::new(true),
            prepared_again: AtomicBool::new(false),
            retry_state: OnceLock::new(),
            observed: None,
            state: Mutex::new(State {
                execution: Execution::new(limits),
                route,
                seats: SmallVec::new(),
                armed: None,
                ticket: None,
                outcome: None,
                ended: false,
                waits: false,
                waiters: Waiters::default(),
            }),
        })
    }

    /// Has `waiter` told when the request ends; at once, if it has.
    pub(crate) fn tell(self: &Arc<Self>, waiter: Waiter) {
        {
            let mut state = lock(&self.state);
            if !state.ended {
                state.give_up_turn();
                state.waiters.add(waiter);
                return;
            }
        }
        waiter.tell(self);
    }

    /// Whether the request has ended.
    pub(crate) fn has_ended(&self) -> bool {
        lock(&self.state).ended
    }

    /// The outcome, once; `None` while the request runs, and after it was taken.
    pub(crate) fn take_outcome(&self) -> Option<Outcome> {
        lock(&self.state).outcome.take()
    }

    /// The hosts whose answers are due, and how many requests are in flight on the connection of each.
    pub(crate) fn waiting_on(&self) -> Vec<(std::net::SocketAddr, usize)> {
        let seats = &lock(&self.state).seats;
        seats.iter().map(|(_, seat)| (seat.connection.address(), seat.connection.in_flight())).collect()
    }

    /// Blocks the thread until the request has ended, or `patience` is over, and says whether it has ended. It may be
    /// called again.
    pub(crate) fn wait(self: &Arc<Self>, patience: Duration) -> bool {
        // Without an end where the clock has none for it.
        let until = Instant::now().checked_add(patience);
        if let Some((connection, taken)) = self.turn() {
            connection.perform(taken, patience, || self.has_ended());
        }
        loop {
            {
                let mut state = lock(&self.state);
                if state.ended {
                    return true;
                }
                state.waiters.add_thread();
            }
            match until.map(|until| until.saturating_duration_since(Instant::now())) {
                None => park(),
                Some(Duration::ZERO) => return false,
                Some(left) => park_timeout(left),
            }
        }
    }

    /// The turn that the caller has on the connection of its attempt, once.
    fn turn(&self) -> Option<(Arc<Connection>, Taken)> {
        let mut state = lock(&self.state);
        let (connection, taken) = state
            .seats
            .iter_mut()
            .find_map(|(_, seat)| Some((Arc::clone(&seat.connection), seat.taken.take()?)))?;
        state.waiters.add(Waiter::Performer(Arc::clone(&connection)));
        Some((connection, taken))
    }

    /// The outcome, once; `None` where the request has ended and there is none (any more). Else the task is woken.
    #[inline]
    pub(crate) fn poll_outcome(self: &mut Arc<Self>, cx: &Context<'_>) -> Poll<Option<Outcome>> {
        // Mostly, when it has ended, nobody else knows of it any more. (One look at the count is cheaper than to be sure.)
        if Arc::strong_count(self) == 1
            && let Some(only) = Arc::get_mut(self)
        {
            let state = only.state.get_mut().unwrap_or_else(PoisonError::into_inner);
            if state.ended {
                return Poll::Ready(state.outcome.take());
            }
        }
        let mut state = lock(&self.state);
        let outcome = state.outcome.take();
        if outcome.is_some() || state.ended {
            return Poll::Ready(outcome);
        }
        state.give_up_turn();
        state.waiters.set_task(cx);
        Poll::Pending
    }

    /// How many bytes its message has.
    pub(crate) fn size(&self) -> usize {
        let values = match &self.statement {
            Statement::Bound(bound) => bound.values.as_bytes().len(),
            _ => 0,
        };
        self.message.ids_length + self.message.bytes.len() + values
    }

    pub(crate) const fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The session that it belongs to, if it is not the engine's own.
    pub(crate) fn session(&self) -> Option<Arc<SessionInner>> {
        Arc::clone(&self.environment).session()
    }

    pub(crate) fn version(&self) -> ProtocolVersion {
        self.environment.version()
    }

    /// The columns that the server was told are known.
    pub(crate) fn columns(&self) -> Option<&Arc<ResultColumns>> {
        let Statement::Bound(bound) = &self.statement else { return None };
        Some(bound.prepared.shared().columns(self.columns.as_ref()?))
    }

    /// What an UNPREPARED answer is mended with: the statement, or all those of a batch.
    pub(crate) fn prepared(&self) -> ToPrepare {
        let mut prepared = ToPrepare::new();
        let mut add = |statement: &PreparedStatement| {
            if !prepared.iter().any(|known| Arc::ptr_eq(known, statement.shared())) {
                prepared.push(Arc::clone(statement.shared()));
            }
        };
        match &self.statement {
            Statement::Simple(_) => {}
            Statement::Bound(bound) => add(&bound.prepared),
            Statement::Batch(batch) => batch.entries.iter().for_each(|entry| {
                if let BatchEntry::Prepared(statement, _) = entry {
                    add(statement);
                }
            }),
        }
        prepared
    }

    /// Whether it has a statement prepared, and does not run it.
    pub(crate) const fn is_prepare(&self) -> bool {
        matches!(self.message.opcode, RequestOpcode::Prepare)
    }

    /// What a retry policy keeps of it.
    pub(crate) fn retry_state(&self) -> &RetryState {
        self.retry_state.get_or_init(Box::default)
    }

    pub(crate) const fn facts(&self) -> Facts {
        self.facts
    }

    /// Whether all nodes agreed on the schema that this request has changed.
    pub(crate) fn schema_agreed(&self) -> bool {
        self.schema_agreed.load(Ordering::Acquire)
    }

    pub(crate) fn set_schema_agreed(&self, agreed: bool) {
        self.schema_agreed.store(agreed, Ordering::Release);
    }

    /// Whether a host has prepared its statement again for it.
    pub(crate) fn was_prepared_again(&self) -> bool {
        self.prepared_again.load(Ordering::Acquire)
    }

    pub(crate) fn note_prepared_again(&self) {
        self.prepared_again.store(true, Ordering::Release);
    }

    /// To be moved into a task that does something for it. Should that be dropped, so that it never comes to its end, the
    /// request ends too.
    pub(crate) fn owed(self: &Arc<Self>) -> Owed<impl FnOnce() + Send + 'static> {
        let request = Arc::clone(self);
        Owed::new(move || request.handle(Input::Abandoned))
    }

    /// Nobody wants the outcome any more.
    pub(crate) fn cancel(self: &Arc<Self>) {
        self.handle(Input::Cancelled);
    }
}

/// The outcome of a request, awaited. Dropping it cancels the request; a server may run it all the same.
#[derive(Debug)]
pub(crate) struct Awaited(Arc<Request>);

impl Awaited {
    pub(crate) const fn new(request: Arc<Request>) -> Self {
        Self(request)
    }
}

impl Future for Awaited {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        // Only its drop cancels it, and nobody else takes its outcome.
        match self.0.poll_outcome(cx) {
            Poll::Ready(Some(outcome)) => Poll::Ready(outcome),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// What a connection holds for an attempt, to give back with the answer. Dropped unanswered, it fails the attempt: no
/// request is ever forgotten.
#[derive(Debug)]
pub(crate) struct Token(Option<(Arc<Request>, AttemptId)>);

impl Token {
    pub(crate) const fn new(request: Arc<Request>, attempt: AttemptId) -> Self {
        Self(Some((request, attempt)))
    }

    /// For a message whose answer only shows that the server lives.
    pub(crate) const fn heartbeat() -> Self {
        Self(None)
    }

    pub(crate) fn is(&self, request: &Arc<Request>, attempt: AttemptId) -> bool {
        self.0.as_ref().is_some_and(|(mine, id)| *id == attempt && Arc::ptr_eq(mine, request))
    }

    /// The server has answered.
    pub(crate) fn answered(mut self, envelope: Envelope, now: Instant) {
        if let Some((request, attempt)) = self.0.take() {
            request.answered(attempt, envelope, now);
        }
    }

    /// The attempt has failed; `written`: its bytes may have reached the server.
    pub(crate) fn failed(mut self, error: AttemptError, written: bool) {
        if let Some((request, attempt)) = self.0.take() {
            request.handle(Input::Failed(attempt, error, written));
        }
    }

    /// Takes the token back unused, so that its drop says nothing.
    pub(crate) fn discard(mut self) {
        self.0 = None;
    }

    /// The request, to tell it that its time has come.
    pub(crate) fn due(&self) -> Option<Arc<Request>> {
        self.0.as_ref().map(|(request, _)| Arc::clone(request))
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if let Some((request, attempt)) = self.0.take() {
            let error = AttemptError::Connection(ConnectionError::Closed("it was dropped"));
            request.handle(Input::Failed(attempt, error, true));
        }
    }
}

#[cfg(test)]
mod sizes;
