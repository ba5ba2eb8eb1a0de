//! The front door: statements in, results out. It decides nothing; see [`encode`] for how a statement becomes bytes,
//! [`environment`] for what a request under way needs of its session.

mod consult;
mod deadline;
mod encode;
mod environment;
mod pools;
mod prepare;
mod prepared_in;
mod recent;
mod retry;
mod unprepared;
pub(crate) mod view;
mod wall_clock;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;

use bytes::Bytes;
use helenus_protocol::envelope::CustomPayload;

use crate::bulk::ExecuteMany;
use crate::cluster::{Cluster, ClusterInner, Host};
use crate::config::RequestDefaults;
use crate::error::{AttemptError, Error, QueueState};
use crate::future::ResponseFuture;
use crate::metrics::{RequestCounters, SessionMetrics};
use crate::observe::Observer;
use crate::policy::Purse;
use crate::pool::draining::Draining;
use crate::pool::keyspace::SessionKeyspace;
use crate::pool::reserve::Reserved;
use crate::pool::waiting::WaitingRoom;
use crate::pool::{PoolContext, PoolObserver};
use crate::profile::ProfileHandle;
use crate::scan::TableScan;
use crate::statement::{PreparedStatement, Statement, StatementOptions};
use prepare::{PreparedCache, Preparing};
use unprepared::UnpreparedStatements;
use view::View;

/// Runs statements on a cluster. Handles are cheap to clone; they all share one set of connections.
#[derive(Clone)]
pub struct Session {
    pub(crate) inner: Arc<SessionInner>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("keyspace", &self.keyspace()).finish_non_exhaustive()
    }
}

pub(crate) struct SessionInner {
    pub(crate) cluster: Arc<ClusterInner>,
    pub(crate) context: Arc<PoolContext>,
    pub(crate) view: ArcSwap<View>,
    /// Held while the pools are made what they should be.
    adjusting: Mutex<()>,
    /// What was prepared, for hosts that come later.
    prepared: Mutex<PreparedCache>,
    /// What it prepares by itself.
    unprepared: UnpreparedStatements,
    /// What is being prepared at the moment.
    preparing: Preparing,
    /// Held while all connections are told of a keyspace: the last to be told is the one that holds.
    switching: Arc<tokio::sync::Mutex<()>>,
    shut_down: AtomicBool,
    /// What retries and speculative attempts are paid from.
    pub(crate) retries: Purse,
    pub(crate) speculations: Purse,
    /// The cluster's.
    observer: Arc<Observer>,
    pub(crate) requests: Arc<RequestCounters>,
}

impl Session {
    pub(crate) async fn open(cluster: &Arc<ClusterInner>, keyspace: Option<&str>) -> Result<Self, Error> {
        let version = cluster.version().ok_or(Error::ShutDown)?;
        let inner = Arc::new_cyclic(|me: &Weak<SessionInner>| SessionInner {
            cluster: Arc::clone(cluster),
            context: Arc::new(PoolContext {
                executor: cluster.executor.clone(),
                connection: cluster.config.connection.clone(),
                version,
                keyspace: SessionKeyspace::default(),
                waiting: WaitingRoom::new(cluster.config.queue, cluster.executor.clone()),
                draining: Draining::default(),
                observer: me.clone() as Weak<dyn PoolObserver>,
            }),
            view: ArcSwap::default(),
            adjusting: Mutex::default(),
            prepared: Mutex::default(),
            unprepared: UnpreparedStatements::new(cluster.config.unprepared_statements),
            preparing: Preparing::default(),
            switching: Arc::default(),
            shut_down: AtomicBool::new(false),
            retries: Purse::new(cluster.config.retry_budget, Instant::now()),
            speculations: Purse::new(cluster.config.speculation_budget, Instant::now()),
            observer: Arc::clone(&cluster.observer),
            requests: Arc::default(),
        });
        cluster.add_session(&inner);
        while !inner.adjust_pools(&cluster.snapshot()) {}
        inner.wait_for_connection().await?;
        let session = Self { inner };
        if let Some(keyspace) = keyspace {
            let cql = format!("USE {}", crate::statement::identifier::quoted(keyspace));
            session.execute(cql).await?;
        }
        Ok(session)
    }

