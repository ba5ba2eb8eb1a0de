//! The connections to one host: [`Pool`] performs what [`plan`] decides.

mod admission;
pub(crate) mod draining;
pub(crate) mod keyspace;
mod outage;
pub(crate) mod plan;
pub(crate) mod queue;
pub(crate) mod reserve;
pub(crate) mod waiting;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Instant;

use arc_swap::{ArcSwap, ArcSwapOption};
use helenus_protocol::ProtocolVersion;
use helenus_protocol::response::{Event, ServerError};

use crate::cluster::Host;
use crate::cluster::link::Link;
use crate::cluster::load::HostLoad;
use crate::connection::config::ConnectionConfig;
use crate::connection::endpoint::Endpoint;
use crate::connection::open::open;
use crate::connection::{Connection, Owner};
use crate::error::{ConnectionError, RUNTIME_ENDED};
use crate::executor::Executor;
use crate::lock::lock;
use crate::owed::Owed;
use draining::Draining;
use keyspace::SessionKeyspace;
use outage::Outage;
use plan::{PoolAction, PoolPlan};
use waiting::WaitingRoom;

/// Numbers pools within the process.
static SERIAL: AtomicUsize = AtomicUsize::new(1);

/// What the pools of one session share.
pub(crate) struct PoolContext {
    pub(crate) executor: Executor,
    pub(crate) connection: ConnectionConfig,
    pub(crate) version: ProtocolVersion,
    /// The session's keyspace: every connection uses it before anyone else does.
    pub(crate) keyspace: SessionKeyspace,
    /// Where requests wait that find all hosts busy.
    pub(crate) waiting: Arc<WaitingRoom>,
    /// Connections that were replaced, or are not needed any more.
    pub(crate) draining: Draining,
    pub(crate) observer: Weak<dyn PoolObserver>,
}

/// The connections that take requests, as they are at one moment.
pub(crate) type Open = Arc<Vec<Arc<Connection>>>;

/// Who hears how a pool's host is doing.
pub(crate) trait PoolObserver: Send + Sync {
    /// Where to connect to for this host.
    fn endpoint(&self, host: &Arc<Host>) -> Endpoint;
    /// Requests are to be sent on these connections from now on. Told in the order of the changes; not to use the pool.
    fn handle_open(&self, pool: &Pool, open: &Open);
    /// A connection was opened, or is there no more; `open` are left.
    fn handle_connections(&self, host: &Arc<Host>, open: usize, error: Option<&ConnectionError>);
    /// The pool has a connection to its host for the first time, or for the first time after none could be opened.
    fn handle_return(&self, host: &Arc<Host>, connection: &Arc<Connection>);
}

/// The connections of one session to one host.
pub(crate) struct Pool {
    host: Arc<Host>,
    context: Arc<PoolContext>,
    open: ArcSwap<Vec<Arc<Connection>>>,
    /// Held while `open` changes, and whoever sends is told.
    opening: Mutex<()>,
    plan: Mutex<PoolPlan>,
    /// Whether one is expected where none is open.
    outage: Mutex<Outage>,
    last_error: ArcSwapOption<ConnectionError>,
    /// The next connection that is opened is the first of its host, or the first after one could not be.
    returning: AtomicBool,
    serial: usize,
    /// How many requests wait for room here.
    awaited: Arc<AtomicUsize>,
    /// How often somebody has come to let in who waits, since nobody did.
    admitting: AtomicUsize,
    me: Weak<Self>,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("host", &self.host)
            .field("open", &self.open.load())
            .finish_non_exhaustive()
    }
}

