//! The engine's own queries on one connection: the same request path as everyone's, with a fixed target.

use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus_protocol::notation::Writer;
use helenus_protocol::request::{EventType, Prepare, Query, QueryParameters, Register};
use helenus_protocol::response::{Message, Prepared, RawRows, Response, ResultMessage, SchemaChange};
use helenus_protocol::{Consistency, DecodeError, EncodeError, ProtocolVersion, RequestOpcode};
use tokio::runtime::Handle;

use super::Host;
use super::table::Table;
use crate::connection::{Connection, Dispatch, Seat};
use crate::error::{AttemptError, Error};
use crate::owed::Owed;
use crate::policy::Plan;
use crate::request::environment::{Asked, Environment, RetryAnswer};
use crate::request::execution::{AttemptId, Input, Limits, Verdict};
use crate::request::route::Route;
use crate::request::{Awaited, Facts, Message as RequestMessage, Request, Token};
use crate::session::SessionInner;
use crate::statement::Statement;

/// How many pages of one query of the engine's own are followed: ten times as many as a schema of ten thousand tables has.
const MOST_PAGES: usize = 1_000;
/// How many bytes of cells they may be together: as many as one answer may be.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// One connection and the host at its other end.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) host: Arc<Host>,
    pub(crate) connection: Arc<Connection>,
}

/// The environment of requests that belong to no session: no retries, no side effects.
struct Bare {
    version: ProtocolVersion,
    handle: Handle,
}

impl Environment for Bare {
    fn send(
        &self,
        _host: &Host,
        _body: Dispatch<'_>,
        token: Token,
        _has_waited: bool,
    ) -> Result<Seat, AttemptError> {
        token.discard();
        Err(AttemptError::NoConnection(None))
    }

    fn plan(&self, _request: &Request) -> Plan {
        Plan::empty()
    }

    fn ask_retry(
        &self,
        _: &Arc<Request>,
        _: &Arc<Host>,
        _: &AttemptError,
        _: Asked,
        _: AttemptId,
    ) -> RetryAnswer {
        RetryAnswer::Now(Verdict::Rethrow)
    }

    fn prepare(&self, request: &Arc<Request>, attempt: AttemptId, _host: &Arc<Host>, _since: Instant) {
        let error = AttemptError::NoConnection(None);
        request.handle(Input::Prepared(attempt, Err(error)));
    }

    fn set_keyspace(&self, request: &Arc<Request>, _keyspace: String) {
        request.handle(Input::KeyspaceSet);
    }

    fn await_schema(&self, request: &Arc<Request>, _host: &Arc<Host>, _change: SchemaChange) {
        request.handle(Input::SchemaSettled);
    }

    fn set_timer(&self, request: &Arc<Request>, at: Instant) {
        call_at(&self.handle, request, at);
    }

    fn version(&self) -> ProtocolVersion {
        self.version
    }

    fn session(self: Arc<Self>) -> Option<Arc<SessionInner>> {
        None
    }
}

/// Tells `request` when `at` has come, if it still exists then. Not with its state held.
pub(crate) fn call_at(handle: &Handle, request: &Arc<Request>, at: Instant) {
    let abandoned = {
        let request = Arc::downgrade(request);
        Owed::new(move || {
            if let Some(request) = request.upgrade() {
                request.handle(Input::Abandoned);
            }
        })
    };
    let request = Arc::downgrade(request);
    handle.spawn(async move {
        tokio::time::sleep_until(at.into()).await;
        abandoned.paid();
        if let Some(request) = request.upgrade() {
            request.handle(Input::TimerFired);
        }
    });
}

