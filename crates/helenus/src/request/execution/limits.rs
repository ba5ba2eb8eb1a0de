//! What a request is told to obey.

use std::time::{Duration, Instant};

/// What a request is told to obey.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// When the request ends, whatever has come of it.
    pub(crate) deadline: Option<Instant>,
    /// For error messages: the time that the deadline gave.
    pub(crate) timeout: Option<Duration>,
    /// Whether it may be run twice without harm.
    pub(crate) idempotent: bool,
    /// Whether the retry policy is asked also where the request may have run and is not known to be idempotent.
    pub(crate) policy_decides: bool,
    /// Whether the server writes it in parts, one after another: that one part found no replicas says nothing of the others.
    pub(crate) written_apart: bool,
    /// After which waits it is sent to one more host although an answer may still come; in order. Heeded only if it
    /// is idempotent.
    pub(crate) speculation: Vec<Duration>,
}
