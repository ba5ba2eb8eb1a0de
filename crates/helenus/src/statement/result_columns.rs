//! What a prepared statement's answers look like, and the ids by which it is run.

use std::sync::Arc;

use bytes::Bytes;
use helenus_protocol::ProtocolVersion;
use helenus_protocol::notation::Writer;
use helenus_protocol::response::RowsMetadata;

/// What the columns of the answers are, and the id under which the server knows that (v5).
#[derive(Debug, PartialEq, Eq)]
pub struct ResultColumns {
    /// The id that EXECUTE sends back (v5).
    pub id: Option<Bytes>,
    /// The columns; `None` where the statement gives no rows.
    pub metadata: Option<Arc<RowsMetadata>>,
    /// The ids with which the body of EXECUTE begins: the statement's, and `id` where there is one. They are the same each
    /// time.
    ids: Box<[u8]>,
    /// How many bytes of them are the statement's.
    statement: usize,
}

/// Which columns of a prepared statement somebody goes by.
#[derive(Debug, Clone)]
pub(crate) enum WhichColumns {
    /// Those with which it was prepared: it holds them itself.
    First,
    /// Those that they have become since.
    Newer(Arc<ResultColumns>),
}

impl ResultColumns {
    /// Those of the statement that the server knows by `statement`.
    pub(crate) fn new(statement: &[u8], id: Option<Bytes>, metadata: Option<Arc<RowsMetadata>>) -> Self {
        let mut ids = Vec::with_capacity(4 + statement.len() + id.as_ref().map_or(0, Bytes::len));
        // The server said them in this notation, so they fit into it.
        let mut said = Writer::new(&mut ids).short_bytes(statement).is_ok();
        let length = ids.len();
        if let Some(id) = &id {
            said &= Writer::new(&mut ids).short_bytes(id).is_ok();
        }
        let statement = if said { length } else { 0 };
        Self { id, metadata, ids: ids.into(), statement }
    }

    /// How many of the bytes of [`ids`](Self::ids) an EXECUTE of `version` begins with; `None` if there is something amiss
    /// with them, and encoding them will say what.
    pub(crate) fn ids_length(&self, version: ProtocolVersion) -> Option<usize> {
        match (version.has_result_metadata_id(), &self.id) {
            (true, None) => None,
            (true, Some(_)) => Some(self.ids.len()),
            (false, _) => Some(self.statement),
        }
        .filter(|_| self.statement > 0)
    }

    /// See [`ids_length`](Self::ids_length).
    pub(crate) fn ids(&self) -> &[u8] {
        &self.ids
    }
}

#[cfg(test)]
mod tests {
    use helenus_protocol::request::Execute;

    use super::*;

    #[test]
    fn the_ids_are_those_that_execute_begins_with() {
        for version in [ProtocolVersion::V3, ProtocolVersion::V4, ProtocolVersion::V5] {
            for id in [None, Some(Bytes::from_static(b"columns")), Some(Bytes::new())] {
                let columns = ResultColumns::new(b"statement", id.clone(), None);
                let mut encoded = Vec::new();
                let outcome =
                    Execute::encode_ids(b"statement", id.as_deref(), version, &mut Writer::new(&mut encoded));
                let length = columns.ids_length(version);
                assert_eq!(length.is_some(), outcome.is_ok(), "{version} {id:?}");
                if let Some(length) = length {
                    assert_eq!(&columns.ids()[..length], encoded, "{version} {id:?}");
                }
            }
        }
        let too_long = ResultColumns::new(&[0; 65_536], None, None);
        assert_eq!(too_long.ids_length(ProtocolVersion::V4), None);
    }
}
