//! The cluster as it is known: its hosts, the snapshot that one request sees from its beginning to its end, and the
//! control connection that keeps it true.

mod builder;
mod contact;
pub(crate) mod control;
pub(crate) mod distances;
pub(crate) mod host;
mod inner;
pub(crate) mod link;
mod listening;
pub(crate) mod load;
pub(crate) mod proxy;
mod snapshot;
pub(crate) mod table;
mod topology;
mod watch;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use helenus_protocol::ProtocolVersion;
use tokio::sync::{mpsc, oneshot};

pub use builder::ClusterBuilder;
pub(crate) use distances::nearest;
pub use host::{Host, HostFacts, HostStatus};
pub(crate) use inner::ClusterInner;
pub use snapshot::Snapshot;

use crate::config::{Config, PoolSize};
use crate::error::{Error, RequestFailure, Unanswered};
use crate::executor::Executor;
use crate::lock::lock;
use crate::metrics::{ClusterCounters, Failures, Metrics};
use crate::observe::{Flight, Observer};
use crate::policy::{HostStateListener, SchemaListener};
use crate::profile::{ExecutionProfile, ProfileHandle, Profiles};
use crate::schema::SchemaPart;
use crate::session::Session;
use listening::Listeners;
use watch::News;

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

impl Cluster {
    /// Settings to connect with.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::new()
    }

    /// Finds the cluster by `config`'s contact points and begins to watch it: of their addresses the first that takes a connection
    /// and tells what it knows of the cluster gets the control connection, with all events (REGISTER, section 4.1.8 of the
    /// specification). `executor` runs all tasks.
    ///
    /// One address is tried after another, each for no longer than [`connect_timeout`](crate::config::ConnectionConfig::connect_timeout),
    /// and asked with [`control_timeout`](Config::control_timeout) for each question. When this future is dropped, that ends.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] where there is no contact point or none can be resolved, servers would be asked for signs of
    /// life without a pause, or a host would get too many connections; [`Error::Connect`], with what came of each address, where
    /// none can be connected to.
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

    /// A session, with `keyspace` for names without one. It is there once some host can be asked; connections to the others are
    /// opened meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::Connect`] where no host takes a connection within the connect timeout, or the load-balancing policy uses none (there
    /// is no address in it then); the server's error where the keyspace is not there; [`Error::ShutDown`] after
    /// [`shut_down`](Self::shut_down).
    pub async fn session(&self, keyspace: Option<&str>) -> Result<Session, Error> {
        if self.inner.is_shut_down() {
            return Err(Error::ShutDown);
        }
        Session::open(&self.inner, keyspace).await
    }

    /// What is known of the cluster now. It does not change any more, but for the state of its hosts: ask again to see what does.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.snapshot()
    }

    /// The protocol version that its connections speak. It was settled by the first of them, and stays.
    #[must_use]
    pub fn protocol_version(&self) -> ProtocolVersion {
        self.inner.version().unwrap_or(ProtocolVersion::LATEST)
    }

    /// The cluster's name and its partitioner's full class name, as the node on the control connection says; `None` where it does not.
    #[must_use]
    pub fn names(&self) -> (Option<String>, Option<String>) {
        self.inner.names.load().as_deref().cloned().unwrap_or_default()
    }

    /// The host of the control connection, while there is one: for a moment after it was lost there is none.
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

    /// Reads a part of the schema again: at once, on the control connection, each question within
    /// [`control_timeout`](Config::control_timeout). Nothing is read where [`schema_metadata`](Config::schema_metadata) and
    /// [`token_metadata`](Config::token_metadata) are off.
    ///
    /// # Errors
    ///
    /// [`Error::NoControlConnection`] while there is none, else what reading came to.
    pub async fn refresh_schema(&self, part: SchemaPart) -> Result<(), Error> {
        let link = self.inner.control().ok_or(Error::NoControlConnection)?;
        control::refresh_schema(&self.inner, &link, &[part]).await
    }

    /// Waits until all nodes that are up have the same schema, at most `patience`; tells whether they have. The node of the control
    /// connection is asked every 200 ms. Without patience nobody is asked, and the answer is yes; without a control connection, or
    /// when it is lost, it is no.
    pub async fn await_schema_agreement(&self, patience: Duration) -> bool {
        match self.inner.control() {
            Some(link) => control::await_agreement(&self.inner, &link, patience).await,
            None => false,
        }
    }

    /// How many connections each session holds to a host: one, unless it was set otherwise.
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

    /// How often attempts of its sessions' requests have failed since it was connected, by what they failed with.
    #[must_use]
    pub fn failures(&self) -> Failures {
        self.inner.counters.failures.read()
    }

    /// What the flight recorder has kept of the last requests to `host`, the oldest first; empty where nothing is recorded
    /// ([`Observability::flight_recorder`](crate::observe::Observability)).
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

    /// Has `listener` told of hosts from now on, on a thread for all listeners. Of what is so already it hears nothing: ask
    /// [`snapshot`](Self::snapshot) after this. It is kept until the cluster's last handle is gone.
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

    /// Closes all sessions and connections. Requests under way end with an error, and so does whatever is asked for later
    /// ([`Error::ShutDown`]). Calling it again does nothing. Dropping the last handle of the cluster and of its sessions does the same.
    pub fn shut_down(&self) {
        self.inner.shut_down();
    }

    /// Whether [`shut_down`](Self::shut_down) was called.
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        self.inner.is_shut_down()
    }
}
