//! What load-balancing policies have said of the hosts of one snapshot. Each is asked once about a host: a policy of the
//! user's own may be slow, or in another language, and no request should wait for it.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use super::{Host, Snapshot};
use crate::lock::lock;
use crate::policy::guard::guarded;
use crate::policy::{HostDistance, LoadBalancingPolicy};

/// How near a host is for the one of several policies for which it is nearest: whether it gets connections at all.
pub(crate) fn nearest(
    policies: &[Arc<dyn LoadBalancingPolicy>],
    snapshot: &Arc<Snapshot>,
    host: &Host,
) -> HostDistance {
    let distances = policies.iter().map(|policy| match policy.distance_is_cheap() {
        true => asked(snapshot, policy, host),
        false => snapshot.distance(policy, host),
    });
    distances.min().unwrap_or(HostDistance::Ignored)
}

/// One policy's answers by the places of the hosts.
#[derive(Debug, Clone)]
pub(crate) struct Answers(Arc<[OnceLock<HostDistance>]>);

impl Answers {
    /// How near `policy`, whose answers these are, says that a host of `snapshot` is.
    pub(crate) fn distance(
        &self,
        snapshot: &Arc<Snapshot>,
        policy: &Arc<dyn LoadBalancingPolicy>,
        host: &Host,
    ) -> HostDistance {
        let kept = snapshot.place(host).and_then(|place| self.0.get(place));
        match kept {
            Some(kept) => *kept.get_or_init(|| asked(snapshot, policy, host)),
            // A host that has left the cluster meanwhile.
            None => asked(snapshot, policy, host),
        }
    }
}

/// A policy that panics has not said that a host is to be used like a local one, nor that it is to be done without.
fn asked(snapshot: &Arc<Snapshot>, policy: &Arc<dyn LoadBalancingPolicy>, host: &Host) -> HostDistance {
    guarded("load-balancing policy", || policy.distance(snapshot, host)).unwrap_or(HostDistance::Remote)
}

/// The answers of all policies that were asked; mostly of one.
#[derive(Default)]
pub(super) struct Distances(Mutex<Vec<(Weak<dyn LoadBalancingPolicy>, Answers)>>);

impl fmt::Debug for Distances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Distances(..)")
    }
}

impl Distances {
    pub(super) fn of(&self, policy: &Arc<dyn LoadBalancingPolicy>, hosts: usize) -> Answers {
        let mut all = lock(&self.0);
        let is_it = |asked: &Weak<dyn LoadBalancingPolicy>| {
            std::ptr::addr_eq(Weak::as_ptr(asked), Arc::as_ptr(policy))
        };
        if let Some((_, answers)) = all.iter().find(|(asked, _)| is_it(asked)) {
            return answers.clone();
        }
        let answers = Answers(std::iter::repeat_with(OnceLock::new).take(hosts).collect());
        // The weak handle keeps the address from being given to another policy.
        all.push((Arc::downgrade(policy), answers.clone()));
        answers
    }
}
