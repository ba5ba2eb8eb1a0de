//! One node of the cluster: what the system tables say of it, and how it is doing.
//!
//! The facts of a [`Host`] never change. A node whose address or rack has changed gets a new `Host`, which shares
//! the state of the old one, so that whoever still holds the old one sees the truth about up and down.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use uuid::Uuid;

use super::load::HostLoad;
use crate::metrics::HostCounters;
use crate::observe::Flight;
use crate::observe::flight::Flights;
use crate::routing::Token;

/// What the system tables say of a node (`system.local`, and `system.peers_v2` or `system.peers`). What a node does not say of
/// itself or of another is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFacts {
    /// Its identity, which outlives changes of address.
    pub host_id: Uuid,
    /// Where we connect to, after address translation.
    pub address: SocketAddr,
    /// Where the node itself says that it serves clients: what events name. The same as `address` without
    /// translation.
    pub rpc_address: SocketAddr,
    /// Where other nodes reach it.
    pub broadcast_address: Option<SocketAddr>,
    /// Where it listens for other nodes.
    pub listen_address: Option<SocketAddr>,
    /// Its data centre.
    pub datacenter: Option<Arc<str>>,
    /// Its rack.
    pub rack: Option<Arc<str>>,
    /// The version of Cassandra that it runs, such as `5.0.6`.
    pub release_version: Option<Arc<str>>,
    /// The Unix-domain socket by which it is reached, where that is how it was found.
    pub socket: Option<Arc<Path>>,
    /// The tokens that it owns, as they were told; none where the partitioner is not known.
    pub tokens: Vec<Token>,
}

impl HostFacts {
    /// Facts about a node of which nothing is known but its identity and address.
    #[must_use]
    pub const fn new(host_id: Uuid, address: SocketAddr) -> Self {
        Self {
            host_id,
            address,
            rpc_address: address,
            broadcast_address: None,
            listen_address: None,
            datacenter: None,
            rack: None,
            release_version: None,
            socket: None,
            tokens: Vec::new(),
        }
    }
}

/// Whether a node answers, as far as its connections show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum HostStatus {
    /// Nobody has tried yet.
    Unknown,
    /// Connections are open, or the last one opened well.
    Up,
    /// The last connection is gone and no new one could be made.
    Down,
}

#[derive(Debug)]
struct HostState {
    status: AtomicU8,
    set_aside: AtomicBool,
    load: Arc<HostLoad>,
    /// Made when something is first counted.
    counters: OnceLock<Box<HostCounters>>,
}

/// A node. Two hosts are equal if they are the same node, whatever their facts.
pub struct Host {
    facts: HostFacts,
    state: Arc<HostState>,
}

impl Host {
    /// A node that nobody has tried to reach yet.
    #[must_use]
    pub fn new(facts: HostFacts) -> Self {
        let state = HostState {
            status: AtomicU8::new(HostStatus::Unknown as u8),
            set_aside: AtomicBool::new(false),
            load: Arc::default(),
            counters: OnceLock::new(),
        };
        Self { facts, state: Arc::new(state) }
    }

    /// The same node under new facts: both share one state.
    #[must_use]
    pub fn updated(&self, facts: HostFacts) -> Self {
        Self { facts, state: Arc::clone(&self.state) }
    }

    /// All that the system tables say of it.
    #[must_use]
    pub const fn facts(&self) -> &HostFacts {
        &self.facts
    }

    /// Its identity.
    #[must_use]
    pub const fn host_id(&self) -> Uuid {
        self.facts.host_id
    }

