//! The plan that most built-in policies share: nearest first, and a fair rotation among hosts of one distance.

use std::borrow::Borrow;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{HostDistance, Plan};
use crate::cluster::{Host, HostStatus, Snapshot};

/// What distinguishes one rotating policy from another.
pub(super) trait Rule: Debug + Send + Sync {
    fn distance(&self, snapshot: &Snapshot, host: &Host) -> HostDistance;
}

/// A rule and the place where the next plan begins.
#[derive(Debug)]
pub(super) struct Rotating<R> {
    pub(super) rule: Arc<R>,
    turn: AtomicUsize,
}

impl<R: Rule + 'static> Rotating<R> {
    pub(super) fn new(rule: R) -> Self {
        // Many clients that start together must not begin with the same host.
        Self { rule: Arc::new(rule), turn: AtomicUsize::new(fastrand::usize(..)) }
    }

    pub(super) fn plan(&self, snapshot: &Arc<Snapshot>) -> Plan {
        let rule: Arc<R> = Arc::clone(&self.rule);
        Plan::rotation(Rotation::new(Arc::clone(snapshot), rule, self.next_turn()))
    }

    /// What a plan made now would give first, without making one.
    pub(super) fn first(&self, snapshot: &Arc<Snapshot>) -> Option<Arc<Host>> {
        if let [only] = snapshot.hosts() {
            let is_used = self.rule.distance(snapshot, only) != HostDistance::Ignored;
            return is_used.then(|| Arc::clone(only));
        }
        Rotation::<&Snapshot, &dyn Rule>::new(snapshot, &*self.rule, self.next_turn()).next()
    }

    fn next_turn(&self) -> usize {
        self.turn.fetch_add(1, Ordering::Relaxed)
    }
}

/// Hosts that a plan has given already, by place. Nothing is allocated for the first.
#[derive(Debug, Default)]
pub(super) struct Seen {
    first: Option<usize>,
    bits: Vec<u64>,
}

impl Seen {
    pub(super) fn insert(&mut self, place: usize) {
        let Some(first) = self.first else {
            self.first = Some(place);
            return;
        };
        for place in [first, place] {
            let word = place / 64;
            if self.bits.len() <= word {
                self.bits.resize(word + 1, 0);
            }
            self.bits[word] |= 1 << (place % 64);
        }
    }

    pub(super) fn contains(&self, place: usize) -> bool {
        self.first == Some(place)
            || self.bits.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }
}

const DISTANCES: u8 = 3;
const TIERS: u8 = 3 * DISTANCES;

/// One request's way through the hosts: tier by tier, each from its own starting point.
#[derive(Debug)]
pub(super) struct Rotation<S = Arc<Snapshot>, R = Arc<dyn Rule>> {
    snapshot: S,
    rule: R,
    turn: usize,
    tier: u8,
    /// The place of the last host given in this tier.
    last: Option<usize>,
    seen: Seen,
}

impl<S: Borrow<Snapshot>, R: Borrow<dyn Rule + 'static>> Rotation<S, R> {
    fn new(snapshot: S, rule: R, turn: usize) -> Self {
        Self { snapshot, rule, turn, tier: 0, last: None, seen: Seen::default() }
    }

    pub(super) fn next(&mut self) -> Option<Arc<Host>> {
        let place = self.next_of_tier().or_else(|| self.first_of_next_tier())?;
        self.last = Some(place);
        self.seen.insert(place);
        Some(Arc::clone(&self.hosts()[place]))
    }

    fn hosts(&self) -> &[Arc<Host>] {
        self.snapshot.borrow().hosts()
    }

    /// The next one around from the last.
    fn next_of_tier(&self) -> Option<usize> {
        let last = self.last?;
        (last + 1..self.hosts().len()).chain(0..last).find(|&place| self.is_due(place))
    }

    /// Goes on to the lowest tier that has a host left, and to the host there whose turn it is.
    fn first_of_next_tier(&mut self) -> Option<usize> {
        loop {
            let hosts = self.hosts();
            let (mut lowest, mut due) = (TIERS, 0);
            for (place, host) in hosts.iter().enumerate() {
                match self.tier_of(host) {
                    Some(tier) if tier <= lowest && !self.seen.contains(place) => {
                        due = if tier < lowest { 1 } else { due + 1 };
                        lowest = tier;
                    }
                    _ => {}
                }
            }
            let places = hosts.len();
            self.tier = lowest;
            // The turn counts the hosts of this tier alone: counting others would give their turns to neighbours.
            let turn = self.turn.checked_rem(due)?;
            let found = (0..places).filter(|&place| self.is_due(place)).nth(turn);
            // A host whose state changed since it was counted may have been the one.
            if found.is_some() {
                return found;
            }
        }
    }

    /// Whether a host belongs to this tier, or to one before it that it was not in when that was gone through.
    fn is_due(&self, place: usize) -> bool {
        !self.seen.contains(place) && self.tier_of(&self.hosts()[place]).is_some_and(|tier| tier <= self.tier)
    }

    fn tier_of(&self, host: &Host) -> Option<u8> {
        let distance = match self.rule.borrow().distance(self.snapshot.borrow(), host) {
            HostDistance::LocalRack => 0,
            HostDistance::Local => 1,
            HostDistance::Remote => 2,
            HostDistance::Ignored => return None,
        };
        Some(distance + DISTANCES * standing(host))
    }
}

/// 0 for a host to be used, 1 for a silent one, 2 for one that is down.
pub(super) fn standing(host: &Host) -> u8 {
    if host.status() == HostStatus::Down { 2 } else { u8::from(host.is_set_aside()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seen_holds_what_was_put_in() {
        let mut seen = Seen::default();
        assert!(!seen.contains(0) && !seen.contains(1000));
        for (i, place) in [70, 3, 0, 63, 64, 500].into_iter().enumerate() {
            assert!(!seen.contains(place));
            seen.insert(place);
            assert!(seen.contains(place) && seen.contains(70), "after {i}");
        }
        assert_eq!((0..1000).filter(|&place| seen.contains(place)).count(), 6);
    }
}
