//! The testkit's real nodes, tried out on themselves: what a test of the driver relies on is true.
//!
//! They need Java and Maven and take a minute: without `HELENUS_SERVER_TESTS=1` each says that it is skipped. Each has
//! loopback addresses of its own, so that they may run side by side.

mod envelopes;
mod identity;
mod lifecycle;
mod program;
mod tls;

use std::net::SocketAddr;

use helenus_protocol::ProtocolVersion;
use helenus_protocol::request::Request;
use helenus_testkit::raw::{Exchange, RawConnection};

/// Whether the tests on real nodes are wanted; says so if not.
fn wanted(test: &str) -> bool {
    let wanted = std::env::var_os("HELENUS_SERVER_TESTS").is_some_and(|value| value == "1");
    if !wanted {
        println!("SKIPPED {test}: HELENUS_SERVER_TESTS is not 1");
    }
    wanted
}

/// What the node answers to OPTIONS.
fn options(address: SocketAddr) -> std::io::Result<Exchange> {
    RawConnection::connect(address, ProtocolVersion::V4)?.exchange(&Request::Options)
}

/// A connection that has logged in as the first role.
fn log_in(address: SocketAddr) -> RawConnection {
    let mut connection = RawConnection::connect(address, ProtocolVersion::V5).unwrap();
    let exchange = connection.start(None).unwrap();
    assert_eq!(exchange.response.header.opcode.name(), "AUTHENTICATE");
    let exchange = connection.log_in("cassandra", "cassandra").unwrap();
    assert_eq!(exchange.response.header.opcode.name(), "AUTH_SUCCESS");
    connection
}
