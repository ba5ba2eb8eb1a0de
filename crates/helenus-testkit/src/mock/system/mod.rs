//! The system tables of Cassandra 5.0 as far as drivers read them: `system`, `system_schema`, `system_virtual_schema`
//! and `system_traces`, made from a [`Topology`] and a list of [`Keyspace`]s.

mod schema;

use std::sync::Arc;

use helenus_protocol::CqlType;

use self::schema::{schema_tables, virtual_schema_tables};
use super::cell;
use super::schema::Keyspace;
use super::table::Table;
use super::topology::Topology;

/// The system tables as the node at `index` of `topology` tells them.
#[must_use]
pub fn tables(topology: &Topology, index: usize, schema: &[Keyspace]) -> Vec<Table> {
    let mut tables = vec![local(topology, index), peers(topology, index), peers_v2(topology, index)];
    tables.extend(schema_tables(schema));
    tables.extend(virtual_schema_tables());
    tables.extend(trace_tables());
    tables
}

fn text_set() -> CqlType {
    CqlType::Set(Arc::new(CqlType::Text))
}

fn text_list() -> CqlType {
    CqlType::List(Arc::new(CqlType::Text))
}

fn text_map() -> CqlType {
    CqlType::Map(Arc::new(CqlType::Text), Arc::new(CqlType::Text))
}

fn local(topology: &Topology, index: usize) -> Table {
    let node = &topology.nodes[index];
    let mut table = Table::new(
        "system",
        "local",
        [
            ("key", CqlType::Text),
            ("bootstrapped", CqlType::Text),
            ("broadcast_address", CqlType::Inet),
            ("broadcast_port", CqlType::Int),
            ("cluster_name", CqlType::Text),
            ("cql_version", CqlType::Text),
            ("data_center", CqlType::Text),
            ("gossip_generation", CqlType::Int),
            ("host_id", CqlType::Uuid),
            ("listen_address", CqlType::Inet),
            ("listen_port", CqlType::Int),
            ("native_protocol_version", CqlType::Text),
            ("partitioner", CqlType::Text),
            ("rack", CqlType::Text),
            ("release_version", CqlType::Text),
            ("rpc_address", CqlType::Inet),
            ("rpc_port", CqlType::Int),
            ("schema_version", CqlType::Uuid),
            ("tokens", text_set()),
        ],
    );
    table.insert([
        ("key", cell::text("local")),
        ("bootstrapped", cell::text("COMPLETED")),
        ("broadcast_address", cell::inet(node.ip())),
        ("broadcast_port", cell::int(7000)),
        ("cluster_name", cell::text(&topology.cluster_name)),
        ("cql_version", cell::text("3.4.7")),
        ("data_center", cell::text(&node.datacenter)),
        ("gossip_generation", cell::int(1)),
        ("host_id", cell::uuid(node.host_id)),
        ("listen_address", cell::inet(node.ip())),
        ("listen_port", cell::int(7000)),
        ("native_protocol_version", cell::text("5")),
        ("partitioner", cell::text(&topology.partitioner)),
        ("rack", cell::text(&node.rack)),
        ("release_version", cell::text(topology.release_version_of(index))),
        ("rpc_address", cell::inet(node.ip())),
        ("rpc_port", cell::int(node.address.port().into())),
        ("schema_version", cell::uuid(topology.schema_version_of(index))),
        ("tokens", cell::texts(&node.tokens)),
    ]);
    table
}

fn peers(topology: &Topology, index: usize) -> Table {
    let mut table = Table::new(
        "system",
        "peers",
        [
            ("peer", CqlType::Inet),
            ("data_center", CqlType::Text),
            ("host_id", CqlType::Uuid),
            ("preferred_ip", CqlType::Inet),
            ("rack", CqlType::Text),
            ("release_version", CqlType::Text),
            ("rpc_address", CqlType::Inet),
            ("schema_version", CqlType::Uuid),
            ("tokens", text_set()),
        ],
    );
    for (at, node) in topology.peers_of(index) {
        table.insert([
            ("peer", cell::inet(node.ip())),
            ("data_center", cell::text(&node.datacenter)),
            ("host_id", cell::uuid(node.host_id)),
            ("rack", cell::text(&node.rack)),
            ("release_version", cell::text(topology.release_version_of(at))),
            ("rpc_address", cell::inet(node.ip())),
            ("schema_version", cell::uuid(topology.schema_version_of(at))),
            ("tokens", cell::texts(&node.tokens)),
        ]);
    }
    table
}

fn peers_v2(topology: &Topology, index: usize) -> Table {
    let mut table = Table::new(
        "system",
        "peers_v2",
        [
            ("peer", CqlType::Inet),
            ("peer_port", CqlType::Int),
            ("data_center", CqlType::Text),
            ("host_id", CqlType::Uuid),
            ("native_address", CqlType::Inet),
            ("native_port", CqlType::Int),
            ("preferred_ip", CqlType::Inet),
            ("preferred_port", CqlType::Int),
            ("rack", CqlType::Text),
            ("release_version", CqlType::Text),
            ("schema_version", CqlType::Uuid),
            ("tokens", text_set()),
        ],
    );
    for (at, node) in topology.peers_of(index) {
        table.insert([
            ("peer", cell::inet(node.ip())),
            ("peer_port", cell::int(7000)),
            ("data_center", cell::text(&node.datacenter)),
            ("host_id", cell::uuid(node.host_id)),
            ("native_address", cell::inet(node.ip())),
            ("native_port", cell::int(node.address.port().into())),
            ("rack", cell::text(&node.rack)),
            ("release_version", cell::text(topology.release_version_of(at))),
            ("schema_version", cell::uuid(topology.schema_version_of(at))),
            ("tokens", cell::texts(&node.tokens)),
        ]);
    }
    table
}

fn trace_tables() -> [Table; 2] {
    [
        Table::new(
            "system_traces",
            "sessions",
            [
                ("session_id", CqlType::Uuid),
                ("client", CqlType::Inet),
                ("command", CqlType::Text),
                ("coordinator", CqlType::Inet),
                ("coordinator_port", CqlType::Int),
                ("duration", CqlType::Int),
                ("parameters", text_map()),
                ("request", CqlType::Text),
                ("started_at", CqlType::Timestamp),
            ],
        ),
        Table::new(
            "system_traces",
            "events",
            [
                ("session_id", CqlType::Uuid),
                ("event_id", CqlType::Timeuuid),
                ("activity", CqlType::Text),
                ("source", CqlType::Inet),
                ("source_elapsed", CqlType::Int),
                ("source_port", CqlType::Int),
                ("thread", CqlType::Text),
            ],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mock::topology::Topology;

    #[test]
    fn every_node_tells_itself_in_local_and_the_others_as_peers() {
        let addresses: Vec<_> = (1..=3).map(|n| format!("127.0.40.{n}:9042").parse().unwrap()).collect();
        let topology = Topology::new(&addresses);
        let tables = tables(&topology, 1, &[]);
        let rows = |name: &str| &tables.iter().find(|table| table.name == name).unwrap().rows;
        assert_eq!(rows("local").len(), 1);
        assert!(rows("local")[0].contains(&cell::inet(addresses[1].ip())));
        for name in ["peers", "peers_v2"] {
            let peers: Vec<_> = rows(name).iter().map(|row| row[0].clone()).collect();
            assert_eq!(peers, [cell::inet(addresses[0].ip()), cell::inet(addresses[2].ip())], "{name}");
        }
    }
}
