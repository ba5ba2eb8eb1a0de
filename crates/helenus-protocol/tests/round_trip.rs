//! Every message, as generated, there and back in every version; and every prefix of its bytes refused.
//!
//! Hand-made bytes are in the unit tests of `request` and `response`, captured ones in `tests/vectors`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use helenus_protocol::compression::Compression;
use helenus_protocol::envelope::{CustomPayload, Envelope, Flags, HEADER_LENGTH, RequestHeader};
use helenus_protocol::notation::{Value, Writer};
use helenus_protocol::request::{
    AuthResponse, Batch, BatchKind, BatchStatement, EventType, Execute, Prepare, Query, QueryParameters,
    Register, Request, SerializedValues, Startup, StatementKind,
};
use helenus_protocol::response::error::FailureReason;
use helenus_protocol::response::{
    AuthChallenge, AuthSuccess, BindMetadata, ColumnSpec, Event, Message, Prepared, RawRows, Response,
    ResultMessage, RowsMetadata, SchemaChange, SchemaChangeKind, SchemaTarget, ServerError, StatusChange,
    Supported, TopologyChange, WriteType,
};
use helenus_protocol::{Consistency, CqlType, ProtocolVersion, SerialConsistency};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

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

// Requests.

fn values(allow_names: bool, version: ProtocolVersion) -> impl Strategy<Value = SerializedValues> {
    let value = prop_oneof![
        4 => blob().prop_map(Value::Bytes),
        1 => Just(Value::Null),
        1 => Just(if version.has_unset() { Value::Unset } else { Value::Null }),
    ];
    (vec((name(), value), 0..6), any::<bool>()).prop_map(move |(values, named)| {
        let mut serialized = SerializedValues::new();
        for (name, value) in &values {
            let value = match value {
                Value::Bytes(bytes) => Value::Bytes(&bytes[..]),
                Value::Null => Value::Null,
                Value::Unset => Value::Unset,
            };
            if named && allow_names {
                serialized.push_named(name, value).unwrap();
            } else {
                serialized.push(value).unwrap();
            }
        }
        serialized
    })
}

/// Serial consistency, timestamp, and what only v5 can say.
type Trailer = (Option<SerialConsistency>, Option<i64>, Option<String>, Option<i32>);

fn trailer(version: ProtocolVersion) -> impl Strategy<Value = Trailer> {
    let serial = select(&[SerialConsistency::Serial, SerialConsistency::LocalSerial][..]);
    (option::of(serial), any::<Option<i64>>(), option::of(name()), any::<Option<i32>>()).prop_map(
        move |(serial, timestamp, keyspace, now)| {
            let keyspace = keyspace.filter(|_| version.has_request_keyspace());
            (serial, timestamp, keyspace, now.filter(|_| version.has_now_in_seconds()))
        },
    )
}

fn parameters(version: ProtocolVersion) -> impl Strategy<Value = QueryParameters> {
    (
        consistency(),
        values(true, version),
        any::<bool>(),
        any::<Option<i32>>(),
        option::of(blob()),
        trailer(version),
    )
        .prop_map(|(consistency, values, skip_metadata, page_size, paging_state, trailer)| {
            let (serial_consistency, timestamp, keyspace, now_in_seconds) = trailer;
            QueryParameters {
                consistency,
                values,
                skip_metadata,
                page_size,
                paging_state,
                serial_consistency,
                timestamp,
                keyspace,
                now_in_seconds,
            }
        })
}

fn batch(version: ProtocolVersion) -> impl Strategy<Value = Batch> {
    let kind = prop_oneof![
        name().prop_map(|query| StatementKind::Query(query.into())),
        blob().prop_map(StatementKind::Prepared),
    ];
    let statement = (kind, values(false, version)).prop_map(|(kind, values)| BatchStatement { kind, values });
    let kinds = select(&[BatchKind::Logged, BatchKind::Unlogged, BatchKind::Counter][..]);
    (kinds, vec(statement, 0..4), consistency(), trailer(version)).prop_map(
        |(kind, statements, consistency, trailer)| {
            let (serial_consistency, timestamp, keyspace, now_in_seconds) = trailer;
            Batch { kind, statements, consistency, serial_consistency, timestamp, keyspace, now_in_seconds }
        },
    )
}

