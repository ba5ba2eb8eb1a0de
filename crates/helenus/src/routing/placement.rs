//! One replication strategy over one ring: which hosts hold a range. The walks are Cassandra's.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::{Replication, ReplicationFactor, TokenRing};
use crate::cluster::Host;

type Slot = OnceLock<Box<[Arc<Host>]>>;

/// The replicas of each range under one strategy. A range's are computed when they are first asked for: connecting
/// to a large cluster costs nothing, nor does a keyspace that is never used.
#[derive(Debug)]
pub(super) struct Placement {
    strategy: Strategy,
    slots: OnceLock<Box<[Slot]>>,
}

#[derive(Debug)]
enum Strategy {
    Simple(ReplicationFactor),
    NetworkTopology(BTreeMap<Box<str>, ReplicationFactor>),
    Everywhere,
}

impl Placement {
    /// None for a strategy that says nothing about where rows are.
    pub(super) fn new(replication: &Replication) -> Option<Self> {
        let strategy = match replication {
            Replication::Simple(factor) => Strategy::Simple(*factor),
            Replication::NetworkTopology(factors) => Strategy::NetworkTopology(factors.clone()),
            Replication::Everywhere => Strategy::Everywhere,
            Replication::Local | Replication::Unknown { .. } => return None,
        };
        Some(Self { strategy, slots: OnceLock::new() })
    }

    /// The full replicas of the range at `position`, the first in ring order first.
    pub(super) fn replicas<'a>(
        &'a self,
        ring: &'a TokenRing,
        racks: &Racks,
        position: usize,
    ) -> &'a [Arc<Host>] {
        if let Strategy::Everywhere = self.strategy {
            return ring.hosts();
        }
        let slots = self.slots.get_or_init(|| std::iter::repeat_with(Slot::new).take(ring.len()).collect());
        slots[position].get_or_init(|| match &self.strategy {
            Strategy::Simple(factor) => simple(ring, position, *factor),
            Strategy::NetworkTopology(factors) => network_topology(ring, racks, position, factors),
            Strategy::Everywhere => ring.hosts().into(),
        })
    }
}

/// `SimpleStrategy`: the next distinct hosts.
fn simple(ring: &TokenRing, position: usize, factor: ReplicationFactor) -> Box<[Arc<Host>]> {
    // The last of them are the transient ones.
    let wanted = (factor.full() as usize).min(ring.hosts().len());
    let mut taken = vec![false; ring.hosts().len()];
    ring.owners_from(position)
        .filter(|&owner| !std::mem::replace(&mut taken[owner], true))
        .take(wanted)
        .map(|owner| Arc::clone(&ring.hosts()[owner]))
        .collect()
}

/// Data centres and racks of a ring's hosts, numbered.
#[derive(Debug, Default)]
pub(super) struct Racks {
    datacenters: BTreeMap<Box<str>, usize>,
    /// For each host of the ring its data centre and its rack.
    places: Vec<(usize, usize)>,
    hosts_in: Vec<usize>,
    racks_in: Vec<usize>,
    rack_count: usize,
}

impl Racks {
    pub(super) fn new(ring: &TokenRing) -> Self {
        let mut racks = Self::default();
        let mut numbers = BTreeMap::new();
        for host in ring.hosts() {
            let name = host.datacenter().unwrap_or_default();
            let next = racks.datacenters.len();
            let datacenter = *racks.datacenters.entry(name.into()).or_insert(next);
            if datacenter == next {
                racks.hosts_in.push(0);
                racks.racks_in.push(0);
            }
            racks.hosts_in[datacenter] += 1;
            let next = numbers.len();
            let rack = *numbers.entry((datacenter, host.rack().unwrap_or_default())).or_insert(next);
            if rack == next {
                racks.racks_in[datacenter] += 1;
            }
            racks.places.push((datacenter, rack));
        }
        racks.rack_count = numbers.len();
        racks
    }
}

/// What one data centre is still owed during a walk.
#[derive(Clone, Default)]
struct Owed {
    /// Replicas, transient ones included.
    replicas: usize,
    /// How many of the last of them are transient.
    transient: usize,
    /// How many may stand in a rack that has one already: those that there are not enough racks for.
    rack_repeats: usize,
}

impl Owed {
    fn new(factor: ReplicationFactor, hosts: usize, racks: usize) -> Self {
        let all = factor.all as usize;
        let replicas = all.min(hosts);
        Self {
            replicas,
            // Where there are fewer hosts than the factor asks for, it is transient replicas that are given up first.
            transient: (factor.transient as usize).saturating_sub(all - replicas),
            rack_repeats: all.saturating_sub(racks),
        }
    }
}

/// `NetworkTopologyStrategy`: in each data centre the next hosts in racks that have none yet, and others only as far
/// as there are fewer racks than replicas.
fn network_topology(
    ring: &TokenRing,
    racks: &Racks,
    position: usize,
    factors: &BTreeMap<Box<str>, ReplicationFactor>,
) -> Box<[Arc<Host>]> {
    let mut owed = vec![Owed::default(); racks.datacenters.len()];
    for (name, factor) in factors {
        if let Some(&datacenter) = racks.datacenters.get(name) {
            owed[datacenter] = Owed::new(*factor, racks.hosts_in[datacenter], racks.racks_in[datacenter]);
        }
    }
    let mut left: usize = owed.iter().map(|owed| owed.replicas).sum();
    let mut taken = vec![false; ring.hosts().len()];
    let mut racks_used = vec![false; racks.rack_count];
    let mut replicas = Vec::with_capacity(left);
    for host in ring.owners_from(position) {
        if left == 0 {
            break;
        }
        let (datacenter, rack) = racks.places[host];
        let owed = &mut owed[datacenter];
        if owed.replicas == 0 || taken[host] {
            continue;
        }
        if std::mem::replace(&mut racks_used[rack], true) {
            if owed.rack_repeats == 0 {
                continue;
            }
            owed.rack_repeats -= 1;
        }
        taken[host] = true;
        if owed.replicas > owed.transient {
            replicas.push(Arc::clone(&ring.hosts()[host]));
        }
        owed.replicas -= 1;
        left -= 1;
    }
    replicas.into()
}
