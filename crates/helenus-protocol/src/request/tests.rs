//! Requests by hand-made bytes, there and back, for every version; and what must not be encoded.

use super::*;
use crate::consistency::{Consistency, SerialConsistency};
use crate::notation::Value;
use crate::types::CqlType;
use crate::value::Unset;
use ProtocolVersion::{V3, V4, V5};

/// The body as hex, and back again to the same message.
#[track_caller]
fn assert_bytes(version: ProtocolVersion, request: &Request, hex: &str) {
    let mut body = Vec::new();
    request.encode(version, &mut Writer::new(&mut body)).unwrap();
    let expected: Vec<u8> = hex
        .split_whitespace()
        .flat_map(|word| match word.strip_prefix('\'') {
            Some(text) => text.as_bytes().to_vec(),
            None => (0..word.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&word[at..at + 2], 16).unwrap())
                .collect(),
        })
        .collect();
    assert_eq!(body, expected, "{version} {request:?}");
    let (decoded, payload) = Request::decode(version, request.opcode(), Flags::empty(), &body).unwrap();
    assert_eq!((&decoded, payload), (request, vec![]));
    for length in 0..body.len() {
        Request::decode(version, request.opcode(), Flags::empty(), &body[..length]).unwrap_err();
    }
    body.push(0);
    Request::decode(version, request.opcode(), Flags::empty(), &body).unwrap_err();
}

fn values(values: &[Value<&[u8]>]) -> SerializedValues {
    let mut serialized = SerializedValues::new();
    for value in values {
        serialized.push(*value).unwrap();
    }
    serialized
}

fn full_parameters() -> QueryParameters {
    QueryParameters {
        values: values(&[Value::Bytes(&[0xAB]), Value::Null]),
        skip_metadata: true,
        page_size: Some(5000),
        paging_state: Some(Bytes::from_static(&[1, 2])),
        serial_consistency: Some(SerialConsistency::LocalSerial),
        timestamp: Some(-2),
        ..QueryParameters::new(Consistency::LocalQuorum)
    }
}

#[test]
fn the_handshake_messages() {
    let startup = Startup { options: vec![("CQL_VERSION".into(), "3.0.0".into()), ("A".into(), "".into())] };
    assert_eq!(startup.option("CQL_VERSION"), Some("3.0.0"));
    for version in ProtocolVersion::ALL {
        assert_bytes(
            version,
            &Request::Startup(startup.clone()),
            "0002 000B 'CQL_VERSION 0005 '3.0.0 0001 'A 0000",
        );
        assert_bytes(version, &Request::Options, "");
        let token = Some(Bytes::from_static(b"\0u\0p"));
        assert_bytes(version, &Request::AuthResponse(AuthResponse { token }), "00000004 00 'u 00 'p");
        assert_bytes(version, &Request::AuthResponse(AuthResponse { token: None }), "FFFFFFFF");
        assert_bytes(
            version,
            &Request::Register(Register { events: vec![EventType::StatusChange, EventType::SchemaChange] }),
            "0002 000D 'STATUS_CHANGE 000D 'SCHEMA_CHANGE",
        );
    }
}

#[test]
fn prepare() {
    let mut prepare = Prepare { query: "SELECT".into(), keyspace: None };
    assert_bytes(V3, &Request::Prepare(prepare.clone()), "00000006 'SELECT");
    assert_bytes(V4, &Request::Prepare(prepare.clone()), "00000006 'SELECT");
    assert_bytes(V5, &Request::Prepare(prepare.clone()), "00000006 'SELECT 00000000");
    prepare.keyspace = Some("ks".into());
    assert_bytes(V5, &Request::Prepare(prepare.clone()), "00000006 'SELECT 00000001 0002 'ks");
    assert!(prepare.encode(V4, &mut Writer::new(&mut Vec::new())).is_err());
}

#[test]
fn query() {
    let query = |parameters| Request::Query(Query { query: "Q".into(), parameters });
    let plain = QueryParameters::new(Consistency::One);
    assert_bytes(V3, &query(plain.clone()), "00000001 'Q 0001 00");
    assert_bytes(V4, &query(plain.clone()), "00000001 'Q 0001 00");
    assert_bytes(V5, &query(plain), "00000001 'Q 0001 00000000");

    let rest = "0002 00000001 AB FFFFFFFF 00001388 00000002 0102 0009 FFFFFFFFFFFFFFFE";
    assert_bytes(V3, &query(full_parameters()), &format!("00000001 'Q 0006 3F {rest}"));
    assert_bytes(V4, &query(full_parameters()), &format!("00000001 'Q 0006 3F {rest}"));
    let mut all = full_parameters();
    all.keyspace = Some("ks".into());
    all.now_in_seconds = Some(7);
    assert_bytes(V5, &query(all), &format!("00000001 'Q 0006 000001BF {rest} 0002 'ks 00000007"));
}

