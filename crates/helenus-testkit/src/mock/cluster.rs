//! A mock cluster: planned with [`MockCluster`], running as [`RunningCluster`].

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use helenus_protocol::compression::Compression;
use helenus_protocol::response::Event;
use helenus_protocol::{EncodeError, ProtocolVersion};

use super::matcher::Matcher;
use super::node::{Node, Shared, lock};
use super::reaction::Reaction;
use super::received::{Log, Received};
use super::rules::{RuleBook, RuleId};
use super::schema::Keyspace;
use super::topology::Topology;
use super::world::{Authentication, Binding, World};

/// The port of CQL.
const PORT: u16 = 9042;
/// How often a block of addresses is tried before giving up.
const TRIES: usize = 64;

/// A cluster that is not running yet: its nodes, what they pretend to be, and its first rules.
#[derive(Debug)]
#[must_use = "a planned cluster does nothing until it is started"]
pub struct MockCluster {
    nodes: usize,
    first: Option<Ipv4Addr>,
    port: u16,
    world: World,
    changes: Vec<Change>,
    rules: Vec<(Matcher, Reaction)>,
}

/// A change to the world that waits for the addresses to be known.
struct Change(Box<dyn FnOnce(&mut World) + Send>);

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Change")
    }
}

impl MockCluster {
    /// A cluster of so many nodes, each on a loopback address of its own, all on port 9042. The addresses are those of
    /// a free block of 127.64.0.0/10, unless [`address`](Self::address) says otherwise.
    pub fn new(nodes: usize) -> Self {
        Self {
            nodes,
            first: None,
            port: PORT,
            world: World::new(Topology::new(&[])),
            changes: Vec::new(),
            rules: Vec::new(),
        }
    }

    /// The first node's address; the others follow it one by one.
    pub const fn address(mut self, first: Ipv4Addr) -> Self {
        self.first = Some(first);
        self
    }

    /// The port of all nodes; 0 takes one that is free on all their addresses.
    pub const fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Speaks these versions only.
    pub const fn versions(mut self, oldest: ProtocolVersion, newest: ProtocolVersion) -> Self {
        self.world.oldest = oldest;
        self.world.newest = newest;
        self
    }

    /// Offers these compressions only.
    pub fn compressions(mut self, compressions: &[Compression]) -> Self {
        self.world.compressions = compressions.to_vec();
        self
    }

    /// Lets in only who has this name and password.
    pub fn credentials(self, user: &str, password: &str) -> Self {
        self.authentication(Authentication::password(user, password))
    }

    /// Lets in only whom this lets in.
    pub fn authentication(mut self, authentication: Authentication) -> Self {
        self.world.authentication = Some(authentication);
        self
    }

    /// Pretends to have this keyspace. With at least one, tables that are in none are an error.
    pub fn keyspace(mut self, keyspace: Keyspace) -> Self {
        self.world.schema.push(keyspace);
        self
    }

    /// Says what the bind markers of statements are that contain `text`: names and CQL types, and which of them make
    /// the partition key. For statements whose markers the schema does not tell.
    pub fn binding(mut self, text: &str, markers: &[(&str, &str)], partition_key: &[u16]) -> Self {
        self.world.bindings.push(Binding::new(text, markers, partition_key));
        self
    }

    /// Changes anything about the world before the start, the addresses of the nodes being known.
    pub fn world(mut self, change: impl FnOnce(&mut World) + Send + 'static) -> Self {
        self.changes.push(Change(Box::new(change)));
        self
    }

    /// A first rule; see [`RunningCluster::on`].
    pub fn on(mut self, matcher: Matcher, reaction: Reaction) -> Self {
        self.rules.push((matcher, reaction));
        self
    }

