//! The own data centre first, and in it the own rack where that is named.

use std::sync::Arc;

use super::rotation::{Rotating, Rule};
use super::{HostDistance, LoadBalancingPolicy, Plan, RoutingInfo};
use crate::cluster::{Host, HostStatus, Snapshot};

/// The hosts of one data centre in turn; of each other one so many as are asked for, when the own one is used up.
#[derive(Debug)]
pub struct DcAwareRoundRobinPolicy(Rotating<Topology>);

impl DcAwareRoundRobinPolicy {
    /// The local data centre is `local_dc`, or that of the host that was contacted first. As long as neither is
    /// known, all hosts are local.
    ///
    /// Hosts of other data centres are not used at all: see
    /// [`with_used_hosts_per_remote_dc`](Self::with_used_hosts_per_remote_dc).
    #[must_use]
    pub fn new(local_dc: Option<&str>) -> Self {
        Self::with_used_hosts_per_remote_dc(local_dc, 0)
    }

    /// As [`new`](Self::new), but the first `used_hosts` hosts of each other data centre that are not down are used
    /// after the local ones.
    #[must_use]
    pub fn with_used_hosts_per_remote_dc(local_dc: Option<&str>, used_hosts: usize) -> Self {
        Self(Rotating::new(Topology { datacenter: local_dc.map(Into::into), rack: None, used_hosts }))
    }
}

impl LoadBalancingPolicy for DcAwareRoundRobinPolicy {
    fn distance(&self, snapshot: &Arc<Snapshot>, host: &Host) -> HostDistance {
        self.0.rule.distance(snapshot, host)
    }

    fn plan(&self, snapshot: &Arc<Snapshot>, _: &RoutingInfo<'_>) -> Plan {
        self.0.plan(snapshot)
    }

    fn distance_is_cheap(&self) -> bool {
        true
    }

    fn first(&self, snapshot: &Arc<Snapshot>, _: &RoutingInfo<'_>) -> Option<Arc<Host>> {
        self.0.first(snapshot)
    }
}

/// As [`DcAwareRoundRobinPolicy`], with the hosts of one rack before the others of the data centre.
#[derive(Debug)]
pub struct RackAwareRoundRobinPolicy(Rotating<Topology>);

impl RackAwareRoundRobinPolicy {
    /// The first `used_hosts_per_remote_dc` hosts of each other data centre that are not down are used after the
    /// local ones.
    #[must_use]
    pub fn new(local_dc: &str, local_rack: &str, used_hosts_per_remote_dc: usize) -> Self {
        Self(Rotating::new(Topology {
            datacenter: Some(local_dc.into()),
            rack: Some(local_rack.into()),
            used_hosts: used_hosts_per_remote_dc,
        }))
    }
}

impl LoadBalancingPolicy for RackAwareRoundRobinPolicy {
    fn distance(&self, snapshot: &Arc<Snapshot>, host: &Host) -> HostDistance {
        self.0.rule.distance(snapshot, host)
    }

    fn plan(&self, snapshot: &Arc<Snapshot>, _: &RoutingInfo<'_>) -> Plan {
        self.0.plan(snapshot)
    }

    fn distance_is_cheap(&self) -> bool {
        true
    }

    fn first(&self, snapshot: &Arc<Snapshot>, _: &RoutingInfo<'_>) -> Option<Arc<Host>> {
        self.0.first(snapshot)
    }
}

#[derive(Debug)]
struct Topology {
    datacenter: Option<Box<str>>,
    rack: Option<Box<str>>,
    used_hosts: usize,
}

impl Rule for Topology {
    fn distance(&self, snapshot: &Snapshot, host: &Host) -> HostDistance {
        let Some(local) = self.datacenter.as_deref().or(snapshot.contacted_datacenter()) else {
            return HostDistance::Local;
        };
        if host.datacenter() == Some(local) {
            let same_rack = self.rack.is_some() && self.rack.as_deref() == host.rack();
            return if same_rack { HostDistance::LocalRack } else { HostDistance::Local };
        }
        if self.is_among_first(snapshot, host) { HostDistance::Remote } else { HostDistance::Ignored }
    }
}

