//! What load-balancing policies have said of the hosts of one snapshot. Each is asked once about a host: a policy of the
//! user's own may be slow, or in another language, and no request should wait for it.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use super::{Host, Snapshot};
use crate::lock::lock;
use crate::policy::{HostDistance, LoadBalancingPolicy};

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
            Some(kept) => *kept.get_or_init(|| policy.distance(snapshot, host)),
            // A host that has left the cluster meanwhile.
            None => policy.distance(snapshot, host),
        }
    }
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
