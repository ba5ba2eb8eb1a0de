//! Where a connection goes: an address, a node behind a proxy, or a Unix-domain socket.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use crate::cluster::{Host, Snapshot};

/// Where a connection goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    /// An address, and the name that a certificate must hold and SNI says (the address itself if `None`).
    Tcp { address: SocketAddr, name: Option<Arc<str>> },
    /// A node behind a proxy, which knows it by the name that SNI says; the node's own address, where it is known.
    #[cfg_attr(not(feature = "cloud"), allow(dead_code))]
    Proxied { proxy: (Arc<str>, u16), name: Arc<str>, address: Option<SocketAddr> },
    /// A Unix-domain socket; the address stands for it in the cluster's snapshot.
    Unix { path: PathBuf, address: SocketAddr },
}

impl Endpoint {
    /// Whom errors name, and what the cluster's snapshot knows the node by.
    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Self::Tcp { address, .. } | Self::Unix { address, .. } => *address,
            Self::Proxied { address: Some(address), .. } => *address,
            Self::Proxied { proxy: (name, port), .. } => {
                SocketAddr::new(name.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), *port)
            }
        }
    }

    /// The host that it leads to, if the snapshot has it.
    pub(crate) fn host_in(&self, snapshot: &Snapshot) -> Option<Arc<Host>> {
        match self {
            Self::Proxied { name, .. } => snapshot.host(name.parse().ok()?).cloned(),
            Self::Tcp { address, .. } | Self::Unix { address, .. } => snapshot.host_at(*address).cloned(),
        }
    }

    /// What a certificate must hold, and SNI says.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Tcp { name: Some(name), .. } | Self::Proxied { name, .. } => name.to_string(),
            other => other.address().ip().to_string(),
        }
    }
}