impl Pool {
    /// A pool that will hold what `plan` wants, once it is [started](Self::start).
    pub(crate) fn new(host: Arc<Host>, context: Arc<PoolContext>, plan: PoolPlan) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            host,
            context,
            open: ArcSwap::default(),
            opening: Mutex::default(),
            plan: Mutex::new(plan),
            outage: Mutex::new(Outage::first()),
            last_error: ArcSwapOption::empty(),
            returning: AtomicBool::new(true),
            serial: SERIAL.fetch_add(1, Ordering::Relaxed),
            awaited: Arc::default(),
            admitting: AtomicUsize::new(0),
            me: me.clone(),
        })
    }

    /// Begins to connect.
    pub(crate) fn start(&self) {
        self.decide(PoolPlan::start);
    }

    pub(crate) const fn host(&self) -> &Arc<Host> {
        &self.host
    }

    /// The open connections.
    pub(crate) fn connections(&self) -> Open {
        self.open.load_full()
    }

    /// Why the last connection ended, or could not be opened.
    pub(crate) fn last_error(&self) -> Option<ConnectionError> {
        self.last_error.load_full().map(|error| (*error).clone())
    }

    /// The host was said to be up, or anything else happened that makes a new attempt worth while now.
    pub(crate) fn try_now(&self) {
        self.decide(PoolPlan::handle_up);
    }

    /// Holds `wanted` connections from now on. Those that are not needed end when their last answer has come.
    pub(crate) fn resize(&self, wanted: usize) {
        self.decide(|plan, now| plan.handle_wanted(wanted, now));
        if wanted == 0 {
            self.give_up();
        }
    }

    fn is_shut_down(&self) -> bool {
        lock(&self.plan).is_shut_down()
    }

    /// Closes every connection, and opens none any more.
    pub(crate) fn shut_down(&self) {
        self.decide(|plan, _now| plan.shut_down());
        self.give_up();
    }

    fn decide(&self, input: impl FnOnce(&mut PoolPlan, Instant) -> Vec<PoolAction>) {
        let actions = input(&mut lock(&self.plan), Instant::now());
        for action in actions {
            self.perform(action);
        }
    }

    fn perform(&self, action: PoolAction) {
        match action {
            PoolAction::Connect => self.connect(),
            PoolAction::Close(serial) => {
                let found = self.open.load().iter().find(|connection| connection.serial() == serial).cloned();
                if let Some(connection) = found {
                    connection.close(ConnectionError::Closed("its pool does not want it any more"));
                }
            }
            PoolAction::Drain(serial) => self.drain(serial),
            PoolAction::Timer(at) => {
                let me = self.me.clone();
                self.context.executor.main().spawn(async move {
                    tokio::time::sleep_until(at.into()).await;
                    if let Some(pool) = me.upgrade() {
                        pool.decide(PoolPlan::handle_timeout);
                    }
                });
            }
        }
    }

    fn connect(&self) {
        let Some(observer) = self.context.observer.upgrade() else { return };
        let Some(me) = self.me.upgrade() else { return };
        let endpoint = observer.endpoint(&self.host);
        let context = Arc::clone(&self.context);
        let pool = Arc::clone(&me);
        let abandoned = Owed::new(move || pool.failed(&ConnectionError::Closed(RUNTIME_ENDED)));
        self.context.executor.pick().clone().spawn(async move {
            let owner: Arc<dyn Owner> = Arc::new(PoolOwner::new(&me));
            let opened = open(&endpoint, context.version, &context.connection, owner).await;
            let joined = match opened {
                Ok(connection) => me.join(&connection).await.map(|()| connection),
                Err(error) => Err(error),
            };
            abandoned.paid();
            match joined {
                Ok(connection) => me.joined(&connection),
                Err(error) => me.failed(&error),
            }
        });
    }

    /// Has a new connection use the session's keyspace, as it is when the connection joins. One that cannot is no use:
    /// statements would run on it where they do not belong. But where the server itself says that there is no such
    /// keyspace, it joins without one, so that it can be made again.
    async fn join(&self, connection: &Arc<Connection>) -> Result<(), ConnectionError> {
        let mut used: Option<Arc<String>> = None;
        while !self.context.keyspace.join(used.as_ref(), || self.add(connection)) {
            let wanted = self.context.keyspace.load();
            if let Some(keyspace) = &wanted {
                let link = Link { host: Arc::clone(&self.host), connection: Arc::clone(connection) };
                let cql = format!("USE {}", crate::statement::identifier::quoted(keyspace));
                if let Err(error) = link.query(&cql, self.context.connection.connect_limit()).await {
                    tracing::warn!(host = %self.host.address(), %error, "a new connection cannot use the keyspace");
                    let is_missing = matches!(error.server_error(), Some(ServerError::Invalid { .. }));
                    if used.is_some() || !is_missing {
                        let why = ConnectionError::Setup(format!("{cql}: {error}").into());
                        connection.close(why.clone());
                        return Err(why);
                    }
                }
            }
            used = wanted;
        }
        Ok(())
    }

    fn add(&self, connection: &Arc<Connection>) {
        // Let go after the lock: this may be the last handle to the session, whose end closes connections.
        let observer = self.context.observer.upgrade();
        let _opening = lock(&self.opening);
        let mut open = Vec::clone(&self.open.load());
        open.push(Arc::clone(connection));
        let open = Arc::new(open);
        // Those who send see it first: whoever is told that there is room on it must not be sent away again.
        self.show(observer.as_ref(), &open);
        self.open.store(open);
    }

    /// Takes a connection out of use; gives it, if it was in use.
    fn remove(&self, serial: usize) -> Option<Arc<Connection>> {
        // Let go after the lock: see `add`.
        let observer = self.context.observer.upgrade();
        let _opening = lock(&self.opening);
        let mut open = Vec::clone(&self.open.load());
        let at = open.iter().position(|connection| connection.serial() == serial)?;
        let removed = open.remove(at);
        let open = Arc::new(open);
        self.open.store(Arc::clone(&open));
        self.show(observer.as_ref(), &open);
        Some(removed)
    }

    fn show(&self, observer: Option<&Arc<dyn PoolObserver>>, open: &Open) {
        if let Some(observer) = observer {
            observer.handle_open(self, open);
        }
    }

    /// A connection has joined: it takes requests already.
    fn joined(&self, connection: &Arc<Connection>) {
        let serial = connection.serial();
        self.last_error.store(None);
        lock(&self.outage).end();
        // It has just answered.
        self.host.set_aside(false);
        self.decide(|plan, now| plan.handle_connected(serial, now));
        // It may have ended, or been replaced, before the plan knew it.
        if let Some(error) = connection.ended() {
            self.closed(connection, error);
        }
        if !self.open.load().iter().any(|open| open.serial() == serial) {
            let ended = connection.ended().is_some();
            self.decide(|plan, now| {
                if ended { plan.handle_closed(serial, now) } else { plan.handle_replaced(serial, now) }
            });
            // It had hardly come: those who wait for it wait for another one, or not at all.
            if self.open.load().is_empty() {
                self.hope();
            }
            return self.handle_room();
        }
        self.report(None);
        self.handle_room();
        if self.returning.swap(false, Ordering::AcqRel)
            && let Some(observer) = self.context.observer.upgrade()
        {
            observer.handle_return(&self.host, connection);
        }
    }

    fn failed(&self, error: &ConnectionError) {
        self.returning.store(true, Ordering::Release);
        tracing::debug!(host = %self.host.address(), %error, "cannot connect");
        self.last_error.store(Some(Arc::new(error.clone())));
        self.decide(PoolPlan::handle_failed);
        self.give_up();
        self.report(Some(error));
    }

    fn closed(&self, connection: &Arc<Connection>, error: &ConnectionError) {
        let serial = connection.serial();
        self.note_loss(serial);
        if self.remove(serial).is_some() {
            // It may have been the silent one; another that is will say so again.
            self.host.set_aside(false);
            self.last_error.store(Some(Arc::new(error.clone())));
            self.decide(|plan, now| plan.handle_closed(serial, now));
            self.report(Some(error));
            self.handle_room();
        }
    }

    fn report(&self, error: Option<&ConnectionError>) {
        if let Some(observer) = self.context.observer.upgrade() {
            observer.handle_connections(&self.host, self.open.load().len(), error);
        }
    }

    /// Has another connection take the place of this one, which takes no requests any more from now on.
    pub(crate) fn replace(&self, connection: &Connection) {
        self.drain(connection.serial());
        self.decide(|plan, now| plan.handle_replaced(connection.serial(), now));
    }
}