impl Topology {
    /// Whether fewer than `used_hosts` hosts of its data centre stand before it that are not down. One that is down
    /// itself keeps its place, or nobody would try to reach it again.
    fn is_among_first(&self, snapshot: &Snapshot, host: &Host) -> bool {
        self.used_hosts > 0
            && snapshot
                .hosts()
                .iter()
                .take_while(|other| ***other != *host)
                .filter(|other| other.datacenter() == host.datacenter() && other.status() != HostStatus::Down)
                .nth(self.used_hosts - 1)
                .is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{cluster, firsts, hosts_of};
    use super::*;
    use HostDistance::{Ignored, Local, LocalRack, Remote};

    const TWO_CENTRES: &[(&str, &str)] =
        &[("a", "r1"), ("b", "r1"), ("b", "r2"), ("b", "r1"), ("a", "r2"), ("c", "r1")];

    fn distances(policy: &dyn LoadBalancingPolicy, snapshot: &Arc<Snapshot>) -> Vec<HostDistance> {
        snapshot.hosts().iter().map(|host| policy.distance(snapshot, host)).collect()
    }

    #[test]
    fn only_the_local_data_centre() {
        let snapshot = cluster(TWO_CENTRES);
        let policy = DcAwareRoundRobinPolicy::new(Some("a"));
        assert_eq!(distances(&policy, &snapshot), [Local, Ignored, Ignored, Ignored, Local, Ignored]);
        let mut plan = hosts_of(policy.plan(&snapshot, &RoutingInfo::default()));
        plan.sort_unstable();
        assert_eq!(plan, [1, 5]);
        assert_eq!(firsts(&policy, &snapshot, 12), [(1, 6), (5, 6)].into());
    }

    #[test]
    fn some_of_each_other_data_centre_after_the_local_one() {
        let snapshot = cluster(TWO_CENTRES);
        let policy = DcAwareRoundRobinPolicy::with_used_hosts_per_remote_dc(Some("a"), 2);
        assert_eq!(distances(&policy, &snapshot), [Local, Remote, Remote, Ignored, Local, Remote]);
        let mut plan = hosts_of(policy.plan(&snapshot, &RoutingInfo::default()));
        plan[..2].sort_unstable();
        plan[2..].sort_unstable();
        assert_eq!(plan, [1, 5, 2, 3, 6]);
    }

    #[test]
    fn a_remote_host_that_is_down_is_stood_in_for_and_still_tried() {
        let snapshot = cluster(TWO_CENTRES);
        let policy = DcAwareRoundRobinPolicy::with_used_hosts_per_remote_dc(Some("a"), 1);
        assert_eq!(distances(&policy, &snapshot), [Local, Remote, Ignored, Ignored, Local, Remote]);
        snapshot.hosts()[1].set_status(HostStatus::Down);
        assert_eq!(distances(&policy, &snapshot), [Local, Remote, Remote, Ignored, Local, Remote]);
        assert_eq!(hosts_of(policy.plan(&snapshot, &RoutingInfo::default())).last(), Some(&2));
    }

    #[test]
    fn the_contacted_data_centre_is_local_where_none_is_named() {
        let snapshot = cluster(TWO_CENTRES);
        let policy = DcAwareRoundRobinPolicy::new(None);
        assert_eq!(distances(&policy, &snapshot), [Local; 6]);
        let contacted = snapshot.with_schema(Arc::default()).with_contacted_datacenter(Some("c".into()));
        let contacted = Arc::new(contacted);
        assert_eq!(hosts_of(policy.plan(&contacted, &RoutingInfo::default())), [6]);
        let named = DcAwareRoundRobinPolicy::new(Some("a"));
        assert_eq!(hosts_of(named.plan(&contacted, &RoutingInfo::default())).len(), 2);
    }

    #[test]
    fn a_data_centre_without_hosts_gives_no_plan() {
        let snapshot = cluster(TWO_CENTRES);
        let policy = DcAwareRoundRobinPolicy::new(Some("nowhere"));
        assert!(hosts_of(policy.plan(&snapshot, &RoutingInfo::default())).is_empty());
    }

    #[test]
    fn the_rack_before_the_data_centre_before_the_rest() {
        let snapshot = cluster(TWO_CENTRES);
        let policy = RackAwareRoundRobinPolicy::new("b", "r1", 1);
        assert_eq!(distances(&policy, &snapshot), [Remote, LocalRack, Local, LocalRack, Ignored, Remote]);
        for _ in 0..4 {
            let mut plan = hosts_of(policy.plan(&snapshot, &RoutingInfo::default()));
            plan[..2].sort_unstable();
            plan[3..].sort_unstable();
            assert_eq!(plan, [2, 4, 3, 1, 6]);
        }
        assert_eq!(firsts(&policy, &snapshot, 10), [(2, 5), (4, 5)].into());
    }
}
