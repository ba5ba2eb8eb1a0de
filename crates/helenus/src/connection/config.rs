//! What all connections of a cluster have in common: each setting, its default, and why that.

use std::sync::Arc;
use std::time::Duration;

use helenus_protocol::connection::MAX_STREAMS;
use helenus_protocol::connection::handshake::CompressionChoice;

use super::transport::CipherFactory;
use crate::auth::AuthProvider;
use crate::metrics::TrafficCounters;

/// An option to set on each socket before it connects: level, name, value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketOption {
    /// The level, such as `SOL_SOCKET`.
    pub level: i32,
    /// The option's number.
    pub name: i32,
    /// The value's bytes, as the operating system wants them.
    pub value: Vec<u8>,
}

/// What all connections of a cluster have in common.
#[derive(Debug, Clone)]
pub struct ConnectionConfig {
    /// Which compression to ask for. Off by default: it costs more than it saves on a fast network.
    pub compression: CompressionChoice,
    /// `CQL_VERSION` of STARTUP; by default what the server names.
    pub cql_version: Option<String>,
    /// Sent with STARTUP: what the application calls itself.
    pub startup_options: Vec<(String, String)>,
    /// Who answers the server's wish for credentials.
    pub auth: Option<Arc<dyn AuthProvider>>,
    /// Refuses a server that asks for no credentials: it may not be the one that was meant. Off by default, since
    /// clusters have authentication switched on and off while they run.
    pub require_authentication: bool,
    /// What encrypts; `None`: nothing does.
    pub tls: Option<Arc<dyn CipherFactory>>,
    /// How long connecting to one address may take, TCP, TLS, the handshake and the login included: 5 s; and as long again the
    /// look-up of a name. `None`: as long as an open connection may say nothing before it is taken for dead, which is
    /// [`heartbeat_interval`](Self::heartbeat_interval) and [`heartbeat_timeout`](Self::heartbeat_timeout) together. Where there
    /// are no heartbeats either it has no limit: a host that takes a connection and says nothing then holds up whoever waits
    /// for it, the first [`Cluster::connect`](crate::Cluster::connect) too, until it closes the connection.
    pub connect_timeout: Option<Duration>,
    /// After how much silence an idle connection is asked for a sign of life: 30 s. `None`: never. Less than 10 ms is refused
    /// with [`Error::Configuration`](crate::Error::Configuration).
    pub heartbeat_interval: Option<Duration>,
    /// How long that sign may take before the connection is taken for dead: 30 s, and no less than 10 ms.
    pub heartbeat_timeout: Duration,
    /// After how much silence of a host that owes answers others are asked before it, until it is heard of again: 2 s.
    /// `None`: never. Nothing is closed for that. Less than 10 ms is refused.
    pub set_aside_after: Option<Duration>,
    /// How many requests may be in flight on one connection: 32,768, as many as there are stream ids.
    pub max_in_flight: usize,
    /// How many bytes of requests may wait to be written on one connection: 8 MiB, which a fast network takes in some ten
    /// milliseconds. What is more waits in the session's queue. A request that is larger by itself is taken where none
    /// other waits.
    pub max_unsent_bytes: usize,
    /// The longest answer that is taken, in bytes: 256 MiB, as the protocol says.
    pub max_body: usize,
    /// `TCP_NODELAY`: on, since requests are small and wait for their answers.
    pub tcp_nodelay: bool,
    /// Options to set on each socket before it connects.
    pub socket_options: Vec<SocketOption>,
    /// What all of them come to.
    pub(crate) traffic: Arc<TrafficCounters>,
}

impl Default for ConnectionConfig {
    fn default() -> Self {
        Self {
            compression: CompressionChoice::Off,
            cql_version: None,
            startup_options: Vec::new(),
            auth: None,
            require_authentication: false,
            tls: None,
            connect_timeout: Some(Duration::from_secs(5)),
            heartbeat_interval: Some(Duration::from_secs(30)),
            heartbeat_timeout: Duration::from_secs(30),
            set_aside_after: Some(Duration::from_secs(2)),
            max_in_flight: MAX_STREAMS,
            max_unsent_bytes: 8 * 1024 * 1024,
            max_body: helenus_protocol::envelope::MAX_BODY_LENGTH,
            tcp_nodelay: true,
            socket_options: Vec::new(),
            traffic: Arc::default(),
        }
    }
}

impl ConnectionConfig {
    /// How long connecting may take, whatever the settings leave open.
    pub(crate) fn connect_limit(&self) -> Duration {
        let silence =
            || self.heartbeat_interval.map(|interval| interval.saturating_add(self.heartbeat_timeout));
        self.connect_timeout.or_else(silence).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connecting_has_a_limit_unless_heartbeats_are_unwanted_too() {
        let second = Duration::from_secs(1);
        let mut config = ConnectionConfig::default();
        assert_eq!(config.connect_limit(), 5 * second, "the default");
        config.connect_timeout = None;
        assert_eq!(config.connect_limit(), 60 * second, "an open connection is dead after that");
        config.heartbeat_timeout = Duration::MAX;
        assert_eq!(config.connect_limit(), Duration::MAX, "no matter how long");
        config.heartbeat_interval = None;
        config.heartbeat_timeout = second;
        assert_eq!(config.connect_limit(), Duration::MAX, "as it was wished");
        config.connect_timeout = Some(600 * second);
        assert_eq!(config.connect_limit(), 600 * second);
    }
}
