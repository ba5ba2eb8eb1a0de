//! The bodies that a node answers with (section 4.2), written byte by byte: the mock does not lean on the decoder that
//! it is there to test.

use helenus_protocol::notation::Writer;
use helenus_protocol::{EncodeError, ProtocolVersion, ResponseOpcode};

use super::cell::Cell;
use super::statement::Described;
use super::table::Table;

/// The codes of the errors that nodes answer with by themselves (section 8 of v5, 9 of v3 and v4).
pub(crate) mod code {
    /// The server failed.
    pub(crate) const SERVER: i32 = 0x0000;
    /// The client broke the protocol.
    pub(crate) const PROTOCOL: i32 = 0x000A;
    /// The credentials are wrong.
    pub(crate) const BAD_CREDENTIALS: i32 = 0x0100;
    /// The statement is well written but wrong.
    pub(crate) const INVALID: i32 = 0x2200;
    /// The id is not one of this node's.
    pub(crate) const UNPREPARED: i32 = 0x2500;
}

const RESULT_VOID: i32 = 1;
const RESULT_ROWS: i32 = 2;
const RESULT_SET_KEYSPACE: i32 = 3;
const RESULT_PREPARED: i32 = 4;
const RESULT_SCHEMA_CHANGE: i32 = 5;
const GLOBAL_TABLES_SPEC: i32 = 0x0001;
const HAS_MORE_PAGES: i32 = 0x0002;
const NO_METADATA: i32 = 0x0004;
const METADATA_CHANGED: i32 = 0x0008;

/// A message without its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Body {
    /// What goes into the header.
    pub(crate) opcode: ResponseOpcode,
    /// The body's bytes.
    pub(crate) bytes: Vec<u8>,
}

impl Body {
    /// A body that `write` writes.
    pub(crate) fn new(
        opcode: ResponseOpcode,
        write: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
    ) -> Result<Self, EncodeError> {
        let mut bytes = Vec::new();
        write(&mut Writer::new(&mut bytes))?;
        Ok(Self { opcode, bytes })
    }

    /// A body without bytes.
    pub(crate) const fn empty(opcode: ResponseOpcode) -> Self {
        Self { opcode, bytes: Vec::new() }
    }

    /// RESULT, void.
    pub(crate) fn void() -> Self {
        Self { opcode: ResponseOpcode::Result, bytes: RESULT_VOID.to_be_bytes().to_vec() }
    }

    /// RESULT, set keyspace.
    pub(crate) fn set_keyspace(keyspace: &str) -> Result<Self, EncodeError> {
        Self::new(ResponseOpcode::Result, |out| {
            out.int(RESULT_SET_KEYSPACE);
            out.string(keyspace)
        })
    }

    /// RESULT, schema change: `change` and `target` as the specification writes them; `name` is of the thing, none for
    /// a keyspace.
    pub(crate) fn schema_change(
        change: &str,
        target: &str,
        keyspace: &str,
        name: Option<&str>,
    ) -> Result<Self, EncodeError> {
        Self::new(ResponseOpcode::Result, |out| {
            out.int(RESULT_SCHEMA_CHANGE);
            write_schema_change(change, target, keyspace, name, out)
        })
    }

    /// ERROR without fields of its own.
    pub(crate) fn error(code: i32, message: &str) -> Result<Self, EncodeError> {
        Self::new(ResponseOpcode::Error, |out| {
            out.int(code);
            out.string(message)
        })
    }

    /// ERROR, unprepared.
    pub(crate) fn unprepared(id: &[u8]) -> Result<Self, EncodeError> {
        let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        Self::new(ResponseOpcode::Error, |out| {
            out.int(code::UNPREPARED);
            out.string(&format!("Prepared query with ID {hex} not found"))?;
            out.short_bytes(id)
        })
    }

