//! What a request has done for it, and how it ends.

use std::time::Instant;

use helenus_protocol::Consistency;
use helenus_protocol::envelope::Envelope;
use helenus_protocol::response::SchemaChange;
use smallvec::SmallVec;

use super::AttemptId;
use crate::error::{Attempt, AttemptError, RequestFailure};

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Action<H> {
    /// Ask the plan for its next host and tell [`Input::NextHost`].
    WantHost,
    /// Send the request to `host`, with `consistency` instead of its own where one is given.
    /// One that `has_waited` is one of those that others wait for: it does not line up again.
    Attempt { id: AttemptId, host: H, consistency: Option<Consistency>, has_waited: bool },
    /// All these hosts are busy: have the request wait until one of them is not, and tell [`Input::Room`], or that it
    /// cannot wait, and tell [`Input::NoRoom`].
    WaitForRoom(SmallVec<[H; 3]>),
    /// It does not wait any more.
    LeaveQueue,
    /// Ask the retry policy and tell [`Input::Retry`]. The attempt was at `consistency`, or at the request's own.
    AskRetry {
        id: AttemptId,
        host: H,
        error: Box<AttemptError>,
        retries: u32,
        attempts: u32,
        consistency: Option<Consistency>,
    },
    /// Ask whether there may be a speculative attempt and tell [`Input::Speculation`](super::Input::Speculation).
    AskSpeculation,
    /// The answer of this attempt, which began then, is not wanted any more.
    Orphan { id: AttemptId, since: Instant },
    /// Prepare the statement on `host`, unless that was done since the attempt began, and tell [`Input::Prepared`].
    Prepare { id: AttemptId, host: H, since: Instant },
    /// Have every connection use this keyspace and tell [`Input::KeyspaceSet`].
    SetKeyspace(String),
    /// Wait until the cluster agrees on the change, as the host sees it that made it, and it was read; then tell
    /// [`Input::SchemaSettled`].
    AwaitSchema(SchemaChange, H),
    /// The request has ended.
    Done(Outcome<H>),
}

/// How a request ended.
pub(crate) type Outcome<H> = Result<Success<H>, Box<RequestFailure<H>>>;

/// The answer, and how it was come by.
#[derive(Debug)]
pub(crate) struct Success<H> {
    /// The answer; `None` where the retry policy said to ignore the error.
    pub(crate) envelope: Option<Envelope>,
    /// Who gave it.
    pub(crate) host: H,
    /// What had failed before.
    pub(crate) attempts: Vec<Attempt<H>>,
}

/// What is to be done after one input; one or two things in the common case.
pub(crate) type Actions<H> = SmallVec<[Action<H>; 2]>;
