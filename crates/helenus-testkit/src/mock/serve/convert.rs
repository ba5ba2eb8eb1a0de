//! From the fields of a command to the values that they stand for.

use std::net::SocketAddr;
use std::time::Duration;

use helenus_protocol::compression::Compression;
use helenus_protocol::response::{
    Event, FailureReason, Message, ResultMessage, SchemaChange, SchemaChangeKind, SchemaTarget, ServerError,
    StatusChange, TopologyChange, WriteType,
};
use helenus_protocol::{Consistency, ProtocolVersion, RequestOpcode, ResponseOpcode};

use super::check;
use super::command::{
    AnswerFields, ErrorFields, EventFields, MatcherFields, ReactionFields, ThenFields, WorldPatch,
};
use super::value::{bytes, cell};
use crate::mock::schema::{ColumnKind, Keyspace, TableDefinition};
use crate::mock::{
    Authentication, Binding, Matcher, Reaction, Rows, World, any, body, error, message, raw, rows, silence,
    unprepared, usual, void,
};

type Outcome<T> = Result<T, String>;

fn named<T>(kind: &str, name: &str, found: Option<T>) -> Outcome<T> {
    found.ok_or_else(|| format!("there is no {kind} {name:?}"))
}

fn consistency(name: &str) -> Outcome<Consistency> {
    let found = Consistency::ALL.iter().find(|level| level.name().eq_ignore_ascii_case(name));
    named("consistency", name, found.copied())
}

fn version(number: u8) -> Outcome<ProtocolVersion> {
    named("version", &number.to_string(), ProtocolVersion::from_number(number))
}

fn seconds(seconds: f64) -> Outcome<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|error| format!("{seconds} seconds: {error}"))
}

pub(super) fn matcher(fields: &MatcherFields) -> Outcome<Matcher> {
    let mut matcher = any();
    if let Some(names) = &fields.opcodes {
        let opcodes = names.iter().map(|name| {
            let found = RequestOpcode::ALL.iter().find(|opcode| opcode.name() == name);
            named("request", name, found.copied())
        });
        matcher = matcher.opcodes(opcodes.collect::<Outcome<Vec<_>>>()?);
    }
    if let Some(text) = &fields.text {
        matcher = matcher.text(text);
    }
    if let Some(pattern) = &fields.regex {
        matcher = matcher.regex(pattern).map_err(|error| error.to_string())?;
    }
    if let Some(name) = &fields.keyspace {
        matcher = matcher.keyspace(name);
    }
    if let Some(name) = &fields.consistency {
        matcher = matcher.consistency(consistency(name)?);
    }
    if let Some(number) = fields.version {
        matcher = matcher.version(version(number)?);
    }
    matcher = fields.node.map_or(matcher.clone(), |node| matcher.node(node));
    matcher = fields.connection.map_or(matcher.clone(), |connection| matcher.connection(connection));
    matcher = fields.stream.map_or(matcher.clone(), |stream| matcher.stream(stream));
    matcher = fields.first_page.map_or(matcher.clone(), |is_first| matcher.first_page(is_first));
    matcher = fields.nth.map_or(matcher.clone(), |nth| matcher.nth(nth));
    matcher = fields.from_nth.map_or(matcher.clone(), |nth| matcher.from(nth));
    matcher = fields.to_nth.map_or(matcher.clone(), |nth| matcher.to(nth));
    Ok(fields.probability.map_or(matcher.clone(), |chance| matcher.sometimes(chance, fields.seed)))
}

pub(super) fn reaction(fields: ReactionFields, world: &World) -> Outcome<Reaction> {
    let mut reaction = answer(fields.answer, world)?.delay(seconds(fields.delay)?);
    let delivery = &mut reaction.delivery;
    delivery.copies = fields.copies.unwrap_or(delivery.copies);
    delivery.stream = fields.on_stream;
    delivery.gathered = fields.gather.or(fields.gather_reversed).unwrap_or(delivery.gathered);
    delivery.reversed = fields.gather_reversed.is_some();
    delivery.split = fields.split_at;
    delivery.flipped_bit = fields.flip_bit;
    delivery.random_bit = fields.flip_any_bit;
    delivery.truncated = fields.truncate;
    if let Some((length, pause)) = fields.dribble {
        reaction = reaction.dribble(length, seconds(pause)?);
    }
    reaction = match fields.then {
        None => reaction,
        Some(ThenFields::Close) => reaction.then_close(),
        Some(ThenFields::Reset) => reaction.then_reset(),
        Some(ThenFields::StopReading) => reaction.then_stop_reading(),
    };
    for warning in &fields.warnings {
        reaction = reaction.warning(warning);
    }
    for (key, value) in &fields.payload {
        let value = value.as_deref().map(bytes).transpose()?;
        reaction = reaction.payload(key, value.as_deref());
    }
    if let Some(id) = fields.tracing_id {
        reaction = reaction.tracing_id(id);
    }
    if let Some(byte) = fields.version_byte {
        reaction = reaction.version_byte(byte);
    }
    Ok(reaction.flip_flags(fields.flip_flags.unwrap_or(0)))
}

