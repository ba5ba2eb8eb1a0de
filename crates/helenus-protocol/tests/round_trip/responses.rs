//! Responses as a server may send them.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use helenus_protocol::response::error::FailureReason;
use helenus_protocol::response::{
    AuthChallenge, AuthSuccess, BindMetadata, ColumnSpec, Event, Message, Prepared, RawRows, Response,
    ResultMessage, RowsMetadata, SchemaChange, SchemaChangeKind, SchemaTarget, ServerError, StatusChange,
    Supported, TopologyChange, WriteType,
};
use helenus_protocol::{CqlType, ProtocolVersion};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use crate::{blob, consistency, custom_payload, name};

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

pub(crate) fn response(version: ProtocolVersion) -> impl Strategy<Value = Response> {
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
