//! ERROR: every code in every version.

use super::*;
use crate::consistency::Consistency;
use crate::response::error::FailureReason;

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
    let error = ServerError::FunctionFailure {
        message: "on purpose".into(),
        keyspace: "k".into(),
        function: "f".into(),
        argument_types: vec!["int".into(), "list<text>".into()],
    };
    assert_eq!(
        error.to_string(),
        "the server answered function failure: on purpose (in k.f(int, list<text>))"
    );
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
