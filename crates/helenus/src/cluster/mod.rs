//! The cluster as it is known: its hosts, the snapshot that one request sees from its beginning to its end, and the
//! control connection that keeps it true.

mod builder;
mod contact;
pub(crate) mod control;
pub(crate) mod distances;
pub(crate) mod host;
pub(crate) mod link;
mod listening;
pub(crate) mod load;
pub(crate) mod proxy;
mod snapshot;
pub(crate) mod table;
mod topology;
mod watch;

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use helenus_protocol::ProtocolVersion;
use helenus_protocol::response::SchemaChange;
use tokio::sync::{mpsc, oneshot};

pub use builder::ClusterBuilder;
pub(crate) use distances::nearest;
pub use host::{Host, HostFacts, HostStatus};
pub use snapshot::Snapshot;

use crate::config::{Config, PoolSize};
use crate::connection::open::Endpoint;
use crate::error::{ConnectionError, Error, RequestFailure, Unanswered};
use crate::executor::Executor;
use crate::lock::lock;
use crate::metrics::{ClusterCounters, Failures, Metrics};
use crate::observe::{Flight, Observer};
use crate::policy::{HostDistance, HostStateListener, LoadBalancingPolicy, SchemaListener};
use crate::pool::plain_endpoint;
use crate::profile::{ExecutionProfile, ProfileHandle, Profiles};
use crate::schema::{Schema, SchemaPart};
use crate::session::{Session, SessionInner};
use link::Link;
use listening::Listeners;
use topology::Topology;
use watch::News;

/// How many questions one after another read everything, at most, as far as a limit of time is concerned.
const QUESTIONS: u32 = 4;
/// Hosts that go up or down within this time change the distances once.
const JUDGING_WINDOW: Duration = Duration::from_millis(10);

/// A cluster: where sessions come from, and what is known of its hosts. Handles are cheap to clone.
#[derive(Clone)]
pub struct Cluster {
    pub(crate) inner: Arc<ClusterInner>,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("hosts", &self.inner.snapshot().hosts()).finish_non_exhaustive()
    }
}

pub(crate) struct ClusterInner {
    pub(crate) config: Config,
    pub(crate) executor: Executor,
    snapshot: ArcSwap<Snapshot>,
    /// The negotiated version, 0 before there is one.
    version: AtomicU8,
    control: ArcSwapOption<Link>,
    pub(crate) names: ArcSwapOption<(Option<String>, Option<String>)>,
    sessions: Mutex<Vec<Weak<SessionInner>>>,
    pool_size: Mutex<PoolSize>,
    /// The hosts' distances will be asked again soon.
    judging: AtomicBool,
    listeners: Listeners,
    profiles: Mutex<Profiles>,
    news: mpsc::UnboundedSender<News>,
    shut_down: AtomicBool,
    /// Held while the schema is read and put in place: what was read earlier is never put over what was read later.
    reading_schema: tokio::sync::Mutex<()>,
    pub(crate) counters: ClusterCounters,
    pub(crate) observer: Arc<Observer>,
}

