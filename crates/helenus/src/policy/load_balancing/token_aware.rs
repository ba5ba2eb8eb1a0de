//! Replicas first, in the order of another policy's distances; then that policy's plan.

use std::sync::Arc;

use super::choice::{Order, cheaper, next_replica};
use super::rotation::{Seen, standing};
use super::{HostDistance, LoadBalancingPolicy, Plan, RoutingInfo};
use crate::cluster::distances::Answers;
use crate::cluster::{Host, Snapshot};
use crate::routing::{Located, TokenMap};

/// Asks the replicas of a statement's partition before all others, the nearest first.
///
/// Where the partition or its replicas are not known, or the replicas are down, this is the child's plan.
///
/// Among replicas that are equally near, two are drawn by lot, and the one is asked that has fewer requests in flight and has
/// lately been quicker, most of the time: see [`with_slow_replica_avoidance`](Self::with_slow_replica_avoidance).
#[derive(Debug)]
pub struct TokenAwarePolicy {
    child: Arc<dyn LoadBalancingPolicy>,
    shuffle_replicas: bool,
    avoid_slow: bool,
}

impl TokenAwarePolicy {
    /// Over `child`, with the less busy and quicker of the replicas of one distance first. Those of a lightweight
    /// transaction keep the order of the ring.
    #[must_use]
    pub fn new(child: Arc<dyn LoadBalancingPolicy>) -> Self {
        Self { child, shuffle_replicas: true, avoid_slow: true }
    }

    /// As [`new`](Self::new), but with all replicas in the order of the ring if `shuffle_replicas` is false. The
    /// first of each range then has all of its reads.
    #[must_use]
    pub fn with_shuffle_replicas(mut self, shuffle_replicas: bool) -> Self {
        self.shuffle_replicas = shuffle_replicas;
        self
    }

    /// Whether it matters how busy and how slow replicas are (it does, unless this says otherwise). Without, replicas that are
    /// equally near are asked in random order.
    ///
    /// A host's cost is its requests in flight and one more, times its average latency; of two hosts the one that is ten
    /// times as dear is asked once in a hundred times. A slow host is thus avoided but never forgotten, and what is known
    /// of a host fades within seconds where nothing is heard from it. Data centres and racks come before all that, and
    /// lightweight transactions, and replicas that are not shuffled, keep their order. A statement whose partition is not
    /// known has the choice between the host whose turn it is and another one.
    #[must_use]
    pub fn with_slow_replica_avoidance(mut self, avoid: bool) -> Self {
        self.avoid_slow = avoid;
        self
    }
}

impl LoadBalancingPolicy for TokenAwarePolicy {
    fn distance(&self, snapshot: &Arc<Snapshot>, host: &Host) -> HostDistance {
        snapshot.distance(&self.child, host)
    }

    fn distance_is_cheap(&self) -> bool {
        self.child.distance_is_cheap()
    }

    fn may_block(&self) -> bool {
        self.child.may_block()
    }

    fn plan(&self, snapshot: &Arc<Snapshot>, query: &RoutingInfo<'_>) -> Plan {
        let Some((_, located)) = locate(snapshot, query) else {
            return self.child.plan(snapshot, query);
        };
        Plan::replicas_first(ReplicasFirst {
            answers: (!self.child.distance_is_cheap()).then(|| snapshot.answers(&self.child)),
            child: Arc::clone(&self.child),
            snapshot: Arc::clone(snapshot),
            query: query.clone().into_owned(),
            located,
            order: self.order(query),
            seen: Seen::default(),
            rest: None,
        })
    }

    fn first(&self, snapshot: &Arc<Snapshot>, query: &RoutingInfo<'_>) -> Option<Arc<Host>> {
        let Some((tokens, located)) = locate(snapshot, query) else {
            return self.any(snapshot, query);
        };
        let replicas = tokens.replicas_at(located);
        let distance_of = |host: &Host| snapshot.distance(&self.child, host);
        match next_replica(replicas, &Seen::default(), self.order(query), distance_of) {
            Some(place) => Some(Arc::clone(&replicas[place])),
            None => self.child.first(snapshot, query),
        }
    }
}

impl TokenAwarePolicy {
    const fn order(&self, query: &RoutingInfo<'_>) -> Order {
        match (self.shuffle_replicas && !query.conditional, self.avoid_slow) {
            (false, _) => Order::Ring,
            (true, false) => Order::Random,
            (true, true) => Order::Cheaper(query.now),
        }
    }

