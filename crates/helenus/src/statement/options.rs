//! How a statement is to be run; what all kinds of statements share.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use helenus_protocol::{Consistency, SerialConsistency};

use crate::cluster::Host;
use crate::policy::RetryPolicy;
use crate::profile::ProfileHandle;
use crate::routing::Token;

/// Options of one statement. What is `None` is taken from its execution profile, else from the session's defaults.
#[derive(Debug, Clone, Default)]
pub struct StatementOptions {
    /// How many replicas must answer; LOCAL_ONE unless profile or session say otherwise.
    pub consistency: Option<Consistency>,
    /// The consistency of a lightweight transaction's condition; the server's SERIAL unless profile or session say otherwise.
    pub serial_consistency: Option<SerialConsistency>,
    /// How many rows a page may have, 5,000 unless profile or session say otherwise; `Some(0)`: no paging.
    pub page_size: Option<i32>,
    /// Whether a stream of pages asks for the next one while the present one is looked at. Off: nothing is read that nobody
    /// asked for, and no more than one page is held.
    pub prefetch: bool,
    /// Where to go on, from an earlier page.
    pub paging_state: Option<Bytes>,
    /// The write timestamp, in microseconds since 1970-01-01T00:00Z.
    pub timestamp: Option<i64>,
    /// The time that the whole request is given, retries included, 10 s unless profile or session say otherwise;
    /// `Some(Duration::MAX)`: for ever.
    pub timeout: Option<Duration>,
    /// Whether it may be run twice without harm. `None`: its text decides, and what cannot be told is not idempotent.
    pub idempotent: Option<bool>,
    /// Whether the server is to record a trace, which [`ResultSet::tracing_id`](crate::ResultSet::tracing_id) names. Not unless asked.
    pub tracing: Option<bool>,
    /// The execution profile: what this statement does not say itself is taken from it, and what neither says from the
    /// session's defaults. See [`Session::execution_profile`](crate::Session::execution_profile).
    pub profile: Option<ProfileHandle>,
    /// The keyspace for names without one. In v5 the server applies it; before, it only serves routing.
    pub keyspace: Option<Arc<str>>,
    /// What the server is to take for the time, in seconds since 1970-01-01T00:00Z (v5).
    pub now_in_seconds: Option<i32>,
    /// Sent along for the server's query handler (v4 and later).
    pub custom_payload: Vec<(String, Option<Bytes>)>,
    /// Ask these hosts in this order, instead of those that the load-balancing policy would choose.
    pub hosts: Option<Vec<Arc<Host>>>,
    /// After which waits it is sent to one more host, instead of what the speculative-execution policy would say.
    pub speculation: Option<Vec<Duration>>,
    /// Run it on this host and no other.
    pub host: Option<Arc<Host>>,
    /// Decides instead of the retry policy of the profile or the session.
    pub retry_policy: Option<Arc<dyn RetryPolicy>>,
    /// The partition key's bytes, where the statement cannot tell them.
    pub routing_key: Option<Bytes>,
    /// The token of the partition, or of one of those that it reads, where neither the statement nor a key tells it.
    pub routing_token: Option<Token>,
    /// The answer may leave out the columns' description, since the caller has it.
    pub skip_metadata: bool,
}