impl Cluster {
    /// Settings to connect with.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::new()
    }

    /// Finds the cluster by `config`'s contact points and begins to watch it.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] where there is no contact point or none can be resolved, servers would be asked for signs of
    /// life without a pause, or a host would get too many connections; [`Error::Connect`] where none can be connected to.
    pub async fn connect(mut config: Config, executor: Executor) -> Result<Self, Error> {
        // Settings may be those of other clusters, too.
        config.connection.traffic = Arc::default();
        config.check()?;
        let observer = Arc::new(Observer::new(&config.observability));
        let endpoints = contact::resolve(&config).await?;
        let (news, inbox) = mpsc::unbounded_channel();
        let pool_size = config.pool_size;
        let profiles = Profiles::new(&config.profiles, &config.defaults);
        let inner = Arc::new(ClusterInner {
            config,
            executor,
            snapshot: ArcSwap::default(),
            version: AtomicU8::new(0),
            control: ArcSwapOption::empty(),
            names: ArcSwapOption::empty(),
            sessions: Mutex::default(),
            pool_size: Mutex::new(pool_size),
            judging: AtomicBool::new(false),
            listeners: Listeners::default(),
            profiles: Mutex::new(profiles),
            news: news.clone(),
            shut_down: AtomicBool::new(false),
            reading_schema: tokio::sync::Mutex::default(),
            counters: ClusterCounters::default(),
            observer,
        });
        control::establish(&inner, endpoints, &news).await.map_err(Error::Connect)?;
        inner.executor.main().spawn(watch::watch(Arc::downgrade(&inner), news, inbox));
        #[cfg(feature = "metrics")]
        if let Some(every) = inner.config.observability.publish_every {
            crate::metrics::publish::start(&inner, every);
        }
        Ok(Self { inner })
    }

    /// A session, with `keyspace` for names without one. It is there once some host can be asked.
    ///
    /// # Errors
    ///
    /// [`Error::Connect`] where no host takes a connection, or the server's error where the keyspace is not there.
    pub async fn session(&self, keyspace: Option<&str>) -> Result<Session, Error> {
        if self.inner.is_shut_down() {
            return Err(Error::ShutDown);
        }
        Session::open(&self.inner, keyspace).await
    }

    /// What is known of the cluster now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.snapshot()
    }

    /// The protocol version that its connections speak.
    #[must_use]
    pub fn protocol_version(&self) -> ProtocolVersion {
        self.inner.version().unwrap_or(ProtocolVersion::LATEST)
    }

    /// The cluster's name and its partitioner's class, as the node on the control connection says.
    #[must_use]
    pub fn names(&self) -> (Option<String>, Option<String>) {
        self.inner.names.load().as_deref().cloned().unwrap_or_default()
    }

    /// The host of the control connection, while there is one.
    #[must_use]
    pub fn control_host(&self) -> Option<Arc<Host>> {
        self.inner.control().map(|link| Arc::clone(&link.host))
    }

    /// Reads hosts and schema again. Where no control connection is open, all hosts are tried for one at once.
    ///
    /// # Errors
    ///
    /// What came in the way of reading; [`Error::Connect`] where no host takes a connection; [`Error::ShutDown`] after
    /// [`shut_down`](Self::shut_down), [`Error::Dropped`] after the end of the runtime that it was connected on. It takes no longer than connecting to each host and asking it may take.
    pub async fn refresh(&self) -> Result<(), Error> {
        let (waiting, finished) = oneshot::channel();
        // Whoever watches is gone with the cluster, or with its runtime.
        let gone = || if self.is_shut_down() { Error::ShutDown } else { Error::Dropped };
        self.inner.news.send(News::Refresh(waiting)).map_err(|_| gone())?;
        let limit = self.inner.refresh_limit();
        match tokio::time::timeout(limit, finished).await {
            Ok(outcome) => outcome.map_err(|_| gone())?,
            Err(_) => {
                let silent = |host| Unanswered::new(host, limit);
                let waiting = self.control_host().into_iter().map(silent).collect();
                let failure = RequestFailure::TimedOut { after: limit, waiting, attempts: Vec::new() };
                Err(Error::Request(Box::new(failure)))
            }
        }
    }

    /// Reads a part of the schema again.
    ///
    /// # Errors
    ///
    /// [`Error::NoControlConnection`] while there is none, else what reading came to.
    pub async fn refresh_schema(&self, part: SchemaPart) -> Result<(), Error> {
        let link = self.inner.control().ok_or(Error::NoControlConnection)?;
        control::refresh_schema(&self.inner, &link, &[part]).await
    }

    /// Waits until all nodes that are up have the same schema, at most `patience`; tells whether they have.
    /// Without patience nobody is asked, and the answer is yes.
    pub async fn await_schema_agreement(&self, patience: Duration) -> bool {
        match self.inner.control() {
            Some(link) => control::await_agreement(&self.inner, &link, patience).await,
            None => false,
        }
    }

    /// How many connections sessions hold to a host.
    #[must_use]
    pub fn pool_size(&self) -> PoolSize {
        self.inner.pool_size()
    }

    /// Has all sessions, those that there are too, hold so many connections to each host. Those that are not needed any
    /// more end when their last answer has come. More than [`MOST_CONNECTIONS`](crate::config::MOST_CONNECTIONS) are as many
    /// as that.
    pub fn set_pool_size(&self, size: PoolSize) {
        let size = size.bounded();
        *lock(&self.inner.pool_size) = size;
        for session in self.inner.sessions() {
            while !session.adjust_pools(&self.inner.snapshot()) {}
        }
    }

    /// All counts and gauges as they are now, those of all its sessions together.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.inner.metrics()
    }

    /// How often attempts of its sessions' requests have failed so far.
    #[must_use]
    pub fn failures(&self) -> Failures {
        self.inner.counters.failures.read()
    }

    /// What the flight recorder has kept of `host`, the oldest first; empty where nothing is recorded.
    #[must_use]
    pub fn flights(&self, host: &Host) -> Vec<Flight> {
        host.flights()
    }

    /// The execution profile of this name, for [statements](crate::Statement::with_profile).
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] where there is none, with the names of those that there are.
    pub fn execution_profile(&self, name: &str) -> Result<ProfileHandle, Error> {
        lock(&self.inner.profiles).named(name)
    }

    /// Adds an execution profile. Sessions begin to connect to the hosts that it uses and no other one did; its
    /// load-balancing policy is asked for them on the caller's thread.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] where there is one of this name already: requests may be under way by it.
    pub fn add_execution_profile(
        &self,
        name: &str,
        profile: &ExecutionProfile,
    ) -> Result<ProfileHandle, Error> {
        let handle = lock(&self.inner.profiles).add(name, profile, &self.inner.config.defaults)?;
        self.ask_distances();
        Ok(handle)
    }

    /// Has `listener` told of hosts from now on, on a thread for all listeners.
    pub fn add_listener(&self, listener: Arc<dyn HostStateListener>) {
        self.inner.listeners.add(listener);
    }

    /// Has `listener` told of changes of the schema from now on, on the same thread.
    pub fn add_schema_listener(&self, listener: Arc<dyn SchemaListener>) {
        self.inner.listeners.add_for_schema(listener);
    }

    /// Asks the load-balancing policy again how far each host is, and has every session connect accordingly. It is for
    /// policies whose answers change by themselves: what the cluster notices, it asks about by itself. The policy is
    /// asked on the caller's thread.
    pub fn ask_distances(&self) {
        loop {
            let before = self.snapshot();
            let after = Arc::new(before.judged_anew());
            let policies = self.inner.policies();
            after.hosts().iter().for_each(|host| _ = nearest(&policies, &after, host));
            if self.inner.replace(&before, &after) {
                return;
            }
        }
    }

    /// Closes all sessions and connections. Requests under way end with an error.
    pub fn shut_down(&self) {
        self.inner.shut_down();
    }

    /// Whether [`shut_down`](Self::shut_down) was called.
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        self.inner.is_shut_down()
    }
}