fn request(version: ProtocolVersion) -> impl Strategy<Value = Request> {
    let keyspace =
        option::of(name()).prop_map(move |keyspace| keyspace.filter(|_| version.has_request_keyspace()));
    prop_oneof![
        vec((name(), name()), 0..4).prop_map(|options| {
            let options = options.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
            Request::Startup(Startup { options })
        }),
        Just(Request::Options),
        option::of(blob()).prop_map(|token| Request::AuthResponse(AuthResponse { token })),
        vec(select(&EventType::ALL[..]), 0..4).prop_map(|events| Request::Register(Register { events })),
        (name(), keyspace)
            .prop_map(|(query, keyspace)| Request::Prepare(Prepare { query: query.into(), keyspace })),
        (name(), parameters(version))
            .prop_map(|(query, parameters)| Request::Query(Query { query: query.into(), parameters })),
        (blob(), blob(), parameters(version)).prop_map(move |(id, metadata_id, parameters)| {
            let result_metadata_id = version.has_result_metadata_id().then_some(metadata_id);
            Request::Execute(Execute { id, result_metadata_id, parameters })
        }),
        batch(version).prop_map(Request::Batch),
    ]
}

// Responses.

fn cql_type() -> impl Strategy<Value = CqlType> {
    let native = select(vec![
        CqlType::Int,
        CqlType::Text,
        CqlType::Date,
        CqlType::Time,
        CqlType::Smallint,
        CqlType::Tinyint,
        CqlType::Duration,
        CqlType::Vector(CqlType::Float.into(), 3),
    ]);
    native.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|element| CqlType::List(element.into())),
            (inner.clone(), inner.clone()).prop_map(|(key, value)| CqlType::Map(key.into(), value.into())),
            vec(inner, 1..4).prop_map(|elements| CqlType::Tuple(elements.into())),
        ]
    })
}

fn columns() -> impl Strategy<Value = Vec<ColumnSpec>> {
    let column = (select(&["t", "u"][..]), name(), cql_type()).prop_map(|(table, name, cql_type)| {
        ColumnSpec { keyspace: "k".into(), table: table.into(), name: name.into(), cql_type }
    });
    vec(column, 0..5)
}

fn rows(version: ProtocolVersion) -> impl Strategy<Value = RawRows> {
    (columns(), 0..5_usize, option::of(blob()), option::of(blob()), any::<bool>())
        .prop_flat_map(|(columns, count, paging_state, new_id, keep)| {
            // A row without columns is not a row.
            let count = if columns.is_empty() { 0 } else { count };
            let cells = vec(vec(option::of(blob()), columns.len()), count);
            (Just(columns), cells, Just(paging_state), Just(new_id), Just(keep))
        })
        .prop_map(move |(columns, cells, paging_state, new_id, keep)| {
            let mut rows = RawRows::from_rows(Arc::new(RowsMetadata { columns }), cells).unwrap();
            rows.paging_state = paging_state;
            rows.new_metadata_id = new_id.filter(|_| version.has_result_metadata_id());
            if !keep {
                rows.metadata = None;
            }
            rows
        })
}

fn prepared(version: ProtocolVersion) -> impl Strategy<Value = Prepared> {
    (blob(), blob(), columns(), option::of(columns()), vec(any::<u16>(), 0..3)).prop_map(
        move |(id, metadata_id, bind, result, indexes)| {
            let count = bind.len() as u16;
            let usable = version.has_partition_key_indexes() && count > 0;
            let indexes = indexes.into_iter().filter(|_| usable).map(|index| index % count.max(1)).collect();
            Prepared {
                id,
                result_metadata_id: version.has_result_metadata_id().then_some(metadata_id),
                bind: BindMetadata { columns: bind, partition_key_indexes: indexes },
                result: result.map(|columns| Arc::new(RowsMetadata { columns })),
            }
        },
    )
}

fn schema_change() -> impl Strategy<Value = SchemaChange> {
    let signature = || (name(), vec(name(), 0..3));
    let target = prop_oneof![
        Just(SchemaTarget::Keyspace),
        name().prop_map(SchemaTarget::Table),
        name().prop_map(SchemaTarget::Type),
        signature().prop_map(|(name, arguments)| SchemaTarget::Function { name, arguments }),
        signature().prop_map(|(name, arguments)| SchemaTarget::Aggregate { name, arguments }),
    ];
    (select(&SchemaChangeKind::ALL[..]), name(), target).prop_map(|(change, keyspace, target)| SchemaChange {
        change,
        keyspace,
        target,
    })
}

fn event() -> impl Strategy<Value = Event> {
    let address = || any::<(IpAddr, u16)>().prop_map(SocketAddr::from);
    prop_oneof![
        (select(&TopologyChange::ALL[..]), address())
            .prop_map(|(change, address)| Event::TopologyChange { change, address }),
        (select(&StatusChange::ALL[..]), address())
            .prop_map(|(status, address)| Event::StatusChange { status, address }),
        schema_change().prop_map(Event::SchemaChange),
    ]
}

