//! Compressed envelopes of v3 and v4, and what v5 has instead: segments, large ones and several in one.

use std::net::SocketAddr;

use helenus_protocol::compression::Compression;
use helenus_protocol::envelope::Flags;
use helenus_protocol::request::{Request, Startup};
use helenus_protocol::{ProtocolVersion, ResponseOpcode};
use helenus_testkit::raw::{Exchange, RawConnection};

use crate::Result;
use crate::capture::{Capture, expect};
use crate::conversation::{parameters, query};

const SELECT: &str =
    "SELECT key, cluster_name, data_center, rack, partitioner, rpc_address FROM system.local";

/// Captures them in `version`.
pub(crate) fn capture(node: SocketAddr, version: ProtocolVersion, capture: &mut Capture) -> Result<()> {
    if version.has_segments() {
        return segments(node, version, capture);
    }
    for compression in [Compression::Lz4, Compression::Snappy] {
        let name = |name: &str| format!("{version}-{compression}-{name}");
        let mut connection = RawConnection::connect(node, version)?;
        let exchange = connection.start(Some(compression))?;
        expect("startup", &exchange, ResponseOpcode::Ready)?;
        capture.both(&name("startup"), &exchange, Some(compression))?;
        // Long enough to shrink.
        let text = format!("{SELECT} /* {} */", "-".repeat(200));
        let exchange = connection.exchange(&query(&text, parameters()))?;
        expect("select", &exchange, ResponseOpcode::Result)?;
        let is_compressed = |flags: Flags| flags.contains(Flags::COMPRESSION);
        if !is_compressed(Flags::from_bits(exchange.request[1]))
            || !is_compressed(exchange.response.header.flags)
        {
            return Err(format!("{compression} was agreed on and not used").into());
        }
        capture.both(&name("query"), &exchange, Some(compression))?;
    }
    Ok(())
}

fn segments(node: SocketAddr, version: ProtocolVersion, capture: &mut Capture) -> Result<()> {
    let mut connection = RawConnection::connect(node, version)?;
    let options = vec![("CQL_VERSION".into(), "3.0.0".into()), ("COMPRESSION".into(), "snappy".into())];
    let exchange = connection.exchange(&Request::Startup(Startup { options }))?;
    expect("snappy", &exchange, ResponseOpcode::Error)?;
    capture.both("v5-error-snappy", &exchange, None)?;

    for compression in [None, Some(Compression::Lz4)] {
        let name = |name: &str| format!("v5-{}-{name}", compression.map_or("plain", Compression::name));
        let mut connection = RawConnection::connect(node, version)?;
        let exchange = connection.start(compression)?;
        expect("startup", &exchange, ResponseOpcode::Ready)?;
        capture.both(&name("startup"), &exchange, None)?;
        let keep = |capture: &mut Capture, what: &str, exchange: &Exchange| -> Result<()> {
            capture.segments(&name(what), "request", &exchange.sent, compression)?;
            capture.segments(&name(what), "response", &exchange.received, compression)
        };
        let exchange = connection.exchange(&query(SELECT, parameters()))?;
        expect("select", &exchange, ResponseOpcode::Result)?;
        keep(capture, "query", &exchange)?;
        let mut envelopes = Vec::new();
        for stream in [1, 2] {
            let request = query("SELECT key FROM system.local", parameters());
            request.encode_envelope(version, Flags::empty(), stream, &[], None, &mut envelopes)?;
        }
        let sent = connection.send(&envelopes)?;
        let (_, received) = connection.receive_several(2)?;
        capture.segments(&name("two-queries"), "request", &sent, compression)?;
        capture.segments(&name("two-queries"), "response", &received, compression)?;
        // More than a segment holds, both ways; kept only where it is small on the wire.
        if compression.is_some() {
            let long = "a".repeat(200_000);
            let text = format!("SELECT key, (text) '{long}' AS long FROM system.local");
            let exchange = connection.exchange(&query(&text, parameters()))?;
            expect("large select", &exchange, ResponseOpcode::Result)?;
            keep(capture, "large-query", &exchange)?;
        }
    }
    Ok(())
}
