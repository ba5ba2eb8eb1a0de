//! Every host in turn, wherever it is.

use std::sync::Arc;

use super::rotation::{Rotating, Rule};
use super::{HostDistance, LoadBalancingPolicy, Plan, RoutingInfo};
use crate::cluster::{Host, Snapshot};

/// All hosts of all data centres are local; each request begins with the next of them.
#[derive(Debug)]
pub struct RoundRobinPolicy(Rotating<Everyone>);

#[derive(Debug)]
struct Everyone;

impl Rule for Everyone {
    fn distance(&self, _: &Snapshot, _: &Host) -> HostDistance {
        HostDistance::Local
    }
}

impl RoundRobinPolicy {
    /// The policy, beginning anywhere.
    #[must_use]
    pub fn new() -> Self {
        Self(Rotating::new(Everyone))
    }
}

impl Default for RoundRobinPolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl LoadBalancingPolicy for RoundRobinPolicy {
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

#[cfg(test)]
mod tests {
    use super::super::tests::{cluster, firsts, hosts_of};
    use super::*;
    use crate::cluster::HostStatus;

    #[test]
    fn each_request_begins_with_the_next_host_and_has_all() {
        let snapshot = cluster(&[("a", "r"), ("b", "r"), ("a", "r")]);
        let policy = RoundRobinPolicy::new();
        let plans: Vec<_> =
            (0..3).map(|_| hosts_of(policy.plan(&snapshot, &RoutingInfo::default()))).collect();
        for plan in &plans {
            assert!([[1, 2, 3], [2, 3, 1], [3, 1, 2]].contains(&plan[..].try_into().unwrap()), "{plan:?}");
        }
        assert_eq!(firsts(&policy, &snapshot, 30), [(1, 10), (2, 10), (3, 10)].into());
        assert_eq!(policy.distance(&snapshot, &snapshot.hosts()[1]), HostDistance::Local);
    }

    #[test]
    fn no_host_no_plan() {
        assert!(hosts_of(RoundRobinPolicy::new().plan(&cluster(&[]), &RoutingInfo::default())).is_empty());
    }

    #[test]
    fn silent_hosts_are_asked_late_and_hosts_that_are_down_last() {
        let snapshot = cluster(&[("a", "r"); 4]);
        snapshot.hosts()[0].set_status(HostStatus::Down);
        snapshot.hosts()[2].set_aside(true);
        let policy = RoundRobinPolicy::new();
        for _ in 0..8 {
            let plan = hosts_of(policy.plan(&snapshot, &RoutingInfo::default()));
            assert_eq!(plan[2..], [3, 1]);
        }
        // Their turns are shared by the others, not given to their neighbours.
        assert_eq!(firsts(&policy, &snapshot, 20), [(2, 10), (4, 10)].into());
    }

    #[test]
    fn no_host_comes_twice_and_none_is_lost_whatever_changes_meanwhile() {
        let snapshot = cluster(&[("a", "r"); 5]);
        let [first, second, .., last] = snapshot.hosts() else { unreachable!() };
        last.set_status(HostStatus::Down);
        second.set_aside(true);
        let policy = RoundRobinPolicy::new();
        for _ in 0..10 {
            let mut plan = policy.plan(&snapshot, &RoutingInfo::default());
            let mut given = vec![plan.next().unwrap()];
            given[0].set_status(HostStatus::Down);
            given.push(plan.next().unwrap());
            last.set_status(HostStatus::Up);
            given.extend(plan);
            let mut ids: Vec<_> = given.iter().map(|host| host.host_id()).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!((given.len(), ids.len()), (5, 5), "{given:?}");
            snapshot.hosts().iter().for_each(|host| _ = host.set_status(HostStatus::Up));
            last.set_status(HostStatus::Down);
            first.set_aside(false);
        }
    }
}
