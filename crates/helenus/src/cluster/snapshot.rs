//! The cluster at one moment. A snapshot is built whole and swapped whole: a request that has one sees one cluster,
//! however long it runs. Only a host's state lives on inside it (see [`host`](super::host)).

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use uuid::Uuid;

use super::Host;
use super::distances::{Answers, Distances};
use super::topology::Topology;
use crate::policy::{HostDistance, LoadBalancingPolicy};
use crate::routing::{Partitioner, Token, TokenMap, TokenRing};
use crate::schema::Schema;

/// All hosts, the schema, and where rows live.
#[derive(Debug, Default)]
pub struct Snapshot {
    members: Arc<Members>,
    tokens: Option<Arc<TokenMap>>,
    schema: Arc<Schema>,
    contacted_datacenter: Option<Arc<str>>,
    distances: Distances,
}

/// The hosts and how they are found.
#[derive(Debug, Default)]
struct Members {
    hosts: Box<[Arc<Host>]>,
    by_id: HashMap<Uuid, usize>,
    by_address: HashMap<SocketAddr, usize>,
}

impl Snapshot {
    /// A cluster of these hosts. Without a partitioner (an unknown one) there is no token-aware routing.
    ///
    /// Of several hosts with one identity the first is taken.
    #[must_use]
    pub fn new(
        hosts: impl IntoIterator<Item = Arc<Host>>,
        partitioner: Option<Partitioner>,
        schema: Arc<Schema>,
    ) -> Self {
        let mut hosts: Vec<_> = hosts.into_iter().collect();
        let mut by_id = HashMap::with_capacity(hosts.len());
        hosts.retain(|host| by_id.insert(host.host_id(), 0).is_none());
        // One order for all who look, so that two snapshots of one cluster give the same plans.
        hosts.sort_by_key(|host| (host.address(), host.host_id()));
        let mut by_address = HashMap::with_capacity(hosts.len());
        for (place, host) in hosts.iter().enumerate() {
            by_id.insert(host.host_id(), place);
            by_address.entry(host.address()).or_insert(place);
        }
        let tokens = partitioner.map(|partitioner| {
            Arc::new(TokenMap::new(partitioner, Arc::new(TokenRing::new(&hosts)), schema.replications()))
        });
        let members = Arc::new(Members { hosts: hosts.into(), by_id, by_address });
        Self { members, tokens, schema, contacted_datacenter: None, distances: Distances::default() }
    }

    /// The same hosts under another schema. The ring is not sorted again.
    #[must_use]
    pub fn with_schema(&self, schema: Arc<Schema>) -> Self {
        let with_keyspaces = |tokens: &Arc<TokenMap>| Arc::new(tokens.with_keyspaces(schema.replications()));
        Self { tokens: self.tokens.as_ref().map(with_keyspaces), schema, ..self.judged_anew() }
    }

    /// The cluster after its tables were read again. Hosts that are still there keep their state.
    pub(super) fn after_reading(&self, found: &Topology) -> Self {
        let hosts: Vec<Arc<Host>> = found
            .hosts
            .iter()
            .map(|facts| {
                let Some(known) = self.host(facts.host_id) else { return Arc::new(Host::new(facts.clone())) };
                let mut facts = facts.clone();
                // Others do not know by which socket this machine reaches it.
                if found.own != Some(facts.host_id) {
                    facts.socket.clone_from(&known.facts().socket);
                }
                if *known.facts() == facts { Arc::clone(known) } else { Arc::new(known.updated(facts)) }
            })
            .collect();
        // Where the data centre has another name now, the old one would leave no host to be used.
        let is_there = |name: &Arc<str>| hosts.iter().any(|host| host.datacenter() == Some(&**name));
        let first = hosts.first().and_then(|host| host.facts().datacenter.clone());
        let contacted = self.contacted_datacenter.clone().filter(is_there).or(first);
        Self::new(hosts, found.partitioner, Arc::clone(&self.schema)).with_contacted_datacenter(contacted)
    }

    /// The same once more, with every host's distance to be asked again: what follows when one goes up or down.
    pub(crate) fn judged_anew(&self) -> Self {
        Self {
            members: Arc::clone(&self.members),
            tokens: self.tokens.clone(),
            schema: Arc::clone(&self.schema),
            contacted_datacenter: self.contacted_datacenter.clone(),
            distances: Distances::default(),
        }
    }

    /// How near `policy` says that a host is. It is asked once in the life of this snapshot.
    pub fn distance(self: &Arc<Self>, policy: &Arc<dyn LoadBalancingPolicy>, host: &Host) -> HostDistance {
        if policy.distance_is_cheap() {
            return policy.distance(self, host);
        }
        self.answers(policy).distance(self, policy, host)
    }

    /// What `policy` has said of the hosts so far.
    pub(crate) fn answers(&self, policy: &Arc<dyn LoadBalancingPolicy>) -> Answers {
        self.distances.of(policy, self.hosts().len())
    }

    /// Where a host stands among [`hosts`](Self::hosts).
    pub(crate) fn place(&self, host: &Host) -> Option<usize> {
        self.members.by_id.get(&host.host_id()).copied()
    }

    /// The same, with the data centre of the host that was contacted first: what a policy takes for local where
    /// nobody named one.
    #[must_use]
    pub fn with_contacted_datacenter(mut self, datacenter: Option<Arc<str>>) -> Self {
        self.contacted_datacenter = datacenter;
        self
    }

    /// All hosts, in the order of their addresses.
    #[must_use]
    pub fn hosts(&self) -> &[Arc<Host>] {
        &self.members.hosts
    }

