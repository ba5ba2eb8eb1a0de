//! Responses by hand-made bytes, there and back, for every version; and what must not be believed.

use std::net::SocketAddr;
use std::sync::Arc;

use super::error::FailureReason;
use super::*;
use crate::consistency::Consistency;
use crate::types::CqlType;
use ProtocolVersion::{V3, V4, V5};

/// `2A` are bytes, `'text` is text, `"text` is text behind a [short] with its length.
fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for word in text.split_whitespace() {
        if let Some(text) = word.strip_prefix('\'') {
            out.extend_from_slice(text.as_bytes());
        } else if let Some(text) = word.strip_prefix('"') {
            Writer::new(&mut out).string(text).unwrap();
        } else {
            let byte = |at| u8::from_str_radix(&word[at..at + 2], 16).unwrap();
            out.extend((0..word.len()).step_by(2).map(byte));
        }
    }
    out
}

/// Decodes, and goes through the rows to the end.
fn decode(
    version: ProtocolVersion,
    flags: Flags,
    opcode: ResponseOpcode,
    body: &[u8],
) -> Result<Response, DecodeError> {
    let response = Response::decode(version, flags, opcode, &Bytes::copy_from_slice(body))?;
    if let Message::Result(ResultMessage::Rows(rows)) = &response.message {
        for row in rows.rows() {
            assert_eq!(row?.count(), rows.columns_count);
        }
    }
    Ok(response)
}

/// The response as these bytes and back; with every truncation an error, and with bytes behind it the same.
#[track_caller]
fn assert_response(version: ProtocolVersion, response: &Response, hex: &str) {
    let expected = bytes(hex);
    let (flags, opcode) = (response.flags(), response.message.opcode());
    let decoded = decode(version, flags, opcode, &expected);
    assert_eq!(decoded.as_ref(), Ok(response), "{version}");
    let mut body = Vec::new();
    response.encode(version, &mut Writer::new(&mut body)).unwrap();
    assert_eq!(body, expected, "{version} {response:?}");
    for length in 0..body.len() {
        decode(version, flags, opcode, &body[..length]).unwrap_err();
    }
    body.push(0);
    let longer = decode(version, flags, opcode, &body).unwrap().message;
    if !matches!(longer, Message::Result(ResultMessage::Rows(_))) {
        assert_eq!(longer, response.message);
    }
}

#[track_caller]
fn assert_message(version: ProtocolVersion, message: Message, hex: &str) {
    assert_response(version, &message.into(), hex);
}

