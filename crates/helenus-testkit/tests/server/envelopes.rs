//! Bodies of every size, there and back: what is split over segments, what is compressed and what is not.

use std::net::Ipv4Addr;

use helenus_protocol::compression::Compression;
use helenus_protocol::envelope::{Flags, MAX_BODY_LENGTH};
use helenus_protocol::notation::Value;
use helenus_protocol::request::{Query, QueryParameters, Request};
use helenus_protocol::response::{Message, Response, ResultMessage};
use helenus_protocol::segment::MAX_PAYLOAD_LENGTH;
use helenus_protocol::{Consistency, ProtocolVersion};
use helenus_testkit::cassandra::Cassandra;
use helenus_testkit::raw::RawConnection;

use crate::wanted;

/// A connection, and the compression of its bodies.
struct Client {
    connection: RawConnection,
    compression: Option<Compression>,
}

impl Client {
    fn run(&mut self, text: &str, values: &[&[u8]]) -> Message {
        let mut parameters = QueryParameters::new(Consistency::One);
        for value in values {
            parameters.values.push(Value::Bytes(value)).unwrap();
        }
        let request = Request::Query(Query { query: text.into(), parameters });
        let envelope = self.connection.exchange(&request).unwrap().response;
        let header = envelope.header;
        let mut body = envelope.body;
        if header.flags.contains(Flags::COMPRESSION) {
            body = self.compression.unwrap().decompress_body(&body, MAX_BODY_LENGTH).unwrap();
        }
        Response::decode(self.connection.version(), header.flags, header.opcode, &body).unwrap().message
    }

    fn blob(&mut self) -> Vec<u8> {
        let Message::Result(ResultMessage::Rows(rows)) = self.run("SELECT b FROM k.t WHERE id = 1", &[])
        else {
            panic!("no rows");
        };
        rows.rows().next().unwrap().unwrap().next().unwrap().unwrap().to_vec()
    }
}

/// `size` bytes that compress well, or not at all.
fn blob(size: usize, compressible: bool) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = |at: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        if compressible { (at / 1000) as u8 } else { (state >> 33) as u8 }
    };
    (0..size).map(&mut next).collect()
}

#[test]
fn bodies_of_every_size_come_back() {
    if !wanted("bodies_of_every_size_come_back") {
        return;
    }
    let cluster = Cassandra::builder().base_address(Ipv4Addr::new(127, 0, 36, 1)).start().unwrap();
    let address = cluster.nodes()[0].address();
    for version in ProtocolVersion::ALL {
        for compression in [None, Some(Compression::Lz4), Some(Compression::Snappy)] {
            if compression == Some(Compression::Snappy) && !version.has_snappy() {
                continue;
            }
            let mut connection = RawConnection::connect(address, version).unwrap();
            connection.start(compression).unwrap();
            let mut client = Client { connection, compression };
            let replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
            client.run(&format!("CREATE KEYSPACE IF NOT EXISTS k WITH replication = {replication}"), &[]);
            client.run("CREATE TABLE IF NOT EXISTS k.t (id int PRIMARY KEY, b blob)", &[]);
            // Around one segment and two, and many.
            let edges = [MAX_PAYLOAD_LENGTH - 60, MAX_PAYLOAD_LENGTH, 2 * MAX_PAYLOAD_LENGTH, 5_000_000];
            for size in [0, 100].into_iter().chain(edges) {
                for compressible in [true, false] {
                    let sent = blob(size, compressible);
                    let insert = "INSERT INTO k.t (id, b) VALUES (1, ?)";
                    assert_eq!(client.run(insert, &[&sent]), Message::Result(ResultMessage::Void));
                    assert!(client.blob() == sent, "{version} {compression:?} {size} {compressible}");
                }
            }
        }
    }
}
