//! Only hosts at given addresses.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use super::rotation::{Rotating, Rule};
use super::{HostDistance, LoadBalancingPolicy, Plan, RoutingInfo};
use crate::cluster::{Host, Snapshot};

/// Hosts at the listed addresses in turn, and no others. Names are for whoever makes the list to look up.
#[derive(Debug)]
pub struct AllowListPolicy(Rotating<Allowed>);

#[derive(Debug)]
struct Allowed(BTreeSet<IpAddr>);

impl Rule for Allowed {
    fn distance(&self, _: &Snapshot, host: &Host) -> HostDistance {
        if self.0.contains(&host.address().ip()) { HostDistance::Local } else { HostDistance::Ignored }
    }
}

impl AllowListPolicy {
    /// Only hosts at these addresses.
    #[must_use]
    pub fn new(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        Self(Rotating::new(Allowed(addresses.into_iter().collect())))
    }
}

impl LoadBalancingPolicy for AllowListPolicy {
    fn distance(&self, snapshot: &Arc<Snapshot>, host: &Host) -> HostDistance {
        self.0.rule.distance(snapshot, host)
    }

    fn plan(&self, snapshot: &Arc<Snapshot>, _: &RoutingInfo<'_>) -> Plan {
        self.0.plan(snapshot)
    }

    fn distance_is_cheap(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{cluster, firsts, hosts_of};
    use super::*;

    #[test]
    fn only_what_is_listed() {
        let snapshot = cluster(&[("a", "r"); 4]);
        let addresses = [2, 4, 77].map(|n| IpAddr::from([127, 0, 0, n]));
        let policy = AllowListPolicy::new(addresses);
        assert_eq!(firsts(&policy, &snapshot, 10), [(2, 5), (4, 5)].into());
        assert_eq!(hosts_of(policy.plan(&snapshot, &RoutingInfo::default())).len(), 2);
        assert_eq!(policy.distance(&snapshot, &snapshot.hosts()[0]), HostDistance::Ignored);
        assert!(hosts_of(AllowListPolicy::new([]).plan(&snapshot, &RoutingInfo::default())).is_empty());
    }
}
