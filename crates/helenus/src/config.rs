//! Every knob, its default, and why.

mod contact_point;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use helenus_protocol::connection::MAX_STREAMS;
use helenus_protocol::{Consistency, ProtocolVersion, SerialConsistency};

use crate::cluster::proxy::Proxy;
pub use crate::connection::config::{ConnectionConfig, SocketOption};
use crate::error::Error;
use crate::observe::Observability;
use crate::policy::{
    AddressTranslator, Budget, ConvictionPolicy, LoadBalancingPolicy, ReconnectionPolicy, RetryPolicy,
    SpeculativeExecutionPolicy, TimestampGenerator,
};
use crate::profile::ExecutionProfile;
pub use helenus_protocol::connection::handshake::CompressionChoice;

pub(crate) use contact_point::{is_address, zone};

/// Where to look for the cluster first. It is made of text, too: `db.example`, `10.0.0.1:9142`, `[::1]:9042`, `fe80::1%eth0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactPoint {
    /// A host name or an address, with or without a port of its own. A name is resolved, to all its addresses.
    Host(String, Option<u16>),
    /// An address.
    Address(SocketAddr),
    /// A Unix-domain socket.
    Unix(PathBuf),
}

/// Where the addresses of names come from.
pub trait NameResolver: std::fmt::Debug + Send + Sync {
    /// All addresses of a host name. It may block: it is called on a thread of its own, of which there are at most 16 in a process
    /// at a time. One that has not returned after the connect timeout is not waited for, but counts among these until it does.
    ///
    /// # Errors
    /// Whatever keeps the name from being resolved.
    fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The operating system's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl NameResolver for SystemResolver {
    fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
    }
}

/// What requests of a session get where their statement says nothing.
#[derive(Debug, Clone)]
pub struct RequestDefaults {
    /// LOCAL_ONE, as in other drivers: reads and writes stay in the data centre.
    pub consistency: Consistency,
    /// None: the server's SERIAL.
    pub serial_consistency: Option<SerialConsistency>,
    /// 10 s, the reference driver's. `None`: no limit.
    pub timeout: Option<Duration>,
    /// 5,000 rows, as in other drivers.
    pub page_size: i32,
    /// Which hosts, in which order.
    pub load_balancing: Arc<dyn LoadBalancingPolicy>,
    /// Whether a failed attempt is made again.
    pub retry: Arc<dyn RetryPolicy>,
    /// Whether a slow attempt gets company. None by default.
    pub speculative_execution: Arc<dyn SpeculativeExecutionPolicy>,
    /// Client-side timestamps; they make writes idempotent.
    pub timestamps: Option<Arc<dyn TimestampGenerator>>,
    /// Whether servers record a trace of each request. They do not.
    pub tracing: bool,
}

/// How many connections to hold to a host at one distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSize {
    /// For hosts in the local data centre.
    pub local: usize,
    /// For hosts elsewhere that are used.
    pub remote: usize,
}

/// The most connections that a session holds to one host: 1,024. Each carries 32,768 requests at a time.
pub const MOST_CONNECTIONS: usize = 1024;

impl PoolSize {
    /// The same without more connections than there may be.
    pub(crate) fn bounded(self) -> Self {
        Self { local: self.local.min(MOST_CONNECTIONS), remote: self.remote.min(MOST_CONNECTIONS) }
    }
}

/// How much may wait in a session's queue: requests for which every host of their plan is busy. What is more is told so at
/// once, with [`RequestFailure::Busy`](crate::RequestFailure::Busy).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueLimits {
    /// How many requests: 8,192, what a busy node answers in some tenths of a second. Zero: none wait.
    pub requests: usize,
    /// How many bytes of requests: 16 MiB. One that is larger by itself may wait where none other does.
    pub bytes: usize,
}

/// What is asked of servers again and again is asked no more often than each 10 ms, on each connection.
pub const SHORTEST_PAUSE: Duration = Duration::from_millis(10);