    /// The first host for a statement that may go to any: the child's, or another one that is as near if that is cheaper.
    fn any(&self, snapshot: &Arc<Snapshot>, query: &RoutingInfo<'_>) -> Option<Arc<Host>> {
        let first = self.child.first(snapshot, query)?;
        let hosts = snapshot.hosts();
        if !self.avoid_slow || hosts.len() < 2 {
            return Some(first);
        }
        // Anyone but the first, whose neighbour is drawn in its stead.
        let drawn = fastrand::usize(..hosts.len());
        let other = match &hosts[drawn] {
            host if *host == first => &hosts[(drawn + 1) % hosts.len()],
            host => host,
        };
        let rank = |host: &Host| (standing(host), snapshot.distance(&self.child, host));
        if rank(other) == rank(&first) && cheaper(other, &first, query.now) {
            Some(Arc::clone(other))
        } else {
            Some(first)
        }
    }
}

/// Where the statement's partition is, if that can be told.
fn locate<'a>(snapshot: &'a Snapshot, query: &RoutingInfo<'_>) -> Option<(&'a TokenMap, Located)> {
    let tokens = snapshot.token_map()?;
    let located = tokens.locate(query.keyspace.as_deref()?, query.token.as_ref()?)?;
    Some((tokens, located))
}

/// One request's way: through the replicas, then through the child's plan, which is not asked for before.
pub(super) struct ReplicasFirst {
    child: Arc<dyn LoadBalancingPolicy>,
    /// What the child has said of the hosts, where asking it again costs something.
    answers: Option<Answers>,
    snapshot: Arc<Snapshot>,
    query: RoutingInfo<'static>,
    located: Located,
    order: Order,
    /// The replicas given already, by their place among the replicas.
    seen: Seen,
    rest: Option<Box<Plan>>,
}

impl ReplicasFirst {
    pub(super) fn next(&mut self) -> Option<Arc<Host>> {
        if self.rest.is_none() {
            let distance_of = |host: &Host| match &self.answers {
                Some(answers) => answers.distance(&self.snapshot, &self.child, host),
                None => self.child.distance(&self.snapshot, host),
            };
            let place = next_replica(self.replicas(), &self.seen, self.order, distance_of);
            if let Some(place) = place {
                self.seen.insert(place);
                return Some(Arc::clone(&self.replicas()[place]));
            }
            self.rest = Some(Box::new(self.child.plan(&self.snapshot, &self.query)));
        }
        loop {
            let host = self.rest.as_mut()?.next()?;
            let given = self.replicas().iter().position(|replica| *replica == host);
            if given.is_none_or(|place| !self.seen.contains(place)) {
                return Some(host);
            }
        }
    }

    fn replicas(&self) -> &[Arc<Host>] {
        self.snapshot.token_map().map_or(&[], |tokens| tokens.replicas_at(self.located))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{firsts, hosts_of};
    use super::super::{DcAwareRoundRobinPolicy, RackAwareRoundRobinPolicy};
    use std::time::Duration;

    use super::*;
    use crate::cluster::HostStatus;
    use crate::cluster::host::tests::{host_with_tokens, number_of};
    use crate::routing::{Partitioner, Replication, ReplicationFactor, Token};
    use crate::schema::{Keyspace, Schema};

    /// Hosts 1 to 6 own the tokens 10 to 60; odd ones are in `a`, even ones in `b`. `ks` has four replicas.
    fn cluster() -> Arc<Snapshot> {
        let hosts = (1_u8..=6).map(|n| {
            let rack = if n < 4 { "r1" } else { "r2" };
            host_with_tokens(n, if n % 2 == 1 { "a" } else { "b" }, rack, &[i64::from(n) * 10])
        });
        let replication = Replication::Simple(ReplicationFactor { all: 4, transient: 0 });
        let schema =
            Schema::new([Keyspace::new("ks", replication), Keyspace::new("local", Replication::Local)]);
        Arc::new(Snapshot::new(hosts, Some(Partitioner::Murmur3), Arc::new(schema)))
    }

    fn at(token: i64) -> RoutingInfo<'static> {
        RoutingInfo {
            keyspace: Some("ks".into()),
            token: Some(Token::Murmur3(token)),
            ..RoutingInfo::default()
        }
    }

