//! Settings in, a cluster out.

use std::sync::Arc;
use std::time::Duration;

use helenus_protocol::compression::Compression;
use helenus_protocol::connection::handshake::CompressionChoice;
use helenus_protocol::{Consistency, ProtocolVersion};

use super::Cluster;
use crate::auth::{AuthProvider, PlainText};
use crate::config::{Config, ContactPoint, QueueLimits};
use crate::connection::transport::CipherFactory;
use crate::error::Error;
use crate::executor::Executor;
use crate::observe::Observability;
use crate::policy::{
    Budget, LoadBalancingPolicy, ReconnectionPolicy, RetryPolicy, SpeculativeExecutionPolicy,
    TimestampGenerator,
};
use crate::profile::ExecutionProfile;
use crate::session::Session;

/// Collects settings; see [`Config`] for each and its default.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct ClusterBuilder {
    config: Config,
}

impl ClusterBuilder {
    /// All defaults and no contact point.
    pub fn new() -> Self {
        Self::default()
    }

    /// The settings so far, to change what has no method here. They are checked by [`connect`](Self::connect).
    pub const fn config_mut(&mut self) -> &mut Config {
        &mut self.config
    }

    /// Adds a contact point: a host name or an address, with a port of its own or not: `db.example`, `10.0.0.1:9142`, `::1`,
    /// `[::1]:9042`, `fe80::1%eth0`. One at least is needed, and a few are better: they are tried one after another, in their order. A
    /// name is looked up when the cluster is connected, and stands for all its addresses.
    pub fn contact_point(mut self, host: impl Into<String>) -> Self {
        self.config.contact_points.push(ContactPoint::from(host.into()));
        self
    }

    /// Adds contact points; see [`contact_point`](Self::contact_point).
    pub fn contact_points<S: Into<String>>(mut self, hosts: impl IntoIterator<Item = S>) -> Self {
        self.config.contact_points.extend(hosts.into_iter().map(|host| ContactPoint::from(host.into())));
        self
    }

    /// The port of all nodes that name none themselves: 9042. From Cassandra 4.0 on nodes do (`system.peers_v2`).
    pub const fn port(mut self, port: u16) -> Self {
        self.config.port = port;
        self
    }

    /// Speaks this version and no other. By default it is the newest that the first node which answers speaks, from v5 down to v3.
    pub const fn protocol_version(mut self, version: ProtocolVersion) -> Self {
        self.config.protocol_version = Some(version);
        self
    }

