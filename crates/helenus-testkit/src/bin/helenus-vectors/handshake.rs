//! Everything before the first statement.

use std::net::SocketAddr;

use bytes::Bytes;
use helenus_protocol::request::{AuthResponse, EventType, Register, Request, Startup};
use helenus_protocol::{ProtocolVersion, ResponseOpcode};
use helenus_testkit::raw::RawConnection;

use crate::Result;
use crate::capture::{Capture, expect};

/// A node that asks for nothing: OPTIONS, STARTUP, REGISTER.
pub(crate) fn open(node: SocketAddr, version: ProtocolVersion, capture: &mut Capture) -> Result<()> {
    let mut connection = RawConnection::connect(node, version)?;
    let name = |name: &str| format!("{version}-{name}");
    let exchange = connection.exchange(&Request::Options)?;
    expect("options", &exchange, ResponseOpcode::Supported)?;
    capture.both(&name("options"), &exchange, None)?;
    let exchange = connection.start(None)?;
    expect("startup", &exchange, ResponseOpcode::Ready)?;
    capture.both(&name("startup"), &exchange, None)?;
    let exchange = connection.exchange(&Request::Register(Register { events: EventType::ALL.to_vec() }))?;
    expect("register", &exchange, ResponseOpcode::Ready)?;
    capture.both(&name("register"), &exchange, None)?;
    if version.has_segments() {
        capture.segments(&name("register"), "request", &exchange.sent, None)?;
        capture.segments(&name("register"), "response", &exchange.received, None)?;
    }
    Ok(())
}

/// A node that wants a password: given, and given wrongly; and what is no STARTUP.
pub(crate) fn guarded(node: SocketAddr, version: ProtocolVersion, capture: &mut Capture) -> Result<()> {
    let name = |name: &str| format!("{version}-{name}");
    let mut connection = RawConnection::connect(node, version)?;
    let exchange = connection.start(None)?;
    expect("startup", &exchange, ResponseOpcode::Authenticate)?;
    capture.response(&name("startup-guarded"), &exchange.response, None)?;
    let exchange = connection.log_in("cassandra", "cassandra")?;
    expect("login", &exchange, ResponseOpcode::AuthSuccess)?;
    capture.both(&name("auth-response"), &exchange, None)?;

    let mut connection = RawConnection::connect(node, version)?;
    connection.start(None)?;
    let exchange = connection.log_in("cassandra", "wrong")?;
    expect("bad credentials", &exchange, ResponseOpcode::Error)?;
    capture.response(&name("error-bad-credentials"), &exchange.response, None)?;

    let mut connection = RawConnection::connect(node, version)?;
    connection.start(None)?;
    let nothing = Request::AuthResponse(AuthResponse { token: Some(Bytes::new()) });
    let exchange = connection.exchange(&nothing)?;
    expect("empty token", &exchange, ResponseOpcode::Error)?;
    capture.both(&name("error-empty-token"), &exchange, None)?;

    let mut connection = RawConnection::connect(node, version)?;
    let options = vec![("CQL_VERSION".into(), "3.0.0".into()), ("COMPRESSION".into(), "zstd".into())];
    let exchange = connection.exchange(&Request::Startup(Startup { options }))?;
    expect("unknown compression", &exchange, ResponseOpcode::Error)?;
    capture.both(&name("error-unknown-compression"), &exchange, None)
}

/// Versions that the node does not speak, or does not like to.
pub(crate) fn unknown_versions(node: SocketAddr, capture: &mut Capture) -> Result<()> {
    for (name, number) in [("v7-options", 7_u8), ("v6-options-without-beta", 6)] {
        let mut connection = RawConnection::connect(node, ProtocolVersion::LATEST)?;
        let exchange = connection.exchange_bytes(vec![number, 0, 0, 1, 5, 0, 0, 0, 0])?;
        expect(name, &exchange, ResponseOpcode::Error)?;
        capture.response(name, &exchange.response, None)?;
    }
    Ok(())
}
