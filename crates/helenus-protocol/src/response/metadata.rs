//! The description of columns: of a result (section 4.2.5.2) and of a statement's bind markers (4.2.5.4).

use std::sync::Arc;

use bytes::Bytes;

use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};
use crate::types::CqlType;
use crate::version::ProtocolVersion;

/// More columns than any statement has; a server that states more is not believed.
pub(super) const MAX_COLUMNS: usize = 1 << 17;

/// The longest description of columns that is believed. Types take more room in memory than on the wire (a tuple's field
/// of two bytes becomes tens), so that a page made of nothing but types would grow beyond all bounds.
const MAX_DESCRIPTION: usize = 8 << 20;

pub(super) const GLOBAL_TABLE_SPEC: i32 = 0x0001;
pub(super) const HAS_MORE_PAGES: i32 = 0x0002;
pub(super) const NO_METADATA: i32 = 0x0004;
pub(super) const METADATA_CHANGED: i32 = 0x0008;

/// The columns of a result.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct RowsMetadata {
    /// In the order of the cells.
    pub columns: Vec<ColumnSpec>,
}

/// A column, or a bind marker.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ColumnSpec {
    /// The keyspace of its table.
    pub keyspace: Arc<str>,
    /// Its table.
    pub table: Arc<str>,
    /// Its name: the alias or the selected expression; of a bind marker the marker's or the column's.
    pub name: Arc<str>,
    /// Its type.
    pub cql_type: CqlType,
}

/// Whether all columns are of one table, so that the server names it once.
pub(super) fn same_table(columns: &[ColumnSpec]) -> Option<&ColumnSpec> {
    let (first, rest) = columns.split_first()?;
    rest.iter()
        .all(|column| column.keyspace == first.keyspace && column.table == first.table)
        .then_some(first)
}

pub(super) fn decode_columns(
    count: usize,
    global_table_spec: bool,
    reader: &mut Reader<'_>,
) -> Result<Vec<ColumnSpec>, DecodeError> {
    let at = reader.offset();
    let rest = reader.rest();
    let believed = &rest[..rest.len().min(MAX_DESCRIPTION)];
    let mut description = Reader::at(believed, at);
    let columns = decode_description(count, global_table_spec, &mut description).map_err(|error| {
        if believed.len() == rest.len() {
            return error;
        }
        error.within(format_args!("columns (of whose description {MAX_DESCRIPTION} bytes are believed)"))
    })?;
    reader.take(believed.len() - description.remaining(), "columns")?;
    Ok(columns)
}

fn decode_description(
    count: usize,
    global_table_spec: bool,
    reader: &mut Reader<'_>,
) -> Result<Vec<ColumnSpec>, DecodeError> {
    let global: Option<(Arc<str>, Arc<str>)> =
        if global_table_spec { Some((reader.string()?.into(), reader.string()?.into())) } else { None };
    let mut columns: Vec<ColumnSpec> = Vec::with_capacity(count);
    for index in 0..count {
        let (keyspace, table) = match &global {
            Some((keyspace, table)) => (Arc::clone(keyspace), Arc::clone(table)),
            None => {
                let last = columns.last();
                let keyspace = shared(reader.string()?, last.map(|column| &column.keyspace));
                (keyspace, shared(reader.string()?, last.map(|column| &column.table)))
            }
        };
        let name: Arc<str> = reader.string()?.into();
        let cql_type = CqlType::decode_option(reader)
            .map_err(|error| error.within(format_args!("column {index} ({:?})", super::excerpt(&name))))?;
        columns.push(ColumnSpec { keyspace, table, name, cql_type });
    }
    Ok(columns)
}

/// `text`, or the name before it if that is the same.
fn shared(text: &str, last: Option<&Arc<str>>) -> Arc<str> {
    match last {
        Some(last) if **last == *text => Arc::clone(last),
        _ => text.into(),
    }
}