    #[test]
    fn the_first_replica_is_told_without_a_plan() {
        let policy = local_a(1).with_shuffle_replicas(false);
        let snapshot = cluster();
        for down in [None, Some(0), Some(2), Some(4)] {
            if let Some(down) = down {
                snapshot.hosts()[down].set_status(HostStatus::Down);
            }
            for token in (0..70).step_by(5) {
                let first = policy.first(&snapshot, &at(token)).map(|host| number_of(&host));
                let replicas = snapshot.replicas("ks", &Token::Murmur3(token));
                if replicas.iter().any(|host| host.status() != HostStatus::Down) {
                    let planned = policy.plan(&snapshot, &at(token)).next().map(|host| number_of(&host));
                    assert_eq!(first, planned, "{token} with {down:?} down");
                } else {
                    assert!(first.is_some());
                }
            }
        }
    }

    fn local_a(remote: usize) -> TokenAwarePolicy {
        TokenAwarePolicy::new(Arc::new(DcAwareRoundRobinPolicy::with_used_hosts_per_remote_dc(
            Some("a"),
            remote,
        )))
    }

    #[test]
    fn local_replicas_then_remote_ones_then_the_others() {
        let (snapshot, policy) = (cluster(), local_a(3).with_shuffle_replicas(false));
        // Token 15 is held by 2, 3, 4 and 5.
        for _ in 0..6 {
            let mut plan = hosts_of(policy.plan(&snapshot, &at(15)));
            assert_eq!(plan[..4], [3, 5, 2, 4]);
            plan[4..].sort_unstable();
            assert_eq!(plan[4..], [1, 6]);
        }
        assert_eq!(hosts_of(local_a(0).with_shuffle_replicas(false).plan(&snapshot, &at(15))), [3, 5, 1]);
    }

    #[test]
    fn the_rack_decides_among_local_replicas() {
        let snapshot = cluster();
        let child = Arc::new(RackAwareRoundRobinPolicy::new("a", "r2", 0));
        let policy = TokenAwarePolicy::new(child);
        for _ in 0..10 {
            assert_eq!(hosts_of(policy.plan(&snapshot, &at(15))), [5, 3, 1]);
        }
    }

    #[test]
    fn shuffled_replicas_share_the_load_and_conditional_ones_keep_their_order() {
        let (snapshot, policy) = (cluster(), local_a(0));
        fastrand::seed(11);
        let mut counts = [0; 7];
        for _ in 0..1000 {
            let plan = hosts_of(policy.plan(&snapshot, &at(15)));
            assert!(plan == [3, 5, 1] || plan == [5, 3, 1], "{plan:?}");
            counts[usize::from(plan[0])] += 1;
        }
        assert!((400..600).contains(&counts[3]), "{counts:?}");
        let conditional = RoutingInfo { conditional: true, ..at(15) };
        for _ in 0..50 {
            assert_eq!(hosts_of(policy.plan(&snapshot, &conditional)), [3, 5, 1]);
        }
    }

    /// How often each host comes first in so many plans, and in so many requests without one.
    fn first_of(policy: &TokenAwarePolicy, snapshot: &Arc<Snapshot>, query: &RoutingInfo<'_>) -> [usize; 7] {
        let mut counts = [0; 7];
        for _ in 0..500 {
            let planned = policy.plan(snapshot, query).next().expect("a replica");
            let told = policy.first(snapshot, query).expect("a replica");
            counts[usize::from(number_of(&planned))] += 1;
            counts[usize::from(number_of(&told))] += 1;
        }
        counts
    }

    #[test]
    fn a_slow_replica_is_avoided_and_a_new_one_is_not() {
        let (snapshot, policy) = (cluster(), local_a(0));
        fastrand::seed(7);
        let host = |n: usize| snapshot.hosts()[n - 1].load();
        let query = at(15);
        host(3).answered(Duration::from_millis(20), query.now);
        // Nothing is known of 5 yet.
        let counts = first_of(&policy, &snapshot, &query);
        assert!((400..600).contains(&counts[3]), "{counts:?}");
        host(5).answered(Duration::from_millis(1), query.now);
        let counts = first_of(&policy, &snapshot, &query);
        assert!(counts[3] < 20 && counts[3] + counts[5] == 1000, "{counts:?}");
        // It fades; then it is the one of which better is thought, and requests in flight are what is left to go by.
        let later = RoutingInfo { now: query.now + Duration::from_secs(60), ..at(15) };
        host(5).answered(Duration::from_millis(1), later.now);
        let counts = first_of(&policy, &snapshot, &later);
        assert!(counts[3] > 900, "{counts:?}");
        host(3).in_flight_changed(0, 100_000);
        let counts = first_of(&policy, &snapshot, &later);
        assert!(counts[3] < 20, "{counts:?}");
    }

