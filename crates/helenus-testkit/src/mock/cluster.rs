//! A mock cluster that runs, and its nodes.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus_protocol::EncodeError;
use helenus_protocol::response::Event;

use super::matcher::Matcher;
use super::node::{Node, Shared, lock};
use super::reaction::Reaction;
use super::received::Received;
use super::rules::RuleId;
use super::world::World;

/// A cluster that runs until it is dropped.
#[derive(Debug)]
pub struct RunningCluster {
    shared: Arc<Shared>,
    nodes: Vec<Arc<Node>>,
}

impl RunningCluster {
    /// Has each node listen on its socket.
    pub(super) fn start(
        shared: Arc<Shared>,
        nodes: Vec<Arc<Node>>,
        listeners: Vec<TcpListener>,
    ) -> io::Result<Self> {
        let cluster = Self { shared, nodes };
        for (node, listener) in cluster.nodes.iter().zip(listeners) {
            node.listen_on(listener)?;
        }
        Ok(cluster)
    }

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