fn write_type() -> impl Strategy<Value = WriteType> {
    "SIMPLE|BATCH|UNLOGGED_BATCH|COUNTER|BATCH_LOG|CAS|VIEW|CDC|NEW"
        .prop_map(|name| WriteType::from_name(&name))
}

fn server_error(version: ProtocolVersion) -> impl Strategy<Value = ServerError> {
    let failed = (name(), consistency(), any::<[i32; 3]>(), vec(any::<(IpAddr, u16)>(), 0..3), write_type());
    let failed = (failed, any::<Option<u16>>(), any::<bool>());
    let with_replicas = failed.prop_flat_map(move |(failed, contentions, data_present)| {
        let (message, consistency, [received, required, count], reasons, write_type) = failed;
        let reasons: Vec<_> = reasons.into_iter().map(|(at, why)| (at, FailureReason(why))).collect();
        let (failures, reasons) = if version.has_failure_reason_map() {
            (reasons.len() as i32, reasons)
        } else {
            (count, Vec::new())
        };
        let told = version.has_cas_contentions() && write_type == WriteType::Cas;
        let message = || message.clone();
        select(vec![
            ServerError::Unavailable { message: message(), consistency, required, alive: received },
            ServerError::WriteTimeout {
                message: message(),
                consistency,
                received,
                required,
                write_type: write_type.clone(),
                contentions: contentions.filter(|_| told),
            },
            ServerError::ReadTimeout { message: message(), consistency, received, required, data_present },
            ServerError::ReadFailure {
                message: message(),
                consistency,
                received,
                required,
                failures,
                reasons: reasons.clone(),
                data_present,
            },
            ServerError::WriteFailure {
                message: message(),
                consistency,
                received,
                required,
                failures,
                reasons,
                write_type,
            },
            ServerError::CasWriteUnknown { message: message(), consistency, received, required },
        ])
    });
    let simple = name().prop_flat_map(|message| {
        let message = || message.clone();
        select(vec![
            ServerError::ServerError { message: message() },
            ServerError::ProtocolError { message: message() },
            ServerError::AuthenticationError { message: message() },
            ServerError::Overloaded { message: message() },
            ServerError::IsBootstrapping { message: message() },
            ServerError::TruncateError { message: message() },
            ServerError::CdcWriteFailure { message: message() },
            ServerError::SyntaxError { message: message() },
            ServerError::Unauthorized { message: message() },
            ServerError::Invalid { message: message() },
            ServerError::ConfigError { message: message() },
            ServerError::Unknown { code: 0x7777, message: message() },
        ])
    });
    prop_oneof![
        with_replicas,
        simple,
        (name(), blob()).prop_map(|(message, id)| ServerError::Unprepared { message, id }),
        (name(), name(), name()).prop_map(|(message, keyspace, table)| ServerError::AlreadyExists {
            message,
            keyspace,
            table
        }),
        (name(), name(), name(), vec(name(), 0..3)).prop_map(
            |(message, keyspace, function, argument_types)| {
                ServerError::FunctionFailure { message, keyspace, function, argument_types }
            }
        ),
    ]
}

fn response(version: ProtocolVersion) -> impl Strategy<Value = Response> {
    let message = prop_oneof![
        server_error(version).prop_map(Message::Error),
        Just(Message::Ready),
        name().prop_map(|authenticator| Message::Authenticate { authenticator }),
        vec((name(), vec(name(), 0..3)), 0..3).prop_map(|options| Message::Supported(Supported { options })),
        Just(Message::Result(ResultMessage::Void)),
        rows(version).prop_map(|rows| Message::Result(ResultMessage::Rows(rows))),
        name().prop_map(|keyspace| Message::Result(ResultMessage::SetKeyspace(keyspace))),
        prepared(version).prop_map(|prepared| Message::Result(ResultMessage::Prepared(prepared))),
        schema_change().prop_map(|change| Message::Result(ResultMessage::SchemaChange(change))),
        event().prop_map(Message::Event),
        option::of(blob()).prop_map(|token| Message::AuthChallenge(AuthChallenge { token })),
        option::of(blob()).prop_map(|token| Message::AuthSuccess(AuthSuccess { token })),
    ];
    (message, any::<Option<u128>>(), vec(name(), 0..3), custom_payload()).prop_map(
        move |(message, id, warnings, custom_payload)| {
            let prefixed = version.has_custom_payload();
            Response {
                tracing_id: id.map(Uuid::from_u128),
                warnings: if prefixed { warnings } else { Vec::new() },
                custom_payload: if prefixed { custom_payload } else { Vec::new() },
                message,
            }
        },
    )
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
