//! Which hosts a session has connections to, and what follows when one changes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::SessionInner;
use crate::cluster::link::Link;
use crate::cluster::{Host, HostStatus, Snapshot, nearest};
use crate::connection::Connection;
use crate::connection::endpoint::Endpoint;
use crate::error::{ConnectionError, Error};
use crate::lock::lock;
use crate::policy::HostDistance;
use crate::policy::guard::guarded;
use crate::pool::plan::PoolPlan;
use crate::pool::{Open, Pool, PoolObserver};

impl SessionInner {
    /// Makes the pools what the snapshot and the policy want: new hosts get one, hosts that left or are not used lose
    /// theirs, a host whose address has changed gets a new one. False if the snapshot is not the present one any more:
    /// then nothing is done.
    pub(crate) fn adjust_pools(&self, snapshot: &Arc<Snapshot>) -> bool {
        let policies = self.cluster.policies();
        let distances: Vec<_> =
            snapshot.hosts().iter().map(|host| nearest(&policies, snapshot, host)).collect();
        // Two at once would each start a pool that the other forgets.
        let _adjusting = lock(&self.adjusting);
        if !Arc::ptr_eq(&self.cluster.current(), snapshot) {
            return false;
        }
        let (size, config) = (self.cluster.pool_size(), &self.cluster.config);
        let before = self.view.load_full();
        let mut after = Vec::with_capacity(snapshot.hosts().len());
        for (host, distance) in snapshot.hosts().iter().zip(distances) {
            let wanted = match distance {
                HostDistance::LocalRack | HostDistance::Local => size.local,
                HostDistance::Remote => size.remote,
                HostDistance::Ignored => 0,
            };
            if wanted == 0 || self.is_shut_down() {
                continue;
            }
            let pool = match before.pool(host) {
                Some(pool) if pool.host().address() == host.address() => {
                    pool.resize(wanted);
                    Arc::clone(pool)
                }
                _ => {
                    let plan = PoolPlan::new(wanted, config.dials_per_host, Arc::clone(&config.reconnection));
                    Pool::new(Arc::clone(host), Arc::clone(&self.context), plan)
                }
            };
            after.push(pool);
        }
        self.view.rcu(|now| now.with_pools(snapshot, &after));
        // Only now: whoever looks for all connections finds those that join from here on.
        for pool in &after {
            if before.pool(pool.host()).is_none_or(|known| !Arc::ptr_eq(known, pool)) {
                pool.start();
            }
        }
        for pool in before.pools() {
            if !after.iter().any(|kept| Arc::ptr_eq(kept, pool)) {
                pool.resize(0);
            }
        }
        if self.is_shut_down() {
            self.shut_down();
        }
        true
    }

    /// Waits until a connection is open, or no pool has one to hope for.
    pub(crate) async fn wait_for_connection(&self) -> Result<(), Error> {
        let patience = self.context.connection.connect_limit().saturating_add(Duration::from_millis(500));
        let until = Instant::now().checked_add(patience);
        loop {
            let view = self.view.load_full();
            if self.is_shut_down() {
                return Err(Error::ShutDown);
            }
            if view.pools().len() == 0 {
                return Err(Error::Connect(Vec::new()));
            }
            if view.pools().any(|pool| !pool.connections().is_empty()) {
                return Ok(());
            }
            let errors: Vec<(SocketAddr, ConnectionError)> =
                view.pools().filter_map(|pool| Some((pool.host().address(), pool.last_error()?))).collect();
            if errors.len() == view.pools().len() || until.is_some_and(|until| Instant::now() > until) {
                return Err(Error::Connect(errors));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Whether a connection to `host` is open.
    pub(crate) fn is_connected(&self, host: &Host) -> bool {
        self.view.load().pool(host).is_some_and(|pool| !pool.connections().is_empty())
    }

    pub(crate) fn try_now(&self, host: &Arc<Host>) {
        if let Some(pool) = self.view.load().pool(host) {
            pool.try_now();
        }
    }
}

impl PoolObserver for SessionInner {
    fn endpoint(&self, host: &Arc<Host>) -> Endpoint {
        self.cluster.endpoint(host)
    }

    fn handle_open(&self, pool: &Pool, open: &Open) {
        self.view.rcu(|view| view.with_open(pool, open));
    }

    fn handle_connections(&self, host: &Arc<Host>, open: usize, error: Option<&ConnectionError>) {
        let conviction = Arc::clone(&self.cluster.config.conviction);
        let (cluster, host, error) = (Arc::clone(&self.cluster), Arc::clone(host), error.cloned());
        let judge = match error {
            None => {
                self.cluster.host_found(HostStatus::Up, &host);
                Box::new(move || _ = guarded("conviction policy", || conviction.reset(&host)))
                    as Box<dyn FnOnce() + Send>
            }
            // That was ourselves, and says nothing of the host.
            Some(ConnectionError::Closed(_)) => return,
            Some(error) => Box::new(move || {
                // One that cannot say is taken to say what nearly all do.
                let convicted = guarded("conviction policy", || conviction.convict(&host, &error));
                if convicted.unwrap_or(true) && open == 0 {
                    cluster.host_found(HostStatus::Down, &host);
                }
            }),
        };
        if self.is_shut_down() {
            return;
        }
        // What cannot say so is kept away from this thread.
        let may_block = guarded("conviction policy", || self.cluster.config.conviction.may_block());
        if may_block.unwrap_or(true) {
            self.context.executor.main().spawn_blocking(judge);
        } else {
            judge();
        }
    }

    fn handle_return(&self, host: &Arc<Host>, connection: &Arc<Connection>) {
        if self.cluster.config.reprepare_on_up {
            let link = Link { host: Arc::clone(host), connection: Arc::clone(connection) };
            self.prepare_all_on(link);
        }
    }
}
