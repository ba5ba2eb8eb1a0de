//! What the fuzz targets share: the bound on memory, and the properties that any message must have.

mod allocator;

use bytes::Bytes;
use helenus_protocol::envelope::Flags;
use helenus_protocol::notation::Writer;
use helenus_protocol::response::{Message, Response, ResultMessage, peek};
use helenus_protocol::value::{CqlValue, DecodeValue, encode_cell};
use helenus_protocol::{ProtocolVersion, ResponseOpcode};

pub use allocator::bounded;

/// One of the versions, by a byte of the input.
pub fn version(byte: u8) -> ProtocolVersion {
    ProtocolVersion::ALL[usize::from(byte) % ProtocolVersion::ALL.len()]
}

/// One of the responses, by a byte of the input.
pub fn response_opcode(byte: u8) -> ResponseOpcode {
    ResponseOpcode::ALL[usize::from(byte) % ResponseOpcode::ALL.len()]
}

/// Decodes a body. What decodes must agree with the glance at it, and be the same after it was encoded and decoded
/// again. Returns what it is.
pub fn check_response(
    version: ProtocolVersion,
    flags: Flags,
    opcode: ResponseOpcode,
    body: &[u8],
) -> Option<Message> {
    let body = Bytes::copy_from_slice(body);
    let response = Response::decode(version, flags, opcode, &body).ok()?;
    peek(opcode, flags, &body).expect("what decodes can be glanced at");
    if let Some(first) = encoded(version, &response) {
        let again = Response::decode(version, response.flags(), opcode, &first)
            .expect("what we encode can be decoded");
        let second = encoded(version, &again).expect("what was encoded can be encoded again");
        assert_eq!(first, second);
    }
    Some(response.message)
}

/// Not every response that can be decoded can be encoded: replacing what was no UTF-8 makes texts longer, and warnings
/// in v3 (whose flag the header would have refused) have no place.
fn encoded(version: ProtocolVersion, response: &Response) -> Option<Bytes> {
    let mut out = Vec::new();
    response.encode(version, &mut Writer::new(&mut out)).ok()?;
    Some(out.into())
}

/// Decodes every cell of a page of rows; values must have the same bytes after they were read and written.
pub fn check_cells(message: &Message) {
    let Message::Result(ResultMessage::Rows(rows)) = message else { return };
    let Some(metadata) = &rows.metadata else { return };
    for row in rows.rows() {
        let Ok(row) = row else { return };
        for (column, cell) in metadata.columns.iter().zip(row) {
            let Ok(value) = CqlValue::decode(&column.cql_type, cell) else { continue };
            let mut first = Vec::new();
            if encode_cell(&value, &column.cql_type, &mut first).is_err() {
                continue;
            }
            let again = CqlValue::decode(&column.cql_type, cell.and(first.get(4..)));
            let again = again.expect("what we encode can be decoded");
            let mut second = Vec::new();
            let _encoded = encode_cell(&again, &column.cql_type, &mut second)
                .expect("what was encoded can be encoded again");
            assert_eq!(first, second);
        }
    }
}
