//! PREPARE: once where it is asked for, on all other hosts beside, and again where a host has forgotten.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use helenus_protocol::envelope::{CustomPayload, Flags};
use helenus_protocol::notation::Writer;
use helenus_protocol::request::{Prepare, encode_custom_payload};
use helenus_protocol::response::{Message, Prepared, Response, ResultMessage};
use helenus_protocol::{Consistency, DecodeError, RequestOpcode};
use tokio::sync::OnceCell;

use super::SessionInner;
use super::deadline::Deadline;
use super::prepared_in::keyspace_told;
use crate::cluster::Host;
use crate::cluster::link::Link;
use crate::error::Error;
use crate::lock::lock;
use crate::policy::RoutingInfo;
use crate::policy::guard::guarded;
use crate::request::execution::Limits;
use crate::request::route::Route;
use crate::request::{Awaited, Facts, Message as RequestMessage, Request};
use crate::statement::prepared::Shared;
use crate::statement::{PreparedStatement, Statement, StatementOptions};

/// How long the other hosts may take to prepare a statement.
const ELSEWHERE: Duration = Duration::from_secs(2);
/// How many statements a host that has returned is asked to prepare at a time.
const PREPARED_AT_ONCE: usize = 16;

impl SessionInner {
    /// Prepares a statement. Who asks for one that somebody else is preparing waits for that, if it has no payload of its own.
    pub(crate) async fn prepare(
        self: &Arc<Self>,
        query: &str,
        keyspace: Option<&str>,
        payload: &[(String, Option<Bytes>)],
        timeout: Option<Duration>,
    ) -> Result<(PreparedStatement, CustomPayload), Error> {
        let deadline = Deadline::new(timeout.or(self.defaults().timeout), Instant::now());
        self.prepare_by(query, keyspace, payload, deadline).await
    }

    /// The same for whoever has a part of its time left for it.
    pub(super) async fn prepare_by(
        self: &Arc<Self>,
        query: &str,
        keyspace: Option<&str>,
        payload: &[(String, Option<Bytes>)],
        deadline: Deadline,
    ) -> Result<(PreparedStatement, CustomPayload), Error> {
        if !payload.is_empty() {
            return self.prepare_alone(query, keyspace, payload, deadline).await;
        }
        loop {
            let used = self.context.keyspace.load();
            let key = (query.into(), keyspace.map(str::to_owned).or_else(|| used.as_deref().cloned()));
            let flight = self.preparing.join(&key);
            let prepared = flight.get_or_init(|| self.prepare_alone(query, keyspace, &[], deadline));
            match deadline.within(prepared).await.and_then(Clone::clone) {
                // Whoever has prepared it had less time.
                Err(error) if error.is_timeout() && !deadline.is_over(Instant::now()) => {
                    self.preparing.forget(&key, &flight);
                }
                outcome => return outcome,
            }
        }
    }

    async fn prepare_alone(
        self: &Arc<Self>,
        query: &str,
        keyspace: Option<&str>,
        payload: &[(String, Option<Bytes>)],
        deadline: Deadline,
    ) -> Result<(PreparedStatement, CustomPayload), Error> {
        let (prepared, keyspace, host, payload) = loop {
            // While connections use several, nobody can tell in which it is prepared.
            let used = match keyspace {
                Some(_) => None,
                None => Some(deadline.within(self.context.keyspace.settled()).await?),
            };
            let (prepared, host, payload) = self.prepare_once(query, keyspace, payload, deadline).await?;
            let told = keyspace.or_else(|| keyspace_told(query, &prepared)).map(Arc::from);
            match used {
                Some(used) if told.is_none() => {
                    if self.context.keyspace.has_changed(&used) {
                        continue;
                    }
                    let used = used.keyspace.as_deref().map(|keyspace| Arc::from(keyspace.as_str()));
                    break (prepared, used, host, payload);
                }
                _ => break (prepared, told, host, payload),
            }
        };
        let (shared, is_known) = lock(&self.prepared).add(Shared::new(query.into(), keyspace, prepared));
        if is_known {
            self.cluster.counters.prepared_known.one();
        }
        if self.cluster.config.prepare_on_all_hosts {
            self.prepare_elsewhere(&shared, &host, deadline).await;
        }
        Ok((PreparedStatement::new(shared, StatementOptions::default()), payload))
    }

