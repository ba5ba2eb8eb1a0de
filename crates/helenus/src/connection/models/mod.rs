//! The races of a connection and its requests, tried by loom in every order of steps with up to three preemptions.
//!
//! What runs is the engine: `Connection`, `Request`, `Execution`, the stream table, the waiters. Two things stand for others: a pair
//! of Unix sockets, into which the server's answers are written beforehand, for the network, and [`pump`] for `Driver::poll`,
//! with the same steps in the same order, since a runtime's event queue cannot be modelled.
//!
//! Only `crates/helenus-models` compiles this.

mod answers;
mod endings;
mod hand_over;
mod waiting;

use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Instant;

use helenus_protocol::connection::Receiver;
use helenus_protocol::connection::handshake::{Ready, Supported};
use helenus_protocol::envelope::{Flags, MAX_BODY_LENGTH, ResponseHeader};
use helenus_protocol::response::{Event, SchemaChange};
use helenus_protocol::{Consistency, ProtocolVersion, RequestOpcode, ResponseOpcode};

use super::config::ConnectionConfig;
use super::open::assemble;
use super::{CLOSE, Connection, Dispatch, FLUSH, NotSent, Owner, Seat};
use crate::cluster::Host;
use crate::cluster::host::tests::host;
use crate::connection::transport::Socket;
use crate::error::{AttemptError, ConnectionError};
use crate::policy::Plan;
use crate::request::environment::{Asked, Environment, RetryAnswer};
use crate::request::execution::{AttemptId, Input, Limits, Verdict};
use crate::request::route::Route;
use crate::request::{Facts, Message, Outcome, Request, Token};
use crate::session::SessionInner;
use crate::statement::Statement;
use crate::sync::{AtomicUsize, lock};

/// Tries `model` in every order of the threads' steps.
fn every_order(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.max_branches = 20_000;
    let orders = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&orders);
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    });
    let orders = orders.load(Ordering::Relaxed);
    println!("{orders} orders");
    assert!(orders > 1, "there is no race in it");
}

/// Counts how often it is told that its connection has ended.
struct Counting(AtomicUsize);

impl Owner for Counting {
    fn handle_event(&self, _: &Arc<Connection>, _: Event) {}

    fn handle_closed(&self, _: &Arc<Connection>, _: &ConnectionError) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// One connection, and the other end of its socket.
struct Net {
    connection: Arc<Connection>,
    server: UnixStream,
    owner: Arc<Counting>,
}

impl Net {
    /// With a table of `limit` stream ids.
    fn new(limit: usize) -> Self {
        let (ours, server) = UnixStream::pair().expect("two sockets");
        ours.set_nonblocking(true).expect("a socket's option");
        server.set_nonblocking(true).expect("a socket's option");
        let version = ProtocolVersion::V4;
        let ready =
            Ready { version, compression: None, supported: Supported::default(), authenticator: None };
        let mut receiver = Receiver::new(version, MAX_BODY_LENGTH);
        receiver.settle();
        let config =
            ConnectionConfig { max_in_flight: limit, set_aside_after: None, ..ConnectionConfig::default() };
        let owner = Arc::new(Counting(AtomicUsize::new(0)));
        let address = SocketAddr::from(([127, 0, 0, 1], 9042));
        let told: Arc<dyn Owner> = Arc::clone(&owner) as _;
        let connection =
            assemble(address, ready, Arc::new(Socket::Unix(ours)), None, receiver, &config, told);
        Self { connection, server, owner }
    }

    /// The server answers what was asked on `stream`: RESULT, Void.
    fn answer(&self, stream: i16) {
        let header = ResponseHeader {
            version: ProtocolVersion::V4.number(),
            flags: Flags::default(),
            stream,
            opcode: ResponseOpcode::Result,
            length: 4,
        };
        let mut bytes = header.encode().to_vec();
        bytes.extend([0, 0, 0, 1]);
        (&self.server).write_all(&bytes).expect("room in the socket");
    }

