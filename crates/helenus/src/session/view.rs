//! What a request looks at before it leaves: the cluster, the session's pools and their open connections, all at one moment.
//! It is one value, swapped whole, so that the path of a request has one such look and no more.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::cluster::{Host, Snapshot};
use crate::connection::{Connection, Dispatch, Seat};
use crate::error::AttemptError;
use crate::hash::QuickHasher;
use crate::pool::{Open, Pool};
use crate::request::Token;

/// See the [module](self).
#[derive(Debug, Default)]
pub(crate) struct View {
    snapshot: Arc<Snapshot>,
    pools: HashMap<Uuid, Seen, QuickHasher>,
}

/// One pool, and what is open in it.
#[derive(Debug, Clone)]
struct Seen {
    pool: Arc<Pool>,
    open: Open,
}

impl View {
    /// The cluster.
    pub(super) const fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// The pool of a host, where the session uses it.
    pub(crate) fn pool(&self, host: &Host) -> Option<&Arc<Pool>> {
        self.pools.get(&host.host_id()).map(|seen| &seen.pool)
    }

    /// An open connection to a host.
    pub(super) fn connection(&self, host: &Host) -> Option<Arc<Connection>> {
        self.pools.get(&host.host_id())?.open.first().cloned()
    }

    /// The pool in which a connection is open.
    pub(super) fn pool_of(&self, connection: &Arc<Connection>) -> Option<&Arc<Pool>> {
        let is_open = |seen: &&Seen| seen.open.iter().any(|open| Arc::ptr_eq(open, connection));
        self.pools.values().find(is_open).map(|seen| &seen.pool)
    }

    /// All pools.
    pub(crate) fn pools(&self) -> impl ExactSizeIterator<Item = &Arc<Pool>> {
        self.pools.values().map(|seen| &seen.pool)
    }

    /// The same without any pool.
    pub(super) fn without_pools(&self) -> Self {
        Self { snapshot: Arc::clone(&self.snapshot), pools: HashMap::default() }
    }

    /// Another cluster with these pools. Those that are seen already keep what is open in them; in the others nothing is yet.
    pub(super) fn with_pools(&self, snapshot: &Arc<Snapshot>, pools: &[Arc<Pool>]) -> Self {
        let seen = |pool: &Arc<Pool>| {
            let id = pool.host().host_id();
            let known = self.pools.get(&id).filter(|known| Arc::ptr_eq(&known.pool, pool)).cloned();
            (id, known.unwrap_or_else(|| Seen { pool: Arc::clone(pool), open: Open::default() }))
        };
        Self { snapshot: Arc::clone(snapshot), pools: pools.iter().map(seen).collect() }
    }

    /// The same with this open in `pool`, unless that is none of its pools (any more).
    pub(super) fn with_open(&self, pool: &Pool, open: &Open) -> Self {
        let mut pools = self.pools.clone();
        if let Some(seen) = pools.get_mut(&pool.host().host_id())
            && std::ptr::eq(&*seen.pool, pool)
        {
            seen.open = Arc::clone(open);
        }
        Self { snapshot: Arc::clone(&self.snapshot), pools }
    }

    /// Puts a request on a connection to `host`; in front of those that wait for room there, if it `has_waited` itself.
    #[inline]
    pub(crate) fn send(
        &self,
        host: &Host,
        body: Dispatch<'_>,
        token: Token,
        has_waited: bool,
    ) -> Result<Seat, AttemptError> {
        match self.pools.get(&host.host_id()) {
            Some(Seen { pool, open }) => pool.send(open, body, token, has_waited),
            None => {
                token.discard();
                Err(AttemptError::NoConnection(None))
            }
        }
    }
}
