//! What a statement under way is to its caller: awaited, waited for by a thread, or told to a callback.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use crate::error::{Error, RequestFailure};
use crate::request::completion::{Group, Waiter};
use crate::request::{Outcome, Request};
use crate::result::ResultSet;
use crate::session::SessionInner;
use crate::session::view::View;
use crate::statement::Statement;

/// The answer to a statement, some time. Dropping it before cancels the request (the server may run it all the same).
#[must_use = "a request is cancelled when its future is dropped"]
pub struct ResponseFuture {
    held: Held,
}

/// What a future holds.
enum Held {
    /// A request under way, or its answer.
    Running(Arc<Request>),
    /// A statement that could not even be sent.
    Refused(Box<(Statement, Error)>),
    /// The answer was taken: there is nothing left to cancel.
    Nothing,
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("ended", &self.has_ended()).finish_non_exhaustive()
    }
}

impl ResponseFuture {
    pub(crate) fn begin(session: &Arc<SessionInner>, statement: Statement) -> Self {
        Self::begin_with(session, statement, None, None, Request::start_in)
    }

    /// With this timestamp, whatever the statement's options say.
    pub(crate) fn begin_at(session: &Arc<SessionInner>, statement: Statement, timestamp: i64) -> Self {
        Self::begin_with(session, statement, Some(timestamp), None, Request::start_in)
    }

    /// For one whose time has begun at `since` already. Pages after the first have all of it afresh.
    pub(crate) fn begin_since(session: &Arc<SessionInner>, statement: Statement, since: Instant) -> Self {
        Self::begin_with(session, statement, None, Some(since), Request::start_in)
    }

    /// For a caller that waits next, on this thread.
    pub(crate) fn begin_to_wait(
        session: &Arc<SessionInner>,
        statement: Statement,
        timestamp: Option<i64>,
    ) -> Self {
        Self::begin_with(session, statement, timestamp, None, Request::start_to_wait)
    }

    fn begin_with(
        session: &Arc<SessionInner>,
        statement: Statement,
        timestamp: Option<i64>,
        since: Option<Instant>,
        start: impl FnOnce(&Arc<Request>, &View, Instant),
    ) -> Self {
        let now = Instant::now();
        let view = session.view.load();
        let held = match session.request(statement, timestamp, &view, since.unwrap_or(now), now) {
            Ok(request) => {
                start(&request, &view, now);
                Held::Running(request)
            }
            Err(refused) => Held::Refused(Box::new(refused)),
        };
        Self { held }
    }

    fn request(&self) -> Option<&Arc<Request>> {
        match &self.held {
            Held::Running(request) => Some(request),
            Held::Refused(_) | Held::Nothing => None,
        }
    }

    /// What is being run; `None` once the answer was taken, which says it then.
    #[must_use]
    pub fn statement(&self) -> Option<&Statement> {
        match &self.held {
            Held::Running(request) => Some(request.statement()),
            Held::Refused(refused) => Some(&refused.0),
            Held::Nothing => None,
        }
    }

    /// Whether the answer, or an error, is there.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.request().is_none_or(|request| request.has_ended())
    }

    /// Blocks the thread until the answer is there or `patience` is over; tells whether it is there. It must not be
    /// called on a thread of the runtime that the session's connections live on.
    #[must_use]
    pub fn wait(&self, patience: Duration) -> bool {
        self.request().is_none_or(|request| request.wait(patience))
    }

    /// A handle to wait with, for others than the owner of the answer.
    #[must_use]
    pub fn pending(&self) -> Pending {
        Pending(self.request().cloned())
    }

    /// Counts it under `index` of `group` once the answer is there.
    pub fn join_group(&self, group: &Arc<Group>, index: usize) {
        match self.request() {
            Some(request) => request.tell(Waiter::Group(Arc::clone(group), index)),
            None => Waiter::Group(Arc::clone(group), index).tell_directly(),
        }
    }

    /// The answer, once; `None` while it is not there and after it was taken.
    pub fn take(&mut self) -> Option<Result<ResultSet, Error>> {
        let outcome = match &self.held {
            Held::Running(request) => Some(request.take_outcome()?),
            Held::Refused(_) | Held::Nothing => None,
        };
        self.end(outcome)
    }

    /// What comes of `outcome`, which is that of the request if there is one; the last thing that the future tells.
    fn end(&mut self, outcome: Option<Outcome>) -> Option<Result<ResultSet, Error>> {
        match std::mem::replace(&mut self.held, Held::Nothing) {
            Held::Running(request) => Some(result(request, outcome?)),
            Held::Refused(refused) => Some(Err(refused.1)),
            Held::Nothing => None,
        }
    }

    /// Gives the request up, as dropping the future does: nothing more is sent of it, and its answer is let go. What has been
    /// sent, the server may run all the same.
    pub fn cancel(&self) {
        if let Some(request) = self.request() {
            request.cancel();
        }
    }
}

#[inline]
fn result(request: Arc<Request>, outcome: Outcome) -> Result<ResultSet, Error> {
    match outcome {
        Ok(success) => ResultSet::new(request, success),
        Err(failure) => Err(failed(&request, failure)),
    }
}

#[cold]
fn failed(request: &Request, failure: Box<RequestFailure>) -> Error {
    // What the shutdown has done to its connections is not what happened to the request.
    if failure.server_error().is_none() && request.session().is_some_and(|session| session.is_shut_down()) {
        return Error::ShutDown;
    }
    request.recorded(failure)
}

/// Waits for an answer that someone else will take.
#[derive(Clone)]
pub struct Pending(Option<Arc<Request>>);

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("ended", &self.has_ended()).finish_non_exhaustive()
    }
}

impl Pending {
    /// Whether the answer, or an error, is there.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.0.as_ref().is_none_or(|request| request.has_ended())
    }

    /// Blocks the thread until the answer is there or `patience` is over; tells whether it is there.
    #[must_use]
    pub fn wait(&self, patience: Duration) -> bool {
        self.0.as_ref().is_none_or(|request| request.wait(patience))
    }

    /// Has `call` run once the answer is there, on the thread that has read it; at once and here, if it is. It must not
    /// block. Calls are run in the order in which they were given.
    pub fn when_ended(&self, call: Box<dyn FnOnce() + Send>) {
        match &self.0 {
            Some(request) => request.tell(Waiter::Callback(Box::new(move |_| call()))),
            None => call(),
        }
    }

    /// How many bytes the request has, its header included, before it is compressed. None where it could not be encoded.
    #[must_use]
    pub fn request_length(&self) -> Option<usize> {
        self.0.as_ref().map(|request| request.length())
    }

    /// The addresses of the hosts whose answers are due, and how many requests are in flight on the connection of each, this one
    /// among them. Where they are many, the host may be slow and not silent.
    #[must_use]
    pub fn waiting_on(&self) -> Vec<(std::net::SocketAddr, usize)> {
        self.0.as_ref().map(|request| request.waiting_on()).unwrap_or_default()
    }
}

impl Future for ResponseFuture {
    type Output = Result<ResultSet, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = match &mut self.held {
            Held::Running(request) => ready!(request.poll_outcome(cx)),
            Held::Refused(_) | Held::Nothing => None,
        };
        Poll::Ready(match std::mem::replace(&mut self.held, Held::Nothing) {
            Held::Running(request) => match outcome {
                Some(outcome) => result(request, outcome),
                None => Err(Error::Dropped),
            },
            Held::Refused(refused) => Err(refused.1),
            Held::Nothing => Err(Error::Dropped),
        })
    }
}

impl Drop for ResponseFuture {
    fn drop(&mut self) {
        self.cancel();
    }
}
