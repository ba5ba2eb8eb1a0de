//! What a vector says, as it stands in its `.txt`.

use std::fmt::Write as _;

use bytes::BytesMut;
use helenus_protocol::compression::Compression;
use helenus_protocol::envelope::{CustomPayload, Flags, HEADER_LENGTH};
use helenus_protocol::notation::Value;
use helenus_protocol::request::{Request, SerializedValues};
use helenus_protocol::response::{Message, RawRows, ResultMessage};
use helenus_protocol::value::{CqlValue, DecodeValue};

use super::{Decoded, Kind, Vector, decode, hex, meaningful, segments};

impl Vector {
    /// What the bytes say, as it should stand in the `.txt`.
    pub(super) fn describe(&self) -> String {
        self.describe_in_full().split_inclusive('\n').map(shortened).collect()
    }

    fn describe_in_full(&self) -> String {
        match self.kind() {
            Kind::Envelope { compression } => describe_envelope(&self.bytes, compression),
            Kind::Segments { of_server, compression } => {
                let side = if of_server { "response" } else { "request" };
                let name = compression.map_or("none", Compression::name);
                let mut text = format!("v5 segments {side} compression={name}\n");
                let mut envelopes = BytesMut::new();
                for (payload, self_contained) in segments(&self.bytes, compression) {
                    writeln!(text, "segment of {} bytes, self-contained: {self_contained}", payload.len())
                        .unwrap();
                    envelopes.extend_from_slice(&payload);
                }
                while !envelopes.is_empty() {
                    let length = u32::from_be_bytes(*envelopes[5..].first_chunk().unwrap()) as usize;
                    let envelope = envelopes.split_to(HEADER_LENGTH + length);
                    text += &describe_envelope(&envelope, None);
                }
                text
            }
        }
    }
}

/// A line of a text; of a very long one the beginning and a checksum of the whole.
fn shortened(line: &str) -> String {
    const LONGEST: usize = 4000;
    if line.len() <= LONGEST {
        return line.to_owned();
    }
    let start: String = line.chars().take(100).collect();
    format!("{start}… {} bytes, crc32 {:08x}\n", line.len(), crc32fast::hash(line.as_bytes()))
}

fn describe_envelope(bytes: &[u8], compression: Option<Compression>) -> String {
    let first_line = |version: u8, side: &str, opcode: &str, flags: Flags| {
        let compression = match compression {
            Some(compression) if flags.contains(Flags::COMPRESSION) => format!(" compression={compression}"),
            _ => String::new(),
        };
        format!("v{version} {side} {opcode} flags={:#04x}{compression}\n", flags.bits())
    };
    match decode(bytes, compression) {
        Decoded::Request { header, message, custom_payload, .. } => {
            let number = header.version.number();
            let mut text = first_line(number, "request", header.opcode.name(), header.flags);
            writeln!(text, "stream {}", header.stream).unwrap();
            describe_payload(&mut text, &custom_payload);
            writeln!(text, "{message:#?}").unwrap();
            match &message {
                Request::AuthResponse(message) => {
                    writeln!(text, "token {}", optional_hex(message.token.as_deref())).unwrap();
                }
                Request::Query(message) => describe_values(&mut text, &message.parameters.values),
                Request::Execute(message) => describe_values(&mut text, &message.parameters.values),
                Request::Batch(batch) => {
                    batch.statements.iter().for_each(|one| describe_values(&mut text, &one.values));
                }
                _ => {}
            }
            text
        }
        Decoded::Response { envelope, version, body, response } => {
            let header = envelope.header;
            let mut text = first_line(header.version, "response", header.opcode.name(), header.flags);
            writeln!(text, "stream {}", header.stream).unwrap();
            if let Some(id) = response.tracing_id {
                writeln!(text, "tracing id {id}").unwrap();
            }
            for warning in &response.warnings {
                writeln!(text, "warning {warning:?}").unwrap();
            }
            describe_payload(&mut text, &response.custom_payload);
            writeln!(text, "{:#?}", response.message).unwrap();
            match &response.message {
                Message::AuthChallenge(message) => {
                    writeln!(text, "token {}", optional_hex(message.token.as_deref())).unwrap();
                }
                Message::AuthSuccess(message) => {
                    writeln!(text, "token {}", optional_hex(message.token.as_deref())).unwrap();
                }
                Message::Result(ResultMessage::Rows(rows)) => describe_rows(&mut text, rows),
                _ => {}
            }
            let trailing = &body[meaningful(version, &response).min(body.len())..];
            if !trailing.is_empty() {
                writeln!(text, "{TRAILING}{}", hex(trailing)).unwrap();
            }
            text
        }
    }
}

/// Begins the line of a text that has the bytes behind the message.
const TRAILING: &str = "behind the message ";

/// The bytes behind the message, where a text tells of some.
pub(super) fn trailing_of(text: &str) -> &str {
    text.lines().find_map(|line| line.strip_prefix(TRAILING)).unwrap_or_default()
}

fn optional_hex(bytes: Option<&[u8]>) -> String {
    bytes.map_or_else(|| "null".to_owned(), |bytes| format!("<{}>", hex(bytes)))
}

fn describe_payload(text: &mut String, payload: &CustomPayload) {
    for (key, value) in payload {
        writeln!(text, "custom payload {key:?} {}", optional_hex(value.as_deref())).unwrap();
    }
}

fn describe_values(text: &mut String, values: &SerializedValues) {
    for (name, value) in values {
        let value = match value {
            Value::Bytes(bytes) => optional_hex(Some(bytes)),
            Value::Null => optional_hex(None),
            Value::Unset => "unset".to_owned(),
        };
        writeln!(text, "value {} {value}", name.unwrap_or_default()).unwrap();
    }
}

fn describe_rows(text: &mut String, rows: &RawRows) {
    if let Some(state) = &rows.paging_state {
        writeln!(text, "paging state <{}>", hex(state)).unwrap();
    }
    let Some(metadata) = &rows.metadata else {
        for row in rows.rows() {
            let cells: Vec<_> = row.unwrap().map(optional_hex).collect();
            writeln!(text, "row {}", cells.join(" ")).unwrap();
        }
        return;
    };
    for row in rows.rows() {
        writeln!(text, "row").unwrap();
        for (column, cell) in metadata.columns.iter().zip(row.unwrap()) {
            let value = CqlValue::decode(&column.cql_type, cell).unwrap();
            writeln!(text, "  {} {} {value:?}", column.name, optional_hex(cell)).unwrap();
        }
    }
}