    /// Requests that wait, ids that are held back.
    fn table(&self) -> (usize, usize) {
        let sender = lock(&self.connection.sender);
        (sender.waiting(), sender.orphans())
    }

    /// How often the owner was told of the end.
    fn told(&self) -> usize {
        self.owner.0.load(Ordering::SeqCst)
    }
}

/// Reads all that has come.
fn read(connection: &Arc<Connection>) -> Result<(), ConnectionError> {
    connection.read_what_is_there().map(drop)
}

/// `Driver::poll` without timers and without the runtime: to register, to take the signals, to read, to write, to look again.
/// Its first turn for a lone request holds nothing back.
fn pump(connection: &Arc<Connection>, cx: &Context<'_>) -> Poll<Result<(), ConnectionError>> {
    connection.task.register(cx.waker());
    let signals = connection.signals.swap(0, Ordering::AcqRel);
    if signals & CLOSE != 0 {
        return Poll::Ready(Ok(()));
    }
    read(connection)?;
    if signals & FLUSH != 0 {
        let _all_of_so_little = connection.flush()?;
    }
    if connection.signals.load(Ordering::Acquire) != 0 {
        cx.waker().wake_by_ref();
    }
    Poll::Pending
}

/// A session of one host with one connection, whose retry policy gives every error to the caller.
struct OneHost(Weak<Connection>);

impl Environment for OneHost {
    fn send(&self, _: &Host, body: Dispatch<'_>, token: Token, _: bool) -> Result<Seat, AttemptError> {
        let Some(connection) = self.0.upgrade() else {
            token.discard();
            return Err(AttemptError::NoConnection(None));
        };
        connection.send(body, token).map_err(NotSent::into_error)
    }

    fn plan(&self, _: &Request) -> Plan {
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

    fn prepare(&self, request: &Arc<Request>, attempt: AttemptId, _: &Arc<Host>, _: Instant) {
        request.handle(Input::Prepared(attempt, Err(AttemptError::NoConnection(None))));
    }

    fn set_keyspace(&self, request: &Arc<Request>, _: String) {
        request.handle(Input::KeyspaceSet);
    }

    fn await_schema(&self, request: &Arc<Request>, _: &Arc<Host>, _: SchemaChange) {
        request.handle(Input::SchemaSettled);
    }

    fn set_timer(&self, _: &Arc<Request>, _: Instant) {}

    fn version(&self) -> ProtocolVersion {
        ProtocolVersion::V4
    }

    fn session(self: Arc<Self>) -> Option<Arc<SessionInner>> {
        None
    }
}

/// So many bytes has the envelope of a [`request`].
const ENVELOPE: usize = 9 + 12;

/// A request without a deadline that has not begun.
fn request(net: &Net) -> Arc<Request> {
    let message = Message::whole(RequestOpcode::Query, vec![7; 12]);
    let limits = Limits {
        deadline: None,
        timeout: None,
        idempotent: false,
        policy_decides: false,
        written_apart: false,
        speculation: Vec::new(),
    };
    let facts = Facts { consistency: Consistency::One, idempotent: false, began: Instant::now() };
    let environment = Arc::new(OneHost(Arc::downgrade(&net.connection)));
    let route = Route::First(host(1, "dc", "r"));
    Request::new(message, limits, route, environment, Statement::from(""), None, facts)
}

/// A request that is on the connection, on stream 0 if it is the first.
fn sent(net: &Net) -> Arc<Request> {
    let request = request(net);
    request.start(Instant::now());
    request
}

/// How it ended, which it must have, and only once.
fn ended(request: &Arc<Request>) -> Option<Outcome> {
    assert!(request.has_ended(), "a request was forgotten");
    let outcome = request.take_outcome();
    assert!(request.take_outcome().is_none(), "it has ended twice");
    outcome
}