/// Reads how many columns there are. Each of those that are described takes four bytes at the least, or eight with its
/// own table.
pub(super) fn decode_count(
    described: bool,
    global_table_spec: bool,
    reader: &mut Reader<'_>,
) -> Result<usize, DecodeError> {
    let at = reader.offset();
    let least = match (described, global_table_spec) {
        (false, _) => 0,
        (true, true) => 4,
        (true, false) => 8,
    };
    let count = reader.count(least, "columns")?;
    if count > MAX_COLUMNS {
        return Err(DecodeError::new(
            "columns",
            at,
            format!("{count} are more than the {MAX_COLUMNS} believed"),
        ));
    }
    Ok(count)
}

pub(super) fn encode_columns(
    columns: &[ColumnSpec],
    version: ProtocolVersion,
    out: &mut Writer<'_>,
) -> Result<(), EncodeError> {
    let global = same_table(columns);
    if let Some(first) = global {
        out.string(&first.keyspace)?;
        out.string(&first.table)?;
    }
    columns.iter().try_for_each(|column| {
        if global.is_none() {
            out.string(&column.keyspace)?;
            out.string(&column.table)?;
        }
        out.string(&column.name)?;
        column.cql_type.encode_option_for(version, out)
    })
}

pub(super) fn decode_flags(known: i32, reader: &mut Reader<'_>) -> Result<i32, DecodeError> {
    let at = reader.offset();
    let flags = reader.int()?;
    if flags & !known != 0 {
        return Err(DecodeError::new("metadata flags", at, format!("{:#x} is unknown here", flags & !known)));
    }
    Ok(flags)
}

/// The `<metadata>` of Rows and the `<result_metadata>` of Prepared, as it stands on the wire.
#[derive(Debug)]
pub(super) struct ResultMetadata {
    pub(super) global_table_spec: bool,
    pub(super) columns_count: usize,
    pub(super) paging_state: Option<Bytes>,
    pub(super) new_metadata_id: Option<Bytes>,
    pub(super) metadata: Option<Arc<RowsMetadata>>,
}

impl ResultMetadata {
    pub(super) fn decode(version: ProtocolVersion, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut known = GLOBAL_TABLE_SPEC | HAS_MORE_PAGES | NO_METADATA;
        if version.has_result_metadata_id() {
            known |= METADATA_CHANGED;
        }
        let flags = decode_flags(known, reader)?;
        let set = |flag| flags & flag != 0;
        let global_table_spec = set(GLOBAL_TABLE_SPEC);
        let columns_count = decode_count(!set(NO_METADATA), global_table_spec, reader)?;
        let mut paging_state = None;
        if set(HAS_MORE_PAGES) {
            let at = reader.offset();
            let state = reader.bytes()?.ok_or_else(|| {
                DecodeError::new("paging state", at, "it is null, though there are more pages")
            })?;
            paging_state = Some(Bytes::copy_from_slice(state));
        }
        let mut new_metadata_id = None;
        if set(METADATA_CHANGED) {
            new_metadata_id = Some(Bytes::copy_from_slice(reader.short_bytes()?));
        }
        let metadata = if set(NO_METADATA) {
            None
        } else {
            Some(Arc::new(RowsMetadata {
                columns: decode_columns(columns_count, global_table_spec, reader)?,
            }))
        };
        Ok(Self { global_table_spec, columns_count, paging_state, new_metadata_id, metadata })
    }

    pub(super) fn encode(&self, version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        let bit = |set: bool, flag: i32| if set { flag } else { 0 };
        let global_table_spec = match &self.metadata {
            Some(metadata) => same_table(&metadata.columns).is_some(),
            None => self.global_table_spec,
        };
        out.int(
            bit(global_table_spec, GLOBAL_TABLE_SPEC)
                | bit(self.paging_state.is_some(), HAS_MORE_PAGES)
                | bit(self.metadata.is_none(), NO_METADATA)
                | bit(self.new_metadata_id.is_some(), METADATA_CHANGED),
        );
        out.int_count(self.columns_count, "columns")?;
        if let Some(state) = &self.paging_state {
            out.bytes(Some(state))?;
        }
        if let Some(id) = &self.new_metadata_id {
            if !version.has_result_metadata_id() {
                return Err(EncodeError::new(
                    "new metadata id",
                    format!("protocol {version} has no place for it; v5 has"),
                ));
            }
            out.short_bytes(id)?;
        }
        match &self.metadata {
            Some(metadata) => encode_columns(&metadata.columns, version, out),
            None => Ok(()),
        }
    }
}