    /// RESULT, prepared (v5 spec, 4.2.5.4). In v5 the id serves as the result metadata's id unless another is given.
    pub(crate) fn prepared(
        id: &[u8],
        metadata_id: &[u8],
        described: &Described,
        version: ProtocolVersion,
    ) -> Result<Self, EncodeError> {
        Self::new(ResponseOpcode::Result, |out| {
            out.int(RESULT_PREPARED);
            out.short_bytes(id)?;
            if version.has_result_metadata_id() {
                out.short_bytes(metadata_id)?;
            }
            out.int(GLOBAL_TABLES_SPEC);
            out.int_count(described.bind.columns.len(), "columns")?;
            if version.has_partition_key_indexes() {
                out.int_count(described.partition_key.len(), "partition key")?;
                described.partition_key.iter().for_each(|&index| out.short(index));
            }
            described.bind.encode_columns(version, out)?;
            match &described.result {
                Some(table) => {
                    out.int(GLOBAL_TABLES_SPEC);
                    out.int_count(table.columns.len(), "columns")?;
                    table.encode_columns(version, out)
                }
                None => {
                    out.int(NO_METADATA);
                    out.int(0);
                    Ok(())
                }
            }
        })
    }
}

/// What stands in a SCHEMA_CHANGE, as a result and as an event (v5 spec, 4.2.5.5).
pub(crate) fn write_schema_change(
    change: &str,
    target: &str,
    keyspace: &str,
    name: Option<&str>,
    out: &mut Writer<'_>,
) -> Result<(), EncodeError> {
    out.string(change)?;
    out.string(target)?;
    out.string(keyspace)?;
    match (target, name) {
        ("KEYSPACE", _) => Ok(()),
        ("FUNCTION" | "AGGREGATE", name) => {
            out.string(name.unwrap_or_default())?;
            out.string_list::<&str>(&[])
        }
        (_, name) => out.string(name.unwrap_or_default()),
    }
}

/// How rows are told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowsOptions<'a> {
    /// The version: some types have another spelling in older ones.
    pub(crate) version: ProtocolVersion,
    /// Leaves the columns out.
    pub(crate) skip_metadata: bool,
    /// More pages follow.
    pub(crate) paging_state: Option<&'a [u8]>,
    /// The columns are not those that the client knows under its result metadata id (v5).
    pub(crate) new_metadata_id: Option<&'a [u8]>,
}

impl<'a> RowsOptions<'a> {
    /// All rows with their columns.
    pub(crate) const fn new(version: ProtocolVersion) -> Self {
        Self { version, skip_metadata: false, paging_state: None, new_metadata_id: None }
    }
}

impl Table {
    /// RESULT, rows: these of the table's (v5 spec, 4.2.5.2). `placed` is told where each cell begins and ends.
    pub(crate) fn encode_result(
        &self,
        rows: &[Vec<Cell>],
        options: RowsOptions<'_>,
        mut placed: impl FnMut(usize, std::ops::Range<usize>),
    ) -> Result<Body, EncodeError> {
        Body::new(ResponseOpcode::Result, |out| {
            let skip = options.skip_metadata && options.new_metadata_id.is_none();
            out.int(RESULT_ROWS);
            let mut flags = if skip { NO_METADATA } else { GLOBAL_TABLES_SPEC };
            flags |= options.paging_state.map_or(0, |_| HAS_MORE_PAGES);
            flags |= options.new_metadata_id.map_or(0, |_| METADATA_CHANGED);
            out.int(flags);
            out.int_count(self.columns.len(), "columns")?;
            if let Some(state) = options.paging_state {
                out.bytes(Some(state))?;
            }
            if let Some(id) = options.new_metadata_id {
                out.short_bytes(id)?;
            }
            if !skip {
                self.encode_columns(options.version, out)?;
            }
            out.int_count(rows.len(), "rows")?;
            for row in rows {
                for (column, cell) in row.iter().enumerate() {
                    out.bytes(cell.as_deref())?;
                    let end = out.buffer().len();
                    placed(column, end - cell.as_ref().map_or(0, Vec::len)..end);
                }
            }
            Ok(())
        })
    }
}
