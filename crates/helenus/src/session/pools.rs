//! Which hosts a session has connections to, and what follows when one changes.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::SessionInner;
use crate::cluster::{Host, HostStatus, Snapshot};
use crate::connection::open::Endpoint;
use crate::error::{ConnectionError, Error};
use crate::policy::HostDistance;
use crate::pool::plan::PoolPlan;
use crate::pool::{Pool, PoolObserver, plain_endpoint};

impl SessionInner {
    /// Makes the pools what the snapshot and the policy want: new hosts get one, hosts that left or are not used lose
    /// theirs, a host whose address has changed gets a new one.
    pub(crate) fn adjust_pools(&self, snapshot: &Arc<Snapshot>) {
        let policy = &self.defaults().load_balancing;
        let before = self.pools.load_full();
        let mut after = HashMap::with_capacity(snapshot.hosts().len());
        for host in snapshot.hosts() {
            let size = self.cluster.config.pool_size;
            let wanted = match policy.distance(snapshot, host) {
                HostDistance::LocalRack | HostDistance::Local => size.local,
                HostDistance::Remote => size.remote,
                HostDistance::Ignored => 0,
            };
            if wanted == 0 || self.is_shut_down() {
                continue;
            }
            let pool = match before.get(&host.host_id()) {
                Some(pool) if pool.host().address() == host.address() => {
                    pool.resize(wanted);
                    Arc::clone(pool)
                }
                _ => {
                    let plan = PoolPlan::new(wanted, Arc::clone(&self.cluster.config.reconnection));
                    Pool::start(Arc::clone(host), Arc::clone(&self.context), plan)
                }
            };
            after.insert(host.host_id(), pool);
        }
        let after = Arc::new(after);
        self.pools.store(Arc::clone(&after));
        for (id, pool) in before.iter() {
            if after.get(id).is_none_or(|kept| !Arc::ptr_eq(kept, pool)) {
                pool.resize(0);
            }
        }
        if self.is_shut_down() {
            self.shut_down();
        }
    }

    /// Waits until a connection is open, or no pool has one to hope for.
    pub(crate) async fn wait_for_connection(&self) -> Result<(), Error> {
        let patience = Instant::now() + self.context.connection.connect_timeout + Duration::from_millis(500);
        loop {
            let pools = self.pools.load_full();
            if pools.is_empty() {
                return Err(Error::Connect(Vec::new()));
            }
            if pools.values().any(|pool| !pool.connections().is_empty()) {
                return Ok(());
            }
            let errors: Vec<(SocketAddr, ConnectionError)> =
                pools.values().filter_map(|pool| Some((pool.host().address(), pool.last_error()?))).collect();
            if errors.len() == pools.len() || Instant::now() > patience {
                return Err(Error::Connect(errors));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub(crate) fn try_now(&self, host: &Arc<Host>) {
        if let Some(pool) = self.pools.load().get(&host.host_id()) {
            pool.try_now();
        }
    }
}

impl PoolObserver for SessionInner {
    fn endpoint(&self, host: &Arc<Host>) -> Endpoint {
        plain_endpoint(host.address())
    }

    fn handle_connections(&self, host: &Arc<Host>, open: usize, error: Option<&ConnectionError>) {
        let Some(error) = error else {
            self.cluster.config.conviction.reset(host);
            self.cluster.host_changed(host, HostStatus::Up);
            return;
        };
        if open == 0 && !self.is_shut_down() && self.cluster.config.conviction.convict(host, error) {
            self.cluster.host_changed(host, HostStatus::Down);
        }
    }
}
