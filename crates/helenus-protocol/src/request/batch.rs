//! BATCH (section 4.1.7): several statements at once.

use std::sync::Arc;

use bytes::Bytes;

use super::SerializedValues;
use super::parameters::{Trailer, decode_flags, encode_flags};
use crate::consistency::{Consistency, SerialConsistency};
use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};
use crate::version::ProtocolVersion;

/// What a batch promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum BatchKind {
    /// All of it will happen, or none: the server keeps a log.
    #[default]
    Logged = 0,
    /// No promise over several partitions.
    Unlogged = 1,
    /// Counter updates only.
    Counter = 2,
}

/// A statement of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchStatement {
    /// Which statement.
    pub kind: StatementKind,
    /// The values of its bind markers; never named (CASSANDRA-10246).
    pub values: SerializedValues,
}

/// A statement as text or as the id of a prepared one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementKind {
    /// Text.
    Query(Arc<str>),
    /// The id from RESULT *prepared*.
    Prepared(Bytes),
}

/// Runs several statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// What it promises.
    pub kind: BatchKind,
    /// The statements, at most 65,535.
    pub statements: Vec<BatchStatement>,
    /// How many replicas must answer.
    pub consistency: Consistency,
    /// The consistency of a lightweight transaction's condition; the server's default is SERIAL.
    pub serial_consistency: Option<SerialConsistency>,
    /// The write timestamp, in microseconds since 1970-01-01T00:00Z, where a statement has none of its own.
    pub timestamp: Option<i64>,
    /// The keyspace that names without one are in, instead of the connection's (v5).
    pub keyspace: Option<String>,
    /// What the server is to take for the time, in seconds since 1970-01-01T00:00Z (v5).
    pub now_in_seconds: Option<i32>,
}

impl Batch {
    /// An empty batch.
    #[must_use]
    pub const fn new(kind: BatchKind, consistency: Consistency) -> Self {
        Self {
            kind,
            statements: Vec::new(),
            consistency,
            serial_consistency: None,
            timestamp: None,
            keyspace: None,
            now_in_seconds: None,
        }
    }

    /// Appends the body.
    pub fn encode(&self, version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.byte(self.kind as u8);
        out.short_count(self.statements.len(), "statements of a batch")?;
        for statement in &self.statements {
            match &statement.kind {
                StatementKind::Query(query) => {
                    out.byte(0);
                    out.long_string(query)?;
                }
                StatementKind::Prepared(id) => {
                    out.byte(1);
                    out.short_bytes(id)?;
                }
            }
            if statement.values.are_named() {
                return Err(EncodeError::new(
                    "statement of a batch",
                    "its values have names, which batches cannot (CASSANDRA-10246)",
                ));
            }
            statement.values.encode(version, out)?;
        }
        out.consistency(self.consistency);
        let trailer = Trailer {
            serial_consistency: self.serial_consistency,
            timestamp: self.timestamp,
            keyspace: self.keyspace.as_deref(),
            now_in_seconds: self.now_in_seconds,
        };
        encode_flags(trailer.flags(), version, out);
        trailer.encode(version, out)
    }

    /// Reads the body.
    pub fn decode(version: ProtocolVersion, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.offset();
        let kind = match reader.byte()? {
            0 => BatchKind::Logged,
            1 => BatchKind::Unlogged,
            2 => BatchKind::Counter,
            other => return Err(DecodeError::new("batch type", at, format!("there is no type {other}"))),
        };
        let count = reader.short_count(5, "statements of a batch")?;
        let statements = (0..count).map(|_| decode_statement(version, reader)).collect::<Result<_, _>>()?;
        let consistency = reader.consistency()?;
        let flags = decode_flags(Trailer::known_flags(version), version, reader)?;
        let trailer = Trailer::decode(flags, reader)?;
        Ok(Self {
            kind,
            statements,
            consistency,
            serial_consistency: trailer.serial_consistency,
            timestamp: trailer.timestamp,
            keyspace: trailer.keyspace.map(str::to_owned),
            now_in_seconds: trailer.now_in_seconds,
        })
    }
}

fn decode_statement(
    version: ProtocolVersion,
    reader: &mut Reader<'_>,
) -> Result<BatchStatement, DecodeError> {
    let at = reader.offset();
    let kind = match reader.byte()? {
        0 => StatementKind::Query(reader.long_string()?.into()),
        1 => StatementKind::Prepared(Bytes::copy_from_slice(reader.short_bytes()?)),
        other => {
            return Err(DecodeError::new("statement of a batch", at, format!("there is no kind {other}")));
        }
    };
    Ok(BatchStatement { kind, values: SerializedValues::decode(false, version, reader)? })
}
