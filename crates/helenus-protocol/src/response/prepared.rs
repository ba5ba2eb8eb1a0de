//! RESULT *prepared* (section 4.2.5.4): what a prepared statement wants and what it will answer.

use std::sync::Arc;

use bytes::Bytes;

use super::metadata::{
    ColumnSpec, GLOBAL_TABLE_SPEC, ResultMetadata, RowsMetadata, decode_columns, decode_count, decode_flags,
    encode_columns, same_table,
};
use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};
use crate::version::ProtocolVersion;

/// A statement that the server has prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// What EXECUTE names it by.
    pub id: Bytes,
    /// What EXECUTE names the columns below by (v5).
    pub result_metadata_id: Option<Bytes>,
    /// Its bind markers.
    pub bind: BindMetadata,
    /// The columns of its result; none for statements without rows, and for some with (`None` is not `no columns`).
    pub result: Option<Arc<RowsMetadata>>,
}

/// The bind markers of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BindMetadata {
    /// In the order of the values.
    pub columns: Vec<ColumnSpec>,
    /// Which markers make the partition key, in the key's order; each is an index into `columns`. Empty if not all of
    /// the key is bound, and always in v3.
    pub partition_key_indexes: Vec<u16>,
}

impl Prepared {
    /// Reads it (what follows the kind).
    pub fn decode(version: ProtocolVersion, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let id = Bytes::copy_from_slice(reader.short_bytes()?);
        let result_metadata_id = if version.has_result_metadata_id() {
            Some(Bytes::copy_from_slice(reader.short_bytes()?))
        } else {
            None
        };
        let bind = BindMetadata::decode(version, reader)?;
        let result = ResultMetadata::decode(version, reader)?.metadata;
        Ok(Self { id, result_metadata_id, bind, result })
    }

    /// Appends it.
    pub fn encode(&self, version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.short_bytes(&self.id)?;
        if version.has_result_metadata_id() {
            let id = self.result_metadata_id.as_ref().ok_or_else(|| {
                EncodeError::new("RESULT prepared", format!("protocol {version} wants a result metadata id"))
            })?;
            out.short_bytes(id)?;
        }
        self.bind.encode(version, out)?;
        ResultMetadata {
            global_table_spec: false,
            columns_count: self.result.as_ref().map_or(0, |metadata| metadata.columns.len()),
            paging_state: None,
            new_metadata_id: None,
            metadata: self.result.clone(),
        }
        .encode(version, out)
    }
}

impl BindMetadata {
    fn decode(version: ProtocolVersion, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let global_table_spec = decode_flags(GLOBAL_TABLE_SPEC, reader)? != 0;
        let count = decode_count(true, global_table_spec, reader)?;
        let mut partition_key_indexes = Vec::new();
        if version.has_partition_key_indexes() {
            let indexes = reader.count(2, "partition key indexes")?;
            partition_key_indexes.reserve_exact(indexes);
            for _ in 0..indexes {
                let at = reader.offset();
                let index = reader.short()?;
                if usize::from(index) >= count {
                    let why = format!("there is no bind marker {index} among {count}");
                    return Err(DecodeError::new("partition key index", at, why));
                }
                partition_key_indexes.push(index);
            }
        }
        let columns = decode_columns(count, global_table_spec, reader)?;
        Ok(Self { columns, partition_key_indexes })
    }

    fn encode(&self, version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.int(if same_table(&self.columns).is_some() { GLOBAL_TABLE_SPEC } else { 0 });
        out.int_count(self.columns.len(), "bind markers")?;
        if version.has_partition_key_indexes() {
            out.int_count(self.partition_key_indexes.len(), "partition key indexes")?;
            self.partition_key_indexes.iter().for_each(|index| out.short(*index));
        }
        encode_columns(&self.columns, version, out)
    }
}
