//! Who is in the cluster, from `system.local` and `system.peers_v2` or `system.peers`. Rows that cannot be true are
//! skipped with a warning: one bad row must not hide the others.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::HostFacts;
use super::link::Link;
use super::table::TableRow;
use crate::error::Error;
use crate::policy::AddressTranslator;
use crate::policy::guard::guarded;
use crate::routing::{Partitioner, Token};

/// What the system tables say.
#[derive(Debug)]
pub(crate) struct Topology {
    /// The id of the node that was asked.
    pub(crate) own: Option<Uuid>,
    pub(crate) hosts: Vec<HostFacts>,
    pub(crate) partitioner: Option<Partitioner>,
    pub(crate) cluster_name: Option<String>,
    pub(crate) partitioner_class: Option<String>,
}

/// Reads who is in the cluster from the node at the other end of `link`.
pub(crate) async fn read(
    link: &Link,
    port: u16,
    translator: &Arc<dyn AddressTranslator>,
    is_proxied: bool,
    timeout: Duration,
) -> Result<Topology, Error> {
    let local = link.query("SELECT * FROM system.local WHERE key='local'", timeout).await?;
    let (peers, v2) = match link.query("SELECT * FROM system.peers_v2", timeout).await {
        Ok(peers) => (peers, true),
        // Before Cassandra 4.0 there is only the older table.
        Err(error) if error.server_error().is_some() => {
            (link.query("SELECT * FROM system.peers", timeout).await?, false)
        }
        Err(error) => return Err(error),
    };
    let mut partitioner_class: Option<String> = None;
    let mut cluster_name = None;
    if let Some(row) = local.rows().next() {
        partitioner_class = row.get("partitioner");
        cluster_name = row.get("cluster_name");
    }
    let partitioner = partitioner_class.as_deref().and_then(Partitioner::from_class_name);
    let mut found: Vec<HostFacts> = Vec::new();
    let own = local.rows().next().map(|row| {
        // We are connected to it, whatever it thinks its address is; unless that is a proxy's.
        let socket = link.connection.socket_path();
        let behind = if is_proxied || socket.is_some() { rpc_address(&row, port) } else { None };
        let address = behind.unwrap_or_else(|| link.connection.address());
        let mut facts =
            facts(&row, address, partitioner).unwrap_or_else(|| HostFacts::new(link.host.host_id(), address));
        facts.rpc_address = rpc_address(&row, port).unwrap_or(facts.rpc_address);
        facts.socket = socket;
        let id = facts.host_id;
        found.push(facts);
        id
    });
    let mut bad_rows = Vec::new();
    for row in peers.rows() {
        let Some(address) = peer_address(&row, port, v2) else {
            bad_rows.push("one has no usable address".to_owned());
            continue;
        };
        match facts(&row, address, partitioner) {
            Some(facts) => found.push(facts),
            None => bad_rows.push(format!("that of {address} has no host id")),
        }
    }
    let hosts = without_repetitions(translated(found, own, translator).await, &mut bad_rows);
    if !bad_rows.is_empty() {
        tracing::warn!(rows = bad_rows.join("; "), "rows of the peers table are skipped");
    }
    Ok(Topology { own, hosts, partitioner, cluster_name, partitioner_class })
}

/// Has each host's address translated to the one that it is reached by from here.
async fn translated(
    mut hosts: Vec<HostFacts>,
    own: Option<Uuid>,
    translator: &Arc<dyn AddressTranslator>,
) -> Vec<HostFacts> {
    let before = hosts.clone();
    let by = Arc::clone(translator);
    let translate = move || {
        for facts in &mut hosts {
            let address = by.translate_host(facts);
            // The node that we are connected to is where it is, unless the translator knows its name for itself.
            if Some(facts.host_id) != own || address != facts.rpc_address {
                facts.address = address;
            }
        }
        hosts
    };
    if !translator.may_block() {
        return guarded("address translator", translate).unwrap_or(before);
    }
    tokio::task::spawn_blocking(translate).await.unwrap_or_else(|_panicked| {
        tracing::error!("the address translator panicked; addresses are left as they are");
        before
    })
}

/// Of several hosts with one identity or address the first.
fn without_repetitions(found: Vec<HostFacts>, bad_rows: &mut Vec<String>) -> Vec<HostFacts> {
    let mut seen = (HashSet::new(), HashSet::new());
    let mut hosts = Vec::with_capacity(found.len());
    for facts in found {
        if seen.0.contains(&facts.host_id) || seen.1.contains(&facts.address) {
            bad_rows.push(format!("that of {} repeats a host", facts.address));
            continue;
        }
        seen.0.insert(facts.host_id);
        seen.1.insert(facts.address);
        hosts.push(facts);
    }
    hosts
}

fn facts(row: &TableRow<'_>, address: SocketAddr, partitioner: Option<Partitioner>) -> Option<HostFacts> {
    let mut facts = HostFacts::new(row.get::<Uuid>("host_id")?, address);
    facts.datacenter = row.get::<String>("data_center").map(Arc::from);
    facts.rack = row.get::<String>("rack").map(Arc::from);
    facts.release_version = row.get::<String>("release_version").map(Arc::from);
    let with_port = |ip: &str, port: &str| {
        let ip = row.get::<IpAddr>(ip)?;
        let port = row.get::<i32>(port).and_then(|port| u16::try_from(port).ok()).unwrap_or(7000);
        Some(SocketAddr::new(ip, port))
    };
    facts.broadcast_address =
        with_port("broadcast_address", "broadcast_port").or_else(|| with_port("peer", "peer_port"));
    facts.listen_address = with_port("listen_address", "listen_port");
    let tokens: Vec<String> = row.get("tokens").unwrap_or_default();
    if let Some(partitioner) = partitioner {
        facts.tokens =
            tokens.iter().filter_map(|text| partitioner.parse_token(text).ok()).collect::<Vec<Token>>();
    }
    Some(facts)
}

/// Where a node says that it serves clients.
fn rpc_address(row: &TableRow<'_>, port: u16) -> Option<SocketAddr> {
    let ip = row.get::<IpAddr>("rpc_address")?;
    let port = row.get::<i32>("rpc_port").and_then(|port| u16::try_from(port).ok()).unwrap_or(port);
    (!ip.is_unspecified()).then(|| SocketAddr::new(ip, port))
}

fn peer_address(row: &TableRow<'_>, port: u16, v2: bool) -> Option<SocketAddr> {
    let (ip, own_port) = if v2 {
        (row.get::<IpAddr>("native_address"), row.get::<i32>("native_port"))
    } else {
        (row.get("rpc_address"), None)
    };
    let port = own_port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0).unwrap_or(port);
    // A node that listens everywhere says so; it is reached where its peers reach it.
    let ip = ip.filter(|ip| !ip.is_unspecified()).or_else(|| row.get::<IpAddr>("peer"))?;
    (!ip.is_unspecified()).then(|| SocketAddr::new(ip, port))
}
