//! Another policy, without the hosts that a predicate refuses.

use std::fmt;
use std::sync::Arc;

use super::{HostDistance, LoadBalancingPolicy, Plan, RoutingInfo};
use crate::cluster::{Host, Snapshot};

type Predicate = Arc<dyn Fn(&Host) -> bool + Send + Sync>;

/// The child's plan and distances, with some hosts left out.
pub struct HostFilterPolicy {
    child: Arc<dyn LoadBalancingPolicy>,
    predicate: Predicate,
}

impl HostFilterPolicy {
    /// Hosts for which `predicate` is false are ignored.
    pub fn new(
        child: Arc<dyn LoadBalancingPolicy>,
        predicate: impl Fn(&Host) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { child, predicate: Arc::new(predicate) }
    }
}

impl fmt::Debug for HostFilterPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostFilterPolicy").field("child", &self.child).finish_non_exhaustive()
    }
}

impl LoadBalancingPolicy for HostFilterPolicy {
    fn distance(&self, snapshot: &Arc<Snapshot>, host: &Host) -> HostDistance {
        if (self.predicate)(host) { self.child.distance(snapshot, host) } else { HostDistance::Ignored }
    }

    fn plan(&self, snapshot: &Arc<Snapshot>, query: &RoutingInfo<'_>) -> Plan {
        let predicate = Arc::clone(&self.predicate);
        Plan::from_iterator(self.child.plan(snapshot, query).filter(move |host| predicate(host)))
    }

    fn may_block(&self) -> bool {
        self.child.may_block()
    }
}

#[cfg(test)]
mod tests {
    use super::super::DcAwareRoundRobinPolicy;
    use super::super::tests::{cluster, hosts_of};
    use super::*;

    #[test]
    fn refused_hosts_are_in_no_plan() {
        let snapshot = cluster(&[("a", "r1"), ("a", "r2"), ("b", "r1")]);
        let child = Arc::new(DcAwareRoundRobinPolicy::new(Some("a")));
        let policy = HostFilterPolicy::new(child, |host| host.rack() == Some("r1"));
        assert_eq!(hosts_of(policy.plan(&snapshot, &RoutingInfo::default())), [1]);
        let distances: Vec<_> =
            snapshot.hosts().iter().map(|host| policy.distance(&snapshot, host)).collect();
        assert_eq!(distances, [HostDistance::Local, HostDistance::Ignored, HostDistance::Ignored]);
        assert!(format!("{policy:?}").starts_with("HostFilterPolicy { child: DcAware"));
    }
}
