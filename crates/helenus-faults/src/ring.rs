//! Three real nodes, a proxy in front of each, and how the engine is brought to go through the proxies.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use helenus::cluster::HostFacts;
use helenus::policy::AddressTranslator;
use helenus::protocol::Consistency;
use helenus::{Cluster, Config, Error, Executor, Session};
use helenus_testkit::cassandra::{self, Cassandra, Node};
use helenus_testkit::proxy::{Proxy, Reading};

/// The port of the nodes, and that of the proxies on the same addresses.
const PORT: u16 = 9042;
pub(crate) const PROXY_PORT: u16 = 19_042;

/// How many nodes there are.
pub const NODES: usize = 3;

/// What the nodes are told beside the usual.
///
/// The clients' timeout is two seconds: a node that waits longer for others works for nobody. And a write is in the commit log's
/// file before it is acknowledged: with the usual periodic sync a node that is killed forgets the last tenth of a second of what it
/// has acknowledged, and then it is Cassandra that loses writes (a counter that went back was found so).
const SETTINGS: [(&str, &str); 6] = [
    ("read_request_timeout", "1500ms"),
    ("write_request_timeout", "1500ms"),
    ("counter_write_request_timeout", "1500ms"),
    ("commitlog_sync", "group"),
    ("commitlog_sync_group_window", "5ms"),
    ("commitlog_sync_period", "0ms"),
];

/// The tables, on all three nodes.
const SCHEMA: [&str; 6] = [
    "CREATE KEYSPACE IF NOT EXISTS faults WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 3}",
    "CREATE TABLE IF NOT EXISTS faults.rows (id bigint PRIMARY KEY, version bigint, body text)",
    "CREATE TABLE IF NOT EXISTS faults.counters (id bigint PRIMARY KEY, n counter)",
    "CREATE TABLE IF NOT EXISTS faults.reference_rows (id bigint PRIMARY KEY, version bigint, body text)",
    "CREATE TABLE IF NOT EXISTS faults.reference_counters (id bigint PRIMARY KEY, n counter)",
    "CREATE TABLE IF NOT EXISTS faults.registers (id bigint PRIMARY KEY, v bigint)",
];

/// Nodes are reached at the same address, by the port of the proxies.
#[derive(Debug, Clone, Copy)]
struct ByProxy;

impl AddressTranslator for ByProxy {
    fn translate(&self, address: SocketAddr) -> SocketAddr {
        SocketAddr::new(address.ip(), PROXY_PORT)
    }

    fn translate_host(&self, host: &HostFacts) -> SocketAddr {
        self.translate(host.rpc_address)
    }
}

/// The nodes. They end when it is dropped.
#[derive(Debug)]
pub struct Ring {
    cassandra: Cassandra,
}

impl Ring {
    /// Starts three nodes from `base` on, and makes the tables.
    ///
    /// # Errors
    /// Where the nodes do not come up or refuse the tables.
    pub async fn start(base: Ipv4Addr) -> Result<Arc<Self>, Box<dyn std::error::Error + Send + Sync>> {
        let starting = tokio::task::spawn_blocking(move || {
            let builder = Cassandra::builder().nodes(NODES).base_address(base).port(PORT);
            SETTINGS.into_iter().fold(builder, |builder, (key, value)| builder.config(key, value)).start()
        });
        let ring = Arc::new(Self { cassandra: starting.await?? });
        let auditor = ring.auditor().await?;
        for statement in SCHEMA {
            auditor.execute(statement).await?;
        }
        auditor.cluster().shut_down();
        Ok(ring)
    }

    /// Node `index`.
    #[must_use]
    pub fn node(&self, index: usize) -> &Node {
        &self.cassandra.nodes()[index]
    }

    /// Which node has this address.
    #[must_use]
    pub fn index_of(&self, address: IpAddr) -> Option<usize> {
        self.cassandra.nodes().iter().position(|node| node.address().ip() == address)
    }

    /// Does something to node `index` that blocks.
    ///
    /// # Errors
    /// What `what` says.
    pub async fn with_node(
        self: &Arc<Self>,
        index: usize,
        what: impl FnOnce(&Node) -> cassandra::Result<()> + Send + 'static,
    ) -> Result<(), cassandra::Error> {
        let ring = Arc::clone(self);
        match tokio::task::spawn_blocking(move || what(ring.node(index))).await {
            Ok(outcome) => outcome,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }

    /// A proxy in front of each node.
    ///
    /// # Errors
    /// Where they cannot listen.
    pub fn proxies(&self, reading: Reading, seed: u64) -> io::Result<Arc<[Proxy]>> {
        let nodes = self.cassandra.nodes().iter().zip(1..);
        let proxy = |(node, number): (&Node, u64)| {
            let listen = SocketAddr::new(node.address().ip(), PROXY_PORT);
            Proxy::start(listen, node.address(), reading, seed.wrapping_add(number))
        };
        nodes.map(proxy).collect::<io::Result<Vec<_>>>().map(Into::into)
    }

    /// Settings that go through the proxies.
    #[must_use]
    pub fn config(&self) -> Config {
        let mut config = self.direct();
        config.port = PROXY_PORT;
        config.address_translation = Arc::new(ByProxy);
        config
    }

    fn direct(&self) -> Config {
        let mut builder = Cluster::builder()
            .contact_points(self.cassandra.nodes().iter().map(|node| node.address().ip().to_string()))
            .port(PORT)
            .consistency(Consistency::LocalQuorum);
        std::mem::take(builder.config_mut())
    }

    /// A session that goes to the nodes directly, and is patient.
    ///
    /// # Errors
    /// Where none of them can be connected to.
    pub async fn auditor(&self) -> Result<Session, Error> {
        let mut config = self.direct();
        config.defaults.timeout = Some(Duration::from_secs(15));
        config.control_timeout = Duration::from_secs(10);
        Cluster::connect(config, Executor::current()).await?.session(None).await
    }
}