    /// What one host says of it.
    async fn prepare_once(
        self: &Arc<Self>,
        query: &str,
        keyspace: Option<&str>,
        payload: &[(String, Option<Bytes>)],
        deadline: Deadline,
    ) -> Result<(Prepared, Arc<Host>, CustomPayload), Error> {
        let now = Instant::now();
        let mut request = self.prepare_request(query, keyspace, payload, deadline)?;
        if self.observer.is_on() {
            self.observe(&mut request, now);
        }
        self.cluster.counters.prepared.one();
        request.start(now);
        let success = Awaited::new(request).await?;
        let Some(envelope) = success.envelope else { return Err(Error::Dropped) };
        let header = envelope.header;
        let response = Response::decode(self.context.version, header.flags, header.opcode, &envelope.body)?;
        let Message::Result(ResultMessage::Prepared(prepared)) = response.message else {
            return Err(DecodeError::new("RESULT", 0, "RESULT prepared was due").into());
        };
        Ok((prepared, success.host, response.custom_payload))
    }

    fn prepare_request(
        self: &Arc<Self>,
        query: &str,
        keyspace: Option<&str>,
        payload: &[(String, Option<Bytes>)],
        deadline: Deadline,
    ) -> Result<Arc<Request>, Error> {
        if self.is_shut_down() {
            return Err(Error::ShutDown);
        }
        let version = self.context.version;
        let message = Prepare { query: query.into(), keyspace: keyspace.map(str::to_owned) };
        let mut bytes = Vec::new();
        let mut flags = Flags::empty();
        if !payload.is_empty() {
            flags.insert(Flags::CUSTOM_PAYLOAD);
            encode_custom_payload(version, payload, &mut Writer::new(&mut bytes))?;
        }
        message.encode(version, &mut Writer::new(&mut bytes))?;
        let message = RequestMessage { flags, ..RequestMessage::whole(RequestOpcode::Prepare, bytes) };
        let limits = Limits {
            deadline: deadline.at(),
            timeout: deadline.timeout(),
            idempotent: true,
            policy_decides: false,
            written_apart: false,
            speculation: Vec::new(),
        };
        let plan = guarded("load-balancing policy", || {
            self.defaults().load_balancing.plan(&self.cluster.snapshot(), &RoutingInfo::default())
        });
        let plan = plan.map_err(Error::Policy)?;
        let facts = Facts { consistency: Consistency::One, idempotent: true, began: Instant::now() };
        Ok(Request::new(
            message,
            limits,
            Route::plan(plan),
            Arc::clone(self) as _,
            Statement::from(query),
            None,
            facts,
        ))
    }

    /// How many statements it has prepared that somebody still holds.
    pub(crate) fn prepared_statements(&self) -> usize {
        lock(&self.prepared).all().len()
    }

    /// Prepares on all other hosts at once, and leaves half of the time to whoever waits. A host that cannot, or is silent, will be
    /// told when it is first asked to run it.
    async fn prepare_elsewhere(&self, shared: &Arc<Shared>, done: &Arc<Host>, deadline: Deadline) {
        let half = deadline.left(Instant::now()).map_or(ELSEWHERE, |left| left / 2);
        let patience = half.min(ELSEWHERE);
        if patience.is_zero() {
            return;
        }
        let mut others = tokio::task::JoinSet::new();
        for pool in self.view.load().pools() {
            if pool.host() == done || pool.host().is_set_aside() {
                continue;
            }
            let Some(connection) = pool.connections().first().cloned() else { continue };
            let link = Link { host: Arc::clone(pool.host()), connection };
            let shared = Arc::clone(shared);
            others.spawn_on(
                async move {
                    if let Err(error) = shared.prepare_again(&link, patience, Instant::now()).await {
                        tracing::debug!(host = %link.host.address(), %error, "cannot prepare there yet");
                    }
                },
                self.context.executor.main(),
            );
        }
        while others.join_next().await.is_some() {}
    }
}

/// What is prepared once for all who ask for it meanwhile: a text in a keyspace.
type FlightKey = (Box<str>, Option<String>);
type Flight = OnceCell<Result<(PreparedStatement, CustomPayload), Error>>;

/// What is being prepared at the moment.
#[derive(Debug, Default)]
pub(super) struct Preparing(Mutex<HashMap<FlightKey, Weak<Flight>>>);

impl Preparing {
    /// The flight that is under way, or a new one.
    fn join(&self, key: &FlightKey) -> Arc<Flight> {
        let mut flights = lock(&self.0);
        if let Some(flight) = flights.get(key).and_then(Weak::upgrade) {
            return flight;
        }
        flights.retain(|_, flight| flight.strong_count() > 0);
        let flight = Arc::new(Flight::new());
        flights.insert(key.clone(), Arc::downgrade(&flight));
        flight
    }

