//! A mock cluster that is planned: how many nodes, where, what they pretend to be, the first rules.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use helenus_protocol::ProtocolVersion;
use helenus_protocol::compression::Compression;

use super::cluster::RunningCluster;
use super::matcher::Matcher;
use super::node::{Node, Shared, lock};
use super::reaction::Reaction;
use super::received::Log;
use super::rules::RuleBook;
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
        RunningCluster::start(shared, nodes, listeners)
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