fn answer(fields: AnswerFields, world: &World) -> Outcome<Reaction> {
    Ok(match fields {
        AnswerFields::Usual => usual(),
        AnswerFields::Silence => silence(),
        AnswerFields::Void => void(),
        AnswerFields::Unprepared => unprepared(),
        AnswerFields::SetKeyspace(name) => message(Message::Result(ResultMessage::SetKeyspace(name))),
        AnswerFields::Error(fields) => error(server_error(*fields)?),
        AnswerFields::Raw(hex) => raw(bytes(&hex)?),
        AnswerFields::Body(name, hex) => {
            let opcode = ResponseOpcode::ALL.iter().find(|opcode| opcode.name() == name);
            body(named("response", &name, opcode.copied())?, bytes(&hex)?)
        }
        AnswerFields::Rows { keyspace, table, columns, rows: values } => {
            let schema = world.schema.iter().find(|candidate| candidate.name == keyspace);
            let names = || columns.iter().map(|(name, cql_type)| (name.as_str(), cql_type.as_str()));
            check::types("the rows", names(), schema)?;
            let mut result = Rows::of_keyspace(&keyspace, &table, names(), schema);
            for values in &values {
                let columns = &result.table.columns;
                if values.len() != columns.len() {
                    return Err(format!(
                        "a row has {} values, there are {} columns",
                        values.len(),
                        columns.len()
                    ));
                }
                let cells = columns.iter().zip(values).map(|(column, value)| cell(&column.cql_type, value));
                let row = cells.collect::<Outcome<Vec<_>>>()?;
                result = result.row(row);
            }
            rows(result)
        }
    })
}

fn server_error(fields: ErrorFields) -> Outcome<ServerError> {
    let ErrorFields { message, required, received, alive, failures, data_present, keyspace, .. } = fields;
    if let Some(code) = fields.code.as_i64() {
        let code = i32::try_from(code).map_err(|_| format!("{code} is no error code"))?;
        return Ok(ServerError::Unknown { code, message });
    }
    let name = fields.code.as_str().unwrap_or_default();
    let consistency = fields.consistency.as_deref().map_or(Ok(Consistency::One), consistency)?;
    let write_type = || WriteType::from_name(fields.write_type.as_deref().unwrap_or("SIMPLE"));
    let reasons = fields.reasons.iter().map(|(address, reason)| (*address, FailureReason(*reason))).collect();
    let contentions = fields.contentions;
    Ok(match name {
        "server_error" => ServerError::ServerError { message },
        "protocol_error" => ServerError::ProtocolError { message },
        "authentication_error" => ServerError::AuthenticationError { message },
        "unavailable" => ServerError::Unavailable { message, consistency, required, alive },
        "overloaded" => ServerError::Overloaded { message },
        "is_bootstrapping" => ServerError::IsBootstrapping { message },
        "truncate_error" => ServerError::TruncateError { message },
        "write_timeout" => {
            let write_type = write_type();
            ServerError::WriteTimeout { message, consistency, received, required, write_type, contentions }
        }
        "read_timeout" => ServerError::ReadTimeout { message, consistency, received, required, data_present },
        "read_failure" => ServerError::ReadFailure {
            message,
            consistency,
            received,
            required,
            failures,
            reasons,
            data_present,
        },
        "function_failure" => {
            let (function, argument_types) = (fields.function, fields.argument_types);
            ServerError::FunctionFailure { message, keyspace, function, argument_types }
        }
        "write_failure" => {
            let write_type = write_type();
            ServerError::WriteFailure {
                message,
                consistency,
                received,
                required,
                failures,
                reasons,
                write_type,
            }
        }
        "cdc_write_failure" => ServerError::CdcWriteFailure { message },
        "cas_write_unknown" => ServerError::CasWriteUnknown { message, consistency, received, required },
        "syntax_error" => ServerError::SyntaxError { message },
        "unauthorized" => ServerError::Unauthorized { message },
        "invalid" => ServerError::Invalid { message },
        "config_error" => ServerError::ConfigError { message },
        "already_exists" => ServerError::AlreadyExists { message, keyspace, table: fields.table },
        "unprepared" => ServerError::Unprepared { message, id: bytes(&fields.id)?.into() },
        other => return Err(format!("there is no error {other:?}")),
    })
}