#[test]
fn named_values() {
    let mut parameters = QueryParameters::new(Consistency::One);
    parameters.values.push_named("a", Value::Bytes(&[])).unwrap();
    parameters.values.push_named("b", Value::Unset).unwrap();
    assert_eq!(
        parameters.values.iter().collect::<Vec<_>>(),
        [(Some("a"), Value::Bytes(&[][..])), (Some("b"), Value::Unset)]
    );
    let request = Request::Query(Query { query: "".into(), parameters });
    assert_bytes(V4, &request, "00000000 0001 41 0002 0001 'a 00000000 0001 'b FFFFFFFE");
    assert_bytes(V5, &request, "00000000 0001 00000041 0002 0001 'a 00000000 0001 'b FFFFFFFE");
}

#[test]
fn execute() {
    let mut execute = Execute {
        id: Bytes::from_static(&[7, 8]),
        result_metadata_id: None,
        parameters: QueryParameters::new(Consistency::Two),
    };
    assert_bytes(V3, &Request::Execute(execute.clone()), "0002 0708 0002 00");
    assert_bytes(V4, &Request::Execute(execute.clone()), "0002 0708 0002 00");
    let error = execute.encode(V5, &mut Writer::new(&mut Vec::new())).unwrap_err();
    assert!(error.to_string().contains("result metadata id"), "{error}");
    execute.result_metadata_id = Some(Bytes::from_static(&[9]));
    assert_bytes(V5, &Request::Execute(execute), "0002 0708 0001 09 0002 00000000");
}

#[test]
fn batch() {
    let mut batch = Batch {
        statements: vec![
            BatchStatement { kind: StatementKind::Query("I".into()), values: SerializedValues::new() },
            BatchStatement {
                kind: StatementKind::Prepared(Bytes::from_static(&[5])),
                values: values(&[Value::Bytes(&[1])]),
            },
        ],
        serial_consistency: Some(SerialConsistency::Serial),
        timestamp: Some(1),
        ..Batch::new(BatchKind::Unlogged, Consistency::Quorum)
    };
    let start = "01 0002 00 00000001 'I 0000 01 0001 05 0001 00000001 01 0004";
    let end = "0008 0000000000000001";
    assert_bytes(V3, &Request::Batch(batch.clone()), &format!("{start} 30 {end}"));
    assert_bytes(V4, &Request::Batch(batch.clone()), &format!("{start} 30 {end}"));
    batch.keyspace = Some("k".into());
    batch.now_in_seconds = Some(-1);
    assert_bytes(V5, &Request::Batch(batch), &format!("{start} 000001B0 {end} 0001 'k FFFFFFFF"));
    for (number, kind) in [("00", BatchKind::Logged), ("02", BatchKind::Counter)] {
        let batch = Batch::new(kind, Consistency::Any);
        assert_bytes(V4, &Request::Batch(batch), &format!("{number} 0000 0000 00"));
    }
}

#[test]
fn what_a_version_cannot_say_is_refused() {
    let refused = |version, request: Request| {
        let mut out = vec![1, 2, 3];
        let outcome = request.encode_envelope(version, Flags::empty(), 0, &[], None, &mut out);
        assert_eq!(out, [1, 2, 3], "nothing of it may stay");
        outcome.unwrap_err().to_string()
    };
    let query = |change: fn(&mut QueryParameters)| {
        let mut parameters = QueryParameters::new(Consistency::One);
        change(&mut parameters);
        Request::Query(Query { query: "".into(), parameters })
    };
    for version in [V3, V4] {
        let error = refused(version, query(|p| p.keyspace = Some("k".into())));
        assert!(error.contains("keyspace") && error.contains(&version.to_string()), "{error}");
        assert!(refused(version, query(|p| p.now_in_seconds = Some(1))).contains("now_in_seconds"));
        let mut batch = Batch::new(BatchKind::Logged, Consistency::One);
        batch.keyspace = Some("k".into());
        refused(version, Request::Batch(batch));
    }
    assert!(refused(V3, query(|p| p.values = values(&[Value::Unset]))).contains("unset"));
    let mut named = SerializedValues::new();
    named.push_named("n", Value::Null).unwrap();
    let statement = BatchStatement { kind: StatementKind::Query("".into()), values: named };
    let mut batch = Batch::new(BatchKind::Logged, Consistency::One);
    batch.statements.push(statement);
    assert!(refused(V5, Request::Batch(batch.clone())).contains("names"));
    batch.statements[0].values = SerializedValues::new();
    batch.statements = vec![batch.statements[0].clone(); 65_536];
    assert!(refused(V4, Request::Batch(batch)).contains("65536"));
    let payload = [("k".to_owned(), None)];
    let error =
        Request::Options.encode_envelope(V3, Flags::empty(), 0, &payload, None, &mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("custom payload"), "{error}");
}

