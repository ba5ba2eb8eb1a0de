//! How a statement becomes a request: its options merged once, its bytes written once.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use helenus_protocol::envelope::Flags;
use helenus_protocol::notation::{Value, Writer};
use helenus_protocol::request::{
    Batch, BatchStatement as WireStatement, Execute, Query, QueryParameters, SerializedValues, StatementKind,
    encode_custom_payload,
};
use helenus_protocol::{Consistency, EncodeError, ProtocolVersion, RequestOpcode};

use super::SessionInner;
use smallvec::{SmallVec, smallvec};

use crate::cluster::Snapshot;
use crate::error::Error;
use crate::policy::{Plan, RoutingInfo};
use crate::request::execution::Limits;
use crate::request::runner::Route;
use crate::request::{Body, Facts, Request, ToPrepare};
use crate::routing::Token;
use crate::statement::Idempotence;
use crate::statement::batch::BatchEntry;
use crate::statement::conditional;
use crate::statement::{PreparedStatement, Statement, StatementOptions};

/// The most speculative attempts that any policy is asked for.
const MOST_SPECULATIVE: u32 = 16;

impl SessionInner {
    /// The request that runs `statement`, not begun.
    pub(crate) fn request(self: &Arc<Self>, statement: &Statement) -> Result<Arc<Request>, Error> {
        if self.is_shut_down() {
            return Err(Error::ShutDown);
        }
        let version = self.context.version;
        let options = statement.options();
        let defaults = self.defaults();
        let consistency = options.consistency.unwrap_or(defaults.consistency);
        let timestamp = options
            .timestamp
            .or_else(|| defaults.timestamps.as_ref().and_then(|generator| generator.timestamp(wall_clock())));
        let parameters = Parameters { version, options, consistency, timestamp, session: self };
        let (body, prepared) = parameters.encode(statement)?;
        let snapshot = self.cluster.current();
        let routing = routing(statement, &snapshot, consistency, self);
        let idempotent =
            options.idempotent.unwrap_or_else(|| match idempotence_of(statement, &snapshot, &routing) {
                Idempotence::Idempotent => true,
                // The same timestamp on every attempt makes the second write the same as the first.
                Idempotence::IdempotentWithTimestamp => timestamp.is_some(),
                Idempotence::NotIdempotent | Idempotence::Undecidable => false,
            });
        let retry_policy = options.retry_policy.clone();
        let policy_decides = retry_policy.as_ref().unwrap_or(&defaults.retry).decides_idempotence();
        // Only what the caller marked is sent twice without need (H5).
        let speculation = match &options.speculation {
            _ if options.idempotent != Some(true) => Vec::new(),
            Some(waits) => waits.clone(),
            None => self.speculation(&routing),
        };
        let now = Instant::now();
        let timeout = options.timeout.or(defaults.timeout).filter(|timeout| *timeout < Duration::MAX);
        let limits = Limits {
            deadline: timeout.and_then(|timeout| now.checked_add(timeout)),
            timeout,
            idempotent,
            policy_decides,
            speculation,
        };
        let plan = match (&options.host, &options.hosts) {
            (Some(host), _) => Plan::from_hosts(vec![Arc::clone(host)]),
            (None, Some(hosts)) => Plan::from_hosts(hosts.clone()),
            (None, None) => defaults.load_balancing.plan(&snapshot, &routing),
        };
        let facts = Facts { retry_policy, consistency, idempotent };
        Ok(Request::new(body, limits, Route::Plan(plan), Arc::clone(self) as _, prepared, facts))
    }

    fn speculation(&self, routing: &RoutingInfo) -> Vec<Duration> {
        let policy = &self.defaults().speculative_execution;
        (0..MOST_SPECULATIVE).map_while(|begun| policy.delay(begun, routing)).collect()
    }
}

fn wall_clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

fn idempotence_of(statement: &Statement, snapshot: &Snapshot, routing: &RoutingInfo) -> Idempotence {
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

fn routing(
    statement: &Statement,
    snapshot: &Snapshot,
    consistency: Consistency,
    session: &SessionInner,
) -> RoutingInfo {
    let options = statement.options();
    let of = |prepared: &PreparedStatement, values: &SerializedValues| {
        let token = if options.routing_key.is_some() { None } else { token(prepared, values, snapshot) };
        let keyspace = prepared.bind_columns().first().map(|column| Arc::clone(&column.keyspace));
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
    let keyspace =
        options.keyspace.clone().or(keyspace).or_else(|| {
            session.context.keyspace.load().as_deref().map(|keyspace| Arc::from(keyspace.as_str()))
        });
    // Where it is not known which replicas it has, their order is not either.
    let conditional = token.is_some() && is_conditional(statement, consistency);
    RoutingInfo { token, keyspace, consistency, conditional, preferred: options.host.clone() }
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
        [only] if !values.are_named() => match values.iter().nth(usize::from(*only))? {
            (_, Value::Bytes(bytes)) => snapshot.token(bytes),
            _ => None,
        },
        _ => snapshot.token(&prepared.routing_key(values).ok().flatten()?),
    }
}

/// Everything that goes into a message beside the statement itself.
struct Parameters<'a> {
    version: ProtocolVersion,
    options: &'a StatementOptions,
    consistency: Consistency,
    timestamp: Option<i64>,
    session: &'a SessionInner,
}