    #[test]
    fn a_slow_replica_is_no_reason_to_leave_the_data_centre_or_the_order() {
        let (snapshot, policy) = (cluster(), local_a(3));
        let query = at(15);
        for n in [2, 4] {
            snapshot.hosts()[n - 1].load().answered(Duration::from_micros(10), query.now);
        }
        for n in [3, 5] {
            snapshot.hosts()[n - 1].load().answered(Duration::from_secs(5), query.now);
        }
        let counts = first_of(&policy, &snapshot, &query);
        assert_eq!(counts[3] + counts[5], 1000, "{counts:?}");
        snapshot.hosts()[2].load().answered(Duration::from_secs(50), query.now + Duration::from_secs(1));
        for unmoved in [
            (local_a(3), RoutingInfo { conditional: true, ..query.clone() }),
            (local_a(3).with_shuffle_replicas(false), query.clone()),
        ] {
            assert_eq!(first_of(&unmoved.0, &snapshot, &unmoved.1)[3], 1000);
        }
        let counts = first_of(&local_a(3).with_slow_replica_avoidance(false), &snapshot, &query);
        assert!((400..600).contains(&counts[3]), "{counts:?}");
        let racks = TokenAwarePolicy::new(Arc::new(RackAwareRoundRobinPolicy::new("a", "r1", 0)));
        assert_eq!(first_of(&racks, &snapshot, &query)[3], 1000);
    }

    #[test]
    fn without_a_known_place_a_slow_host_is_avoided_too() {
        let (snapshot, policy) = (cluster(), local_a(0));
        let query = RoutingInfo::default();
        for (n, millis) in [(1, 20), (3, 1), (5, 1), (2, 0), (4, 0), (6, 0)] {
            snapshot.hosts()[n - 1].load().answered(Duration::from_millis(millis), query.now);
        }
        let mut counts = [0; 7];
        for _ in 0..1200 {
            counts[usize::from(number_of(&policy.first(&snapshot, &query).expect("a host")))] += 1;
        }
        // A third of the time it is another's turn, and there is a choice in a third of the cases.
        assert!(counts[1] < 330 && counts[1] > 50, "{counts:?}");
        assert_eq!(counts[2] + counts[4] + counts[6], 0, "{counts:?}");
    }

    #[test]
    fn replicas_that_do_not_answer_are_left_to_the_child() {
        let (snapshot, policy) = (cluster(), local_a(0));
        let host = |n: usize| &snapshot.hosts()[n - 1];
        host(3).set_status(HostStatus::Down);
        assert_eq!(hosts_of(policy.plan(&snapshot, &at(15))), [5, 1, 3]);
        host(5).set_aside(true);
        assert_eq!(hosts_of(policy.plan(&snapshot, &at(15))), [1, 5, 3]);
    }

    #[test]
    fn no_host_comes_twice_if_it_goes_down_meanwhile() {
        let (snapshot, policy) = (cluster(), local_a(3));
        let mut given = Vec::new();
        for host in policy.plan(&snapshot, &at(15)) {
            host.set_status(HostStatus::Down);
            given.push(number_of(&host));
        }
        given.sort_unstable();
        assert_eq!(given, [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn without_a_known_place_it_is_the_childs_plan() {
        let (snapshot, policy) = (cluster(), local_a(0));
        for query in [
            RoutingInfo::default(),
            RoutingInfo { keyspace: None, ..at(15) },
            RoutingInfo { token: None, ..at(15) },
            RoutingInfo { keyspace: Some("elsewhere".into()), ..at(15) },
            RoutingInfo { keyspace: Some("local".into()), ..at(15) },
        ] {
            let mut plan = hosts_of(policy.plan(&snapshot, &query));
            plan.sort_unstable();
            assert_eq!(plan, [1, 3, 5], "{query:?}");
        }
        assert_eq!(firsts(&policy, &snapshot, 9), [(1, 3), (3, 3), (5, 3)].into());
    }
}