#[track_caller]
fn assert_refused(version: ProtocolVersion, opcode: ResponseOpcode, hex: &str, why: &str) {
    let error = decode(version, Flags::empty(), opcode, &bytes(hex)).unwrap_err();
    assert!(error.to_string().contains(why), "{error}");
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[test]
fn the_handshake_messages() {
    for version in ProtocolVersion::ALL {
        assert_message(version, Message::Ready, "");
        let authenticator = "a.B".to_owned();
        assert_message(version, Message::Authenticate { authenticator }, "\"a.B");
        let token = Some(Bytes::from_static(b"t"));
        assert_message(
            version,
            Message::AuthChallenge(AuthChallenge { token: token.clone() }),
            "00000001 't",
        );
        assert_message(version, Message::AuthSuccess(AuthSuccess { token }), "00000001 't");
        assert_message(version, Message::AuthSuccess(AuthSuccess { token: None }), "FFFFFFFF");
        let supported =
            Supported { options: vec![("A".into(), vec!["x".into(), "y".into()]), ("B".into(), vec![])] };
        assert_eq!(supported.values("A"), ["x", "y"]);
        assert!(supported.values("C").is_empty());
        assert_message(version, Message::Supported(supported), "0002 \"A 0002 \"x \"y \"B 0000");
    }
}

#[test]
fn events() {
    for version in ProtocolVersion::ALL {
        for (change, name) in TopologyChange::ALL.into_iter().zip(["NEW_NODE", "REMOVED_NODE", "MOVED_NODE"])
        {
            assert_message(
                version,
                Message::Event(Event::TopologyChange { change, address: address("127.0.0.1:9042") }),
                &format!("\"TOPOLOGY_CHANGE \"{name} 04 7F000001 00002352"),
            );
        }
        for (status, name) in StatusChange::ALL.into_iter().zip(["UP", "DOWN"]) {
            assert_message(
                version,
                Message::Event(Event::StatusChange { status, address: address("[::1]:1") }),
                &format!("\"STATUS_CHANGE \"{name} 10 00000000000000000000000000000001 00000001"),
            );
        }
        for (change, hex) in schema_changes() {
            assert_message(
                version,
                Message::Event(Event::SchemaChange(change)),
                &format!("\"SCHEMA_CHANGE {hex}"),
            );
        }
    }
    let refused = |hex: &str, why: &str| assert_refused(V4, ResponseOpcode::Event, hex, why);
    refused("\"SOMETHING \"UP", "there is no \"SOMETHING\"");
    refused("\"STATUS_CHANGE \"SIDEWAYS 04 7F000001 00002352", "there is no change \"SIDEWAYS\"");
    refused("\"TOPOLOGY_CHANGE \"UP 04 7F000001 00002352", "there is no change \"UP\"");
    refused("\"STATUS_CHANGE \"UP 05 7F00000101 00002352", "5 bytes");
    refused("\"STATUS_CHANGE \"UP 04 7F000001 00010000", "65536");
    refused("\"SCHEMA_CHANGE \"EATEN \"TABLE \"k \"t", "EATEN");
    refused("\"SCHEMA_CHANGE \"CREATED \"CHAIR \"k \"t", "CHAIR");
    refused("0002 C328", "UTF-8");
}

fn schema_changes() -> Vec<(SchemaChange, &'static str)> {
    let change = |change, target| SchemaChange { change, keyspace: "k".into(), target };
    let (name, arguments) = ("f".to_owned(), vec!["int".to_owned(), "text".to_owned()]);
    vec![
        (change(SchemaChangeKind::Created, SchemaTarget::Keyspace), "\"CREATED \"KEYSPACE \"k"),
        (change(SchemaChangeKind::Updated, SchemaTarget::Table("t".into())), "\"UPDATED \"TABLE \"k \"t"),
        (change(SchemaChangeKind::Dropped, SchemaTarget::Type("u".into())), "\"DROPPED \"TYPE \"k \"u"),
        (
            change(
                SchemaChangeKind::Created,
                SchemaTarget::Function { name: name.clone(), arguments: arguments.clone() },
            ),
            "\"CREATED \"FUNCTION \"k \"f 0002 \"int \"text",
        ),
        (
            change(SchemaChangeKind::Dropped, SchemaTarget::Aggregate { name, arguments }),
            "\"DROPPED \"AGGREGATE \"k \"f 0002 \"int \"text",
        ),
    ]
}

#[test]
fn every_error_code_of_every_version() {
    let message = || "m".to_owned();
    let consistency = Consistency::Quorum;
    let simple: Vec<(&str, fn(String) -> ServerError)> = vec![
        ("00000000", |message| ServerError::ServerError { message }),
        ("0000000A", |message| ServerError::ProtocolError { message }),
        ("00000100", |message| ServerError::AuthenticationError { message }),
        ("00001001", |message| ServerError::Overloaded { message }),
        ("00001002", |message| ServerError::IsBootstrapping { message }),
        ("00001003", |message| ServerError::TruncateError { message }),
        ("00001600", |message| ServerError::CdcWriteFailure { message }),
        ("00002000", |message| ServerError::SyntaxError { message }),
        ("00002100", |message| ServerError::Unauthorized { message }),
        ("00002200", |message| ServerError::Invalid { message }),
        ("00002300", |message| ServerError::ConfigError { message }),
        ("0000F000", |message| ServerError::Unknown { code: 0xF000, message }),
    ];
    for version in ProtocolVersion::ALL {
        let case = |error, hex: &str| assert_message(version, Message::Error(error), hex);
        for (code, error) in &simple {
            case(error(message()), &format!("{code} \"m"));
        }
        case(
            ServerError::Unavailable { message: message(), consistency, required: 2, alive: 1 },
            "00001000 \"m 0004 00000002 00000001",
        );
        case(
            ServerError::WriteTimeout {
                message: message(),
                consistency,
                received: 1,
                required: 2,
                write_type: WriteType::BatchLog,
                contentions: None,
            },
            "00001100 \"m 0004 00000001 00000002 \"BATCH_LOG",
        );
        case(
            ServerError::ReadTimeout {
                message: message(),
                consistency,
                received: 1,
                required: 2,
                data_present: true,
            },
            "00001200 \"m 0004 00000001 00000002 01",
        );
        case(
            ServerError::FunctionFailure {
                message: message(),
                keyspace: "k".into(),
                function: "f".into(),
                argument_types: vec!["int".into()],
            },
            "00001400 \"m \"k \"f 0001 \"int",
        );
        case(
            ServerError::CasWriteUnknown { message: message(), consistency, received: 1, required: 2 },
            "00001700 \"m 0004 00000001 00000002",
        );
        case(
            ServerError::AlreadyExists { message: message(), keyspace: "k".into(), table: String::new() },
            "00002400 \"m \"k 0000",
        );
        case(
            ServerError::Unprepared { message: message(), id: Bytes::from_static(&[1, 2]) },
            "00002500 \"m 0002 0102",
        );
    }
}

#[test]
fn failures_are_counted_before_v5_and_listed_in_v5() {
    let read = |reasons| ServerError::ReadFailure {
        message: String::new(),
        consistency: Consistency::All,
        received: 1,
        required: 3,
        failures: 2,
        reasons,
        data_present: false,
    };
    let write = |reasons| ServerError::WriteFailure {
        message: String::new(),
        consistency: Consistency::All,
        received: 1,
        required: 3,
        failures: 2,
        reasons,
        write_type: WriteType::Simple,
    };
    let start = "0000 0005 00000001 00000003";
    for version in [V3, V4] {
        assert_message(version, Message::Error(read(vec![])), &format!("00001300 {start} 00000002 00"));
        assert_message(
            version,
            Message::Error(write(vec![])),
            &format!("00001500 {start} 00000002 \"SIMPLE"),
        );
    }
    let reasons = vec![
        (address("10.0.0.1:0").ip(), FailureReason(1)),
        (address("[::2]:0").ip(), FailureReason(0xBEEF)),
    ];
    assert_eq!(reasons[0].1.name(), Some("READ_TOO_MANY_TOMBSTONES"));
    assert_eq!(reasons[1].1.name(), None);
    let map = "00000002 04 0A000001 0001 10 00000000000000000000000000000002 BEEF";
    assert_message(V5, Message::Error(read(reasons.clone())), &format!("00001300 {start} {map} 00"));
    assert_message(V5, Message::Error(write(reasons)), &format!("00001500 {start} {map} \"SIMPLE"));
    assert_refused(
        V5,
        ResponseOpcode::Error,
        &format!("00001300 {start} 7FFFFFFF 04 0A000001 0001"),
        "a count",
    );
    assert_refused(V5, ResponseOpcode::Error, &format!("00001300 {start} FFFFFFFF 00"), "a count of -1");
}

#[test]
fn contentions_are_read_where_they_are() {
    let error = |contentions| ServerError::WriteTimeout {
        message: String::new(),
        consistency: Consistency::Serial,
        received: 0,
        required: 2,
        write_type: WriteType::Cas,
        contentions,
    };
    let hex = "00001100 0000 0008 00000000 00000002 \"CAS";
    // Some servers leave them out; older versions have none, and so what follows is not theirs.
    for (version, contentions) in [(V3, None), (V4, None), (V5, None), (V5, Some(7))] {
        let hex = if contentions.is_some() { format!("{hex} 0007") } else { hex.to_owned() };
        let decoded = decode(version, Flags::empty(), ResponseOpcode::Error, &bytes(&hex)).unwrap();
        assert_eq!(decoded.message, Message::Error(error(contentions)));
        let mut body = Vec::new();
        decoded.encode(version, &mut Writer::new(&mut body)).unwrap();
        assert_eq!(body, bytes(&hex));
    }
    assert!(error(Some(1)).encode(V4, &mut Writer::new(&mut Vec::new())).is_err());
    assert_refused(V5, ResponseOpcode::Error, &format!("{hex} 00"), "[short]");
}

#[test]
fn errors_are_for_people_too() {
    let error = ServerError::Invalid { message: "no such table".into() };
    assert_eq!(error.to_string(), "the server answered invalid: no such table");
    let body = [&bytes("00002000 0003")[..], &[b'a', 0xFF, b'b']].concat();
    let decoded = decode(V4, Flags::empty(), ResponseOpcode::Error, &body).unwrap().message;
    assert_eq!(decoded, Message::Error(ServerError::SyntaxError { message: "a\u{FFFD}b".into() }));
    assert_eq!(WriteType::from_name("NEW"), WriteType::Unknown("NEW".into()));
    assert_refused(
        V4,
        ResponseOpcode::Error,
        "00001000 \"m 00FF 00000002 00000001",
        "there is no level 0x00ff",
    );
}

fn column(table: &str, name: &str, cql_type: CqlType) -> ColumnSpec {
    ColumnSpec { keyspace: "k".into(), table: table.into(), name: name.into(), cql_type }
}

fn two_columns() -> Arc<RowsMetadata> {
    Arc::new(RowsMetadata {
        columns: vec![column("t", "a", CqlType::Int), column("t", "b", CqlType::List(CqlType::Text.into()))],
    })
}

#[test]
fn rows() {
    let metadata = two_columns();
    let mut rows = RawRows::from_rows(
        Arc::clone(&metadata),
        [[Some(&[0, 0, 0, 1][..]), None], [Some(&[][..]), Some(&[9][..])]],
    )
    .unwrap();
    let cells = "00000004 00000001 FFFFFFFF 00000000 00000001 09";
    let columns = "\"k \"t \"a 0009 \"b 0020 000D";
    for version in ProtocolVersion::ALL {
        assert_message(
            version,
            Message::Result(ResultMessage::Rows(rows.clone())),
            &format!("00000002 00000001 00000002 {columns} 00000002 {cells}"),
        );
        let mut page = rows.clone();
        page.paging_state = Some(Bytes::from_static(&[0xAA, 0xBB]));
        assert_message(
            version,
            Message::Result(ResultMessage::Rows(page.clone())),
            &format!("00000002 00000003 00000002 00000002 AABB {columns} 00000002 {cells}"),
        );
        page.metadata = None;
        for (global_table_spec, flags) in [(true, "07"), (false, "06")] {
            page.global_table_spec = global_table_spec;
            assert_message(
                version,
                Message::Result(ResultMessage::Rows(page.clone())),
                &format!("00000002 000000{flags} 00000002 00000002 AABB 00000002 {cells}"),
            );
        }
        assert_eq!(page.resolve_metadata(Some(&metadata)), Ok(Arc::clone(&metadata)));
        assert!(page.resolve_metadata(None).is_err());
        let other = Arc::new(RowsMetadata { columns: vec![column("t", "a", CqlType::Int)] });
        assert!(page.resolve_metadata(Some(&other)).unwrap_err().to_string().contains("2 columns"));
    }
    rows.new_metadata_id = Some(Bytes::from_static(&[0xCC]));
    assert_message(
        V5,
        Message::Result(ResultMessage::Rows(rows.clone())),
        &format!("00000002 00000009 00000002 0001 CC {columns} 00000002 {cells}"),
    );
    assert!(
        Response::from(Message::Result(ResultMessage::Rows(rows.clone())))
            .encode(V4, &mut Writer::new(&mut Vec::new()))
            .is_err()
    );

    let read: Vec<Vec<_>> = rows.rows().map(|row| row.unwrap().collect()).collect();
    assert_eq!(read, [[Some(&[0, 0, 0, 1][..]), None], [Some(&[][..]), Some(&[9][..])]]);
    assert_eq!(rows.rows().size_hint(), (1, Some(2)));
    assert_eq!(rows.rows().next().unwrap().unwrap().len(), 2);
}

#[test]
fn columns_of_several_tables_are_named_each() {
    let metadata = Arc::new(RowsMetadata {
        columns: vec![column("t", "a", CqlType::Int), column("u", "a", CqlType::Int)],
    });
    let rows = RawRows::from_rows(Arc::clone(&metadata), Vec::<Vec<Option<Vec<u8>>>>::new()).unwrap();
    assert_message(
        V4,
        Message::Result(ResultMessage::Rows(rows)),
        "00000002 00000000 00000002 \"k \"t \"a 0009 \"k \"u \"a 0009 00000000",
    );
    // Names that come again are not stored again.
    let hex = "00000002 00000000 00000002 \"k \"t \"a 0009 \"k \"t \"b 0009 00000000";
    let decoded = decode(V4, Flags::empty(), ResponseOpcode::Result, &bytes(hex)).unwrap();
    let Message::Result(ResultMessage::Rows(rows)) = decoded.message else { unreachable!() };
    let columns = &rows.metadata.unwrap().columns;
    assert!(Arc::ptr_eq(&columns[0].table, &columns[1].table));
}

#[test]
fn rows_that_lie_are_refused() {
    let refused = |version, hex: &str, why: &str| assert_refused(version, ResponseOpcode::Result, hex, why);
    refused(V4, "00000006", "there is no kind 0x6");
    refused(V4, "00000002 00000008 00000000", "0x8 is unknown");
    refused(V5, "00000002 00000010 00000000", "0x10 is unknown");
    refused(V4, "00000002 00000001 7FFFFFFF \"k \"t", "columns");
    refused(V4, "00000002 00000001 FFFFFFFF \"k \"t", "columns");
    refused(V4, "00000002 00000004 7FFFFFFF 00000000", "columns");
    refused(V4, "00000002 00000004 00000001 7FFFFFFF 00000000", "rows");
    refused(V4, "00000002 00000004 00000001 FFFFFFFF", "rows");
    refused(V4, "00000002 00000004 00000000 00000001", "without any column");
    refused(V4, "00000002 00000006 00000001 FFFFFFFF 00000000", "paging state");
    refused(V4, "00000002 00000001 00000001 \"k \"t \"c 00FF 00000000", "column 0 (\"c\")");
    // The cells: null is -1 and nothing else, and none goes beyond the end.
    refused(V4, "00000002 00000004 00000001 00000001 FFFFFFFE", "there is no length -2");
    refused(V4, "00000002 00000004 00000001 00000001 00000002 00", "cell");
}

#[test]
fn after_a_wrong_cell_there_are_no_more_rows() {
    let hex = "00000002 00000004 00000001 00000003 00000000 80000000 00000000";
    let body = Bytes::from(bytes(hex));
    let response = Response::decode(V4, Flags::empty(), ResponseOpcode::Result, &body).unwrap();
    let Message::Result(ResultMessage::Rows(rows)) = response.message else { unreachable!() };
    let outcome: Vec<_> = rows.rows().map(|row| row.is_ok()).collect();
    assert_eq!(outcome, [true, false]);
}

#[test]
fn only_rows_of_the_right_width_are_built() {
    let metadata = two_columns();
    assert!(RawRows::from_rows(Arc::clone(&metadata), [vec![Some([1_u8])]]).is_err());
    assert!(RawRows::from_rows(metadata, [vec![Some([1_u8]); 3]]).is_err());
    assert!(RawRows::from_rows(Arc::default(), [Vec::<Option<[u8; 1]>>::new()]).is_err());
}

#[test]
fn the_other_results() {
    for version in ProtocolVersion::ALL {
        assert_message(version, Message::Result(ResultMessage::Void), "00000001");
        assert_message(version, Message::Result(ResultMessage::SetKeyspace("k".into())), "00000003 \"k");
        for (change, hex) in schema_changes() {
            let message = Message::Result(ResultMessage::SchemaChange(change));
            assert_message(version, message, &format!("00000005 {hex}"));
        }
    }
}

#[test]
fn prepared() {
    let mut prepared = Prepared {
        id: Bytes::from_static(&[1, 2]),
        result_metadata_id: None,
        bind: BindMetadata { columns: two_columns().columns.clone(), partition_key_indexes: vec![] },
        result: Some(two_columns()),
    };
    let columns = "\"k \"t \"a 0009 \"b 0020 000D";
    let case = |version, prepared: &Prepared, hex: &str| {
        assert_message(version, Message::Result(ResultMessage::Prepared(prepared.clone())), hex);
    };
    let result = format!("00000001 00000002 {columns}");
    case(V3, &prepared, &format!("00000004 0002 0102 00000001 00000002 {columns} {result}"));
    prepared.bind.partition_key_indexes = vec![1, 0];
    let bind = format!("00000001 00000002 00000002 0001 0000 {columns}");
    case(V4, &prepared, &format!("00000004 0002 0102 {bind} {result}"));
    let message = Message::Result(ResultMessage::Prepared(prepared.clone()));
    assert!(Response::from(message).encode(V5, &mut Writer::new(&mut Vec::new())).is_err());
    prepared.result_metadata_id = Some(Bytes::from_static(&[3]));
    case(V5, &prepared, &format!("00000004 0002 0102 0001 03 {bind} {result}"));

    // A statement without markers or rows.
    prepared.bind = BindMetadata::default();
    prepared.result = None;
    case(V5, &prepared, "00000004 0002 0102 0001 03 00000000 00000000 00000000 00000004 00000000");

    let refused = |hex: &str, why: &str| assert_refused(V4, ResponseOpcode::Result, hex, why);
    refused("00000004 0000 00000002 00000000 00000000", "0x2 is unknown");
    refused("00000004 0000 00000001 7FFFFFFF 00000000", "columns");
    refused("00000004 0000 00000001 00000001 7FFFFFFF \"k \"t \"a 0009", "partition key indexes");
    refused("00000004 0000 00000001 00000001 00000001 0001 \"k \"t \"a 0009", "no bind marker 1 among 1");
}

#[test]
fn what_stands_in_front_of_a_message() {
    let tracing_id = Some(Uuid::from_u128(0x0102));
    let warnings = vec!["w".to_owned(), String::new()];
    let custom_payload = vec![("p".to_owned(), None), ("q".to_owned(), Some(Bytes::from_static(&[1])))];
    let parts = [
        (Flags::TRACING, "00000000000000000000000000000102"),
        (Flags::WARNING, "0002 \"w 0000"),
        (Flags::CUSTOM_PAYLOAD, "0002 \"p FFFFFFFF \"q 00000001 01"),
    ];
    for version in [V4, V5] {
        for mask in 0_u8..8 {
            let mut response = Response::from(Message::Result(ResultMessage::SetKeyspace("k".into())));
            let (mut flags, mut hex) = (Flags::empty(), String::new());
            for (bit, (flag, part)) in parts.iter().enumerate() {
                if mask & 1 << bit == 0 {
                    continue;
                }
                flags.insert(*flag);
                hex = format!("{hex} {part}");
                match bit {
                    0 => response.tracing_id = tracing_id,
                    1 => response.warnings.clone_from(&warnings),
                    _ => response.custom_payload.clone_from(&custom_payload),
                }
            }
            assert_eq!(response.flags(), flags);
            let hex = format!("{hex} 00000003 \"k");
            assert_response(version, &response, &hex);
            let glance = peek(ResponseOpcode::Result, flags, &bytes(&hex));
            assert_eq!(glance, Ok(Peek::Result(ResultKind::SetKeyspace)));
        }
    }
    let mut response = Response::from(Message::Ready);
    response.tracing_id = tracing_id;
    assert_response(V3, &response, parts[0].1);
    response.warnings = warnings;
    assert!(response.encode(V3, &mut Writer::new(&mut Vec::new())).is_err());
}

#[test]
fn a_glance_tells_what_a_body_is() {
    let glance = |opcode, hex: &str| peek(opcode, Flags::empty(), &bytes(hex));
    assert_eq!(glance(ResponseOpcode::Error, "00002500 0000"), Ok(Peek::Error { code: 0x2500 }));
    for kind in [
        ResultKind::Void,
        ResultKind::Rows,
        ResultKind::SetKeyspace,
        ResultKind::Prepared,
        ResultKind::SchemaChange,
    ] {
        let hex = format!("{:08X}", kind as i32);
        assert_eq!(glance(ResponseOpcode::Result, &hex), Ok(Peek::Result(kind)));
    }
    assert!(glance(ResponseOpcode::Result, "00000009").is_err());
    assert!(glance(ResponseOpcode::Error, "0000").is_err());
    assert_eq!(glance(ResponseOpcode::Event, ""), Ok(Peek::Other(ResponseOpcode::Event)));
    // A prefix that is cut off.
    for (flag, hex) in
        [(Flags::TRACING, "00"), (Flags::WARNING, "0002 \"a"), (Flags::CUSTOM_PAYLOAD, "0001 \"a 00000001")]
    {
        assert!(peek(ResponseOpcode::Error, flag, &bytes(hex)).is_err());
    }
}

#[test]
fn envelopes_are_built_plain_and_compressed() {
    let response = Response::from(Message::Result(ResultMessage::SetKeyspace("k".repeat(100))));
    for compression in [None, Some(Compression::Lz4), Some(Compression::Snappy)] {
        let mut out = vec![0xEE];
        response.encode_envelope(V4, 77, compression, &mut out).unwrap();
        let header = ResponseHeader::decode(out[1..].first_chunk().unwrap(), 1000).unwrap();
        assert_eq!((header.stream, header.length as usize), (77, out.len() - 10));
        assert_eq!(header.flags.contains(Flags::COMPRESSION), compression.is_some());
        let mut body = Bytes::copy_from_slice(&out[10..]);
        if let Some(compression) = compression {
            body = compression.decompress_body(&body, 1000).unwrap();
        }
        assert_eq!(Response::decode(V4, header.flags, header.opcode, &body).as_ref(), Ok(&response));
    }
}

#[test]
fn tokens_and_cells_are_in_no_debug_text() {
    let token = Some(Bytes::from_static(b"swordfish"));
    let rows =
        RawRows::from_rows(two_columns(), [[Some(&b"swordfish"[..]), Some(&b"swordfish"[..])]]).unwrap();
    let text = format!(
        "{:?} {:?} {rows:?} {:?} {:?}",
        AuthChallenge { token: token.clone() },
        AuthSuccess { token },
        rows.rows(),
        rows.rows().next()
    );
    assert!(!text.contains("swordfish") && !text.contains("115, 119"), "{text}");
}