impl Link {
    /// Sends one message and waits for the answer, at most `timeout`.
    pub(crate) async fn call(
        &self,
        opcode: RequestOpcode,
        timeout: Duration,
        encode: impl FnOnce(ProtocolVersion, &mut Writer<'_>) -> Result<(), EncodeError>,
    ) -> Result<Response, Error> {
        let version = self.connection.ready().version;
        let mut bytes = Vec::new();
        encode(version, &mut Writer::new(&mut bytes))?;
        let message = RequestMessage::whole(opcode, bytes);
        let now = Instant::now();
        let limits = Limits {
            deadline: now.checked_add(timeout),
            timeout: Some(timeout),
            idempotent: true,
            policy_decides: false,
            written_apart: false,
            speculation: Vec::new(),
        };
        let facts = Facts { consistency: Consistency::One, idempotent: true, began: now };
        let environment = Arc::new(Bare { version, handle: Handle::current() });
        let route = Route::Fixed(Some(Arc::clone(&self.host)), Arc::clone(&self.connection));
        let request = Request::new(message, limits, route, environment, Statement::from(""), None, facts);
        request.start(now);
        let success = Awaited::new(request).await?;
        let Some(envelope) = success.envelope else { return Err(Error::Dropped) };
        let header = envelope.header;
        let response = Response::decode(version, header.flags, header.opcode, &envelope.body);
        response.map_err(|error| self.malformed(error))
    }

    /// What the host has sent is not what it should be.
    fn malformed(&self, error: DecodeError) -> Error {
        error.sent_by(self.connection.address()).into()
    }

    fn unexpected(&self, got: &Message, expected: &'static str) -> Error {
        self.malformed(DecodeError::new(got.opcode().name(), 0, format!("{expected} was due")))
    }

    fn table(&self, rows: RawRows) -> Result<Table, Error> {
        Table::new(rows).map_err(|error| self.malformed(error))
    }

    /// Runs a query without values; all its rows come at once.
    pub(crate) async fn query(&self, cql: &str, timeout: Duration) -> Result<Table, Error> {
        let mut parameters = QueryParameters::new(Consistency::One);
        parameters.page_size = None;
        let query = Query { query: cql.into(), parameters };
        let response =
            self.call(RequestOpcode::Query, timeout, |version, out| query.encode(version, out)).await?;
        match response.message {
            Message::Result(ResultMessage::Rows(rows)) => self.table(rows),
            _ => self.table(RawRows::from_rows(Arc::default(), std::iter::empty::<[Option<&[u8]>; 0]>())?),
        }
    }

    /// Runs a query without values and follows its pages; each page has `timeout` afresh. A host that goes on sending pages is
    /// left after [`MOST_PAGES`] of them, or [`MOST_BYTES`].
    pub(crate) async fn query_pages(
        &self,
        cql: &str,
        page_size: i32,
        timeout: Duration,
    ) -> Result<Vec<Table>, Error> {
        let mut pages = Vec::new();
        let mut bytes = 0_usize;
        let mut paging_state = None;
        loop {
            let mut parameters = QueryParameters::new(Consistency::One);
            parameters.page_size = Some(page_size);
            parameters.paging_state = paging_state;
            let query = Query { query: cql.into(), parameters };
            let response =
                self.call(RequestOpcode::Query, timeout, |version, out| query.encode(version, out)).await?;
            let Message::Result(ResultMessage::Rows(rows)) = response.message else {
                return Err(self.unexpected(&response.message, "RESULT rows"));
            };
            let next = rows.paging_state.clone();
            bytes = bytes.saturating_add(rows.size());
            pages.push(self.table(rows)?);
            if next.is_some() && (pages.len() >= MOST_PAGES || bytes > MOST_BYTES) {
                let why =
                    format!("there is still more after {} pages and {bytes} bytes of {cql:?}", pages.len());
                return Err(self.malformed(DecodeError::new("RESULT rows", 0, why)));
            }
            match next {
                // A server that sends the state that it was given would be asked for ever.
                Some(next) if query.parameters.paging_state.as_ref() != Some(&next) => {
                    paging_state = Some(next);
                }
                _ => return Ok(pages),
            }
        }
    }

    /// Has a statement prepared.
    pub(crate) async fn prepare(
        &self,
        query: &str,
        keyspace: Option<&str>,
        timeout: Duration,
    ) -> Result<Prepared, Error> {
        let message = Prepare { query: query.into(), keyspace: keyspace.map(str::to_owned) };
        let response =
            self.call(RequestOpcode::Prepare, timeout, |version, out| message.encode(version, out)).await?;
        match response.message {
            Message::Result(ResultMessage::Prepared(prepared)) => Ok(prepared),
            other => Err(self.unexpected(&other, "RESULT prepared")),
        }
    }

    /// Asks for events.
    pub(crate) async fn register(&self, events: &[EventType], timeout: Duration) -> Result<(), Error> {
        let message = Register { events: events.to_vec() };
        let response =
            self.call(RequestOpcode::Register, timeout, |version, out| message.encode(version, out)).await?;
        match response.message {
            Message::Ready => Ok(()),
            other => Err(self.unexpected(&other, "READY")),
        }
    }
}