    /// The hosts that `other` has not.
    pub(super) fn hosts_beside<'a>(&'a self, other: &Self) -> impl Iterator<Item = &'a Arc<Host>> {
        // Most changes are of other things.
        let is_same = Arc::ptr_eq(&self.members, &other.members);
        self.hosts().iter().filter(move |host| !is_same && other.place(host).is_none())
    }

    /// The host with this identity.
    #[must_use]
    pub fn host(&self, host_id: Uuid) -> Option<&Arc<Host>> {
        self.members.by_id.get(&host_id).map(|&place| &self.members.hosts[place])
    }

    /// The host that we connect to at this address.
    #[must_use]
    pub fn host_at(&self, address: SocketAddr) -> Option<&Arc<Host>> {
        self.members.by_address.get(&address).map(|&place| &self.members.hosts[place])
    }

    /// The host that calls itself by this address: the one that an event means.
    #[must_use]
    pub fn host_named_in_event(&self, rpc_address: SocketAddr) -> Option<&Arc<Host>> {
        self.hosts().iter().find(|host| host.facts().rpc_address == rpc_address)
    }

    /// Tokens and replicas, where the partitioner is known.
    #[must_use]
    pub fn token_map(&self) -> Option<&TokenMap> {
        self.tokens.as_deref()
    }

    /// The token of a partition key, where the partitioner is known.
    #[must_use]
    pub fn token(&self, routing_key: &[u8]) -> Option<Token> {
        self.tokens.as_ref().map(|tokens| tokens.partitioner().token(routing_key))
    }

    /// The replicas of a token in a keyspace, empty where they are not known.
    #[must_use]
    pub fn replicas(&self, keyspace: &str, token: &Token) -> &[Arc<Host>] {
        self.tokens.as_ref().map_or(&[], |tokens| tokens.replicas(keyspace, token))
    }

    /// Keyspaces and tables.
    #[must_use]
    pub const fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The data centre of the host that was contacted first.
    #[must_use]
    pub fn contacted_datacenter(&self) -> Option<&str> {
        self.contacted_datacenter.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::HostFacts;
    use crate::cluster::host::tests::{host_with_tokens, number_of};
    use crate::routing::{Replication, ReplicationFactor};
    use crate::schema::Keyspace;

    fn schema(all: u32) -> Arc<Schema> {
        let replication = Replication::Simple(ReplicationFactor { all, transient: 0 });
        Arc::new(Schema::new([Keyspace::new("ks", replication)]))
    }

    fn numbers(hosts: &[Arc<Host>]) -> Vec<u8> {
        hosts.iter().map(|host| number_of(host)).collect()
    }

    #[test]
    fn hosts_are_found_by_identity_and_by_either_address() {
        let inside = SocketAddr::from(([127, 1, 1, 1], 9042));
        let plain = host_with_tokens(2, "dc", "r", &[]);
        let translated =
            HostFacts { rpc_address: inside, ..host_with_tokens(1, "dc", "r", &[]).facts().clone() };
        let snapshot = Snapshot::new([plain, Arc::new(Host::new(translated))], None, Arc::default());
        assert_eq!(numbers(snapshot.hosts()), [1, 2]);
        assert_eq!(snapshot.host(Uuid::from_u128(2)).map(|h| number_of(h)), Some(2));
        assert_eq!(snapshot.host(Uuid::from_u128(3)), None);
        assert_eq!(snapshot.host_at(SocketAddr::from(([127, 0, 0, 1], 9042))).map(|h| number_of(h)), Some(1));
        assert_eq!(snapshot.host_at(inside), None);
        assert_eq!(snapshot.host_named_in_event(inside).map(|h| number_of(h)), Some(1));
    }

    #[test]
    fn one_identity_is_one_host() {
        let twice = [1, 1, 2].map(|n| host_with_tokens(n, "dc", "r", &[]));
        assert_eq!(numbers(Snapshot::new(twice, None, Arc::default()).hosts()), [1, 2]);
    }

    #[test]
    fn two_identities_at_one_address_are_both_kept() {
        let first = host_with_tokens(1, "dc", "r", &[]);
        let second = Arc::new(Host::new(HostFacts::new(Uuid::from_u128(2), first.address())));
        let snapshot = Snapshot::new([second, first], None, Arc::default());
        assert_eq!(numbers(snapshot.hosts()), [1, 2]);
        assert_eq!(snapshot.host_at(SocketAddr::from(([127, 0, 0, 1], 9042))).map(|h| number_of(h)), Some(1));
    }

    #[test]
    fn replicas_follow_the_schema() {
        let hosts = [host_with_tokens(1, "dc", "r", &[0]), host_with_tokens(2, "dc", "r", &[10])];
        let snapshot = Snapshot::new(hosts, Some(Partitioner::Murmur3), schema(1))
            .with_contacted_datacenter(Some("dc".into()));
        let token = Token::Murmur3(5);
        assert_eq!(numbers(snapshot.replicas("ks", &token)), [2]);
        let wider = snapshot.with_schema(schema(2));
        assert_eq!(numbers(wider.replicas("ks", &token)), [2, 1]);
        assert_eq!(wider.contacted_datacenter(), Some("dc"));
        assert_eq!(snapshot.token(b"a"), Some(Token::Murmur3(-8839064797231613815)));
    }

    #[test]
    fn without_a_partitioner_nothing_is_known_of_rows() {
        let snapshot = Snapshot::new([host_with_tokens(1, "dc", "r", &[0])], None, schema(1));
        assert_eq!(snapshot.token(b"a"), None);
        assert!(snapshot.replicas("ks", &Token::Murmur3(0)).is_empty());
    }
}