    /// Starts listening.
    ///
    /// # Errors
    /// If no addresses are free, or no thread can be had.
    pub fn start(self) -> io::Result<RunningCluster> {
        let listeners = match self.first {
            Some(first) => bind(first, self.nodes, self.port)?,
            None => bind_free_block(self.nodes, self.port)?,
        };
        let addresses = listeners.iter().map(TcpListener::local_addr).collect::<io::Result<Vec<_>>>()?;
        let mut world = self.world;
        world.topology = Topology::new(&addresses);
        for Change(change) in self.changes {
            change(&mut world);
        }
        let mut rules = RuleBook::default();
        for (matcher, reaction) in self.rules {
            rules.add(matcher, reaction);
        }
        let shared = Arc::new(Shared {
            world: Mutex::new(Arc::new(world)),
            rules: Mutex::new(rules),
            log: Mutex::new(Log::default()),
            nodes: Mutex::default(),
            started: Instant::now(),
        });
        let nodes: Vec<_> = (0..)
            .zip(&addresses)
            .map(|(index, &address)| Arc::new(Node::new(index, address, Arc::clone(&shared))))
            .collect();
        lock(&shared.nodes).clone_from(&nodes);
        let cluster = RunningCluster { shared, nodes };
        for (node, listener) in cluster.nodes.iter().zip(listeners) {
            node.listen_on(listener)?;
        }
        Ok(cluster)
    }
}

impl Binding {
    fn new(text: &str, markers: &[(&str, &str)], partition_key: &[u16]) -> Self {
        let markers = markers.iter().map(|&(name, cql_type)| (name.to_owned(), cql_type.to_owned()));
        Self { text: text.into(), markers: markers.collect(), partition_key: partition_key.to_vec() }
    }
}

fn bind(first: Ipv4Addr, nodes: usize, port: u16) -> io::Result<Vec<TcpListener>> {
    let mut listeners: Vec<TcpListener> = Vec::with_capacity(nodes);
    let mut port = port;
    for index in 0..nodes {
        let offset = u32::try_from(index).map_err(io::Error::other)?;
        let address = Ipv4Addr::from_bits(first.to_bits().wrapping_add(offset));
        if !address.is_loopback() {
            let message = format!("{address} is no loopback address, and a mock listens on no other");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let listener = TcpListener::bind(SocketAddr::new(IpAddr::V4(address), port))?;
        port = listener.local_addr()?.port();
        listeners.push(listener);
    }
    Ok(listeners)
}

/// Tests run beside each other, in one process and in several: each cluster takes a block that nobody else has.
fn bind_free_block(nodes: usize, port: u16) -> io::Result<Vec<TcpListener>> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let mut last = io::Error::new(io::ErrorKind::AddrInUse, "no block of addresses is free");
    for _ in 0..TRIES {
        let number = std::process::id().wrapping_mul(37).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let [.., x, y] = number.to_be_bytes();
        match bind(Ipv4Addr::new(127, 64 | x & 63, y, 1), nodes, port) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = error,
            bound => return bound,
        }
    }
    Err(last)
}

/// A cluster that runs until it is dropped.
#[derive(Debug)]
pub struct RunningCluster {
    shared: Arc<Shared>,
    nodes: Vec<Arc<Node>>,
}

