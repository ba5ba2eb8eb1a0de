//! One connection as the server sees it: how far its handshake is, what was agreed on, and what is answered to each
//! request where no rule says otherwise. It is what a real node answers, as far as nothing needs to be stored.

use helenus_protocol::compression::Compression;
use helenus_protocol::notation::Writer;
use helenus_protocol::request::{EventType, Request, Startup, StatementKind};
use helenus_protocol::{CqlType, EncodeError, ProtocolVersion, RequestOpcode, ResponseOpcode};

use super::body::{Body, RowsOptions, code};
use super::cell;
use super::cql::{Select, Statement, parse};
use super::node::Node;
use super::page::page;
use super::prepared::Prepared;
use super::received::Received;
use super::schema::Keyspace;
use super::statement::Catalog;
use super::system;
use super::table::Table;
use super::world::World;

/// What a connection has agreed on.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) version: ProtocolVersion,
    pub(super) compression: Option<Compression>,
    /// Envelopes travel in segments: v5, once STARTUP was answered.
    pub(super) segmented: bool,
    pub(super) keyspace: Option<String>,
    pub(super) events: Vec<EventType>,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Fresh,
    Authenticating { round: usize },
    Ready,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            version: ProtocolVersion::LATEST,
            compression: None,
            segmented: false,
            keyspace: None,
            events: Vec::new(),
            phase: Phase::Fresh,
        }
    }
}

impl Session {
    /// What a node answers by itself. What it changes in the session holds for later requests.
    pub(super) fn answer(&mut self, node: &Node, received: &Received) -> Result<Body, EncodeError> {
        let expected = match self.phase {
            Phase::Fresh => Some("STARTUP or OPTIONS"),
            Phase::Authenticating { .. } => Some("SASL_RESPONSE"),
            Phase::Ready => None,
        };
        match (&received.request, self.phase) {
            (Request::Options, _) => supported(&node.world()),
            (Request::Startup(startup), Phase::Fresh) => self.start(node, startup),
            (Request::AuthResponse(response), Phase::Authenticating { round }) => {
                self.authenticate(&node.world(), round, response.token.as_deref().unwrap_or_default())
            }
            (request, Phase::Ready) => self.serve(node, received, request),
            (request, _) => {
                let (got, expected) = (request.opcode(), expected.unwrap_or_default());
                Body::error(code::PROTOCOL, &format!("Unexpected message {got}, expecting {expected}"))
            }
        }
    }

    fn start(&mut self, node: &Node, startup: &Startup) -> Result<Body, EncodeError> {
        let world = node.world();
        if let Some(name) = startup.option("COMPRESSION").filter(|name| !name.is_empty()) {
            let Some(compression) = Compression::from_name(name).filter(|it| world.compressions.contains(it))
            else {
                return Body::error(code::PROTOCOL, &format!("Unknown compression algorithm: {name}"));
            };
            if compression == Compression::Snappy && !self.version.has_snappy() {
                let version = self.version.number();
                let message = format!("Snappy compression is not supported in protocol V{version}");
                return Body::error(code::PROTOCOL, &message);
            }
            self.compression = Some(compression);
        }
        match &world.authentication {
            None => {
                self.phase = Phase::Ready;
                Ok(Body::empty(ResponseOpcode::Ready))
            }
            Some(authentication) => {
                self.phase = Phase::Authenticating { round: 0 };
                Body::new(ResponseOpcode::Authenticate, |out| out.string(&authentication.authenticator))
            }
        }
    }

    fn authenticate(&mut self, world: &World, round: usize, token: &[u8]) -> Result<Body, EncodeError> {
        let Some(authentication) = &world.authentication else {
            self.phase = Phase::Ready;
            return Body::new(ResponseOpcode::AuthSuccess, |out| out.bytes(None));
        };
        if let Some(challenge) = authentication.challenges.get(round) {
            self.phase = Phase::Authenticating { round: round + 1 };
            return Body::new(ResponseOpcode::AuthChallenge, |out| out.bytes(Some(challenge)));
        }
        if authentication.accepts(token) {
            self.phase = Phase::Ready;
            let success = authentication.success.as_deref();
            return Body::new(ResponseOpcode::AuthSuccess, |out| out.bytes(success));
        }
        let user =
            String::from_utf8_lossy(token.split(|byte| *byte == 0).nth(1).unwrap_or_default()).into_owned();
        let message = format!("Provided username {user} and/or password are incorrect");
        Body::error(code::BAD_CREDENTIALS, &message)
    }

