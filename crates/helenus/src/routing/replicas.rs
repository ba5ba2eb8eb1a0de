//! From a keyspace and a token to the hosts that hold it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::placement::{Placement, Racks};
use super::{Partitioner, Replication, Token, TokenRing};
use crate::cluster::Host;
use crate::hash::QuickHasher;

/// The replicas of every range of every keyspace. Keyspaces of one strategy share what has been computed.
#[derive(Debug)]
pub struct TokenMap {
    partitioner: Partitioner,
    ring: Arc<TokenRing>,
    racks: Arc<Racks>,
    placements: Vec<Placement>,
    /// For each keyspace its place in `placements`; keyspaces whose strategy says nothing are not in it.
    keyspaces: HashMap<Box<str>, usize, QuickHasher>,
}

/// A range of one keyspace's ring: what a query plan remembers in place of the replicas themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Located {
    placement: usize,
    position: usize,
}

impl TokenMap {
    /// The map of a cluster with this ring and these keyspaces.
    #[must_use]
    pub fn new<'a>(
        partitioner: Partitioner,
        ring: Arc<TokenRing>,
        keyspaces: impl IntoIterator<Item = (&'a str, &'a Replication)>,
    ) -> Self {
        let racks = Arc::new(Racks::new(&ring));
        let map = Self { partitioner, ring, racks, placements: Vec::new(), keyspaces: HashMap::default() };
        map.with_keyspaces(keyspaces)
    }

    /// The same ring under other keyspaces.
    #[must_use]
    pub fn with_keyspaces<'a>(
        &self,
        keyspaces: impl IntoIterator<Item = (&'a str, &'a Replication)>,
    ) -> Self {
        let mut map = Self {
            partitioner: self.partitioner,
            ring: Arc::clone(&self.ring),
            racks: Arc::clone(&self.racks),
            placements: Vec::new(),
            keyspaces: HashMap::default(),
        };
        let mut places: BTreeMap<&Replication, usize> = BTreeMap::new();
        for (keyspace, replication) in keyspaces {
            let place = if let Some(&place) = places.get(replication) {
                place
            } else {
                let Some(placement) = Placement::new(replication) else { continue };
                map.placements.push(placement);
                places.insert(replication, map.placements.len() - 1);
                map.placements.len() - 1
            };
            map.keyspaces.insert(keyspace.into(), place);
        }
        map
    }

    /// The cluster's partitioner.
    #[must_use]
    pub const fn partitioner(&self) -> Partitioner {
        self.partitioner
    }

    /// All tokens and their owners.
    #[must_use]
    pub const fn ring(&self) -> &Arc<TokenRing> {
        &self.ring
    }

    /// The full replicas of `token` in `keyspace`, in ring order: the first owns the token's range. Empty where the
    /// keyspace is unknown or its strategy says nothing about where rows are.
    #[must_use]
    pub fn replicas(&self, keyspace: &str, token: &Token) -> &[Arc<Host>] {
        self.locate(keyspace, token).map_or(&[], |located| self.replicas_at(located))
    }

    pub(crate) fn locate(&self, keyspace: &str, token: &Token) -> Option<Located> {
        let placement = *self.keyspaces.get(keyspace)?;
        Some(Located { placement, position: self.ring.position(token)? })
    }

    pub(crate) fn replicas_at(&self, located: Located) -> &[Arc<Host>] {
        self.placements[located.placement].replicas(&self.ring, &self.racks, located.position)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::cluster::host::tests::{host_with_tokens, number_of};
    use crate::routing::ReplicationFactor;

    /// The numbers of the replicas of each token 0, 10, 20 …, the n-th of which host n of `hosts` owns.
    fn walk(hosts: &[(&str, &str)], options: &[(&str, &str)]) -> Vec<Vec<u8>> {
        let hosts: Vec<_> = (1_u8..)
            .zip(hosts)
            .map(|(n, (datacenter, rack))| host_with_tokens(n, datacenter, rack, &[i64::from(n - 1) * 10]))
            .collect();
        let replication = Replication::from_options(options.iter().copied());
        let map =
            TokenMap::new(Partitioner::Murmur3, Arc::new(TokenRing::new(&hosts)), [("ks", &replication)]);
        (0..hosts.len())
            .map(|i| {
                map.replicas("ks", &Token::Murmur3(i as i64 * 10)).iter().map(|h| number_of(h)).collect()
            })
            .collect()
    }

    const SIMPLE: &str = "org.apache.cassandra.locator.SimpleStrategy";
    const NETWORK: &str = "org.apache.cassandra.locator.NetworkTopologyStrategy";

    #[test]
    fn simple_strategy_takes_the_next_hosts() {
        let hosts = [("a", "r1"), ("b", "r1"), ("a", "r2"), ("b", "r2")];
        let replicas = walk(&hosts, &[("class", SIMPLE), ("replication_factor", "2")]);
        assert_eq!(replicas, [[1, 2], [2, 3], [3, 4], [4, 1]]);
        let more_than_hosts = walk(&hosts, &[("class", SIMPLE), ("replication_factor", "2147483647")]);
        assert_eq!(more_than_hosts[1], [2, 3, 4, 1]);
        let transient = walk(&hosts, &[("class", SIMPLE), ("replication_factor", "3/1")]);
        assert_eq!(transient[3], [4, 1]);
        assert!(walk(&hosts, &[("class", SIMPLE), ("replication_factor", "0")])[0].is_empty());
    }

    #[test]
    fn a_simple_strategy_counts_hosts_and_not_tokens() {
        let hosts = [host_with_tokens(1, "dc", "r", &[0, 10, 20, 40]), host_with_tokens(2, "dc", "r", &[30])];
        let replication = Replication::Simple(ReplicationFactor { all: 2, transient: 0 });
        let map =
            TokenMap::new(Partitioner::Murmur3, Arc::new(TokenRing::new(&hosts)), [("ks", &replication)]);
        let numbers: Vec<_> =
            map.replicas("ks", &Token::Murmur3(5)).iter().map(|host| number_of(host)).collect();
        assert_eq!(numbers, [1, 2]);
    }

    #[test]
    fn network_topology_counts_each_data_centre() {
        let hosts = [("a", "r1"), ("b", "r1"), ("a", "r1"), ("b", "r1"), ("a", "r1")];
        let replicas = walk(&hosts, &[("class", NETWORK), ("a", "2"), ("b", "1")]);
        assert_eq!(replicas, [[1, 2, 3], [2, 3, 5], [3, 4, 5], [4, 5, 1], [5, 1, 2]]);
        let unknown_datacenter = walk(&hosts, &[("class", NETWORK), ("b", "2"), ("elsewhere", "3")]);
        assert_eq!(unknown_datacenter[0], [2, 4]);
    }

    #[test]
    fn network_topology_spreads_over_racks_first() {
        let hosts = [("a", "r1"), ("a", "r1"), ("a", "r1"), ("a", "r2"), ("a", "r3")];
        let two = walk(&hosts, &[("class", NETWORK), ("a", "2")]);
        assert_eq!(two, [[1, 4], [2, 4], [3, 4], [4, 5], [5, 1]]);
        let three = walk(&hosts, &[("class", NETWORK), ("a", "3")]);
        assert_eq!(three[0], [1, 4, 5]);
        // Four replicas in three racks: one rack may have two, and the ring decides which.
        let four = walk(&hosts, &[("class", NETWORK), ("a", "4")]);
        assert_eq!(four, [[1, 2, 4, 5], [2, 3, 4, 5], [3, 4, 5, 1], [4, 5, 1, 2], [5, 1, 2, 4]]);
        let all = walk(&hosts, &[("class", NETWORK), ("a", "9")]);
        assert_eq!(all[2], [3, 4, 5, 1, 2]);
    }

    #[test]
    fn transient_replicas_are_the_last_of_their_data_centre() {
        let hosts = [("a", "r1"), ("a", "r2"), ("a", "r3"), ("b", "r1")];
        let replicas = walk(&hosts, &[("class", NETWORK), ("a", "3/1"), ("b", "1")]);
        assert_eq!(replicas[0], [1, 2, 4]);
        assert_eq!(replicas[2], [3, 4, 1]);
        // Five of which two transient, but there are only three hosts: none is transient.
        assert_eq!(walk(&hosts, &[("class", NETWORK), ("a", "5/2")])[0], [1, 2, 3]);
    }

    #[test]
    fn everywhere_is_every_host() {
        let hosts = [("a", "r1"), ("b", "r1")];
        assert_eq!(walk(&hosts, &[("class", "EverywhereStrategy")])[1], [1, 2]);
    }

    #[test]
    fn nothing_is_said_of_other_strategies_and_unknown_keyspaces() {
        let hosts = [("a", "r1")];
        assert!(walk(&hosts, &[("class", "LocalStrategy")])[0].is_empty());
        assert!(walk(&hosts, &[("class", "org.example.Ours"), ("a", "1")])[0].is_empty());
        let empty = TokenMap::new(Partitioner::Murmur3, Arc::new(TokenRing::new([])), []);
        assert!(empty.replicas("ks", &Token::Murmur3(0)).is_empty());
    }

    #[test]
    fn keyspaces_of_one_strategy_share_their_replicas() {
        let hosts = [host_with_tokens(1, "dc", "r", &[0]), host_with_tokens(2, "dc", "r", &[9])];
        let [one, same] = [1, 1].map(|all| Replication::Simple(ReplicationFactor { all, transient: 0 }));
        let other = Replication::Simple(ReplicationFactor { all: 2, transient: 0 });
        let map = TokenMap::new(
            Partitioner::Murmur3,
            Arc::new(TokenRing::new(&hosts)),
            [("a", &one), ("b", &same), ("c", &other)],
        );
        assert_eq!(map.placements.len(), 2);
        let token = Token::Murmur3(1);
        assert!(std::ptr::eq(map.replicas("a", &token), map.replicas("b", &token)));
        assert_eq!(map.replicas("c", &token).len(), 2);
        let fewer = map.with_keyspaces([("c", &one)]);
        assert_eq!(fewer.replicas("c", &token).len(), 1);
        assert!(fewer.replicas("a", &token).is_empty());
    }

    /// The same strategy told otherwise, as older servers walk: racks not yet used first, hosts of used racks put off until each
    /// rack has been seen.
    fn put_off(hosts: &[(&str, &str)], from: usize, factors: &BTreeMap<&str, usize>) -> BTreeSet<u8> {
        let mut replicas = BTreeSet::new();
        for (datacenter, factor) in factors {
            let around = (0..hosts.len()).map(|i| (from + i) % hosts.len());
            let local: Vec<usize> = around.filter(|&host| hosts[host].0 == *datacenter).collect();
            let racks: BTreeSet<_> = local.iter().map(|&host| hosts[host].1).collect();
            let (mut seen, mut taken, mut put_off) = (BTreeSet::new(), Vec::new(), Vec::new());
            for host in local {
                if seen.len() == racks.len() || seen.insert(hosts[host].1) {
                    taken.push(host);
                    if seen.len() == racks.len() {
                        taken.append(&mut put_off);
                    }
                } else {
                    put_off.push(host);
                }
            }
            replicas.extend(taken.into_iter().take(*factor).map(|host| u8::try_from(host + 1).unwrap()));
        }
        replicas
    }

    proptest! {
        #[test]
        fn network_topology_agrees_with_the_walk_of_older_servers(
            places in prop::collection::vec((prop::sample::select(vec!["a", "b"]), prop::sample::select(vec!["1", "2", "3"])), 1..12),
            a in 0_usize..6,
            b in 0_usize..6,
        ) {
            let (first, second) = (a.to_string(), b.to_string());
            let replicas = walk(&places, &[("class", NETWORK), ("a", &first), ("b", &second)]);
            for (from, replicas) in replicas.into_iter().enumerate() {
                let expected = put_off(&places, from, &[("a", a), ("b", b)].into());
                prop_assert_eq!(replicas.len(), expected.len());
                prop_assert_eq!(replicas.into_iter().collect::<BTreeSet<_>>(), expected);
            }
        }
    }
}
