//! Columns and bind markers as Python sees them, and the decoders of results whose columns are known for long.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use helenus_protocol::response::{ColumnSpec, RowsMetadata};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::codec;
use crate::decode::RowDecoder;
use crate::python;

/// `PreparedStatement.column_metadata`: a list of `cassandra.protocol.ColumnMetadata`.
pub(crate) fn column_metadata<'py>(
    py: Python<'py>,
    columns: &[ColumnSpec],
    user_types: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyList>> {
    let class = python::COLUMN_METADATA.get(py)?;
    let columns: Vec<_> = columns
        .iter()
        .map(|column| {
            let kind = codec::class_of(py, &column.cql_type, user_types)?;
            class.call1((&*column.keyspace, &*column.table, &*column.name, kind))
        })
        .collect::<PyResult<_>>()?;
    PyList::new(py, columns)
}

/// As many prepared statements as a program has at a time; beyond it the cache starts anew.
const MAX_DECODERS: usize = 1024;

/// The decoders of prepared statements' results, by the identity of their metadata. One per session: registered classes
/// of user-defined types are a session's.
///
/// Metadata that came with its rows is of use once, and does not belong in here.
#[derive(Default)]
pub(crate) struct DecoderCache {
    // The metadata is kept, so that its address stays its own.
    decoders: Mutex<HashMap<usize, (Arc<RowsMetadata>, Arc<RowDecoder>)>>,
}

impl DecoderCache {
    /// The decoder for this metadata, made anew where a class of `cassandra.cqltypes` has changed since.
    pub(crate) fn decoder(
        &self,
        py: Python<'_>,
        metadata: &Arc<RowsMetadata>,
        user_types: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Arc<RowDecoder>> {
        let key = Arc::as_ptr(metadata).addr();
        let known = self.lock().get(&key).map(|(_, decoder)| Arc::clone(decoder));
        if let Some(decoder) = known
            && !decoder.is_stale()
        {
            return Ok(decoder);
        }
        // Python code runs here: not under the lock.
        let decoder = Arc::new(RowDecoder::for_metadata(py, metadata, user_types)?);
        let mut decoders = self.lock();
        let replaced =
            if decoders.len() >= MAX_DECODERS { std::mem::take(&mut *decoders) } else { HashMap::new() };
        let former = decoders.insert(key, (Arc::clone(metadata), Arc::clone(&decoder)));
        drop(decoders);
        // Dropping Python objects may run Python code too.
        drop((replaced, former));
        Ok(decoder)
    }

    /// Forgets all: another class was registered for a user-defined type.
    pub(crate) fn clear(&self) {
        let all = std::mem::take(&mut *self.lock());
        drop(all);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<usize, (Arc<RowsMetadata>, Arc<RowDecoder>)>> {
        self.decoders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
