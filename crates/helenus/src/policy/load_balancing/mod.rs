//! Load balancing: how near each host is, and in which order a request tries them.
//!
//! The order within one distance is a rotation over the hosts that are there to be used; after all of them come the
//! hosts that were set aside as silent, and at the very end those that are down, so that a request fails with the
//! reason of each host and not for want of hosts.

mod allow_list;
mod choice;
mod default;
mod host_filter;
mod plan;
mod rotation;
mod round_robin;
mod token_aware;
mod topology_aware;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use helenus_protocol::Consistency;

use super::LoadBalancingPolicy;
use crate::cluster::Host;
use crate::routing::Token;

pub use allow_list::AllowListPolicy;
pub use default::{DefaultLoadBalancingPolicy, default_load_balancing};
pub use host_filter::HostFilterPolicy;
pub use plan::Plan;
pub use round_robin::RoundRobinPolicy;
pub use token_aware::TokenAwarePolicy;
pub use topology_aware::{DcAwareRoundRobinPolicy, RackAwareRoundRobinPolicy};

/// How near a host is, the nearest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostDistance {
    /// In our own rack: asked before all others.
    LocalRack,
    /// In our own data centre.
    Local,
    /// Elsewhere, but to be used when nothing nearer is left.
    Remote,
    /// Not to be used: it gets no connection.
    Ignored,
}

/// What a policy is told of the request that it plans for.
#[derive(Debug, Clone)]
pub struct RoutingInfo<'a> {
    /// The keyspace of the statement, else of the session.
    pub keyspace: Option<Cow<'a, str>>,
    /// The token of its partition key, where that is known.
    pub token: Option<Token>,
    /// The consistency that it asks for.
    pub consistency: Consistency,
    /// Whether it is a lightweight transaction: replicas contend less if all clients ask them in one order.
    pub conditional: bool,
    /// A host that the user would like to be asked first.
    pub preferred: Option<Arc<Host>>,
    /// The time.
    pub now: Instant,
}

impl RoutingInfo<'_> {
    /// The same for whoever keeps it longer than the statement is at hand.
    #[must_use]
    pub fn into_owned(self) -> RoutingInfo<'static> {
        RoutingInfo { keyspace: self.keyspace.map(|keyspace| Cow::Owned(keyspace.into_owned())), ..self }
    }
}

impl Default for RoutingInfo<'_> {
    /// A statement of which nothing is known, now.
    fn default() -> Self {
        Self {
            keyspace: None,
            token: None,
            consistency: Consistency::LocalOne,
            conditional: false,
            preferred: None,
            now: Instant::now(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Snapshot;
    use crate::cluster::host::tests::{host, number_of};
    use std::collections::BTreeMap;

    /// Hosts 1, 2, … in these data centres and racks.
    pub(super) fn cluster(places: &[(&str, &str)]) -> Arc<Snapshot> {
        let hosts = (1..).zip(places).map(|(n, (datacenter, rack))| host(n, datacenter, rack));
        Arc::new(Snapshot::new(hosts, None, Arc::default()))
    }

    pub(super) fn hosts_of(plan: Plan) -> Vec<u8> {
        plan.map(|host| number_of(&host)).collect()
    }

    /// How often each host comes first in `plans` plans.
    pub(super) fn firsts(
        policy: &dyn LoadBalancingPolicy,
        snapshot: &Arc<Snapshot>,
        plans: usize,
    ) -> BTreeMap<u8, usize> {
        let mut counts = BTreeMap::new();
        for _ in 0..plans {
            let first = policy.plan(snapshot, &RoutingInfo::default()).next().expect("a host");
            *counts.entry(number_of(&first)).or_default() += 1;
        }
        counts
    }

    /// How often each host is told as the first of `count` requests, without a plan.
    fn told_first(
        policy: &dyn LoadBalancingPolicy,
        snapshot: &Arc<Snapshot>,
        query: &RoutingInfo<'_>,
        count: usize,
    ) -> BTreeMap<u8, usize> {
        let mut counts = BTreeMap::new();
        for _ in 0..count {
            let first = policy.first(snapshot, query).expect("a built-in policy knows without a plan");
            *counts.entry(number_of(&first)).or_default() += 1;
        }
        counts
    }

    #[test]
    fn the_first_host_is_the_same_with_a_plan_and_without() {
        let places = [("a", "r1"), ("a", "r2"), ("b", "r1"), ("a", "r1"), ("b", "r2"), ("a", "r2")];
        let policies: [Arc<dyn LoadBalancingPolicy>; 6] = [
            Arc::new(RoundRobinPolicy::new()),
            Arc::new(DcAwareRoundRobinPolicy::new(Some("a"))),
            Arc::new(DcAwareRoundRobinPolicy::with_used_hosts_per_remote_dc(Some("elsewhere"), 1)),
            Arc::new(RackAwareRoundRobinPolicy::new("a", "r2", 1)),
            Arc::new(TokenAwarePolicy::new(Arc::new(RackAwareRoundRobinPolicy::new("b", "r1", 0)))),
            Arc::new(DefaultLoadBalancingPolicy::new(Arc::new(DcAwareRoundRobinPolicy::new(Some("b"))))),
        ];
        for down in [None, Some(0), Some(2), Some(5)] {
            let snapshot = cluster(&places);
            if let Some(down) = down {
                snapshot.hosts()[down].set_status(crate::cluster::HostStatus::Down);
            }
            for policy in &policies {
                let query = RoutingInfo::default();
                let told = told_first(&**policy, &snapshot, &query, 60);
                assert_eq!(told, firsts(&**policy, &snapshot, 60), "{policy:?} with {down:?} down");
            }
        }
    }

    #[test]
    fn without_any_host_to_use_there_is_no_first_one() {
        let policy = DcAwareRoundRobinPolicy::new(Some("elsewhere"));
        for snapshot in [cluster(&[("a", "r")]), cluster(&[("a", "r"), ("b", "r")]), cluster(&[])] {
            assert!(policy.first(&snapshot, &RoutingInfo::default()).is_none());
        }
    }

    #[test]
    fn distances_are_ordered() {
        use HostDistance::{Ignored, Local, LocalRack, Remote};
        assert!(LocalRack < Local && Local < Remote && Remote < Ignored);
    }
}