pub(super) fn event(fields: EventFields) -> Outcome<Event> {
    Ok(match fields {
        EventFields::Topology { change: name, address, port } => {
            let change = TopologyChange::ALL.into_iter().find(|change| change.name() == name);
            let address = SocketAddr::new(address, port);
            Event::TopologyChange { change: named("change", &name, change)?, address }
        }
        EventFields::Status { change: name, address, port } => {
            let status = StatusChange::ALL.into_iter().find(|status| status.name() == name);
            let address = SocketAddr::new(address, port);
            Event::StatusChange { status: named("change", &name, status)?, address }
        }
        EventFields::Schema { change: kind, target, keyspace, name, arguments } => {
            let change = SchemaChangeKind::ALL.into_iter().find(|change| change.name() == kind);
            let target = match target.as_str() {
                "KEYSPACE" => SchemaTarget::Keyspace,
                "TABLE" => SchemaTarget::Table(name),
                "TYPE" => SchemaTarget::Type(name),
                "FUNCTION" => SchemaTarget::Function { name, arguments },
                "AGGREGATE" => SchemaTarget::Aggregate { name, arguments },
                other => return Err(format!("there is no target {other:?}")),
            };
            Event::SchemaChange(SchemaChange { change: named("change", &kind, change)?, keyspace, target })
        }
    })
}

/// A world with the changes of `patch`.
pub(super) fn patched(mut world: World, patch: WorldPatch) -> Outcome<World> {
    let topology = &mut world.topology;
    topology.cluster_name = patch.cluster_name.unwrap_or_else(|| topology.cluster_name.clone());
    topology.release_version = patch.release_version.unwrap_or_else(|| topology.release_version.clone());
    topology.partitioner = patch.partitioner.unwrap_or_else(|| topology.partitioner.clone());
    for fields in patch.topology {
        let index = fields.node;
        let node = topology.nodes.get_mut(index).ok_or_else(|| format!("there is no node {index}"))?;
        node.is_member = fields.is_member.unwrap_or(node.is_member);
        node.datacenter = fields.datacenter.unwrap_or_else(|| node.datacenter.clone());
        node.rack = fields.rack.unwrap_or_else(|| node.rack.clone());
        node.host_id = fields.host_id.unwrap_or(node.host_id);
        node.tokens = fields.tokens.unwrap_or_else(|| node.tokens.clone());
        node.release_version = fields.release_version.or_else(|| node.release_version.clone());
        node.schema_version = fields.schema_version.or(node.schema_version);
    }
    world.oldest = patch.oldest.map_or(Ok(world.oldest), version)?;
    world.newest = patch.newest.map_or(Ok(world.newest), version)?;
    if let Some(names) = patch.compressions {
        let found = names.iter().map(|name| named("compression", name, Compression::from_name(name)));
        world.compressions = found.collect::<Outcome<_>>()?;
    }
    world.supported = patch.supported.unwrap_or(world.supported);
    if let Some(credentials) = patch.credentials {
        world.authentication = credentials
            .map(|credentials| {
                let mut authentication = Authentication::password(&credentials.user, &credentials.password);
                authentication.authenticator =
                    credentials.authenticator.unwrap_or(authentication.authenticator);
                let challenges = credentials.challenges.iter().map(|hex| bytes(hex));
                authentication.challenges = challenges.collect::<Outcome<_>>()?;
                Ok::<_, String>(authentication)
            })
            .transpose()?;
    }
    if let Some(keyspaces) = patch.keyspaces {
        world.schema = keyspaces.into_iter().map(keyspace).collect::<Outcome<_>>()?;
    }
    if let Some(bindings) = patch.bindings {
        world.bindings = bindings
            .into_iter()
            .map(|it| Binding { text: it.text, markers: it.markers, partition_key: it.partition_key })
            .collect();
    }
    check::world(&world)?;
    Ok(world)
}

fn keyspace(fields: super::command::KeyspaceFields) -> Outcome<Keyspace> {
    let mut keyspace = Keyspace::new(&fields.name, 1);
    keyspace.replication = fields.replication.unwrap_or(keyspace.replication);
    keyspace.types = fields.types;
    for table in fields.tables {
        let mut definition = TableDefinition::new(&table.name);
        for (name, cql_type, kind) in &table.columns {
            let kind = named("kind of column", kind, ColumnKind::from_name(kind))?;
            definition = definition.column(name, cql_type, kind);
        }
        keyspace = keyspace.table(definition);
    }
    Ok(keyspace)
}
