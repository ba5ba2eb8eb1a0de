//! What all handles to a cluster share: its snapshot and how it is changed, its sessions, who is told of hosts.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use helenus_protocol::ProtocolVersion;
use helenus_protocol::response::SchemaChange;
use tokio::sync::mpsc;

use super::distances::nearest;
use super::link::Link;
use super::listening::{JOINED, LEFT, Listeners};
use super::topology::Topology;
use super::watch::News;
use super::{Host, HostStatus, Snapshot, control};
use crate::config::{Config, PoolSize};
use crate::connection::endpoint::Endpoint;
use crate::error::ConnectionError;
use crate::executor::Executor;
use crate::lock::lock;
use crate::metrics::ClusterCounters;
use crate::observe::Observer;
use crate::policy::{HostDistance, LoadBalancingPolicy};
use crate::pool::plain_endpoint;
use crate::profile::Profiles;
use crate::schema::Schema;
use crate::session::SessionInner;

/// How many questions one after another read everything, at most, as far as a limit of time is concerned.
const QUESTIONS: u32 = 4;
/// Hosts that go up or down within this time change the distances once.
const JUDGING_WINDOW: Duration = Duration::from_millis(10);

/// See the [module](self).
pub(crate) struct ClusterInner {
    pub(crate) config: Config,
    pub(crate) executor: Executor,
    pub(super) snapshot: ArcSwap<Snapshot>,
    /// The negotiated version, 0 before there is one.
    pub(super) version: AtomicU8,
    pub(super) control: ArcSwapOption<Link>,
    pub(crate) names: ArcSwapOption<(Option<String>, Option<String>)>,
    pub(super) sessions: Mutex<Vec<Weak<SessionInner>>>,
    pub(super) pool_size: Mutex<PoolSize>,
    /// The hosts' distances will be asked again soon.
    pub(super) judging: AtomicBool,
    pub(super) listeners: Listeners,
    pub(super) profiles: Mutex<Profiles>,
    pub(super) news: mpsc::UnboundedSender<News>,
    pub(super) shut_down: AtomicBool,
    /// Held while the schema is read and put in place: what was read earlier is never put over what was read later.
    pub(super) reading_schema: tokio::sync::Mutex<()>,
    pub(crate) counters: ClusterCounters,
    pub(crate) observer: Arc<Observer>,
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

    pub(super) fn set_version(&self, version: ProtocolVersion) {
        self.version.store(version.number(), Ordering::Release);
    }

    pub(crate) fn control(&self) -> Option<Link> {
        self.control.load().as_deref().cloned()
    }

    pub(super) fn set_control(&self, link: Option<Link>) {
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

    pub(super) fn shut_down(&self) {
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
    pub(super) fn refresh_limit(&self) -> Duration {
        let hosts = self.snapshot().hosts().len() + self.config.contact_points.len();
        let asking = self.config.control_timeout.saturating_mul(QUESTIONS);
        let each = self.config.connection.connect_limit().saturating_add(asking);
        each.saturating_mul(u32::try_from(hosts).unwrap_or(u32::MAX))
    }

    pub(crate) fn pool_size(&self) -> PoolSize {
        *lock(&self.pool_size)
    }

    /// Puts what was read in place of what was known. Hosts that are still there keep their state.
    pub(super) async fn apply_topology(&self, found: Topology) {
        self.publish(|before| before.after_reading(&found)).await;
        self.names.store(Some(Arc::new((found.cluster_name, found.partitioner_class))));
    }

    pub(super) async fn apply_schema(&self, schema: Schema) {
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

    /// Puts `after` in the place of `before`, tells who has joined and left by that, and has every session connect accordingly.
    /// False if another snapshot has taken its place by now: whoever was quicker must not be undone.
    pub(super) fn replace(&self, before: &Arc<Snapshot>, after: &Arc<Snapshot>) -> bool {
        let joined = after.hosts_beside(before).map(|host| (Arc::clone(host), JOINED));
        let left = before.hosts_beside(after).map(|host| (Arc::clone(host), LEFT));
        let changes: Vec<_> = joined.chain(left).collect();
        let mut is_replaced = false;
        // In one step: whoever finds a host up comes after it has joined, and before it has left.
        let noted = self.listeners.note(|| {
            is_replaced = Arc::ptr_eq(before, &self.snapshot.compare_and_swap(before, Arc::clone(after)));
            if is_replaced { changes } else { Vec::new() }
        });
        if !is_replaced {
            return false;
        }
        for session in self.sessions() {
            // By a newer one, if somebody has put one in its place and has not come to this yet: whoever waits for this change
            // is to find it in force.
            while !session.adjust_pools(&self.snapshot()) {}
        }
        // A listener that uses a session finds the host's pool there.
        self.listeners.tell_noted(noted);
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
    pub(super) fn host_may_be_up(&self, host: &Arc<Host>) {
        for session in self.sessions() {
            session.try_now(host);
        }
    }

    /// Whether any session has a connection to `host`.
    pub(crate) fn is_connected(&self, host: &Host) -> bool {
        self.sessions().iter().any(|session| session.is_connected(host))
    }

    /// Somebody has opened a connection to a host, or has found that there is none and takes it to be down.
    pub(crate) fn host_found(self: &Arc<Self>, found: HostStatus, host: &Arc<Host>) {
        let is_member =
            || self.current().host(host.host_id()).is_some_and(|known| known.shares_state_with(host));
        if self.listeners.tell_status(found, host, || self.is_connected(host), is_member) {
            self.judge_soon();
        }
    }

    /// Where a new control connection is tried: hosts that are up, then others that are used and `lost`, from where it
    /// was lost.
    pub(super) fn endpoints_by_preference(&self, lost: SocketAddr) -> Vec<Endpoint> {
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
        if let Some(path) = &host.facts().socket {
            return Endpoint::Unix { path: path.to_path_buf(), address: host.address() };
        }
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
