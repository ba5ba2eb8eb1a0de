//! Cutting rows into the pages that a request asks for. A paging state is the number of rows that were sent.

use helenus_protocol::EncodeError;
use helenus_protocol::notation::Writer;
use helenus_protocol::request::Request;
use md5::{Digest, Md5};

use super::body::{Body, RowsOptions, code};
use super::received::Received;
use super::statement::StatementId;
use super::table::Table;

const MAGIC: &[u8] = b"mock page ";

/// RESULT, rows: the page of `table` that `received` asks for, as it asks for it.
pub(super) fn page(table: &Table, received: &Received) -> Result<Body, EncodeError> {
    let parameters = received.parameters();
    let start = match parameters.and_then(|parameters| parameters.paging_state.as_deref()) {
        None => 0,
        Some(state) => match decode_state(state).filter(|start| *start <= table.rows.len()) {
            Some(start) => start,
            None => return Body::error(code::PROTOCOL, "Invalid value for the paging state"),
        },
    };
    let size = parameters.and_then(|parameters| parameters.page_size);
    let size =
        size.and_then(|size| usize::try_from(size).ok()).filter(|size| *size > 0).unwrap_or(usize::MAX);
    let end = start.saturating_add(size).min(table.rows.len());
    let state = (end < table.rows.len()).then(|| encode_state(end));
    let id = result_metadata_id(Some(table))?;
    let is_stale = match &received.request {
        Request::Execute(execute) => execute.result_metadata_id.as_ref().is_some_and(|known| **known != id),
        _ => false,
    };
    let options = RowsOptions {
        version: received.version,
        skip_metadata: parameters.is_some_and(|parameters| parameters.skip_metadata),
        paging_state: state.as_deref(),
        new_metadata_id: is_stale.then_some(&id),
    };
    table.encode_result(&table.rows[start..end], options, |_, _| {})
}

/// The id of the columns of a result (v5): their digest, as Cassandra makes it.
pub(super) fn result_metadata_id(table: Option<&Table>) -> Result<StatementId, EncodeError> {
    let mut bytes = Vec::new();
    if let Some(table) = table {
        table.encode_columns(helenus_protocol::ProtocolVersion::LATEST, &mut Writer::new(&mut bytes))?;
    }
    Ok(Md5::digest(&bytes).into())
}

fn encode_state(sent: usize) -> Vec<u8> {
    [MAGIC, sent.to_string().as_bytes()].concat()
}

fn decode_state(state: &[u8]) -> Option<usize> {
    std::str::from_utf8(state.strip_prefix(MAGIC)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paging_state_comes_back_as_it_went_and_no_other_is_taken() {
        assert_eq!(decode_state(&encode_state(5000)), Some(5000));
        for wrong in [&b""[..], b"mock page", b"mock page x", b"mock page -1", b"\xFF"] {
            assert_eq!(decode_state(wrong), None);
        }
    }
}
