//! A connection past its handshake, with short ways to say things.

use std::net::SocketAddr;

use bytes::Bytes;
use helenus_protocol::envelope::Flags;
use helenus_protocol::notation::Value;
use helenus_protocol::request::{
    Batch, BatchKind, BatchStatement, Execute, Prepare, Query, QueryParameters, Request, SerializedValues,
    StatementKind,
};
use helenus_protocol::response::{Message, Prepared, Response, ResultMessage};
use helenus_protocol::{Consistency, ProtocolVersion, ResponseOpcode};
use helenus_testkit::raw::{Exchange, RawConnection};

use crate::Result;
use crate::capture::{Capture, expect};

/// Every write gets this timestamp, in microseconds: 2024-01-01T00:00Z.
pub(crate) const TIMESTAMP: i64 = 1_704_067_200_000_000;

/// A connection in one version, for capturing.
pub(crate) struct Conversation {
    pub(crate) connection: RawConnection,
    pub(crate) version: ProtocolVersion,
}

impl Conversation {
    /// Connects and logs in as the first role where the node wants that.
    pub(crate) fn open(node: SocketAddr, version: ProtocolVersion) -> Result<Self> {
        Self::open_as(node, version, "cassandra", "cassandra")
    }

    /// Connects and logs in as `name` where the node wants that.
    pub(crate) fn open_as(
        node: SocketAddr,
        version: ProtocolVersion,
        name: &str,
        password: &str,
    ) -> Result<Self> {
        let mut connection = RawConnection::connect(node, version)?;
        if connection.start(None)?.response.header.opcode == ResponseOpcode::Authenticate {
            expect("login", &connection.log_in(name, password)?, ResponseOpcode::AuthSuccess)?;
        }
        Ok(Self { connection, version })
    }

    /// `v4-NAME`.
    pub(crate) fn name(&self, name: &str) -> String {
        format!("{}-{name}", self.version)
    }

    /// Runs statements that are not captured; each must succeed.
    pub(crate) fn run(&mut self, statements: &[&str]) -> Result<()> {
        for statement in statements {
            let exchange = self.ask(&query(statement, parameters()))?;
            expect(statement, &exchange, ResponseOpcode::Result)?;
        }
        Ok(())
    }

    /// Sends a request that is not captured.
    pub(crate) fn ask(&mut self, request: &Request) -> Result<Exchange> {
        Ok(self.connection.exchange(request)?)
    }

    /// Sends a request and captures it and its answer, which must be a `RESULT`.
    pub(crate) fn both(&mut self, capture: &mut Capture, name: &str, request: &Request) -> Result<Exchange> {
        self.both_with(capture, name, request, Flags::empty(), &[])
    }

    /// The same, with header flags and a custom payload.
    pub(crate) fn both_with(
        &mut self,
        capture: &mut Capture,
        name: &str,
        request: &Request,
        flags: Flags,
        payload: &[(String, Option<Bytes>)],
    ) -> Result<Exchange> {
        let exchange = self.connection.exchange_with(request, flags, payload)?;
        expect(name, &exchange, ResponseOpcode::Result)?;
        capture.both(&self.name(name), &exchange, None)?;
        Ok(exchange)
    }

    /// Sends a request and captures only its answer, which must be a `RESULT`.
    pub(crate) fn answer(
        &mut self,
        capture: &mut Capture,
        name: &str,
        request: &Request,
    ) -> Result<Exchange> {
        let exchange = self.ask(request)?;
        expect(name, &exchange, ResponseOpcode::Result)?;
        capture.response(&self.name(name), &exchange.response, None)?;
        Ok(exchange)
    }

    /// Sends a request and captures its answer, which must be an error with this code.
    pub(crate) fn error(
        &mut self,
        capture: &mut Capture,
        name: &str,
        code: i32,
        request: &Request,
    ) -> Result<()> {
        let exchange = self.ask(request)?;
        expect(name, &exchange, ResponseOpcode::Error)?;
        match self.decoded(&exchange)? {
            Message::Error(error) if error.code() == code => {}
            other => return Err(format!("{name}: {other:?} instead of {code:#06x}").into()),
        }
        capture.response(&self.name(&format!("error-{name}")), &exchange.response, None)
    }

    /// What the server said, decoded.
    pub(crate) fn decoded(&self, exchange: &Exchange) -> Result<Message> {
        let header = &exchange.response.header;
        let body = &exchange.response.body;
        Ok(Response::decode(self.version, header.flags, header.opcode, body)?.message)
    }

    /// Prepares a statement; captured under `name` if there is one.
    pub(crate) fn prepare(
        &mut self,
        capture: &mut Capture,
        name: Option<&str>,
        text: &str,
    ) -> Result<Prepared> {
        let request = Request::Prepare(Prepare { query: text.into(), keyspace: None });
        let exchange = match name {
            Some(name) => self.both(capture, name, &request)?,
            None => self.ask(&request)?,
        };
        match self.decoded(&exchange)? {
            Message::Result(ResultMessage::Prepared(prepared)) => Ok(prepared),
            other => Err(format!("preparing {text:?} gave {other:?}").into()),
        }
    }
}

/// Parameters at consistency ONE, with the fixed timestamp.
pub(crate) fn parameters() -> QueryParameters {
    QueryParameters { timestamp: Some(TIMESTAMP), ..QueryParameters::new(Consistency::One) }
}

/// The same at another level.
pub(crate) fn at(consistency: Consistency) -> QueryParameters {
    QueryParameters { consistency, ..parameters() }
}

/// A QUERY.
pub(crate) fn query(text: &str, parameters: QueryParameters) -> Request {
    Request::Query(Query { query: text.into(), parameters })
}

/// An EXECUTE of what was prepared.
pub(crate) fn execute(prepared: &Prepared, parameters: QueryParameters) -> Request {
    Request::Execute(Execute {
        id: prepared.id.clone(),
        result_metadata_id: prepared.result_metadata_id.clone(),
        parameters,
    })
}

/// A BATCH of statements as text.
pub(crate) fn batch(kind: BatchKind, consistency: Consistency, statements: &[&str]) -> Batch {
    let statement = |text: &&str| BatchStatement {
        kind: StatementKind::Query((*text).into()),
        values: SerializedValues::new(),
    };
    Batch {
        statements: statements.iter().map(statement).collect(),
        timestamp: (kind != BatchKind::Counter).then_some(TIMESTAMP),
        ..Batch::new(kind, consistency)
    }
}

/// Values without names.
pub(crate) fn values(cells: &[Value<&[u8]>]) -> Result<SerializedValues> {
    let mut values = SerializedValues::new();
    cells.iter().try_for_each(|cell| values.push(*cell))?;
    Ok(values)
}
