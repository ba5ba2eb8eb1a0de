//! What happens to a request.

use std::time::Duration;

use helenus_protocol::Consistency;
use helenus_protocol::envelope::Envelope;
use helenus_protocol::response::{SchemaChange, ServerError};

use super::AttemptId;
use crate::error::{AttemptError, NotRetried, QueueState};

/// What a server answered, as far as it matters here.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Anything that needs no more work.
    Plain(Envelope),
    /// `USE` was run.
    KeyspaceSet(Envelope, String),
    /// The schema was changed.
    SchemaChanged(Envelope, Box<SchemaChange>),
    /// An error.
    Error(Box<ServerError>),
}

/// What the retry policy decided of a failed attempt.
#[derive(Debug, Clone)]
pub(crate) enum Verdict {
    /// Send it again, after a pause, with `consistency` from now on where one is given.
    Again { same_host: bool, consistency: Option<Consistency>, after: Duration },
    /// Give the error to the caller.
    Rethrow,
    /// Give the error to the caller although the policy did not decide so.
    Refused(NotRetried),
    /// Give the caller an empty result.
    Ignore,
}

/// What has happened.
#[derive(Debug)]
pub(crate) enum Input<H> {
    /// The request begins.
    Start,
    /// The plan's next host, or that it has no more.
    NextHost(Option<H>),
    /// The server has answered an attempt.
    Responded(AttemptId, Answer),
    /// An attempt has failed without an answer; `written`: its bytes may have reached the server.
    Failed(AttemptId, AttemptError, bool),
    /// What the retry policy says of a failed attempt.
    Retry(AttemptId, Verdict),
    /// Whether one more attempt may be made speculatively.
    Speculation(bool),
    /// The statement was prepared anew on the attempt's host, or could not be.
    Prepared(AttemptId, Result<(), AttemptError>),
    /// All connections use the new keyspace.
    KeyspaceSet,
    /// The cluster agrees on the schema and it was read anew, or the wait for that is over.
    SchemaSettled,
    /// There is room on a connection to this host, for which the request has waited; or nothing to wait for there any more.
    Room(H),
    /// It cannot wait for room: the queue is so full, or there is none.
    NoRoom(Option<QueueState>),
    /// Time has passed.
    TimerFired,
    /// The runtime has ended on which something was to be done for it: no timer is told any more, and nothing else.
    Abandoned,
    /// Nobody wants the answer any more.
    Cancelled,
}