struct PoolOwner {
    pool: Weak<Pool>,
    /// The pool's, to be looked at after each read and each write.
    awaited: Arc<AtomicUsize>,
}

impl PoolOwner {
    fn new(pool: &Arc<Pool>) -> Self {
        Self { pool: Arc::downgrade(pool), awaited: Arc::clone(&pool.awaited) }
    }
}

impl Owner for PoolOwner {
    fn handle_room(&self) {
        if self.awaited.load(Ordering::SeqCst) > 0
            && let Some(pool) = self.pool.upgrade()
        {
            pool.admit();
        }
    }

    fn handle_orphans(&self, connection: &Arc<Connection>, orphans: plan::Orphans) {
        if let Some(pool) = self.pool.upgrade() {
            pool.decide(|plan, now| plan.handle_orphans(connection.serial(), orphans, now));
        }
    }

    fn handle_silence(&self, connection: &Connection, silent: bool) {
        // One that was replaced says nothing of the host any more: nobody would take that back.
        if let Some(pool) = self.pool.upgrade()
            && pool.open.load().iter().any(|open| open.serial() == connection.serial())
            && pool.host.set_aside(silent)
        {
            tracing::info!(host = %pool.host.address(), silent, "a host is set aside, or is so no longer");
        }
    }

    fn load(&self) -> Option<Arc<HostLoad>> {
        self.pool.upgrade().map(|pool| Arc::clone(pool.host.load()))
    }

    fn handle_event(&self, connection: &Arc<Connection>, event: Event) {
        // Only the control connection registers.
        tracing::warn!(address = %connection.address(), ?event, "an event that nobody registered for");
    }

    fn handle_closed(&self, connection: &Arc<Connection>, error: &ConnectionError) {
        if let Some(pool) = self.pool.upgrade() {
            pool.closed(connection, error);
        }
    }
}

/// Where a host is connected to when nothing special is known of it.
pub(crate) const fn plain_endpoint(address: SocketAddr) -> Endpoint {
    Endpoint::Tcp { address, name: None }
}

#[cfg(all(test, not(helenus_loom)))]
mod tests;