#[test]
fn a_cell_is_pushed_as_its_bytes() {
    let mut cells = SerializedValues::new();
    cells.push_cell(&7_i32, &CqlType::Int).unwrap();
    cells.push_cell(&None::<i32>, &CqlType::Int).unwrap();
    assert_eq!(cells, values(&[Value::Bytes(&[0, 0, 0, 7]), Value::Null]));
    cells.push_cell("text", &CqlType::Int).unwrap_err();
    assert_eq!((cells.len(), cells.byte_length()), (2, 12));
    cells.push_cell(&Unset, &CqlType::Int).unwrap();
    assert!(cells.have_unset());
    let mut named = SerializedValues::new();
    named.push_named("a", Value::Null).unwrap();
    assert!(named.push_cell(&1_i32, &CqlType::Int).is_err());
}

#[test]
fn a_value_is_found_by_its_place() {
    let four = values(&[Value::Null, Value::Bytes(&[1, 2]), Value::Unset, Value::Bytes(&[])]);
    let found: Vec<_> = (0..5).map(|index| four.bytes_at(index)).collect();
    assert_eq!(found, [None, Some(&[1, 2][..]), None, Some(&[][..]), None]);
    let mut named = SerializedValues::new();
    named.push_named("a", Value::Bytes(&[1])).unwrap();
    assert_eq!(named.bytes_at(0), None);
    // Bytes that were framed elsewhere, and wrongly.
    for wrong in [&[0, 0, 0, 9, 1][..], &[0, 0], &[]] {
        let values = SerializedValues::from_wire(2, wrong.to_vec());
        assert_eq!((values.bytes_at(0), values.bytes_at(1)), (None, None), "{wrong:?}");
    }
}

#[test]
fn values_are_all_named_or_none_and_at_most_65535() {
    let mut mixed = values(&[Value::Null]);
    assert!(mixed.push_named("a", Value::Null).is_err());
    assert_eq!(mixed.len(), 1);
    let mut many = SerializedValues::with_capacity(4 * 65_535);
    for _ in 0..65_535 {
        many.push(Value::Null).unwrap();
    }
    assert!(many.push(Value::Null).is_err());
    assert_eq!((many.len(), many.byte_length()), (65_535, 4 * 65_535));
}

#[test]
fn an_encoder_that_fails_or_lies_leaves_nothing_behind() {
    let mut serialized = values(&[Value::Bytes(&[1])]);
    let before = serialized.clone();
    for encode in [
        |out: &mut Vec<u8>| {
            out.extend([0, 0]);
            Err(EncodeError::new("x", "y"))
        },
        |_: &mut Vec<u8>| Ok(()),
        |out: &mut Vec<u8>| {
            out.extend([0, 0, 0, 2, 1]);
            Ok(())
        },
        |out: &mut Vec<u8>| {
            out.extend([0, 0, 0, 0, 1]);
            Ok(())
        },
    ] {
        let mut serialized = serialized.clone();
        assert!(serialized.push_with(encode).is_err());
    }
    serialized
        .push_with(|out| {
            out.extend([0; 4]);
            Err(EncodeError::new("x", "y"))
        })
        .unwrap_err();
    assert_eq!(serialized, before);
    serialized.push_with(|out| Writer::new(out).value(Value::Unset)).unwrap();
    assert!(serialized.have_unset());
}

