//! Every message, as generated, there and back in every version; and every prefix of its bytes refused.
//!
//! Hand-made bytes are in the unit tests of `request` and `response`, captured ones in `tests/vectors`.

mod requests;
mod responses;

use bytes::{Bytes, BytesMut};
use helenus_protocol::compression::Compression;
use helenus_protocol::envelope::{CustomPayload, Envelope, Flags, HEADER_LENGTH, RequestHeader};
use helenus_protocol::notation::Writer;
use helenus_protocol::request::Request;
use helenus_protocol::response::{Message, Response, ResultMessage, ServerError, WriteType};
use helenus_protocol::{Consistency, ProtocolVersion};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use requests::{parameters, request};
use responses::response;

const LIMIT: usize = 1 << 20;

fn version() -> impl Strategy<Value = ProtocolVersion> {
    select(&ProtocolVersion::ALL[..])
}

fn blob() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..20).prop_map(Bytes::from)
}

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Zäß☃ \"\0]{0,8}"
}

fn consistency() -> impl Strategy<Value = Consistency> {
    select(Consistency::ALL)
}

fn custom_payload() -> impl Strategy<Value = CustomPayload> {
    vec((name(), option::of(blob())), 0..3)
}

/// Decodes whole: a page of rows to its last cell.
fn decode(version: ProtocolVersion, response: &Response, body: &[u8]) -> Option<Response> {
    let (flags, opcode) = (response.flags(), response.message.opcode());
    let decoded = Response::decode(version, flags, opcode, &Bytes::copy_from_slice(body)).ok()?;
    if let Message::Result(ResultMessage::Rows(rows)) = &decoded.message {
        rows.rows().collect::<Result<Vec<_>, _>>().ok()?;
    }
    Some(decoded)
}

/// Some servers leave out the contentions that end a WRITE_TIMEOUT, so that such a cut looks whole.
fn lacks_contentions(response: Option<&Response>) -> bool {
    matches!(
        response.map(|response| &response.message),
        Some(Message::Error(ServerError::WriteTimeout { write_type: WriteType::Cas, contentions: None, .. }))
    )
}

/// A few thousand; PROPTEST_CASES can ask for more.
fn cases() -> ProptestConfig {
    let config = ProptestConfig::default();
    ProptestConfig { cases: config.cases.max(3000), failure_persistence: None, ..config }
}

proptest! {
    #![proptest_config(cases())]

    /// What stands around the values is the same in one way and in the other.
    #[test]
    fn parameters_around_values(
        (version, parameters) in version().prop_flat_map(|version| (Just(version), parameters(version))),
    ) {
        let mut whole = Vec::new();
        parameters.encode(version, &mut Writer::new(&mut whole)).unwrap();
        let variable = parameters.paging_state.is_some() || parameters.keyspace.is_some();
        match parameters.borrowed().around_values(version) {
            None => prop_assert!(variable || parameters.now_in_seconds.is_some()),
            Some(around) => {
                let (before, after) = around.as_bytes().split_at(around.values_at());
                prop_assert_eq!([before, parameters.values.as_bytes(), after].concat(), whole);
            }
        }
    }

    #[test]
    fn requests(
        (version, request) in version().prop_flat_map(|version| (Just(version), request(version))),
        payload in custom_payload(),
        stream in 0..=i16::MAX,
        compression in option::of(select(&Compression::ALL[..])),
    ) {
        let payload = if version.has_custom_payload() { payload } else { Vec::new() };
        let compression = compression.filter(|_| !version.has_segments());
        let mut out = Vec::new();
        request.encode_envelope(version, Flags::TRACING, stream, &payload, compression, &mut out).unwrap();

        let header = RequestHeader::decode(out.first_chunk().unwrap(), LIMIT).unwrap();
        prop_assert_eq!((header.version, header.stream), (version, stream));
        prop_assert_eq!(header.length as usize, out.len() - HEADER_LENGTH);
        let mut body = Bytes::copy_from_slice(&out[HEADER_LENGTH..]);
        if header.flags.contains(Flags::COMPRESSION) {
            body = compression.unwrap().decompress_body(&body, LIMIT).unwrap();
        }
        let decoded = Request::decode(version, header.opcode, header.flags, &body).unwrap();
        prop_assert_eq!(decoded, (request, payload));
        for length in 0..body.len() {
            let cut = Request::decode(version, header.opcode, header.flags, &body[..length]);
            prop_assert!(cut.is_err(), "{} of {} bytes", length, body.len());
        }
    }

    #[test]
    fn responses(
        (version, response) in version().prop_flat_map(|version| (Just(version), response(version))),
        stream: i16,
        compression in option::of(select(&Compression::ALL[..])),
    ) {
        let mut body = Vec::new();
        response.encode(version, &mut Writer::new(&mut body)).unwrap();
        let decoded = decode(version, &response, &body);
        prop_assert_eq!(decoded.as_ref(), Some(&response));
        for length in 0..body.len() {
            let cut = decode(version, &response, &body[..length]);
            if length + 2 == body.len() && lacks_contentions(cut.as_ref()) {
                continue;
            }
            prop_assert!(cut.is_none(), "{} of {} bytes gave {:?}", length, body.len(), cut);
        }

        let compression = compression.filter(|_| !version.has_segments());
        let mut out = Vec::new();
        response.encode_envelope(version, stream, compression, &mut out).unwrap();
        let envelope = Envelope::decode(&mut BytesMut::from(&out[..]), LIMIT).unwrap().unwrap();
        prop_assert_eq!((envelope.header.stream, envelope.header.version), (stream, version.number()));
        let travelled = match compression {
            Some(compression) => compression.decompress_body(&envelope.body, LIMIT).unwrap(),
            None => envelope.body,
        };
        prop_assert_eq!(&travelled[..], &body[..]);
    }

    #[test]
    fn no_bytes_panic(
        version in version(),
        bits: u8,
        opcode in select(helenus_protocol::ResponseOpcode::ALL),
        request_opcode in select(helenus_protocol::RequestOpcode::ALL),
        body in vec(prop_oneof![Just(0_u8), 0..8_u8, any::<u8>()], 0..200),
    ) {
        let flags = Flags::from_bits(bits & 0x1F);
        let body = Bytes::from(body);
        let _glance = helenus_protocol::response::peek(opcode, flags, &body).is_ok();
        if let Ok(response) = Response::decode(version, flags, opcode, &body)
            && let Message::Result(ResultMessage::Rows(rows)) = response.message
        {
            let _rows = rows.rows().count();
        }
        let _request = Request::decode(version, request_opcode, flags, &body).is_ok();
    }
}