impl ConnectionConfig {
    /// Refuses pauses that are none: each connection would do nothing but ask whether the other side lives.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let pauses =
            [("heartbeat_interval", self.heartbeat_interval), ("set_aside_after", self.set_aside_after)];
        for (name, pause) in pauses {
            if let Some(pause) = pause.filter(|pause| *pause < SHORTEST_PAUSE) {
                return Err(Error::Configuration(format!(
                    "{name} is {pause:?}, and servers would be asked for a sign of life without a pause; it must be \
                     {SHORTEST_PAUSE:?} or more, or None for never"
                )));
            }
        }
        if self.heartbeat_interval.is_some() && self.heartbeat_timeout < SHORTEST_PAUSE {
            return Err(Error::Configuration(format!(
                "heartbeat_timeout is {:?}, within which no answer can come; it must be {SHORTEST_PAUSE:?} or more",
                self.heartbeat_timeout
            )));
        }
        Ok(())
    }
}

impl Default for QueueLimits {
    fn default() -> Self {
        Self { requests: 8192, bytes: 16 * 1024 * 1024 }
    }
}

/// The settings of a cluster.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to look first.
    pub contact_points: Vec<ContactPoint>,
    /// How the names among them are resolved: by the operating system. That is done again when the control connection is
    /// lost and no host that is known takes another, so that a cluster that has moved as a whole is found. All are resolved at
    /// once, each within [`ConnectionConfig::connect_timeout`].
    pub resolver: Arc<dyn NameResolver>,
    /// The port of contact points and nodes that name none: 9042.
    pub port: u16,
    /// The version to speak; `None`: the newest that both sides know.
    pub protocol_version: Option<ProtocolVersion>,
    /// What requests get.
    pub defaults: RequestDefaults,
    /// Other options for kinds of requests, by name.
    pub profiles: BTreeMap<String, ExecutionProfile>,
    /// How many of a session's requests may be tried again because a retry policy says so: one for ten that succeed, and ten a
    /// second. `None`: as many as the policies want. A request that was never sent goes to the next host in any case.
    pub retry_budget: Option<Budget>,
    /// How many of a session's requests may be sent speculatively: one for ten that are idempotent by their caller's word
    /// and have a policy for that, and ten a second. `None`: as many as the policies want.
    pub speculation_budget: Option<Budget>,
    /// When a lost host is tried again: after 1 s, then pauses that double up to 600 s.
    pub reconnection: Arc<dyn ReconnectionPolicy>,
    /// When a host is taken for down: when its last connection has failed, and any failure convicts.
    pub conviction: Arc<dyn ConvictionPolicy>,
    /// How nodes' own addresses become ones that can be reached from here: they are taken as they are.
    pub address_translation: Arc<dyn AddressTranslator>,
    /// How many connections a host gets: one, since one carries 32,768 requests at a time; at most [`MOST_CONNECTIONS`].
    pub pool_size: PoolSize,
    /// How many connections to one host a session opens at a time: 8, so that a node is not stormed by large pools; one at
    /// least. The next is begun as soon as one is open; after one could not be opened they are tried one by one.
    pub dials_per_host: usize,
    /// How much may wait for room on connections, each request within its own time.
    pub queue: QueueLimits,
    /// How long a statement that changes the schema waits until all nodes agree: 10 s. With zero it does
    /// not ask them, and takes them to agree.
    pub max_schema_agreement_wait: Duration,
    /// The time limit of each of the engine's own queries: 2 s.
    pub control_timeout: Duration,
    /// Topology events are gathered for this long: at most 1 s.
    pub topology_refresh_window: Duration,
    /// Hosts that are said to be up are tried within this time, each once: at most 1 s. Our own attempts to reach them go
    /// on meanwhile, and whether a host is down its connections tell.
    pub status_refresh_window: Duration,
    /// Schema events are gathered for this long: at most 1 s.
    pub schema_refresh_window: Duration,
    /// Whether the schema's tables are read at all: they are. Without it there is no token-aware routing for simple statements.
    pub schema_metadata: bool,
    /// Whether token-aware routing is wanted: it is. Without the schema's tables the keyspaces alone are read for it.
    pub token_metadata: bool,
    /// Whether [`prepare`](crate::Session::prepare) prepares on every host at once: it does. Else each host that does not know a
    /// statement is told of it when it is first run there, which is a round trip more.
    pub prepare_on_all_hosts: bool,
    /// Whether a host that is connected to for the first time, or again after it could not be, is told of the prepared
    /// statements at once, a few at a time: it is. One that does not know a statement says UNPREPARED in any case, and is told
    /// then.
    pub reprepare_on_up: bool,
    /// How many statements a session keeps that it has prepared by itself, as [`execute_with`](crate::Session::execute_with)
    /// does: the 1,000 that were used last, more than a program has texts. Zero: each is prepared each time.
    pub unprepared_statements: usize,
    /// What every connection is opened with.
    pub connection: ConnectionConfig,
    /// What is shown of requests: spans where a subscriber wants them, and nothing else.
    pub observability: Observability,
    /// Through whom nodes are reached, if not directly.
    pub(crate) proxy: Option<Arc<dyn Proxy>>,
}