    /// Runs a statement. The request is on its way when this returns; what is returned waits for the answer, and
    /// dropping it cancels the request.
    #[must_use = "a request is cancelled when its future is dropped"]
    pub fn execute(&self, statement: impl Into<Statement>) -> ResponseFuture {
        ResponseFuture::begin(&self.inner, statement.into())
    }

    /// As [`execute`](Self::execute), with a write timestamp for this execution alone, in microseconds since
    /// 1970-01-01T00:00Z. It is the same as one among the [options](StatementOptions::timestamp), without a copy of them for
    /// each execution of a prepared statement.
    #[must_use = "a request is cancelled when its future is dropped"]
    pub fn execute_at(&self, statement: impl Into<Statement>, timestamp: i64) -> ResponseFuture {
        ResponseFuture::begin_at(&self.inner, statement.into(), timestamp)
    }

    /// Runs many statements, `concurrency` at a time, and gives their results in order. The first ones are on their way when
    /// this returns; each result that is taken lets one more statement begin.
    pub fn execute_many<I>(&self, statements: I, concurrency: usize) -> ExecuteMany<I::IntoIter>
    where
        I: IntoIterator,
        I::Item: Into<Statement>,
    {
        ExecuteMany::new(self.clone(), statements.into_iter(), concurrency)
    }

    /// Reads a whole table, by pieces of the ring that are each asked of their replicas; see [`TableScan`] for what can be
    /// said of it. The schema must be known ([`Config::schema_metadata`](crate::Config::schema_metadata)).
    pub fn scan(&self, keyspace: &str, table: &str) -> TableScan {
        TableScan::new(self.clone(), keyspace, table)
    }

    /// Runs a statement for a thread that blocks: it calls [`ResponseFuture::wait`] next. Where nothing else is under way on
    /// the connection, that thread then does the connection's reading and writing itself while it waits, which saves the
    /// way to the I/O thread and back. Not to be awaited: until somebody waits, some milliseconds may pass before the
    /// request leaves.
    ///
    /// ```no_run
    /// # fn read(session: &helenus::Session) -> Result<helenus::ResultSet, helenus::Error> {
    /// let mut answer = session.execute_then_wait("SELECT release_version FROM system.local");
    /// while !answer.wait(std::time::Duration::from_secs(60)) {}
    /// answer.take().unwrap_or(Err(helenus::Error::Dropped))
    /// # }
    /// ```
    #[must_use = "a request is cancelled when its future is dropped"]
    pub fn execute_then_wait(&self, statement: impl Into<Statement>) -> ResponseFuture {
        ResponseFuture::begin_to_wait(&self.inner, statement.into(), None)
    }

    /// As [`execute_then_wait`](Self::execute_then_wait), with a timestamp as for [`execute_at`](Self::execute_at).
    #[must_use = "a request is cancelled when its future is dropped"]
    pub fn execute_at_then_wait(&self, statement: impl Into<Statement>, timestamp: i64) -> ResponseFuture {
        ResponseFuture::begin_to_wait(&self.inner, statement.into(), Some(timestamp))
    }

    /// Has the server prepare a statement, on every host where the cluster's settings say so.
    ///
    /// # Errors
    ///
    /// The server's, where the text is no CQL or names what is not there; or that no host could be asked.
    pub async fn prepare(&self, query: &str) -> Result<PreparedStatement, Error> {
        Ok(self.inner.prepare(query, None, &[], None).await?.0)
    }

    /// Has the server prepare a statement in `keyspace` instead of the session's. v5 only: before, PREPARE has no place for one,
    /// and names in the text are to be written with their keyspace (`ks.t`).
    ///
    /// # Errors
    ///
    /// See [`prepare`](Self::prepare); [`Error::Encode`], and nothing is sent, where a keyspace is given and the session speaks
    /// v3 or v4.
    pub async fn prepare_in(&self, query: &str, keyspace: Option<&str>) -> Result<PreparedStatement, Error> {
        Ok(self.inner.prepare(query, keyspace, &[], None).await?.0)
    }