impl Parameters<'_> {
    fn encode(&self, statement: &Statement) -> Result<(Body, ToPrepare), EncodeError> {
        let mut flags = Flags::empty();
        let mut bytes = Vec::new();
        if self.options.tracing {
            flags.insert(Flags::TRACING);
        }
        if !self.options.custom_payload.is_empty() {
            flags.insert(Flags::CUSTOM_PAYLOAD);
            encode_custom_payload(self.version, &self.options.custom_payload, &mut Writer::new(&mut bytes))?;
        }
        let before = bytes.len();
        let (opcode, consistency_at, prepared) = match statement {
            Statement::Simple(statement) => {
                let parameters = self.query_parameters(statement.values.clone(), false);
                let query = Query { query: statement.text.as_str().into(), parameters };
                query.encode(self.version, &mut Writer::new(&mut bytes))?;
                (RequestOpcode::Query, before + 4 + statement.text.len(), SmallVec::new())
            }
            Statement::Bound(bound) => {
                let shared = &bound.prepared.shared;
                let columns = bound.prepared.result_columns();
                let result_metadata_id = columns.as_ref().and_then(|columns| columns.id.clone());
                // Before v5 nothing tells that the columns have changed, so they are asked for each time.
                let known = columns.is_some_and(|columns| columns.metadata.is_some());
                let skip = known && (self.version.has_result_metadata_id() || self.options.skip_metadata);
                let id = bound.prepared.id().clone();
                let mut at = before + 2 + id.len();
                if self.version.has_result_metadata_id() {
                    at += 2 + result_metadata_id.as_ref().map_or(0, Bytes::len);
                }
                let parameters = self.query_parameters(SerializedValues::new(), skip);
                let execute = Execute { id, result_metadata_id, parameters };
                bytes.reserve(bound.values.byte_length() + 128);
                execute.encode_with(&bound.values, self.version, &mut Writer::new(&mut bytes))?;
                (RequestOpcode::Execute, at, smallvec![Arc::clone(shared)])
            }
            Statement::Batch(batch) => {
                let mut prepared = ToPrepare::new();
                let statements = batch
                    .entries
                    .iter()
                    .map(|entry| match entry {
                        BatchEntry::Simple(text, values) => WireStatement {
                            kind: StatementKind::Query(text.as_str().into()),
                            values: values.clone(),
                        },
                        BatchEntry::Prepared(statement, values) => {
                            if !prepared.iter().any(|known| Arc::ptr_eq(known, &statement.shared)) {
                                prepared.push(Arc::clone(&statement.shared));
                            }
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
                    keyspace: self.keyspace(),
                    now_in_seconds: self.options.now_in_seconds,
                };
                batch.encode(self.version, &mut Writer::new(&mut bytes))?;
                let mut after = if self.version.has_int_query_flags() { 4 } else { 1 };
                after += batch.serial_consistency.map_or(0, |_| 2) + batch.timestamp.map_or(0, |_| 8);
                after += batch.keyspace.as_ref().map_or(0, |keyspace| 2 + keyspace.len());
                after += batch.now_in_seconds.map_or(0, |_| 4);
                (RequestOpcode::Batch, bytes.len() - after - 2, prepared)
            }
        };
        Ok((Body { opcode, flags, bytes, consistency_at: Some(consistency_at) }, prepared))
    }

    fn serial(&self) -> Option<helenus_protocol::SerialConsistency> {
        self.options.serial_consistency.or(self.session.defaults().serial_consistency)
    }

    fn keyspace(&self) -> Option<String> {
        let keyspace = self.options.keyspace.as_ref().filter(|_| self.version.has_request_keyspace());
        keyspace.map(|keyspace| keyspace.to_string())
    }

    fn query_parameters(&self, values: SerializedValues, skip_metadata: bool) -> QueryParameters {
        let page_size = self.options.page_size.unwrap_or(self.session.defaults().page_size);
        QueryParameters {
            consistency: self.consistency,
            values,
            skip_metadata,
            page_size: (page_size > 0).then_some(page_size),
            paging_state: self.options.paging_state.clone(),
            serial_consistency: self.serial(),
            timestamp: self.timestamp,
            keyspace: self.keyspace(),
            now_in_seconds: self.options.now_in_seconds,
        }
    }
}
