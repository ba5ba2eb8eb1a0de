//! What a request under way needs of its session.

use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus_protocol::ProtocolVersion;
use helenus_protocol::response::SchemaChange;
use smallvec::SmallVec;
use tokio::sync::oneshot;

use super::SessionInner;
use crate::cluster::Host;
use crate::cluster::link::{Link, call_at};
use crate::connection::{Connection, Dispatch, Seat};
use crate::error::{AttemptError, Error, RequestFailure as Failure};
use crate::policy::Plan;
use crate::policy::guard::guarded;
use crate::pool::Pool;
use crate::pool::queue::Waiting;
use crate::request::completion::Waiter;
use crate::request::environment::{Asked, Environment, Heard, RetryAnswer};
use crate::request::execution::{AttemptId, Input};
use crate::request::{Request, Token};

impl Environment for SessionInner {
    fn send(
        &self,
        host: &Host,
        body: Dispatch<'_>,
        token: Token,
        has_waited: bool,
    ) -> Result<Seat, AttemptError> {
        self.view.load().send(host, body, token, has_waited)
    }

    fn ticket(&self) -> u64 {
        self.context.waiting.ticket()
    }

    fn wait_for_room(
        &self,
        request: &Arc<Request>,
        ticket: u64,
        hosts: &[Arc<Host>],
        deadline: Option<Instant>,
    ) {
        let view = self.view.load_full();
        let mut waited_for = SmallVec::<[&Arc<Pool>; 3]>::new();
        for host in hosts {
            // The others are down, or the session does not use them any more.
            waited_for.extend(view.pool(host).filter(|pool| pool.is_expected()));
        }
        if waited_for.is_empty() {
            return request.handle(Input::NoRoom(None));
        }
        let places = waited_for.iter().map(|pool| pool.place()).collect();
        let waiting = Waiting { places, bytes: request.size(), deadline, request: Arc::clone(request) };
        if let Err(full) = self.context.waiting.enter(ticket, waiting) {
            return request.handle(Input::NoRoom(Some(full)));
        }
        // What happened before it was in the queue was not told to it.
        if request.has_ended() {
            return self.context.waiting.leave(ticket);
        }
        for pool in waited_for {
            pool.admit();
        }
    }

    fn leave_queue(&self, ticket: u64) {
        self.context.waiting.leave(ticket);
    }

    fn plan(&self, request: &Request) -> Plan {
        let snapshot = self.cluster.snapshot();
        let query = self.routing(request.statement(), &snapshot, request.facts().consistency, Instant::now());
        let policy = &self.defaults_of(request.statement().options()).load_balancing;
        // On an I/O thread, with the request's state held. Without a plan the request ends with what it has come to.
        guarded("load-balancing policy", || policy.plan(&snapshot, &query)).unwrap_or_else(|_| Plan::empty())
    }

    fn ask_retry(
        &self,
        request: &Arc<Request>,
        host: &Arc<Host>,
        error: &AttemptError,
        asked: Asked,
        attempt: AttemptId,
    ) -> RetryAnswer {
        self.ask_retry_policy(request, host, error, asked, attempt)
    }

    fn prepare(&self, request: &Arc<Request>, attempt: AttemptId, host: &Arc<Host>, since: Instant) {
        let connection = self.view.load().connection(host);
        let prepared = request.prepared();
        let (Some(connection), false) = (connection, prepared.is_empty()) else {
            request.handle(Input::Prepared(attempt, Err(AttemptError::NoConnection(None))));
            return;
        };
        self.cluster.counters.prepared_again.one();
        tracing::debug!(host = %host.address(), "preparing again what the host does not know");
        let (request, host) = (Arc::clone(request), Arc::clone(host));
        // Its deadline is what ends it. Others who need the statement have it prepared themselves.
        let (ended, has_ended) = oneshot::channel();
        request.tell(Waiter::Callback(Box::new(move |_| _ = ended.send(()))));
        let abandoned = request.owed();
        self.context.executor.main().spawn(async move {
            let link = Link { host, connection };
            let preparing = async {
                for statement in &prepared {
                    statement.prepare_again(&link, PREPARING, since).await?;
                }
                Ok(())
            };
            tokio::select! {
                outcome = preparing => {
                    if outcome.is_ok() {
                        request.note_prepared_again();
                    }
                    request.handle(Input::Prepared(attempt, outcome.map_err(attempt_error)));
                }
                _ = has_ended => {}
            }
            abandoned.paid();
        });
    }

