//! How a statement becomes a request: its options merged once, its bytes written once.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus_protocol::envelope::Flags;
use helenus_protocol::notation::Writer;
use helenus_protocol::request::{
    Batch, BatchKind, BatchStatement as WireStatement, BorrowedParameters, Execute, SerializedValues,
    StatementKind, encode_custom_payload,
};
use helenus_protocol::{Consistency, EncodeError, ProtocolVersion, RequestOpcode};

use super::SessionInner;
use super::consult::Consulted;
use super::view::View;
use crate::config::RequestDefaults;

use crate::cluster::Snapshot;
use crate::error::Error;
use crate::observe::Observed;
use crate::policy::RoutingInfo;
use crate::request::execution::Limits;
use crate::request::{Encoded, Facts, Message, Request};
use crate::routing::Token;
use crate::schema::Schema;
use crate::statement::Idempotence;
use crate::statement::batch::BatchEntry;
use crate::statement::conditional;
use crate::statement::partitions::Partitions;
use crate::statement::{
    BoundStatement, PreparedStatement, ResultColumns, Statement, StatementOptions, WhichColumns,
};

/// Scratch above this many bytes is given back.
const KEEP: usize = 64 * 1024;

thread_local! {
    /// Where messages are written before their length is known.
    static SCRATCH: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
}

impl SessionInner {
    /// The request that runs `statement` in what is seen by `view`, with `timestamp` instead of its own if there is one; its time
    /// began at `since`. Not begun; or why there can be none, with the statement.
    pub(crate) fn request(
        self: &Arc<Self>,
        statement: Statement,
        timestamp: Option<i64>,
        view: &View,
        since: Instant,
        now: Instant,
    ) -> Result<Arc<Request>, (Statement, Error)> {
        if self.is_shut_down() {
            return Err((statement, Error::ShutDown));
        }
        let options = statement.options();
        let defaults = self.defaults_of(options);
        let consistency = options.consistency.unwrap_or(defaults.consistency);
        let snapshot = view.snapshot();
        let consulted = {
            let routing = self.routing(&statement, snapshot, consistency, now);
            // For a prepared statement this is known, for others it takes a look at their text.
            let idempotence = match &statement {
                Statement::Bound(bound) => Some(bound.prepared.idempotence()),
                _ if options.idempotent.is_some() => None,
                _ => Some(idempotence_of(&statement, snapshot, &routing)),
            };
            let consulted = self.consult(options, timestamp, defaults, snapshot, &routing, idempotence);
            // For what may be sent again in any case nobody asks.
            let written_apart = consulted.as_ref().is_ok_and(|consulted| !consulted.idempotent)
                && is_written_apart(&statement, snapshot.schema(), routing.keyspace.as_deref());
            consulted.map(|consulted| (consulted, written_apart))
        };
        let (consulted, written_apart) = match consulted {
            Ok(consulted) => consulted,
            Err(error) => return Err((statement, error)),
        };
        let Consulted { timestamp, idempotent, policy_decides, speculation, route } = consulted;
        let parameters =
            Parameters { version: self.context.version, options, consistency, timestamp, defaults };
        let (message, columns) = match parameters.encode(&statement) {
            Ok(encoded) => encoded,
            Err(error) => return Err((statement, error.into())),
        };
        let timeout = options.timeout.or(defaults.timeout).filter(|timeout| *timeout < Duration::MAX);
        let limits = Limits {
            deadline: timeout.and_then(|timeout| since.checked_add(timeout)),
            timeout,
            idempotent,
            policy_decides,
            written_apart,
            speculation,
        };
        let facts = Facts { consistency, idempotent, began: since };
        let mut request =
            Request::new(message, limits, route, Arc::clone(self) as _, statement, columns, facts);
        if self.observer.is_on() {
            self.observe(&mut request, now);
        }
        Ok(request)
    }

    /// Has a request observed that nobody else has yet.
    #[cold]
    pub(super) fn observe(&self, request: &mut Arc<Request>, now: Instant) {
        Request::observe(request, Observed::new(&self.observer, &self.requests, now));
    }

    /// What a load-balancing policy is told of a statement.
    pub(super) fn routing<'a>(
        &self,
        statement: &'a Statement,
        snapshot: &Snapshot,
        consistency: Consistency,
        now: Instant,
    ) -> RoutingInfo<'a> {
        let options = statement.options();
        let of = |prepared: &'a PreparedStatement, values: &SerializedValues| {
            let token = if options.routing_key.is_some() { None } else { token(prepared, values, snapshot) };
            let keyspace = prepared.bind_columns().first().map(|column| &*column.keyspace);
            (token, keyspace)
        };
        let (token, keyspace) = match statement {
            Statement::Simple(_) => (None, None),
            Statement::Bound(bound) => of(&bound.prepared, &bound.values),
            Statement::Batch(batch) => batch
                .entries
                .iter()
                .find_map(|entry| match entry {
                    BatchEntry::Prepared(prepared, values) => Some(of(prepared, values)),
                    BatchEntry::Simple(..) => None,
                })
                .unwrap_or_default(),
        };
        let token = options.routing_key.as_ref().and_then(|key| snapshot.token(key)).or(token);
        let token = token.or_else(|| options.routing_token.clone());
        let keyspace = options.keyspace.as_deref().or(keyspace).map(Cow::Borrowed);
        let keyspace =
            keyspace.or_else(|| self.context.keyspace.load().as_deref().map(|used| Cow::Owned(used.clone())));
        // Where it is not known which replicas it has, their order is not either.
        let conditional = token.is_some() && is_conditional(statement, consistency);
        RoutingInfo { token, keyspace, consistency, conditional, preferred: options.host.clone(), now }
    }
}