impl ClusterInner {
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// The snapshot, for a short look: cheaper than an owned one.
    pub(crate) fn current(&self) -> arc_swap::Guard<Arc<Snapshot>> {
        self.snapshot.load()
    }

    pub(crate) fn version(&self) -> Option<ProtocolVersion> {
        ProtocolVersion::from_number(self.version.load(Ordering::Acquire))
    }

    fn set_version(&self, version: ProtocolVersion) {
        self.version.store(version.number(), Ordering::Release);
    }

    pub(crate) fn control(&self) -> Option<Link> {
        self.control.load().as_deref().cloned()
    }

    fn set_control(&self, link: Option<Link>) {
        self.control.store(link.map(Arc::new));
    }

    pub(crate) fn is_shut_down(&self) -> bool {
        self.shut_down.load(Ordering::Acquire)
    }

    pub(crate) fn sessions(&self) -> Vec<Arc<SessionInner>> {
        let mut sessions = lock(&self.sessions);
        sessions.retain(|session| session.strong_count() > 0);
        sessions.iter().filter_map(Weak::upgrade).collect()
    }

    pub(crate) fn add_session(&self, session: &Arc<SessionInner>) {
        lock(&self.sessions).push(Arc::downgrade(session));
    }

    fn shut_down(&self) {
        if self.shut_down.swap(true, Ordering::AcqRel) {
            return;
        }
        // The task may have ended by itself.
        let _ended = self.news.send(News::Stop);
        for session in self.sessions() {
            session.shut_down();
        }
        if let Some(link) = self.control.swap(None) {
            link.connection.close(ConnectionError::Closed("the cluster is shut down"));
        }
    }

    /// How long reading everything may take: one host after another may have to be connected to, and asked.
    fn refresh_limit(&self) -> Duration {
        let hosts = self.snapshot().hosts().len() + self.config.contact_points.len();
        let asking = self.config.control_timeout.saturating_mul(QUESTIONS);
        let each = self.config.connection.connect_timeout.saturating_add(asking);
        each.saturating_mul(u32::try_from(hosts).unwrap_or(u32::MAX))
    }

    pub(crate) fn pool_size(&self) -> PoolSize {
        *lock(&self.pool_size)
    }

    /// Puts what was read in place of what was known. Hosts that are still there keep their state.
    async fn apply_topology(&self, found: Topology) {
        let (before, after) = self.publish(|before| before.after_reading(&found)).await;
        self.names.store(Some(Arc::new((found.cluster_name, found.partitioner_class))));
        for host in after.hosts().iter().filter(|host| before.host(host.host_id()).is_none()) {
            self.listeners.tell(host, |listener, host| listener.on_add(host));
        }
        for host in before.hosts().iter().filter(|host| after.host(host.host_id()).is_none()) {
            self.listeners.tell(host, |listener, host| listener.on_remove(host));
        }
    }

    async fn apply_schema(&self, schema: Schema) {
        if **self.snapshot().schema() != schema {
            let schema = Arc::new(schema);
            let (before, after) = self.publish(|before| before.with_schema(Arc::clone(&schema))).await;
            self.listeners.tell_of_schema(&before, &after);
        }
    }

