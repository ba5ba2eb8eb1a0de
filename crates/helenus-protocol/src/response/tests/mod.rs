//! Responses by hand-made bytes, there and back, for every version; and what must not be believed.

use std::net::SocketAddr;

use super::*;
use ProtocolVersion::{V3, V4, V5};

mod errors;
mod results;

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
fn a_supported_that_is_too_long_is_refused() {
    let body = [&[0, 0][..], &[0; 1 << 20]].concat();
    let error = decode(V4, Flags::empty(), ResponseOpcode::Supported, &body).unwrap_err();
    assert!(error.to_string().contains("1048578 bytes are more"), "{error}");
    assert!(decode(V4, Flags::empty(), ResponseOpcode::Supported, &body[2..]).is_ok());
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
    // In v5 segments are compressed, and their payloads are envelopes as they are.
    let mut out = vec![0xEE];
    assert!(response.encode_envelope(V5, 77, Some(Compression::Lz4), &mut out).is_err());
    assert_eq!(out, [0xEE]);
}

#[test]
fn tokens_and_cells_are_in_no_debug_text() {
    let token = Some(Bytes::from_static(b"swordfish"));
    let rows =
        RawRows::from_rows(results::two_columns(), [[Some(&b"swordfish"[..]), Some(&b"swordfish"[..])]])
            .unwrap();
    let text = format!(
        "{:?} {:?} {rows:?} {:?} {:?}",
        AuthChallenge { token: token.clone() },
        AuthSuccess { token },
        rows.rows(),
        rows.rows().next()
    );
    assert!(!text.contains("swordfish") && !text.contains("115, 119"), "{text}");
}