    fn serve(&mut self, node: &Node, received: &Received, request: &Request) -> Result<Body, EncodeError> {
        let world = node.world();
        match request {
            Request::Register(register) => {
                self.events.extend_from_slice(&register.events);
                Ok(Body::empty(ResponseOpcode::Ready))
            }
            Request::Query(query) => self.run(node, &world, received, &query.query),
            Request::Prepare(prepare) => self.prepare(node, &world, received, &prepare.query),
            Request::Execute(execute) => match node.prepared(&execute.id) {
                Some(prepared) => self.run(node, &world, received, &prepared.text),
                None => Body::unprepared(&execute.id),
            },
            Request::Batch(batch) => {
                let unknown = batch.statements.iter().find_map(|statement| match &statement.kind {
                    StatementKind::Prepared(id) if node.prepared(id).is_none() => Some(id),
                    _ => None,
                });
                unknown.map_or_else(|| Ok(Body::void()), |id| Body::unprepared(id))
            }
            Request::Startup(_) | Request::AuthResponse(_) | Request::Options => {
                let message = format!("Unexpected message {}, the connection is ready", request.opcode());
                Body::error(code::PROTOCOL, &message)
            }
        }
    }

    fn prepare(
        &self,
        node: &Node,
        world: &World,
        received: &Received,
        text: &str,
    ) -> Result<Body, EncodeError> {
        let keyspace = received.keyspace.as_deref();
        match Prepared::new(node, world, keyspace, text) {
            Ok(prepared) => {
                let body = prepared.body(self.version)?;
                node.remember(prepared);
                Ok(body)
            }
            Err(message) => Body::error(code::INVALID, &message),
        }
    }

    fn run(
        &mut self,
        node: &Node,
        world: &World,
        received: &Received,
        text: &str,
    ) -> Result<Body, EncodeError> {
        let keyspace = received.keyspace.as_deref();
        match parse(text).0 {
            Statement::Select(select) => match select_rows(node, world, keyspace, &select) {
                Ok(table) => page(&table, received),
                Err(message) => Body::error(code::INVALID, &message),
            },
            Statement::Use(name) => {
                let known = |keyspace: &Keyspace| keyspace.name == name;
                if !world.schema.is_empty() && !world.schema.iter().any(known) && !name.starts_with("system")
                {
                    return Body::error(code::INVALID, &format!("Keyspace '{name}' does not exist"));
                }
                let body = Body::set_keyspace(&name)?;
                self.keyspace = Some(name);
                Ok(body)
            }
            Statement::Modification { conditional: true, table } => {
                let keyspace = table.keyspace.as_deref().or(keyspace).unwrap_or_default();
                let mut applied = Table::new(keyspace, &table.table, [("[applied]", CqlType::Boolean)]);
                applied.rows.push(vec![cell::boolean(true)]);
                applied.encode_result(&applied.rows, RowsOptions::new(self.version), |_, _| {})
            }
            Statement::Definition { change, target: Some(target), name } => {
                let (keyspace, name) = match target {
                    "KEYSPACE" => (name.table, None),
                    _ => {
                        let keyspace = name.keyspace.or_else(|| received.keyspace.clone());
                        (keyspace.unwrap_or_default(), Some(name.table))
                    }
                };
                node.announce_schema_change(change, target, &keyspace, name.as_deref());
                Body::schema_change(change, target, &keyspace, name.as_deref())
            }
            _ => Ok(Body::void()),
        }
    }
}

/// The rows of a system table, no rows of a table of the schema, or why there is no such table. Without a schema every
/// table is there.
pub(super) fn select_rows(
    node: &Node,
    world: &World,
    keyspace: Option<&str>,
    select: &Select,
) -> Result<Table, String> {
    let name = &select.table;
    let keyspace_of_table = name.keyspace.as_deref().or(keyspace);
    if keyspace_of_table.is_some_and(|keyspace| keyspace.starts_with("system")) {
        let mut system = system::tables(&world.topology, node.index(), &world.schema);
        node.add_traces(&mut system);
        let catalog = Catalog { keyspaces: &[], system: &system, keyspace };
        let table =
            catalog.system_table(name).ok_or_else(|| format!("table {} does not exist", name.table))?;
        return table.select(select);
    }
    let catalog = Catalog { keyspaces: &world.schema, system: &[], keyspace };
    match catalog.empty(select) {
        Some(table) => Ok(table),
        None if world.schema.is_empty() => {
            let table = Table::new::<String>(keyspace_of_table.unwrap_or_default(), &name.table, []);
            Ok(table.project(select))
        }
        None => Err(format!("table {} does not exist", name.table)),
    }
}

fn supported(world: &World) -> Result<Body, EncodeError> {
    let compressions: Vec<String> = world.compressions.iter().map(|it| it.name().to_owned()).collect();
    let mut options = vec![
        ("CQL_VERSION".to_owned(), vec!["3.4.7".to_owned()]),
        ("COMPRESSION".to_owned(), compressions),
        ("PROTOCOL_VERSIONS".to_owned(), world.versions()),
    ];
    options.extend_from_slice(&world.supported);
    Body::new(ResponseOpcode::Supported, |out: &mut Writer<'_>| out.string_multimap(&options))
}

/// Whether a request runs statements, so that a trace of it can be asked for.
pub(super) const fn is_traceable(opcode: RequestOpcode) -> bool {
    matches!(
        opcode,
        RequestOpcode::Query | RequestOpcode::Prepare | RequestOpcode::Execute | RequestOpcode::Batch
    )
}
