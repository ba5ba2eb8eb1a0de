//! How far hosts are where a program's own policies say so: they tell, the engine does not ask. So no thread of the
//! engine calls into Python to learn whom to connect to.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use helenus::policy::{HostDistance, LoadBalancingPolicy, Plan, RoutingInfo};
use helenus::{Host, cluster::Snapshot};
use uuid::Uuid;

/// What was told; `None` as long as the engine's own policy decides.
pub(super) type Distances = Arc<RwLock<Option<HashMap<Uuid, HostDistance>>>>;

/// The engine's policy, with distances from outside once there are some. A host of which nothing was told then is
/// ignored.
#[derive(Debug)]
pub(super) struct ToldPolicy {
    child: Arc<dyn LoadBalancingPolicy>,
    distances: Distances,
    /// The façade makes the plans: the child only stands in for requests of the engine itself.
    is_stand_in: bool,
}

impl ToldPolicy {
    pub(super) fn new(child: Arc<dyn LoadBalancingPolicy>, is_stand_in: bool) -> (Self, Distances) {
        let distances: Distances = Arc::new(RwLock::new(is_stand_in.then(HashMap::new)));
        (Self { child, distances: Arc::clone(&distances), is_stand_in }, distances)
    }

    /// One more, of which the same is told.
    pub(super) fn beside(child: Arc<dyn LoadBalancingPolicy>, distances: &Distances) -> Self {
        Self { child, distances: Arc::clone(distances), is_stand_in: false }
    }
}

fn told(distances: &Distances, host: &Host) -> Option<HostDistance> {
    let distances = distances.read().unwrap_or_else(PoisonError::into_inner);
    let told = distances.as_ref()?;
    Some(told.get(&host.host_id()).copied().unwrap_or(HostDistance::Ignored))
}

impl LoadBalancingPolicy for ToldPolicy {
    fn distance(&self, snapshot: &Arc<Snapshot>, host: &Host) -> HostDistance {
        told(&self.distances, host).unwrap_or_else(|| self.child.distance(snapshot, host))
    }

    fn distance_is_cheap(&self) -> bool {
        true
    }

    fn plan(&self, snapshot: &Arc<Snapshot>, query: &RoutingInfo<'_>) -> Plan {
        let plan = self.child.plan(snapshot, query);
        if !self.is_stand_in {
            return plan;
        }
        let distances = Arc::clone(&self.distances);
        Plan::from_iterator(plan.filter(move |host| told(&distances, host) != Some(HostDistance::Ignored)))
    }

    fn first(&self, snapshot: &Arc<Snapshot>, query: &RoutingInfo<'_>) -> Option<Arc<Host>> {
        if self.is_stand_in { None } else { self.child.first(snapshot, query) }
    }
}