    /// Compresses with this, which is off by default (section 5 of the specification); Snappy is known to v3 and v4 only. A server, or
    /// a version, that does not know it is an error of the connection.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.config.connection.compression = CompressionChoice::Required(compression);
        self
    }

    /// Authenticates by user name and password; see [`PlainText`] for whom they are sent to. Servers that ask for none get none.
    pub fn credentials(self, username: impl Into<String>, password: impl Into<String>) -> Self {
        self.auth_provider(Arc::new(PlainText::new(username, password)))
    }

    /// Authenticates as this provider says (sections 4.1.2 and 4.2.3 of the specification). By default there is none, and a server that
    /// asks is an error of the connection.
    pub fn auth_provider(mut self, provider: Arc<dyn AuthProvider>) -> Self {
        self.config.connection.auth = Some(provider);
        self
    }

    /// Refuses servers that ask for no credentials: whoever stands there may not be who was meant. Off by default.
    pub const fn require_authentication(mut self, required: bool) -> Self {
        self.config.connection.require_authentication = required;
        self
    }

    /// Encrypts every connection: with a [`TlsConfig`](crate::tls::TlsConfig), or with a cipher of your own. By default nothing is
    /// encrypted. With it nothing is ever sent in plain text.
    pub fn tls(mut self, factory: impl Into<Arc<dyn CipherFactory>>) -> Self {
        self.config.connection.tls = Some(factory.into());
        self
    }

    /// Connects by a secure connect bundle: contact points, encryption and the certificate of the client are its own, and
    /// consistency is LOCAL_QUORUM unless another is set after it.
    #[cfg(feature = "cloud")]
    pub fn secure_connect_bundle(mut self, bundle: crate::cloud::SecureConnectBundle) -> Self {
        self.config.set_secure_connect_bundle(bundle);
        self
    }

    /// Chooses hosts by this policy. By default by [`default_load_balancing`](crate::policy::default_load_balancing).
    pub fn load_balancing(mut self, policy: Arc<dyn LoadBalancingPolicy>) -> Self {
        self.config.defaults.load_balancing = policy;
        self
    }

    /// Decides about retries by this policy: by default [`DefaultRetryPolicy`](crate::policy::DefaultRetryPolicy). One of your own is
    /// asked about writes that may have run already, too: see [`RetryPolicy::decides_idempotence`].
    pub fn retry_policy(mut self, policy: Arc<dyn RetryPolicy>) -> Self {
        self.config.defaults.retry = policy;
        self
    }

    /// Sends slow requests to one more host by this policy, if their caller has marked them idempotent. By default none are.
    pub fn speculative_execution(mut self, policy: Arc<dyn SpeculativeExecutionPolicy>) -> Self {
        self.config.defaults.speculative_execution = policy;
        self
    }

    /// Gives writes these timestamps: by default [`MonotonicTimestampGenerator`](crate::policy::MonotonicTimestampGenerator)'s.
    /// `None`: the server stamps them, and no write that may have run is sent again unless it is marked idempotent.
    pub fn timestamps(mut self, generator: Option<Arc<dyn TimestampGenerator>>) -> Self {
        self.config.defaults.timestamps = generator;
        self
    }

    /// Bounds how often requests are tried again: by default [`Budget::RETRIES`]. `None` is no bound. See [`Config::retry_budget`].
    pub const fn retry_budget(mut self, budget: Option<Budget>) -> Self {
        self.config.retry_budget = budget;
        self
    }

    /// Bounds how often requests are sent speculatively: by default [`Budget::SPECULATIONS`]. `None` is no bound. See
    /// [`Config::speculation_budget`].
    pub const fn speculation_budget(mut self, budget: Option<Budget>) -> Self {
        self.config.speculation_budget = budget;
        self
    }

    /// Adds a named set of options for one kind of requests. One of the same name is replaced.
    pub fn execution_profile(mut self, name: impl Into<String>, profile: ExecutionProfile) -> Self {
        self.config.profiles.insert(name.into(), profile);
        self
    }

    /// Tries lost hosts again by this policy: by default after 1 s, then after pauses that double up to 600 s, for ever
    /// ([`ExponentialReconnectionPolicy`](crate::policy::ExponentialReconnectionPolicy)).
    pub fn reconnection(mut self, policy: Arc<dyn ReconnectionPolicy>) -> Self {
        self.config.reconnection = policy;
        self
    }

    /// The consistency of statements that name none: LOCAL_ONE.
    pub const fn consistency(mut self, level: Consistency) -> Self {
        self.config.defaults.consistency = level;
        self
    }

    /// The time that a request is given, retries and waiting for room included: 10 s. `None`: for ever. Each page is a request.
    pub const fn request_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.config.defaults.timeout = timeout;
        self
    }

    /// How many connections a session holds to a local host: one, and at most [`MOST_CONNECTIONS`](crate::config::MOST_CONNECTIONS).
    /// With none it is not used.
    pub const fn connections_per_host(mut self, count: usize) -> Self {
        self.config.pool_size.local = count;
        self
    }

    /// The same for a host that the policy calls remote: one.
    pub const fn connections_per_remote_host(mut self, count: usize) -> Self {
        self.config.pool_size.remote = count;
        self
    }

    /// How many requests, and how many bytes of them, may wait in a session for room on a connection (8,192 and 16 MiB);
    /// no requests: what finds every host busy is told so at once.
    pub const fn queue(mut self, requests: usize, bytes: usize) -> Self {
        self.config.queue = QueueLimits { requests, bytes };
        self
    }

    /// How many bytes of requests may wait to be written on one connection (8 MiB).
    pub const fn max_unsent_bytes(mut self, bytes: usize) -> Self {
        self.config.connection.max_unsent_bytes = bytes;
        self
    }

    /// What is shown of requests: counts, trackers, slow queries… By default spans, where a subscriber wants them.
    pub fn observability(mut self, what: Observability) -> Self {
        self.config.observability = what;
        self
    }

    /// Connects, on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// See [`Cluster::connect`].
    pub async fn connect(self) -> Result<Cluster, Error> {
        Cluster::connect(self.config, Executor::current()).await
    }

    /// Connects and opens a session.
    ///
    /// # Errors
    ///
    /// See [`Cluster::connect`] and [`Cluster::session`].
    pub async fn session(self) -> Result<Session, Error> {
        self.connect().await?.session(None).await
    }
}
