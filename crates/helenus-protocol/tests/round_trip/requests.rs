//! Requests as they may be made.

use helenus_protocol::notation::Value;
use helenus_protocol::request::{
    AuthResponse, Batch, BatchKind, BatchStatement, EventType, Execute, Prepare, Query, QueryParameters,
    Register, Request, SerializedValues, Startup, StatementKind,
};
use helenus_protocol::{ProtocolVersion, SerialConsistency};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::{blob, consistency, name};

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

pub(crate) fn parameters(version: ProtocolVersion) -> impl Strategy<Value = QueryParameters> {
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

pub(crate) fn request(version: ProtocolVersion) -> impl Strategy<Value = Request> {
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