    /// Puts a new snapshot in the place of the present one, with the load-balancing policy asked about every host before
    /// any request sees it. Gives both.
    async fn publish(&self, change: impl Fn(&Snapshot) -> Snapshot) -> (Arc<Snapshot>, Arc<Snapshot>) {
        loop {
            let before = self.snapshot();
            let after = Arc::new(change(&before));
            self.judge(&after).await;
            if self.replace(&before, &after) {
                return (before, after);
            }
        }
    }

    /// Puts `after` in the place of `before`, and has every session connect accordingly. False if another snapshot has
    /// taken its place by now: whoever was quicker must not be undone.
    fn replace(&self, before: &Arc<Snapshot>, after: &Arc<Snapshot>) -> bool {
        if !Arc::ptr_eq(before, &self.snapshot.compare_and_swap(before, Arc::clone(after))) {
            return false;
        }
        for session in self.sessions() {
            // By a newer one, if somebody has put one in its place and has not come to this yet: whoever waits for this change
            // is to find it in force.
            while !session.adjust_pools(&self.snapshot()) {}
        }
        true
    }

    /// Asks the load-balancing policy how near each host is; the snapshot keeps the answers.
    async fn judge(&self, snapshot: &Arc<Snapshot>) {
        let policies = self.policies();
        let snapshot = Arc::clone(snapshot);
        let may_block = policies.iter().any(|policy| policy.may_block());
        let ask = move || snapshot.hosts().iter().for_each(|host| _ = nearest(&policies, &snapshot, host));
        if !may_block {
            ask();
        } else if self.executor.main().spawn_blocking(ask).await.is_err() {
            // What was not asked now will be when it is needed.
            tracing::error!("the load-balancing policy panicked when it was asked for distances");
        }
    }

    /// A host has gone up or down: the policy may see others in a new light. Many that do so together are one change.
    fn judge_soon(self: &Arc<Self>) {
        if self.judging.swap(true, Ordering::AcqRel) {
            return;
        }
        let me = Arc::downgrade(self);
        self.executor.main().spawn(async move {
            tokio::time::sleep(JUDGING_WINDOW).await;
            if let Some(me) = me.upgrade() {
                me.judging.store(false, Ordering::Release);
                me.publish(Snapshot::judged_anew).await;
            }
        });
    }

    /// The load-balancing policies of the session's defaults and of all profiles.
    pub(crate) fn policies(&self) -> Vec<Arc<dyn LoadBalancingPolicy>> {
        lock(&self.profiles).policies(&self.config.defaults.load_balancing)
    }

    /// An event says that the host is up: connections that wait for a later attempt try at once.
    fn host_may_be_up(&self, host: &Arc<Host>) {
        for session in self.sessions() {
            session.try_now(host);
        }
    }

    /// Whether any session has a connection to `host`.
    pub(crate) fn is_connected(&self, host: &Host) -> bool {
        self.sessions().iter().any(|session| session.is_connected(host))
    }

    /// The state of a host follows from its connections.
    pub(crate) fn host_changed(self: &Arc<Self>, host: &Arc<Host>, status: HostStatus) {
        if host.status() == status || !host.set_status(status) {
            return;
        }
        match status {
            HostStatus::Up => self.listeners.tell(host, |listener, host| listener.on_up(host)),
            HostStatus::Down => self.listeners.tell(host, |listener, host| listener.on_down(host)),
            HostStatus::Unknown => {}
        }
        self.judge_soon();
    }

    /// Where a new control connection is tried: hosts that are up, then others that are used and `lost`, from where it
    /// was lost.
    fn endpoints_by_preference(&self, lost: SocketAddr) -> Vec<Endpoint> {
        let snapshot = self.snapshot();
        // A host that is not to be used is not to be watched from either, unless it is all that can be found.
        let policies = self.policies();
        let is_used = |host: &&Arc<Host>| nearest(&policies, &snapshot, host) != HostDistance::Ignored;
        let mut hosts: Vec<_> = snapshot.hosts().iter().filter(is_used).collect();
        fastrand::shuffle(&mut hosts);
        hosts.sort_by_key(|host| (host.address() == lost, host.is_set_aside(), !host.is_up()));
        hosts.iter().map(|host| self.endpoint(host)).collect()
    }

    /// How a host is dialled.
    pub(crate) fn endpoint(&self, host: &Host) -> Endpoint {
        let proxied = self.config.proxy.as_ref().and_then(|proxy| proxy.endpoint(host));
        proxied.unwrap_or_else(|| plain_endpoint(host.address()))
    }

    /// Waits until the schema is settled after `change` by `coordinator`, or that is `given_up`; tells whether the nodes
    /// agree.
    pub(crate) async fn settle_schema(
        self: &Arc<Self>,
        change: &SchemaChange,
        coordinator: Option<Link>,
        given_up: impl Future<Output = ()>,
    ) -> bool {
        control::settle(self, change, coordinator, given_up).await
    }
}

impl Drop for ClusterInner {
    fn drop(&mut self) {
        self.shut_down();
    }
}
