//! What a mock has received: each request as it was understood, with where it came in.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use helenus_protocol::envelope::{CustomPayload, Flags};
use helenus_protocol::request::{QueryParameters, Request};
use helenus_protocol::{Consistency, ProtocolVersion, RequestOpcode};

use super::matcher::Matcher;

/// How many requests are remembered; older ones are forgotten, but stay counted.
const REMEMBERED: usize = 100_000;

/// One request as a node received it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Received {
    /// The index of the node, from 0.
    pub node: usize,
    /// The index of the connection among all that the node has accepted, from 0.
    pub connection: usize,
    /// The stream id.
    pub stream: i16,
    /// The version that it was written in.
    pub version: ProtocolVersion,
    /// The flags of its header.
    pub flags: Flags,
    /// Which message it is.
    pub opcode: RequestOpcode,
    /// The statements: the text of QUERY and PREPARE, the prepared text of an EXECUTE whose id the node knows, all
    /// those of a BATCH.
    pub statements: Vec<Arc<str>>,
    /// The keyspace in effect: the request's own (v5), else the connection's.
    pub keyspace: Option<String>,
    /// The request itself.
    pub request: Request,
    /// The custom payload that came with it.
    pub custom_payload: CustomPayload,
    /// When it came, from the cluster's start.
    pub at: Duration,
}

impl Received {
    /// The first statement's text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.statements.first().map(AsRef::as_ref)
    }

    /// The parameters of a QUERY or EXECUTE.
    #[must_use]
    pub const fn parameters(&self) -> Option<&QueryParameters> {
        match &self.request {
            Request::Query(query) => Some(&query.parameters),
            Request::Execute(execute) => Some(&execute.parameters),
            _ => None,
        }
    }

    /// The consistency of a QUERY, EXECUTE or BATCH.
    #[must_use]
    pub fn consistency(&self) -> Option<Consistency> {
        match &self.request {
            Request::Batch(batch) => Some(batch.consistency),
            _ => self.parameters().map(|parameters| parameters.consistency),
        }
    }
}

/// All that was received, oldest first.
#[derive(Debug, Default)]
pub(super) struct Log {
    requests: VecDeque<Arc<Received>>,
    forgotten: u64,
}

impl Log {
    pub(super) fn add(&mut self, received: Arc<Received>) {
        if self.requests.len() == REMEMBERED {
            self.requests.pop_front();
            self.forgotten += 1;
        }
        self.requests.push_back(received);
    }

    pub(super) fn clear(&mut self) {
        self.requests.clear();
        self.forgotten = 0;
    }

    /// How many requests came since the log was cleared that are no longer in it.
    pub(super) const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Those that `matcher` matches; its count (`nth`) is over the log.
    pub(super) fn matching(&self, matcher: &Matcher) -> Vec<Arc<Received>> {
        let mut hits = 0;
        let matched = self.requests.iter().filter(|received| matcher.matches(received));
        matched
            .filter(|_| {
                hits += 1;
                matcher.wants(hits)
            })
            .cloned()
            .collect()
    }
}
