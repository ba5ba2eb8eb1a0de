//! What a request under way needs of whom it belongs to: a session, or one connection.

use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus_protocol::response::SchemaChange;
use helenus_protocol::{Consistency, ProtocolVersion};

use super::execution::{AttemptId, Input, Verdict};
use super::{Request, Token};
use crate::cluster::Host;
use crate::connection::{Connection, Dispatch, Seat};
use crate::error::AttemptError;
use crate::policy::Plan;
use crate::session::SessionInner;

/// What a request needs of the session or the control connection that it belongs to.
pub(crate) trait Environment: Send + Sync {
    /// Puts a request on a connection to `host`; in front of those that wait for room there, if it `has_waited` itself.
    fn send(
        &self,
        host: &Host,
        body: Dispatch<'_>,
        token: Token,
        has_waited: bool,
    ) -> Result<Seat, AttemptError>;

    /// A place in the order of those that wait for room.
    fn ticket(&self) -> u64 {
        0
    }

    /// Has a request wait until one of these hosts has room; comes back as [`Input::Room`] or [`Input::NoRoom`], or at its
    /// deadline as [`Input::TimerFired`].
    fn wait_for_room(
        &self,
        request: &Arc<Request>,
        ticket: u64,
        hosts: &[Arc<Host>],
        deadline: Option<Instant>,
    ) {
        let _ = (ticket, hosts, deadline);
        request.handle(Input::NoRoom(None));
    }

    /// Whoever has this ticket does not wait any more. Under the request's lock.
    fn leave_queue(&self, ticket: u64) {
        let _ = ticket;
    }

    /// The whole plan for a request that was begun with the first host of one.
    fn plan(&self, request: &Request) -> Plan;

    /// Asks the retry policy; the answer comes as [`Input::Retry`], at once or later.
    fn ask_retry(
        &self,
        request: &Arc<Request>,
        host: &Arc<Host>,
        error: &AttemptError,
        asked: Asked,
        attempt: AttemptId,
    ) -> RetryAnswer;

    /// Prepares the request's statement on `host`, unless that was done after `since`; comes back as
    /// [`Input::Prepared`].
    fn prepare(&self, request: &Arc<Request>, attempt: AttemptId, host: &Arc<Host>, since: Instant);

    /// Has every connection use `keyspace`; comes back as [`Input::KeyspaceSet`].
    fn set_keyspace(&self, request: &Arc<Request>, keyspace: String);

    /// A `USE` may have taken effect on this connection of which nobody was told: it is not to be used any more. With no lock
    /// held.
    fn keyspace_unknown(&self, _connection: &Arc<Connection>) {}

    /// Waits until the cluster agrees on the schema that `host` has changed; comes back as [`Input::SchemaSettled`].
    fn await_schema(&self, request: &Arc<Request>, host: &Arc<Host>, change: SchemaChange);

    /// Calls `request` with [`Input::TimerFired`] at `at`, for a request that is on no connection. With no lock held.
    fn set_timer(&self, request: &Arc<Request>, at: Instant);

    /// A failure, or what was decided about one: to be counted.
    fn note(&self, _failure: &Input<Arc<Host>>) {}

    /// What came of an attempt, `latency` after it began. With no lock held.
    fn note_latency(&self, _request: &Request, _heard: Heard, _latency: Duration, _now: Instant) {}

    /// Whether there may be a speculative attempt; it is taken to be made then.
    fn may_speculate(&self, _now: Instant) -> bool {
        true
    }

    /// The version that all connections speak.
    fn version(&self) -> ProtocolVersion;

    /// The session, where the request belongs to one.
    fn session(self: Arc<Self>) -> Option<Arc<SessionInner>>;
}

/// How far a request has come that the retry policy is asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    /// How often it was tried again because a policy said so.
    pub(crate) retries: u32,
    /// How many attempts may have reached a server.
    pub(crate) attempts: u32,
    /// With which consistency it was tried, where a policy has said so.
    pub(crate) consistency: Option<Consistency>,
}

/// What was heard of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The answer.
    Answer,
    /// Nothing so far, and nobody listens any more.
    Nothing,
}

/// What came of asking the retry policy.
pub(crate) enum RetryAnswer {
    /// This.
    Now(Verdict),
    /// It will tell the request.
    Later,
}
