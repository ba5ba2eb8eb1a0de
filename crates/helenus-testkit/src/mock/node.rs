//! One node of a mock cluster: its listener, its connections, the statements that were prepared on it.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use helenus_protocol::request::{Request, StatementKind};
use helenus_protocol::response::{Event, SchemaChange, SchemaChangeKind, SchemaTarget};
use uuid::Uuid;

use super::cell;
use super::connection::Connection;
use super::gate::Gate;
use super::matcher::Matcher;
use super::prepared::Prepared;
use super::reaction::Reaction;
use super::received::{Log, Received};
use super::rules::RuleBook;
use super::table::Table;
use super::world::World;

/// What the nodes of a cluster share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) world: Mutex<Arc<World>>,
    pub(super) rules: Mutex<RuleBook>,
    pub(super) log: Mutex<Log>,
    pub(super) nodes: Mutex<Vec<Arc<Node>>>,
    pub(super) started: Instant,
}

/// One node.
#[derive(Debug)]
pub(super) struct Node {
    index: usize,
    address: SocketAddr,
    shared: Arc<Shared>,
    prepared: Mutex<HashMap<Vec<u8>, Arc<Prepared>>>,
    connections: Mutex<Connections>,
    listening: Mutex<Option<Listening>>,
    traces: Mutex<Vec<Trace>>,
    gate: Gate,
}

#[derive(Debug, Default)]
struct Connections {
    open: BTreeMap<usize, Arc<Connection>>,
    accepted: usize,
}

#[derive(Debug)]
struct Listening {
    socket: Arc<TcpListener>,
    thread: JoinHandle<()>,
}

