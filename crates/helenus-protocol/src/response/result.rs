//! RESULT (section 4.2.5): the answer to QUERY, PREPARE, EXECUTE and BATCH.

use bytes::Bytes;

use super::{Prepared, RawRows, SchemaChange};
use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};
use crate::version::ProtocolVersion;

/// The kinds of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum ResultKind {
    /// Nothing to say.
    Void = 1,
    /// Rows.
    Rows = 2,
    /// A USE has been obeyed.
    SetKeyspace = 3,
    /// A statement has been prepared.
    Prepared = 4,
    /// The schema has been changed.
    SchemaChange = 5,
}

impl ResultKind {
    /// The kind that the body of a RESULT says it is, with nothing in front of it (no flag is set). That the rest is
    /// well-formed is not said.
    pub fn of_body(body: &[u8]) -> Result<Self, DecodeError> {
        Self::decode(&mut Reader::new(body))
    }

    #[inline]
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.offset();
        Ok(match reader.int()? {
            1 => Self::Void,
            2 => Self::Rows,
            3 => Self::SetKeyspace,
            4 => Self::Prepared,
            5 => Self::SchemaChange,
            number => return Err(unknown(number, at)),
        })
    }
}

#[cold]
fn unknown(number: i32, at: usize) -> DecodeError {
    DecodeError::new("RESULT", at, format!("there is no kind {number:#x}"))
}

/// A result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResultMessage {
    /// Nothing to say (4.2.5.1).
    Void,
    /// Rows (4.2.5.2).
    Rows(RawRows),
    /// The keyspace that the connection is in now (4.2.5.3).
    SetKeyspace(String),
    /// What was prepared (4.2.5.4).
    Prepared(Prepared),
    /// What was changed (4.2.5.5).
    SchemaChange(SchemaChange),
}

impl ResultMessage {
    /// Which kind it is.
    #[must_use]
    pub const fn kind(&self) -> ResultKind {
        match self {
            Self::Void => ResultKind::Void,
            Self::Rows(_) => ResultKind::Rows,
            Self::SetKeyspace(_) => ResultKind::SetKeyspace,
            Self::Prepared(_) => ResultKind::Prepared,
            Self::SchemaChange(_) => ResultKind::SchemaChange,
        }
    }

    /// Reads the whole body of a RESULT with nothing in front of it (no flag is set), which is most of them. Rows keep
    /// the body itself, so that nothing is allocated for them.
    pub fn decode_body(version: ProtocolVersion, body: Bytes) -> Result<Self, DecodeError> {
        match ResultKind::of_body(&body)? {
            ResultKind::Rows => RawRows::decode_body(version, body).map(Self::Rows),
            _ => Self::decode(version, &mut Reader::new(&body)),
        }
    }

    /// Reads a result. The cells of rows are left where the reader stands at the end.
    pub(super) fn decode(version: ProtocolVersion, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match ResultKind::decode(reader)? {
            ResultKind::Void => Self::Void,
            ResultKind::Rows => Self::Rows(RawRows::decode(version, reader)?),
            ResultKind::SetKeyspace => Self::SetKeyspace(reader.string()?.to_owned()),
            ResultKind::Prepared => Self::Prepared(Prepared::decode(version, reader)?),
            ResultKind::SchemaChange => Self::SchemaChange(SchemaChange::decode(reader)?),
        })
    }

    pub(super) fn encode(&self, version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.int(self.kind() as i32);
        match self {
            Self::Void => Ok(()),
            Self::Rows(rows) => rows.encode(version, out),
            Self::SetKeyspace(keyspace) => out.string(keyspace),
            Self::Prepared(prepared) => prepared.encode(version, out),
            Self::SchemaChange(change) => change.encode(out),
        }
    }
}