#[test]
fn an_envelope_has_header_payload_and_body() {
    let payload = [("k".to_owned(), Some(Bytes::from_static(b"v"))), ("n".to_owned(), None)];
    let mut out = Vec::new();
    Request::Options.encode_envelope(V4, Flags::TRACING, 3, &payload, None, &mut out).unwrap();
    let expected = [
        &[4, 0x06, 0, 3, 0x05, 0, 0, 0, 17][..],
        &[0, 2, 0, 1, b'k', 0, 0, 0, 1, b'v', 0, 1, b'n', 0xFF, 0xFF, 0xFF, 0xFF],
    ]
    .concat();
    assert_eq!(out, expected);
    let flags = Flags::from_bits(0x06);
    let (request, decoded) = Request::decode(V4, RequestOpcode::Options, flags, &out[9..]).unwrap();
    assert_eq!((request, &decoded[..]), (Request::Options, &payload[..]));
}

#[test]
fn a_body_is_compressed_where_that_helps() {
    let query = |text: &str| {
        Request::Query(Query { query: text.into(), parameters: QueryParameters::new(Consistency::One) })
    };
    for compression in Compression::ALL {
        let mut out = Vec::new();
        let long = query(&"a".repeat(1000));
        long.encode_envelope(V4, Flags::empty(), 1, &[], Some(compression), &mut out).unwrap();
        let header = RequestHeader::decode(out.first_chunk().unwrap(), 1 << 20).unwrap();
        assert_eq!((header.flags, header.length as usize), (Flags::COMPRESSION, out.len() - 9));
        let body = compression.decompress_body(&out[9..], 2000).unwrap();
        assert_eq!(Request::decode(V4, header.opcode, header.flags, &body).unwrap().0, long);

        out.clear();
        query("a").encode_envelope(V4, Flags::empty(), 1, &[], Some(compression), &mut out).unwrap();
        assert_eq!(out[1], 0, "{compression}: a few bytes do not shrink");
    }
}

#[test]
fn a_body_of_v5_is_never_compressed_by_itself() {
    let mut out = vec![1];
    let error = Request::Options
        .encode_envelope(V5, Flags::empty(), 1, &[], Some(Compression::Lz4), &mut out)
        .unwrap_err();
    assert!(error.to_string().contains("segments"), "{error}");
    assert_eq!(out, [1]);
}

#[test]
fn wrong_requests_are_refused() {
    let decode = |version, opcode, body: &[u8]| Request::decode(version, opcode, Flags::empty(), body);
    // Unknown flags: keyspace in v4, 0x200 in v5, values in a batch, and any but the keyspace in PREPARE.
    assert!(decode(V4, RequestOpcode::Query, b"\0\0\0\0\0\x01\x80\0\0").is_err());
    assert!(decode(V5, RequestOpcode::Query, b"\0\0\0\0\0\x01\0\0\x02\0").is_err());
    assert!(decode(V4, RequestOpcode::Batch, b"\0\0\0\0\0\x01\0\0").is_err());
    assert!(decode(V5, RequestOpcode::Prepare, b"\0\0\0\0\0\0\0\x02").is_err());
    // A serial consistency that is none, a batch of type 3, a statement of kind 2, an event that nobody knows.
    assert!(decode(V4, RequestOpcode::Query, b"\0\0\0\0\0\x01\x10\0\x01").is_err());
    assert!(decode(V4, RequestOpcode::Batch, b"\x03\0\0\0\x01\0").is_err());
    assert!(decode(V4, RequestOpcode::Batch, b"\0\0\x01\x02\0\0\0\0\0\0\0\x01\0").is_err());
    assert!(decode(V4, RequestOpcode::Register, b"\0\x01\0\x02UP").is_err());
    // Unset in v3.
    assert!(decode(V3, RequestOpcode::Query, b"\0\0\0\0\0\x01\x01\0\x01\xFF\xFF\xFF\xFE").is_err());
    assert!(decode(V4, RequestOpcode::Query, b"\0\0\0\0\0\x01\x01\0\x01\xFF\xFF\xFF\xFE").is_ok());
}

#[test]
fn secrets_and_values_are_in_no_debug_text() {
    let token = Some(Bytes::from_static(b"\0cassandra\0swordfish"));
    let mut parameters = QueryParameters::new(Consistency::One);
    parameters.values.push(Value::Bytes(b"swordfish")).unwrap();
    let query = Request::Query(Query { query: "".into(), parameters });
    let text = format!("{:?} {query:?}", Request::AuthResponse(AuthResponse { token }));
    for hidden in ["swordfish", "115, 119", "73", "cassandra"] {
        assert!(!text.contains(hidden), "{text}");
    }
}
