//! The facts that a cluster tells about itself: its name and version, and where each node is, what it is called and
//! which tokens it owns.

use std::net::{IpAddr, SocketAddr};

use uuid::Uuid;

/// A cluster as its system tables tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// `system.local.cluster_name`
    pub cluster_name: String,
    /// `release_version` of every node.
    pub release_version: String,
    /// The partitioner's class.
    pub partitioner: String,
    /// `schema_version` of every node that has none of its own.
    pub schema_version: Uuid,
    /// The nodes.
    pub nodes: Vec<NodeFacts>,
}

/// What the system tables tell about one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeFacts {
    /// Where it listens for CQL.
    pub address: SocketAddr,
    /// Whether the others tell of it: one that has not joined yet, or has left, they do not know.
    pub is_member: bool,
    /// Its data centre.
    pub datacenter: String,
    /// Its rack.
    pub rack: String,
    /// Its host id.
    pub host_id: Uuid,
    /// Its tokens, as text.
    pub tokens: Vec<String>,
    /// A schema version that differs from the cluster's: the node disagrees.
    pub schema_version: Option<Uuid>,
    /// A release that differs from the cluster's.
    pub release_version: Option<String>,
}

impl Topology {
    /// A cluster of nodes at these addresses: one data centre `datacenter1`, racks `rack1`, one token each, host ids
    /// and tokens that are the same on every run.
    #[must_use]
    pub fn new(addresses: &[SocketAddr]) -> Self {
        let nodes: Vec<_> = addresses
            .iter()
            .enumerate()
            .map(|(index, &address)| NodeFacts {
                address,
                is_member: true,
                datacenter: "datacenter1".into(),
                rack: "rack1".into(),
                host_id: host_id(index),
                tokens: vec![even_token(index, addresses.len()).to_string()],
                schema_version: None,
                release_version: None,
            })
            .collect();
        Self {
            cluster_name: "helenus mock".into(),
            release_version: "5.0.6".into(),
            partitioner: "org.apache.cassandra.dht.Murmur3Partitioner".into(),
            schema_version: Uuid::from_u128(0x5c4e_3a00_0000_4000_8000_0000_0000_0001),
            nodes,
        }
    }

    /// The nodes that the one at `index` tells of as its peers, with their indexes.
    pub fn peers_of(&self, index: usize) -> impl Iterator<Item = (usize, &NodeFacts)> {
        self.nodes.iter().enumerate().filter(move |(at, node)| *at != index && node.is_member)
    }

    /// The schema version that the node at `index` tells.
    #[must_use]
    pub fn schema_version_of(&self, index: usize) -> Uuid {
        self.nodes[index].schema_version.unwrap_or(self.schema_version)
    }

    /// The release that the node at `index` tells.
    #[must_use]
    pub fn release_version_of(&self, index: usize) -> &str {
        self.nodes[index].release_version.as_deref().unwrap_or(&self.release_version)
    }
}

impl NodeFacts {
    /// The node's address without its port.
    #[must_use]
    pub const fn ip(&self) -> IpAddr {
        self.address.ip()
    }
}

/// The host id of the node at `index`: the same on every run, so that a log of one run explains another.
#[must_use]
pub fn host_id(index: usize) -> Uuid {
    Uuid::from_u128(0x4e0d_e000_0000_4000_8000_0000_0000_0000 | (index as u128 + 1))
}

/// The token of the node at `index` of `count` that share the Murmur3 ring evenly.
#[must_use]
pub fn even_token(index: usize, count: usize) -> i64 {
    let share = (1_i128 << 64) / count.max(1) as i128;
    let token = i128::from(i64::MIN) + share * index as i128;
    i64::try_from(token).expect("an index below the count stays inside the ring")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_share_the_ring_evenly() {
        assert_eq!(even_token(0, 1), i64::MIN);
        assert_eq!((even_token(0, 4), even_token(1, 4), even_token(2, 4)), (i64::MIN, i64::MIN / 2, 0));
        assert!(even_token(2, 3) < i64::MAX);
    }
}
