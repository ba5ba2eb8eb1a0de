//! What a cluster does when nobody chose.

use std::sync::Arc;

use super::{
    DcAwareRoundRobinPolicy, HostDistance, LoadBalancingPolicy, Plan, RoutingInfo, TokenAwarePolicy,
};
use crate::cluster::{Host, HostStatus, Snapshot};

/// Replicas first, in the data centre of the host that was contacted first; of two that are as near, mostly the one that is
/// less busy and quicker.
#[must_use]
pub fn default_load_balancing() -> Arc<dyn LoadBalancingPolicy> {
    Arc::new(TokenAwarePolicy::new(Arc::new(DcAwareRoundRobinPolicy::new(None))))
}

/// Another policy, but the host that a statement prefers comes first, unless it is down.
#[derive(Debug)]
pub struct DefaultLoadBalancingPolicy {
    child: Arc<dyn LoadBalancingPolicy>,
}

impl DefaultLoadBalancingPolicy {
    /// Takes distances and all other hosts, in their order, from `child`.
    #[must_use]
    pub fn new(child: Arc<dyn LoadBalancingPolicy>) -> Self {
        Self { child }
    }
}

impl LoadBalancingPolicy for DefaultLoadBalancingPolicy {
    fn distance(&self, snapshot: &Arc<Snapshot>, host: &Host) -> HostDistance {
        self.child.distance(snapshot, host)
    }

    fn plan(&self, snapshot: &Arc<Snapshot>, query: &RoutingInfo<'_>) -> Plan {
        let rest = self.child.plan(snapshot, query);
        match &query.preferred {
            Some(preferred) if preferred.status() != HostStatus::Down => {
                let first = Arc::clone(preferred);
                let skipped = Arc::clone(preferred);
                Plan::from_iterator(std::iter::once(first).chain(rest.filter(move |host| *host != skipped)))
            }
            _ => rest,
        }
    }

    fn distance_is_cheap(&self) -> bool {
        self.child.distance_is_cheap()
    }

    fn may_block(&self) -> bool {
        self.child.may_block()
    }

    fn first(&self, snapshot: &Arc<Snapshot>, query: &RoutingInfo<'_>) -> Option<Arc<Host>> {
        match &query.preferred {
            Some(preferred) if preferred.status() != HostStatus::Down => Some(Arc::clone(preferred)),
            _ => self.child.first(snapshot, query),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{cluster, hosts_of};
    use super::*;

    #[test]
    fn a_preferred_host_comes_first_and_once() {
        let snapshot = cluster(&[("a", "r"), ("a", "r"), ("b", "r")]);
        let child = Arc::new(DcAwareRoundRobinPolicy::new(Some("a")));
        let policy = DefaultLoadBalancingPolicy::new(child);
        let preferred = Arc::clone(&snapshot.hosts()[1]);
        let query = RoutingInfo { preferred: Some(Arc::clone(&preferred)), ..RoutingInfo::default() };
        for _ in 0..4 {
            assert_eq!(hosts_of(policy.plan(&snapshot, &query)), [2, 1]);
        }
        preferred.set_status(HostStatus::Down);
        assert_eq!(hosts_of(policy.plan(&snapshot, &query)), [1, 2]);
        assert_eq!(hosts_of(policy.plan(&snapshot, &RoutingInfo::default())), [1, 2]);
        assert_eq!(policy.distance(&snapshot, &snapshot.hosts()[2]), HostDistance::Ignored);
    }

    #[test]
    fn the_default_stays_in_the_contacted_data_centre() {
        let snapshot = cluster(&[("a", "r"), ("b", "r"), ("a", "r")]).with_schema(Arc::default());
        let snapshot = Arc::new(snapshot.with_contacted_datacenter(Some("b".into())));
        assert_eq!(hosts_of(default_load_balancing().plan(&snapshot, &RoutingInfo::default())), [2]);
    }
}