    /// Where we connect to.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.facts.address
    }

    /// Its data centre.
    #[must_use]
    pub fn datacenter(&self) -> Option<&str> {
        self.facts.datacenter.as_deref()
    }

    /// Its rack.
    #[must_use]
    pub fn rack(&self) -> Option<&str> {
        self.facts.rack.as_deref()
    }

    /// The version of Cassandra that it runs.
    #[must_use]
    pub fn release_version(&self) -> Option<&str> {
        self.facts.release_version.as_deref()
    }

    /// The tokens that it owns.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.facts.tokens
    }

    /// Whether it answers, as far as connections of all sessions show.
    #[must_use]
    pub fn status(&self) -> HostStatus {
        match self.state.status.load(Ordering::Acquire) {
            status if status == HostStatus::Up as u8 => HostStatus::Up,
            status if status == HostStatus::Down as u8 => HostStatus::Down,
            _ => HostStatus::Unknown,
        }
    }

    /// Whether it was last seen up.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.status() == HostStatus::Up
    }

    /// Notes a status. True if it is a change, which exactly one of several callers is told. The engine does that, by what comes of
    /// connections; it is here for tests of policies, and changes nothing but what [`status`](Self::status) says.
    pub fn set_status(&self, status: HostStatus) -> bool {
        self.state.status.swap(status as u8, Ordering::AcqRel) != status as u8
    }

    /// Whether what is noted of the one is noted of the other: not if they are the same node that has left the cluster in between
    /// and is a new one to it.
    pub(crate) fn shares_state_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.state, &other.state)
    }

    /// Whether it has been silent with requests pending for
    /// [`set_aside_after`](crate::config::ConnectionConfig::set_aside_after) (2 s), so that others should be asked before it.
    #[must_use]
    pub fn is_set_aside(&self) -> bool {
        self.state.set_aside.load(Ordering::Relaxed)
    }

    /// How busy and how quick it is.
    pub(crate) fn load(&self) -> &Arc<HostLoad> {
        &self.state.load
    }

    /// Notes that it is silent, or that it answered again. True if that is a change. As [`set_status`](Self::set_status), for tests of
    /// policies.
    pub fn set_aside(&self, aside: bool) -> bool {
        self.state.set_aside.swap(aside, Ordering::Relaxed) != aside
    }
}

impl Host {
    pub(crate) fn counters(&self) -> &HostCounters {
        self.state.counters.get_or_init(Box::default)
    }

    /// What the flight recorder has kept of it.
    pub(crate) fn flights(&self) -> Vec<Flight> {
        let flights = self.state.counters.get().and_then(|counters| counters.flights.get());
        flights.map(Flights::read).unwrap_or_default()
    }
}

impl PartialEq for Host {
    fn eq(&self, other: &Self) -> bool {
        self.host_id() == other.host_id()
    }
}

impl Eq for Host {}

impl std::hash::Hash for Host {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.host_id().hash(state);
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("address", &self.address())
            .field("host_id", &self.host_id())
            .field("datacenter", &self.datacenter())
            .field("rack", &self.rack())
            .field("release_version", &self.release_version())
            .field("tokens", &self.tokens().len())
            .field("status", &self.status())
            .field("set_aside", &self.is_set_aside())
            .finish()
    }
}

impl fmt::Display for Host {
    /// The address, as error messages name a host.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address().fmt(f)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Host number `n`, at 127.0.0.n.
    pub(crate) fn host(n: u8, datacenter: &str, rack: &str) -> Arc<Host> {
        host_with_tokens(n, datacenter, rack, &[])
    }

    pub(crate) fn host_with_tokens(n: u8, datacenter: &str, rack: &str, tokens: &[i64]) -> Arc<Host> {
        Arc::new(Host::new(HostFacts {
            datacenter: Some(datacenter.into()),
            rack: Some(rack.into()),
            tokens: tokens.iter().copied().map(Token::Murmur3).collect(),
            ..HostFacts::new(Uuid::from_u128(n.into()), SocketAddr::from(([127, 0, 0, n], 9042)))
        }))
    }

    /// The number that [`host`] was given.
    pub(crate) fn number_of(host: &Host) -> u8 {
        u8::try_from(host.host_id().as_u128()).expect("a host of these tests")
    }

    #[test]
    fn one_caller_is_told_of_a_change() {
        let host = host(1, "dc1", "r1");
        assert_eq!(host.status(), HostStatus::Unknown);
        assert!(host.set_status(HostStatus::Up));
        assert!(!host.set_status(HostStatus::Up));
        assert!(host.is_up());
        assert!(host.set_status(HostStatus::Down));
        assert!(!host.is_up());
        assert!(host.set_aside(true) && !host.set_aside(true) && host.is_set_aside());
    }

    #[test]
    fn new_facts_share_the_state() {
        let before = host(1, "dc1", "r1");
        let moved = SocketAddr::from(([127, 0, 0, 9], 9042));
        let after = before.updated(HostFacts { address: moved, ..before.facts().clone() });
        assert_eq!(*before, after);
        assert!(before.shares_state_with(&after));
        assert!(!before.shares_state_with(&Host::new(before.facts().clone())), "it has left in between");
        before.set_status(HostStatus::Down);
        assert_eq!(after.status(), HostStatus::Down);
        assert_eq!(after.to_string(), "127.0.0.9:9042");
    }

    #[test]
    fn debug_tells_what_one_wants_to_know_and_counts_tokens() {
        let shown = format!("{:?}", host_with_tokens(1, "dc1", "r1", &[1, 2, 3]));
        assert!(shown.starts_with("Host { address: 127.0.0.1:9042, host_id: 00000000-"), "{shown}");
        assert!(shown.contains("tokens: 3, status: Unknown, set_aside: false"), "{shown}");
    }
}
