//! The hosts for one request, drawn one by one.

use std::fmt;
use std::sync::Arc;

use super::rotation::Rotation;
use super::token_aware::ReplicasFirst;
use crate::cluster::Host;

/// An iterator over the hosts for one request. The plans of the built-in policies work the next host out when it is
/// asked for and allocate nothing for the first.
pub struct Plan(Source);

enum Source {
    Rotation(Rotation),
    ReplicasFirst(ReplicasFirst),
    Listed(std::vec::IntoIter<Arc<Host>>),
    Other(Box<dyn Iterator<Item = Arc<Host>> + Send>),
}

impl Plan {
    /// No host at all.
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
        Self(Source::Other(Box::new(hosts)))
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
    use crate::cluster::host::tests::host;

    #[test]
    fn a_users_plan_is_drawn_as_it_is() {
        let hosts = vec![host(2, "dc", "r"), host(1, "dc", "r"), host(2, "dc", "r")];
        assert_eq!(hosts_of(Plan::from_iterator(hosts.clone().into_iter())), [2, 1, 2]);
        assert_eq!(hosts_of(Plan::from_hosts(hosts)), [2, 1, 2]);
        assert_eq!(Plan::empty().next(), None);
    }
}
