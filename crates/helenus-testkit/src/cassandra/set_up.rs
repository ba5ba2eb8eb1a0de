//! What can only be set up by talking to a node: who a certificate's owner is.

use std::net::SocketAddr;

use helenus_protocol::request::{Query, QueryParameters, Request};
use helenus_protocol::{Consistency, ProtocolVersion, ResponseOpcode};

use super::error::{Error, Result};
use super::node::Node;
use crate::certificates::Certificates;
use crate::raw::{Exchange, RawConnection};

/// Makes the role `alice`, who may do all, and tells the node that the SPIFFE certificate is hers.
pub(crate) fn identities(node: &Node) -> Result<()> {
    let identity = format!("ADD IDENTITY IF NOT EXISTS '{}' TO ROLE 'alice'", Certificates::SPIFFE_ID);
    let statements = ["CREATE ROLE IF NOT EXISTS alice WITH LOGIN = true AND SUPERUSER = true", &identity];
    run(node.address(), &statements)
}

fn run(address: SocketAddr, statements: &[&str]) -> Result<()> {
    let lost = |error: std::io::Error| Error::SetUp(error.to_string());
    let mut connection = RawConnection::connect(address, ProtocolVersion::V4).map_err(lost)?;
    connection.start(None).map_err(lost)?;
    expect(&connection.log_in("cassandra", "cassandra").map_err(lost)?, ResponseOpcode::AuthSuccess)?;
    for statement in statements {
        let parameters = QueryParameters::new(Consistency::One);
        let query = Request::Query(Query { query: (*statement).into(), parameters });
        expect(&connection.exchange(&query).map_err(lost)?, ResponseOpcode::Result)?;
    }
    Ok(())
}

fn expect(exchange: &Exchange, wanted: ResponseOpcode) -> Result<()> {
    let response = &exchange.response;
    if response.header.opcode == wanted {
        return Ok(());
    }
    // Both a message and its length are plain in an ERROR's body, behind the code.
    let said = response.body.get(6..).map(|text| String::from_utf8_lossy(text).into_owned());
    Err(Error::SetUp(format!("{} instead of {wanted}: {}", response.header.opcode, said.unwrap_or_default())))
}
