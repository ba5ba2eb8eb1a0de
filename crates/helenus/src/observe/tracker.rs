//! What a program implements to hear of requests, and what it is told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use helenus_protocol::Consistency;

use super::journal::AttemptKind;
use crate::cluster::Host;
use crate::error::AttemptError;
use crate::request::Request;
use crate::statement::operation::{operation_of, redacted_text};
use crate::statement::{Statement, batch::BatchEntry};

/// Hears of each request of a cluster's sessions: its beginning, the end of each attempt, its own end; a page of a result is a
/// request of its own.
///
/// Calls for one request come one after another and in this order, on whatever thread things happened: that of
/// [`execute`](crate::Session::execute), or one that does I/O for many requests. So they must not block; one that takes more
/// than 10 ms is warned of, once. One that panics is heard of in the log, once, and harms no request. They may use the
/// session, but not wait for it.
pub trait RequestTracker: fmt::Debug + Send + Sync {
    /// What the log calls it: its type, unless it says otherwise.
    fn name(&self) -> &str {
        std::any::type_name::<Self>()
    }

    /// A request begins. Called on the thread that runs the statement.
    fn begin(&self, request: &RequestInfo<'_>) {
        let _ = request;
    }

    /// An attempt has ended.
    fn attempt(&self, request: &RequestInfo<'_>, attempt: &AttemptRecord) {
        let _ = (request, attempt);
    }

    /// The request has ended: its answer is there, or its error, or nobody wants it any more. Whoever waits for it is told after this.
    fn end(&self, request: &RequestInfo<'_>, end: &RequestEnd) {
        let _ = (request, end);
    }
}

/// What a request is. Its text is told without constants, and the values that are bound not at all.
#[derive(Clone, Copy)]
pub struct RequestInfo<'a> {
    pub(super) id: u64,
    pub(super) request: &'a Request,
}

impl fmt::Debug for RequestInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestInfo")
            .field("id", &self.id)
            .field("operation", &self.operation())
            .field("keyspace", &self.keyspace())
            .field("consistency", &self.consistency())
            .finish_non_exhaustive()
    }
}

impl RequestInfo<'_> {
    /// A number that no other request of this process has.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// What it does: the first word of its text in upper case, where that is one of CQL's, else `OTHER`; for batches `BATCH`, with
    /// the word that all of its statements begin with after it.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        if self.request.is_prepare() { "PREPARE" } else { operation_of(self.request.statement()) }
    }

    /// The text, without its constants and at most about `limit` bytes of it; all texts of a batch, after one another.
    #[must_use]
    pub fn text(&self, limit: usize) -> String {
        redacted_text(self.request.statement(), limit)
    }

    /// The keyspace: the statement's own, that of its table where it was prepared, else the session's.
    #[must_use]
    pub fn keyspace(&self) -> Option<Arc<str>> {
        let statement = self.request.statement();
        if let Some(own) = &statement.options().keyspace {
            return Some(Arc::clone(own));
        }
        if let Statement::Bound(bound) = statement
            && let Some(column) = bound.prepared.bind_columns().first()
        {
            return Some(Arc::clone(&column.keyspace));
        }
        let session = self.request.session()?;
        session.context.keyspace.load().as_deref().map(|keyspace| Arc::from(keyspace.as_str()))
    }

    /// The table of a prepared statement, where its bind markers tell it.
    #[must_use]
    pub fn table(&self) -> Option<Arc<str>> {
        let of = |bound: &[helenus_protocol::response::ColumnSpec]| {
            bound.first().map(|column| Arc::clone(&column.table))
        };
        match self.request.statement() {
            Statement::Simple(_) => None,
            Statement::Bound(bound) => of(bound.prepared.bind_columns()),
            Statement::Batch(batch) => {
                let mut tables = batch.entries.iter().map(|entry| match entry {
                    BatchEntry::Simple(..) => None,
                    BatchEntry::Prepared(prepared, _) => of(prepared.bind_columns()),
                });
                let first = tables.next().flatten()?;
                tables.all(|other| other.as_ref() == Some(&first)).then_some(first)
            }
        }
    }

    /// The consistency that it begins with.
    #[must_use]
    pub const fn consistency(&self) -> Consistency {
        self.request.facts().consistency
    }

    /// Whether it may be run twice without harm.
    #[must_use]
    pub const fn is_idempotent(&self) -> bool {
        self.request.facts().idempotent
    }

    /// How many rows a page may have; `None` without paging.
    #[must_use]
    pub fn page_size(&self) -> Option<i32> {
        let statement = self.request.statement();
        if matches!(statement, Statement::Batch(_)) || self.request.is_prepare() {
            return None;
        }
        let own = statement.options().page_size;
        own.or_else(|| Some(self.request.session()?.defaults_of(statement.options()).page_size))
            .filter(|size| *size > 0)
    }

    /// Whether it asks for a later page of a result.
    #[must_use]
    pub fn is_later_page(&self) -> bool {
        self.request.statement().options().paging_state.is_some()
    }

    /// How many statements a batch has.
    #[must_use]
    pub const fn batch_size(&self) -> Option<usize> {
        match self.request.statement() {
            Statement::Batch(batch) => Some(batch.entries.len()),
            _ => None,
        }
    }
}

/// What became of an attempt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// The server has answered, and not with an error.
    Answered,
    /// It has failed. What a server says in its error may repeat values of the statement.
    Failed(AttemptError),
    /// The request has ended without it: another attempt was quicker, its time was over, or nobody waits any more.
    Unanswered,
}

/// An attempt that has ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AttemptRecord {
    /// Counted from 0 within the request.
    pub number: u32,
    /// Why it was made.
    pub kind: AttemptKind,
    /// Where it went.
    pub host: Arc<Host>,
    /// How long it took.
    pub elapsed: Duration,
    /// What became of it.
    pub outcome: AttemptOutcome,
}

/// How a request has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestOutcome {
    /// The answer is there.
    Succeeded,
    /// It has failed in this way; see [`failure_type`](super::failure_type).
    Failed(&'static str),
    /// Nobody wants its answer any more.
    Cancelled,
}

/// A request that has ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RequestEnd {
    /// How.
    pub outcome: RequestOutcome,
    /// The server's error code, where that was its end (section 8 of the protocol).
    pub status_code: Option<i32>,
    /// The host that gave the answer, or the error that ended it.
    pub host: Option<Arc<Host>>,
    /// How long it took.
    pub elapsed: Duration,
    /// How many attempts were made.
    pub attempts: u32,
    /// How many of them because a retry policy said so.
    pub retries: u32,
    /// How many of them because another took long.
    pub speculative: u32,
}