#[derive(Debug)]
struct Trace {
    id: Uuid,
    text: String,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Node {
    pub(super) fn new(index: usize, address: SocketAddr, shared: Arc<Shared>) -> Self {
        Self {
            index,
            address,
            shared,
            prepared: Mutex::default(),
            connections: Mutex::default(),
            listening: Mutex::default(),
            traces: Mutex::default(),
            gate: Gate::default(),
        }
    }

    pub(super) const fn index(&self) -> usize {
        self.index
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) const fn gate(&self) -> &Gate {
        &self.gate
    }

    pub(super) fn world(&self) -> Arc<World> {
        Arc::clone(&lock(&self.shared.world))
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.shared.started.elapsed()
    }

    /// Listens, if it does not yet.
    pub(super) fn listen(self: &Arc<Self>) -> io::Result<()> {
        let mut listening = lock(&self.listening);
        if listening.is_none() {
            *listening = Some(self.serve(TcpListener::bind(self.address)?)?);
        }
        Ok(())
    }

    /// Listens on a socket that is bound already.
    pub(super) fn listen_on(self: &Arc<Self>, socket: TcpListener) -> io::Result<()> {
        *lock(&self.listening) = Some(self.serve(socket)?);
        Ok(())
    }

    fn serve(self: &Arc<Self>, socket: TcpListener) -> io::Result<Listening> {
        let socket = Arc::new(socket);
        let (node, accepting) = (Arc::clone(self), Arc::clone(&socket));
        let thread = thread::Builder::new().name(format!("mock-{}", self.index)).spawn(move || {
            while let Ok((client, _)) = accepting.accept() {
                let mut connections = lock(&node.connections);
                let index = connections.accepted;
                connections.accepted += 1;
                if let Ok(connection) = Connection::start(&node, index, client) {
                    connections.open.insert(index, connection);
                }
            }
        })?;
        Ok(Listening { socket, thread })
    }

    /// Accepts no further connection: they are refused. Those that are open stay.
    pub(super) fn stop_listening(&self) {
        let listening = lock(&self.listening).take();
        if let Some(Listening { socket, thread }) = listening {
            // On Linux this wakes the thread that accepts.
            let _ = socket2::SockRef::from(&*socket).shutdown(std::net::Shutdown::Both);
            let _ = thread.join();
        }
    }

    /// The open connections, in the order in which they came.
    pub(super) fn connections(&self) -> Vec<Arc<Connection>> {
        lock(&self.connections).open.values().cloned().collect()
    }

    /// How many connections it has accepted since it was made.
    pub(super) fn accepted(&self) -> usize {
        lock(&self.connections).accepted
    }

    pub(super) fn forget(&self, connection: usize) {
        lock(&self.connections).open.remove(&connection);
    }

    pub(super) fn prepared(&self, id: &[u8]) -> Option<Arc<Prepared>> {
        lock(&self.prepared).get(id).cloned()
    }

    pub(super) fn remember(&self, prepared: Prepared) {
        lock(&self.prepared).insert(prepared.id.to_vec(), Arc::new(prepared));
    }

    pub(super) fn forget_statement(&self, id: &[u8]) {
        lock(&self.prepared).remove(id);
    }

    pub(super) fn forget_statements(&self) {
        lock(&self.prepared).clear();
    }

    /// The texts of the statements that a request runs or prepares, as far as the node knows them.
    pub(super) fn statements(&self, request: &Request) -> Vec<Arc<str>> {
        let of_id = |id: &[u8]| self.prepared(id).map(|prepared| Arc::clone(&prepared.text));
        match request {
            Request::Query(query) => vec![Arc::clone(&query.query)],
            Request::Prepare(prepare) => vec![Arc::clone(&prepare.query)],
            Request::Execute(execute) => of_id(&execute.id).into_iter().collect(),
            Request::Batch(batch) => {
                let texts = batch.statements.iter().filter_map(|statement| match &statement.kind {
                    StatementKind::Query(text) => Some(Arc::from(text.as_ref())),
                    StatementKind::Prepared(id) => of_id(id),
                });
                texts.collect()
            }
            _ => Vec::new(),
        }
    }

    /// Notes a request, and finds the reaction that it meets.
    pub(super) fn decide(&self, received: &Arc<Received>) -> Option<Arc<Reaction>> {
        lock(&self.shared.log).add(Arc::clone(received));
        lock(&self.shared.rules).decide(received)
    }

    pub(super) fn columns_of(&self, text: &str) -> Option<Table> {
        lock(&self.shared.rules).columns_of(text)
    }

    /// Tells every connection of the cluster that asked for them.
    pub(super) fn announce_schema_change(
        &self,
        change: &str,
        target: &str,
        keyspace: &str,
        name: Option<&str>,
    ) {
        let Some(change) = SchemaChangeKind::ALL.into_iter().find(|kind| kind.name() == change) else {
            return;
        };
        let name = name.unwrap_or_default().to_owned();
        let target = match target {
            "TABLE" => SchemaTarget::Table(name),
            "TYPE" => SchemaTarget::Type(name),
            "FUNCTION" => SchemaTarget::Function { name, arguments: Vec::new() },
            "AGGREGATE" => SchemaTarget::Aggregate { name, arguments: Vec::new() },
            _ => SchemaTarget::Keyspace,
        };
        let event = Event::SchemaChange(SchemaChange { change, keyspace: keyspace.to_owned(), target });
        // On a thread of its own: the connection that asked for the change holds its session while it is answered.
        let nodes = lock(&self.shared.nodes).clone();
        thread::spawn(move || nodes.iter().for_each(|node| drop(node.tell(&event))));
    }

    /// Tells the node's connections of `event`; how many had asked for it.
    pub(super) fn tell(&self, event: &Event) -> Result<usize, helenus_protocol::EncodeError> {
        let told = self
            .connections()
            .iter()
            .map(|connection| connection.tell(event))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(told.into_iter().filter(|told| *told).count())
    }

    /// Notes a trace of `received`, and gives its id.
    pub(super) fn trace(&self, received: &Received) -> Uuid {
        let mut traces = lock(&self.traces);
        let number = (self.index as u128) << 32 | (traces.len() as u128 + 1);
        let id = Uuid::from_u128(0x7ace_0000_0000_1000_8000_0000_0000_0000 | number);
        traces.push(Trace { id, text: received.text().unwrap_or_default().to_owned() });
        id
    }

    /// Puts the traces into the tables that tell of them.
    pub(super) fn add_traces(&self, tables: &mut [Table]) {
        let address = cell::inet(self.address.ip());
        for trace in lock(&self.traces).iter() {
            for table in tables.iter_mut().filter(|table| table.keyspace == "system_traces") {
                if table.name == "sessions" {
                    table.insert([
                        ("session_id", cell::uuid(trace.id)),
                        ("client", address.clone()),
                        ("command", cell::text("QUERY")),
                        ("coordinator", address.clone()),
                        ("coordinator_port", cell::int(7000)),
                        ("duration", cell::int(1000)),
                        ("parameters", cell::text_map([("query", &trace.text)])),
                        ("request", cell::text("Execute CQL3 query")),
                        ("started_at", cell::bigint(1_700_000_000_000)),
                    ]);
                } else {
                    table.insert([
                        ("session_id", cell::uuid(trace.id)),
                        ("event_id", cell::uuid(trace.id)),
                        ("activity", cell::text("Parsing the statement")),
                        ("source", address.clone()),
                        ("source_elapsed", cell::int(500)),
                        ("source_port", cell::int(7000)),
                        ("thread", cell::text("mock")),
                    ]);
                }
            }
        }
    }

    /// Requests of this node that `matcher` matches.
    pub(super) fn received(&self, matcher: &Matcher) -> Vec<Arc<Received>> {
        lock(&self.shared.log).matching(&matcher.clone().node(self.index))
    }
}