impl RunningCluster {
    /// The nodes' addresses.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| node.address()).collect()
    }

    /// The node of this index, from 0.
    ///
    /// # Panics
    /// If there is no such node.
    #[must_use]
    pub fn node(&self, index: usize) -> MockNode<'_> {
        MockNode { node: &self.nodes[index] }
    }

    /// All nodes.
    pub fn nodes(&self) -> impl Iterator<Item = MockNode<'_>> {
        self.nodes.iter().map(|node| MockNode { node })
    }

    /// A rule: requests that `matcher` matches meet `reaction`. Where several rules match, the newest has it.
    ///
    /// Rules are about all requests, those of the handshake and of the driver's own queries included: say `query("…")`
    /// rather than `any()` unless you mean those too.
    pub fn on(&self, matcher: Matcher, reaction: Reaction) -> RuleId {
        lock(&self.shared.rules).add(matcher, reaction)
    }

    /// Takes a rule away; whether it was there.
    pub fn remove(&self, rule: RuleId) -> bool {
        lock(&self.shared.rules).remove(rule)
    }

    /// Takes all rules away.
    pub fn remove_all(&self) {
        lock(&self.shared.rules).clear();
    }

    /// How many requests met the reaction of a rule.
    #[must_use]
    pub fn used(&self, rule: RuleId) -> u64 {
        lock(&self.shared.rules).used(rule)
    }

    /// The requests that `matcher` matches, oldest first. The last 100,000 are remembered.
    #[must_use]
    pub fn received(&self, matcher: &Matcher) -> Vec<Arc<Received>> {
        lock(&self.shared.log).matching(matcher)
    }

    /// How many of the requests since the log was cleared are not remembered any more.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        lock(&self.shared.log).forgotten()
    }

    /// Forgets what was received.
    pub fn clear_received(&self) {
        lock(&self.shared.log).clear();
    }

    /// Waits until `count` requests that `matcher` matches have come, or `patience` is over; whether they have.
    #[must_use]
    pub fn wait_for(&self, matcher: &Matcher, count: usize, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        while self.received(matcher).len() < count {
            if Instant::now() >= end {
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        true
    }

    /// Sends `event` to every connection that asked for events of its kind; how many there were.
    ///
    /// # Errors
    /// If the event cannot be written in the protocol.
    pub fn push_event(&self, event: &Event) -> Result<usize, EncodeError> {
        self.nodes.iter().map(|node| node.tell(event)).sum()
    }

    /// What the cluster pretends to be.
    #[must_use]
    pub fn world(&self) -> World {
        World::clone(&lock(&self.shared.world))
    }

    /// Changes what the cluster pretends to be. Nobody is told; say it with [`push_event`](Self::push_event).
    pub fn change(&self, change: impl FnOnce(&mut World)) {
        change(Arc::make_mut(&mut lock(&self.shared.world)));
    }
}

impl Drop for RunningCluster {
    fn drop(&mut self) {
        for node in self.nodes() {
            node.resume();
            node.stop();
        }
        lock(&self.shared.nodes).clear();
    }
}

/// One node of a running cluster.
#[derive(Debug, Clone, Copy)]
pub struct MockNode<'a> {
    node: &'a Arc<Node>,
}

impl MockNode<'_> {
    /// Its address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.node.address()
    }

    /// Its index, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.node.index()
    }

    /// How many connections are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.node.connections().len()
    }

    /// How many connections it has accepted so far.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.node.accepted()
    }

    /// The requests that this node received and `matcher` matches.
    #[must_use]
    pub fn received(&self, matcher: &Matcher) -> Vec<Arc<Received>> {
        self.node.received(matcher)
    }

    /// Sends `event` to those of its connections that asked for events of its kind; how many there were.
    ///
    /// # Errors
    /// If the event cannot be written in the protocol.
    pub fn push_event(&self, event: &Event) -> Result<usize, EncodeError> {
        self.node.tell(event)
    }

    /// Closes all connections (FIN). It goes on listening.
    pub fn close_connections(&self) {
        self.node.connections().iter().for_each(|connection| connection.close());
    }

    /// Resets all connections (RST). It goes on listening.
    pub fn reset_connections(&self) {
        self.node.connections().iter().for_each(|connection| connection.reset());
    }

    /// Refuses further connections. Those that are open stay.
    pub fn stop_listening(&self) {
        self.node.stop_listening();
    }

    /// Listens again.
    ///
    /// # Errors
    /// If its address is taken by now.
    pub fn listen(&self) -> io::Result<()> {
        self.node.listen()
    }

    /// Goes down: refuses further connections, closes those that are open, and forgets prepared statements.
    pub fn stop(&self) {
        self.node.stop_listening();
        self.close_connections();
        self.node.forget_statements();
    }

    /// Hangs, as a stopped process does: connections are accepted, nothing is read or written any more.
    pub fn pause(&self) {
        self.node.gate().shut();
    }

    /// Goes on after [`pause`](Self::pause).
    pub fn resume(&self) {
        self.node.gate().open();
    }

    /// Forgets all prepared statements, as a restart does: their EXECUTE answers UNPREPARED.
    pub fn forget_statements(&self) {
        self.node.forget_statements();
    }
}