/// Whether the server may write its partitions one after another, and find no replicas for the second when the first is on its
/// way already: batches without a log do so, and statements that list the values of a partition key. (A logged batch is checked
/// whole before anything is written.)
fn is_written_apart(statement: &Statement, schema: &Schema, keyspace: Option<&str>) -> bool {
    match statement {
        Statement::Simple(statement) => Partitions::of(&statement.text).are_apart(schema, keyspace),
        Statement::Bound(bound) => bound.prepared.partitions().are_apart(schema, keyspace),
        Statement::Batch(batch) if batch.kind == BatchKind::Logged => false,
        Statement::Batch(batch) => match batch.entries.as_slice() {
            [] => false,
            [BatchEntry::Simple(text, _)] => Partitions::of(text).are_apart(schema, keyspace),
            [BatchEntry::Prepared(prepared, _)] => prepared.partitions().are_apart(schema, keyspace),
            _ => true,
        },
    }
}

fn idempotence_of(statement: &Statement, snapshot: &Snapshot, routing: &RoutingInfo<'_>) -> Idempotence {
    let of_text = |text: &str| Idempotence::with_schema(text, snapshot.schema(), routing.keyspace.as_deref());
    match statement {
        Statement::Simple(statement) => of_text(&statement.text),
        Statement::Bound(bound) => bound.prepared.idempotence(),
        // Together they are as good as the worst of them.
        Statement::Batch(batch) => batch
            .entries
            .iter()
            .map(|entry| match entry {
                BatchEntry::Simple(text, _) => of_text(text),
                BatchEntry::Prepared(prepared, _) => prepared.idempotence(),
            })
            .max()
            .unwrap_or(Idempotence::Idempotent),
    }
}

/// Whether the replicas will agree on it by Paxos: a lightweight transaction, or a read at a serial consistency.
fn is_conditional(statement: &Statement, consistency: Consistency) -> bool {
    consistency.is_serial()
        || match statement {
            Statement::Simple(statement) => conditional::is_conditional(&statement.text),
            Statement::Bound(bound) => bound.prepared.is_conditional(),
            Statement::Batch(batch) => batch.entries.iter().any(|entry| match entry {
                BatchEntry::Simple(text, _) => conditional::is_conditional(text),
                BatchEntry::Prepared(prepared, _) => prepared.is_conditional(),
            }),
        }
}

/// The token of the partition that a prepared statement's values name. A key that cannot be is the server's to refuse,
/// with its own words.
fn token(prepared: &PreparedStatement, values: &SerializedValues, snapshot: &Snapshot) -> Option<Token> {
    match prepared.partition_key_indexes() {
        [] => None,
        [only] => snapshot.token(values.bytes_at(usize::from(*only))?),
        _ => snapshot.token(&prepared.routing_key(values).ok().flatten()?),
    }
}

/// A message, and the columns that it says are known.
type Encoding = (Message, Option<WhichColumns>);

/// Everything that goes into a message beside the statement itself.
struct Parameters<'a> {
    version: ProtocolVersion,
    options: &'a StatementOptions,
    consistency: Consistency,
    timestamp: Option<i64>,
    defaults: &'a RequestDefaults,
}