    /// The flight has come to nothing: whoever asks from now on begins another.
    fn forget(&self, key: &FlightKey, flight: &Arc<Flight>) {
        let mut flights = lock(&self.0);
        if flights.get(key).is_some_and(|known| std::ptr::eq(known.as_ptr(), Arc::as_ptr(flight))) {
            flights.remove(key);
        }
    }
}

/// The statements that a session has prepared and somebody still holds, by their ids.
#[derive(Debug, Default)]
pub(super) struct PreparedCache {
    statements: HashMap<Bytes, Vec<Weak<Shared>>>,
    /// With so many ids, those that nobody holds any more are forgotten.
    crowded: usize,
}

impl PreparedCache {
    /// Notes a statement. One that is known already (true) is the same again, with what the server says of it now.
    fn add(&mut self, shared: Shared) -> (Arc<Shared>, bool) {
        if self.statements.len() >= self.crowded {
            self.statements.retain(|_, known| known.iter().any(|known| known.strong_count() > 0));
            self.crowded = 2 * self.statements.len() + 16;
        }
        let known = self.statements.entry(shared.id().clone()).or_default();
        known.retain(|known| known.strong_count() > 0);
        if let Some(same) = known.iter().filter_map(Weak::upgrade).find(|known| known.is_same(&shared)) {
            same.replace_result_columns(shared.into_result_columns());
            return (same, true);
        }
        let shared = Arc::new(shared);
        known.push(Arc::downgrade(&shared));
        (shared, false)
    }

    /// All statements that somebody holds.
    fn all(&self) -> Vec<Arc<Shared>> {
        self.statements.values().flatten().filter_map(Weak::upgrade).collect()
    }
}

impl SessionInner {
    /// Prepares all statements at the other end of `link`, a few at a time.
    pub(super) fn prepare_all_on(&self, link: Link) {
        let mut statements = lock(&self.prepared).all().into_iter();
        let (executor, since) = (self.context.executor.clone(), Instant::now());
        let timeout = self.cluster.config.control_timeout;
        let mut under_way = tokio::task::JoinSet::new();
        if statements.len() == 0 {
            return;
        }
        self.context.executor.main().spawn(async move {
            loop {
                while under_way.len() < PREPARED_AT_ONCE
                    && let Some(shared) = statements.next()
                {
                    let link = link.clone();
                    let prepare = async move { shared.prepare_again(&link, timeout, since).await };
                    under_way.spawn_on(prepare, executor.main());
                }
                match under_way.join_next().await {
                    None => return,
                    Some(Ok(Ok(()))) => {}
                    Some(Ok(Err(error))) => {
                        tracing::debug!(host = %link.host.address(), %error, "a statement cannot be prepared there yet");
                        if link.connection.ended().is_some() {
                            return;
                        }
                    }
                    Some(Err(error)) => tracing::error!(%error, "preparing has panicked"),
                }
            }
        });
    }
}

impl Shared {
    /// Prepares the statement at the other end of `link` and checks that it is the same there.
    ///
    /// Many requests may find at once that a host has forgotten the statement: one of them has it prepared, and the
    /// others wait for that. Those that hear of it late need not ask again either, if they were sent before it was done:
    /// `since` is when. `timeout` is for all of it: whoever's turn it is may have more time, and a host may be silent.
    pub(crate) async fn prepare_again(
        &self,
        link: &Link,
        timeout: Duration,
        since: Instant,
    ) -> Result<(), Error> {
        let deadline = Deadline::new(Some(timeout), Instant::now());
        let turn = self.turn_on(link.host.host_id());
        let mut prepared_at = deadline.within(turn.lock()).await?;
        if prepared_at.is_some_and(|at| at >= since) {
            return Ok(());
        }
        self.prepare_on(link, deadline.left(Instant::now()).unwrap_or(timeout)).await?;
        *prepared_at = Some(Instant::now());
        Ok(())
    }

    async fn prepare_on(&self, link: &Link, timeout: Duration) -> Result<(), Error> {
        // Before v5 a statement is prepared in the connection's keyspace; PREPARE has no place for another.
        let version = link.connection.ready().version;
        let keyspace = self.keyspace().filter(|_| version.has_request_keyspace());
        let prepared = link.prepare(self.query(), keyspace, timeout).await?;
        if prepared.id != *self.id() {
            let why = format!(
                "{} prepared the statement under another id than before; was it prepared in another keyspace?",
                link.host.address()
            );
            return Err(DecodeError::new("RESULT prepared", 0, why).into());
        }
        if prepared.bind.columns != **self.bind() {
            let why =
                "its bind markers have other types than before: the schema has changed; prepare it anew";
            return Err(DecodeError::new("RESULT prepared", 0, why).into());
        }
        self.set_result_columns(prepared.result_metadata_id, prepared.result);
        Ok(())
    }
}