    fn set_keyspace(&self, request: &Arc<Request>, keyspace: String) {
        let connections = self.context.keyspace.change(keyspace, || {
            let of = |pool: &Arc<Pool>| (Arc::clone(pool), pool.connections());
            self.view.load().pools().map(of).collect::<Vec<_>>()
        });
        let (switching, context) = (Arc::clone(&self.switching), Arc::clone(&self.context));
        let (abandoned, request) = (request.owed(), Arc::clone(request));
        self.context.executor.main().spawn(async move {
            let told = context.keyspace.told();
            let switching = switching.lock().await;
            // It may be another by now; then that is the one to be used, and not the former one last.
            if let Some(keyspace) = context.keyspace.load() {
                let cql = format!("USE {}", crate::statement::identifier::quoted(&keyspace));
                let mut uses = tokio::task::JoinSet::new();
                for (pool, connections) in &connections {
                    for connection in connections.iter() {
                        uses.spawn(switch(Arc::clone(pool), Arc::clone(connection), cql.clone()));
                    }
                }
                while uses.join_next().await.is_some() {}
            }
            drop((switching, told));
            request.handle(Input::KeyspaceSet);
            abandoned.paid();
        });
    }

    fn keyspace_unknown(&self, connection: &Arc<Connection>) {
        if let Some(pool) = self.view.load().pool_of(connection) {
            let host = pool.host().address();
            tracing::info!(%host, "nobody knows what became of a USE; its connection is replaced");
            pool.replace(connection);
        }
    }

    fn await_schema(&self, request: &Arc<Request>, host: &Arc<Host>, change: SchemaChange) {
        let request = Arc::clone(request);
        let coordinator = self.view.load().connection(host);
        let coordinator = coordinator.map(|connection| Link { host: Arc::clone(host), connection });
        let cluster = Arc::clone(&self.cluster);
        let (ended, has_ended) = oneshot::channel();
        request.tell(Waiter::Callback(Box::new(move |_| _ = ended.send(()))));
        // Nothing is known of that yet.
        request.set_schema_agreed(false);
        let abandoned = request.owed();
        self.context.executor.main().spawn(async move {
            let given_up = async { _ = has_ended.await };
            let agreed = cluster.settle_schema(&change, coordinator, given_up).await;
            request.set_schema_agreed(agreed);
            request.handle(Input::SchemaSettled);
            abandoned.paid();
        });
    }

    fn set_timer(&self, request: &Arc<Request>, at: Instant) {
        call_at(self.context.executor.main(), request, at);
    }

    fn note(&self, failure: &Input<Arc<Host>>) {
        self.cluster.counters.failures.note(failure);
    }

    fn note_latency(&self, request: &Request, heard: Heard, latency: Duration, now: Instant) {
        if heard == Heard::Answer {
            self.retries.earn();
        }
        let policy = &self.defaults_of(request.statement().options()).speculative_execution;
        // What it fails with is logged, and nobody's request.
        _ = guarded("speculative-execution policy", || {
            if policy.wants_latencies() {
                policy.record(latency, now);
            }
        });
    }

    fn may_speculate(&self, now: Instant) -> bool {
        self.speculations.spend(now)
    }

    fn version(&self) -> ProtocolVersion {
        self.context.version
    }

    fn session(self: Arc<Self>) -> Option<Arc<SessionInner>> {
        Some(self)
    }
}

/// How long preparing again may take for a request that has no deadline before that.
const PREPARING: Duration = Duration::from_secs(60);

/// How long a connection may take to switch to another keyspace before it is replaced: the caller waits for the slowest.
const SWITCHING: Duration = Duration::from_millis(500);

/// Has a pooled connection use another keyspace. One that cannot, or does not answer in time, takes no more requests, since it
/// would run them where they do not belong; what is under way on it may end.
async fn switch(pool: Arc<Pool>, connection: Arc<Connection>, cql: String) {
    let link = Link { host: Arc::clone(pool.host()), connection };
    if let Err(error) = link.query(&cql, SWITCHING).await {
        tracing::warn!(host = %link.host.address(), %error, "a connection cannot use the keyspace and is replaced");
        pool.replace(&link.connection);
    }
}

/// An error of one of our own calls, seen as the error of an attempt.
fn attempt_error(error: Error) -> AttemptError {
    match error {
        Error::Request(failure) => match *failure {
            Failure::Attempt { error, .. } => error,
            Failure::Exhausted { mut attempts, .. } => {
                attempts.pop().map_or(AttemptError::NoConnection(None), |attempt| attempt.error)
            }
            Failure::Busy { mut attempts, .. } => {
                attempts.pop().map_or(AttemptError::NoConnection(None), |attempt| attempt.error)
            }
            Failure::TimedOut { .. } => AttemptError::NoConnection(None),
        },
        Error::Decode(error) => AttemptError::Decode(error),
        Error::Encode(error) => AttemptError::Encode(error),
        _ => AttemptError::NoConnection(None),
    }
}