impl Parameters<'_> {
    fn encode(&self, statement: &Statement) -> Result<Encoding, EncodeError> {
        if let Statement::Bound(bound) = statement
            && let Some(encoded) = self.encode_bound(bound)
        {
            return Ok(encoded);
        }
        SCRATCH.with_borrow_mut(|bytes| {
            bytes.clear();
            let encoded = self.encode_into(statement, bytes);
            if bytes.capacity() > KEEP {
                *bytes = Vec::new();
            }
            encoded
        })
    }

    /// Most messages: a bound statement with nothing unusual about it. None for any other.
    fn encode_bound(&self, bound: &BoundStatement) -> Option<Encoding> {
        if self.options.tracing.unwrap_or(self.defaults.tracing) || !self.options.custom_payload.is_empty() {
            return None;
        }
        let shared = bound.prepared.shared();
        let which = shared.present_columns();
        let columns = shared.columns(&which);
        let ids_length = columns.ids_length(self.version)?;
        let parameters = self.query_parameters(&bound.values, self.skips_metadata(columns));
        let around = parameters.around_values(self.version)?;
        let message = Message {
            opcode: RequestOpcode::Execute,
            flags: Flags::empty(),
            ids_length,
            bytes: Encoded::from_slice(around.as_bytes()),
            values_at: around.values_at(),
            consistency_at: Some(0),
        };
        Some((message, Some(which)))
    }

    /// Before v5 nothing tells that the columns have changed, so they are asked for each time.
    fn skips_metadata(&self, columns: &ResultColumns) -> bool {
        columns.metadata.is_some() && (self.version.has_result_metadata_id() || self.options.skip_metadata)
    }

    fn encode_into(&self, statement: &Statement, bytes: &mut Vec<u8>) -> Result<Encoding, EncodeError> {
        let mut flags = Flags::empty();
        if self.options.tracing.unwrap_or(self.defaults.tracing) {
            flags.insert(Flags::TRACING);
        }
        if !self.options.custom_payload.is_empty() {
            flags.insert(Flags::CUSTOM_PAYLOAD);
            encode_custom_payload(self.version, &self.options.custom_payload, &mut Writer::new(bytes))?;
        }
        let before = bytes.len();
        let (mut values_at, mut known) = (None, None);
        let (opcode, consistency_at) = match statement {
            Statement::Simple(statement) => {
                let mut out = Writer::new(bytes);
                out.long_string(&statement.text)?;
                self.query_parameters(&statement.values, false).encode(self.version, &mut out)?;
                (RequestOpcode::Query, before + 4 + statement.text.len())
            }
            Statement::Bound(bound) => {
                let shared = bound.prepared.shared();
                let which = shared.present_columns();
                let columns = shared.columns(&which);
                let skip = self.skips_metadata(columns);
                let parameters = self.query_parameters(&bound.values, skip);
                Execute::encode_ids(
                    shared.id(),
                    columns.id.as_deref(),
                    self.version,
                    &mut Writer::new(bytes),
                )?;
                let at = bytes.len();
                parameters.encode_before_values(self.version, &mut Writer::new(bytes))?;
                values_at = Some(bytes.len());
                parameters.encode_after_values(self.version, &mut Writer::new(bytes))?;
                known = Some(which);
                (RequestOpcode::Execute, at)
            }
            Statement::Batch(batch) => {
                let statements = batch
                    .entries
                    .iter()
                    .map(|entry| match entry {
                        BatchEntry::Simple(text, values) => WireStatement {
                            kind: StatementKind::Query(text.as_str().into()),
                            values: values.clone(),
                        },
                        BatchEntry::Prepared(statement, values) => {
                            let kind = StatementKind::Prepared(statement.id().clone());
                            WireStatement { kind, values: values.clone() }
                        }
                    })
                    .collect();
                let batch = Batch {
                    kind: batch.kind,
                    statements,
                    consistency: self.consistency,
                    serial_consistency: self.serial(),
                    timestamp: self.timestamp,
                    keyspace: self.keyspace().map(str::to_owned),
                    now_in_seconds: self.options.now_in_seconds,
                };
                batch.encode(self.version, &mut Writer::new(bytes))?;
                let mut after = if self.version.has_int_query_flags() { 4 } else { 1 };
                after += batch.serial_consistency.map_or(0, |_| 2) + batch.timestamp.map_or(0, |_| 8);
                after += batch.keyspace.as_ref().map_or(0, |keyspace| 2 + keyspace.len());
                after += batch.now_in_seconds.map_or(0, |_| 4);
                (RequestOpcode::Batch, bytes.len() - after - 2)
            }
        };
        let values_at = values_at.unwrap_or(bytes.len());
        let bytes = Encoded::from_slice(bytes);
        let consistency_at = Some(consistency_at);
        Ok((Message { opcode, flags, ids_length: 0, bytes, values_at, consistency_at }, known))
    }

    fn serial(&self) -> Option<helenus_protocol::SerialConsistency> {
        self.options.serial_consistency.or(self.defaults.serial_consistency)
    }

    fn keyspace(&self) -> Option<&str> {
        self.options.keyspace.as_deref().filter(|_| self.version.has_request_keyspace())
    }

    fn query_parameters<'b>(
        &'b self,
        values: &'b SerializedValues,
        skip_metadata: bool,
    ) -> BorrowedParameters<'b> {
        let page_size = self.options.page_size.unwrap_or(self.defaults.page_size);
        BorrowedParameters {
            consistency: self.consistency,
            values,
            skip_metadata,
            page_size: (page_size > 0).then_some(page_size),
            paging_state: self.options.paging_state.as_deref(),
            serial_consistency: self.serial(),
            timestamp: self.timestamp,
            keyspace: self.keyspace(),
            now_in_seconds: self.options.now_in_seconds,
        }
    }
}