impl Config {
    /// Settings with all defaults.
    #[must_use]
    pub fn new() -> Self {
        use crate::policy;
        Self {
            contact_points: Vec::new(),
            resolver: Arc::new(SystemResolver),
            port: 9042,
            protocol_version: None,
            defaults: RequestDefaults {
                consistency: Consistency::LocalOne,
                serial_consistency: None,
                timeout: Some(Duration::from_secs(10)),
                page_size: 5000,
                load_balancing: policy::default_load_balancing(),
                retry: Arc::new(policy::DefaultRetryPolicy),
                speculative_execution: Arc::new(policy::NoSpeculativeExecutionPolicy),
                timestamps: Some(Arc::new(policy::MonotonicTimestampGenerator::new())),
                tracing: false,
            },
            profiles: BTreeMap::new(),
            retry_budget: Some(Budget::RETRIES),
            speculation_budget: Some(Budget::SPECULATIONS),
            reconnection: Arc::new(policy::ExponentialReconnectionPolicy::default()),
            conviction: Arc::new(policy::SimpleConvictionPolicy),
            address_translation: Arc::new(policy::IdentityTranslator),
            pool_size: PoolSize { local: 1, remote: 1 },
            dials_per_host: 8,
            queue: QueueLimits::default(),
            max_schema_agreement_wait: Duration::from_secs(10),
            control_timeout: Duration::from_secs(2),
            topology_refresh_window: Duration::from_secs(1),
            status_refresh_window: Duration::from_secs(1),
            schema_refresh_window: Duration::from_secs(1),
            schema_metadata: true,
            token_metadata: true,
            prepare_on_all_hosts: true,
            reprepare_on_up: true,
            unprepared_statements: 1000,
            connection: ConnectionConfig::default(),
            observability: Observability::default(),
            proxy: None,
        }
    }

    /// Connects by a secure connect bundle; see [`ClusterBuilder::secure_connect_bundle`](crate::ClusterBuilder::secure_connect_bundle).
    #[cfg(feature = "cloud")]
    pub fn set_secure_connect_bundle(&mut self, bundle: crate::cloud::SecureConnectBundle) {
        self.defaults.consistency = Consistency::LocalQuorum;
        if self.connection.auth.is_none()
            && let Some(login) = bundle.login()
        {
            self.connection.auth = Some(Arc::new(login));
        }
        self.connection.tls = Some(Arc::new(bundle.clone()));
        self.proxy = Some(Arc::new(bundle));
    }

    /// Refuses what no cluster can be connected to with.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.connection.check()?;
        let PoolSize { local, remote } = self.pool_size;
        for (whose, count) in [("local", local), ("remote", remote)] {
            if count > MOST_CONNECTIONS {
                return Err(Error::Configuration(format!(
                    "pool_size: {count} connections to each {whose} host; at most {MOST_CONNECTIONS} can be held"
                )));
            }
        }
        Ok(())
    }

    /// How many requests may be in flight on one connection, 1 to 32,768 (the default).
    pub fn set_max_requests_per_connection(&mut self, count: usize) {
        self.connection.max_in_flight = count.clamp(1, MAX_STREAMS);
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