    /// The same with a custom payload for the server's query handler (v4), which may answer with another, and with a time
    /// of its own; `Some(Duration::MAX)`: for ever.
    ///
    /// # Errors
    ///
    /// See [`prepare_in`](Self::prepare_in).
    pub async fn prepare_with_payload(
        &self,
        query: &str,
        keyspace: Option<&str>,
        payload: &[(String, Option<Bytes>)],
        timeout: Option<Duration>,
    ) -> Result<(PreparedStatement, CustomPayload), Error> {
        self.inner.prepare(query, keyspace, payload, timeout).await
    }

    /// The execution profile of this name, for [statements](Statement::with_profile).
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] where there is none, with the names of those that there are.
    pub fn execution_profile(&self, name: &str) -> Result<ProfileHandle, Error> {
        self.cluster().execution_profile(name)
    }

    /// The keyspace for names without one.
    #[must_use]
    pub fn keyspace(&self) -> Option<String> {
        self.inner.context.keyspace.load().as_deref().cloned()
    }

    /// Uses `keyspace` for names without one, from the next statement on.
    ///
    /// # Errors
    ///
    /// The server's, where the keyspace is not there.
    pub async fn set_keyspace(&self, keyspace: &str) -> Result<(), Error> {
        self.execute(format!("USE {}", crate::statement::identifier::quoted(keyspace))).await.map(drop)
    }

    /// The cluster that it belongs to.
    #[must_use]
    pub fn cluster(&self) -> Cluster {
        Cluster { inner: Arc::clone(&self.inner.cluster) }
    }

    /// For each open connection to `host`: how many of its stream ids are in use (requests that wait, and reserved ids), and how
    /// many are held back for answers that nobody waits for. `None` for a host that the session does not use.
    #[must_use]
    pub fn pool_state(&self, host: &Host) -> Option<Vec<(usize, usize)>> {
        let connections = self.inner.view.load().pool(host)?.connections();
        Some(connections.iter().map(|connection| (connection.in_flight(), connection.orphans())).collect())
    }

    /// How full the queue is of requests that wait for room, since every host of their plan is busy.
    #[must_use]
    pub fn queue_state(&self) -> QueueState {
        self.inner.context.waiting.state()
    }

    /// All its counts and gauges as they are now.
    #[must_use]
    pub fn metrics(&self) -> SessionMetrics {
        self.inner.metrics()
    }

    /// Takes a stream id of the least busy connection to `host` out of circulation until what is returned is dropped: no
    /// request is given it meanwhile. Waits up to `timeout` where no connection is open or all are full. On a tokio runtime.
    ///
    /// # Errors
    ///
    /// [`AttemptError::Busy`] where all connections are full, [`AttemptError::NoConnection`] where none is open or the
    /// session does not use the host.
    pub async fn reserve(&self, host: &Host, timeout: Duration) -> Result<Reserved, AttemptError> {
        let pool = self.inner.view.load().pool(host).cloned();
        pool.ok_or(AttemptError::NoConnection(None))?.reserve(timeout).await
    }

    /// Closes the session's connections. Requests under way end with an error; later ones fail at once.
    pub fn shut_down(&self) {
        self.inner.shut_down();
    }

    /// Whether [`shut_down`](Self::shut_down) was called.
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        self.inner.is_shut_down()
    }
}

impl SessionInner {
    pub(crate) fn defaults(&self) -> &RequestDefaults {
        &self.cluster.config.defaults
    }

    /// What a statement gets that says nothing itself: what its profile says, or the session.
    pub(crate) fn defaults_of<'a>(&'a self, options: &'a StatementOptions) -> &'a RequestDefaults {
        options.profile.as_ref().map_or_else(|| self.defaults(), ProfileHandle::options)
    }

    pub(crate) fn is_shut_down(&self) -> bool {
        self.shut_down.load(Ordering::Acquire) || self.cluster.is_shut_down()
    }

    pub(crate) fn shut_down(&self) {
        self.shut_down.store(true, Ordering::Release);
        for pool in self.view.rcu(|view| view.without_pools()).pools() {
            pool.shut_down();
        }
        self.context.draining.shut_down();
    }
}

impl Drop for SessionInner {
    fn drop(&mut self) {
        self.shut_down();
    }
}
