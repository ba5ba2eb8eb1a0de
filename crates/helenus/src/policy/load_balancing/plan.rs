//! The hosts for one request, drawn one by one.

use std::fmt;
use std::sync::Arc;

use smallvec::SmallVec;
use uuid::Uuid;

use super::rotation::Rotation;
use super::token_aware::ReplicasFirst;
use crate::cluster::Host;

/// How often a plan may name one host. That ends it: where no host can be asked, a plan that never ends would be drawn
/// from for ever, and not even a deadline comes in between.
const MOST_TIMES: u8 = 8;

/// An iterator over the hosts for one request. The plans of the built-in policies work the next host out when it is
/// asked for and allocate nothing for the first.
///
/// A plan that is made [from an iterator](Self::from_iterator) may name hosts more than once, but it ends where it names one for
/// the ninth time: so one that goes round for ever has at most eight rounds.
pub struct Plan(Source);

enum Source {
    Rotation(Rotation),
    ReplicasFirst(ReplicasFirst),
    Listed(std::vec::IntoIter<Arc<Host>>),
    Other(Box<Bounded>),
}

/// An iterator of unknown length, and how often each host was given.
struct Bounded {
    hosts: Box<dyn Iterator<Item = Arc<Host>> + Send>,
    given: SmallVec<[(Uuid, u8); 4]>,
}

impl Bounded {
    fn next(&mut self) -> Option<Arc<Host>> {
        let host = self.hosts.next()?;
        match self.given.iter_mut().find(|(id, _)| *id == host.host_id()) {
            Some((_, times)) if *times == MOST_TIMES => return None,
            Some((_, times)) => *times += 1,
            None => self.given.push((host.host_id(), 1)),
        }
        Some(host)
    }
}

impl Plan {
    /// No host at all: the request fails with `Exhausted` and no attempt.
    #[must_use]
    pub fn empty() -> Self {
        Self::from_hosts(Vec::new())
    }

    /// These hosts in this order.
    #[must_use]
    pub fn from_hosts(hosts: Vec<Arc<Host>>) -> Self {
        Self(Source::Listed(hosts.into_iter()))
    }

    /// What this iterator gives, when it is asked for.
    pub fn from_iterator(hosts: impl Iterator<Item = Arc<Host>> + Send + 'static) -> Self {
        Self(Source::Other(Box::new(Bounded { hosts: Box::new(hosts), given: SmallVec::new() })))
    }

    pub(super) const fn rotation(rotation: Rotation) -> Self {
        Self(Source::Rotation(rotation))
    }

    pub(super) const fn replicas_first(replicas: ReplicasFirst) -> Self {
        Self(Source::ReplicasFirst(replicas))
    }
}

impl Iterator for Plan {
    type Item = Arc<Host>;

    fn next(&mut self) -> Option<Arc<Host>> {
        match &mut self.0 {
            Source::Rotation(rotation) => rotation.next(),
            Source::ReplicasFirst(replicas) => replicas.next(),
            Source::Listed(hosts) => hosts.next(),
            Source::Other(hosts) => hosts.next(),
        }
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.0 {
            Source::Rotation(_) => "rotation",
            Source::ReplicasFirst(_) => "replicas first",
            Source::Listed(hosts) => return f.debug_list().entries(hosts.as_slice()).finish(),
            Source::Other(_) => "other",
        };
        write!(f, "Plan({kind})")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::hosts_of;
    use super::*;
    use crate::cluster::host::tests::{host, number_of};

    #[test]
    fn a_users_plan_is_drawn_as_it_is() {
        let hosts = vec![host(2, "dc", "r"), host(1, "dc", "r"), host(2, "dc", "r")];
        assert_eq!(hosts_of(Plan::from_iterator(hosts.clone().into_iter())), [2, 1, 2]);
        assert_eq!(hosts_of(Plan::from_hosts(hosts)), [2, 1, 2]);
        assert_eq!(Plan::empty().next(), None);
    }

    #[test]
    fn a_plan_that_goes_round_for_ever_has_an_end() {
        let hosts = [host(1, "dc", "r"), host(2, "dc", "r"), host(3, "dc", "r")];
        let round = Plan::from_iterator(hosts.clone().into_iter().cycle());
        assert_eq!(round.take(1000).map(|host| number_of(&host)).collect::<Vec<_>>(), [1, 2, 3].repeat(8));
        let [first, second, _] = hosts;
        let stuck = Plan::from_iterator(std::iter::once(first).chain(std::iter::repeat(second)));
        assert_eq!(stuck.take(1000).count(), 9);
    }
}
