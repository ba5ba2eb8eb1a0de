//! Where a request's hosts come from.

use std::sync::Arc;

use uuid::Uuid;

use crate::cluster::Host;
use crate::connection::Connection;
use crate::policy::Plan;
use crate::policy::guard::guarded;

/// Where a request's hosts come from.
pub(crate) enum Route {
    /// This one, and only if it does not do the others of a plan, which is not made before.
    First(Arc<Host>),
    /// This one was asked. The others are those of a plan that is made when they are wanted.
    Others(Uuid),
    /// One after another from a plan, but for the host that was asked without one.
    Plan(Box<Plan>, Option<Uuid>),
    /// One connection, whatever happens: the control connection, a USE on each of a pool. Its host is given out once, as
    /// by a plan of one host: what the connection does not take fails.
    Fixed(Option<Arc<Host>>, Arc<Connection>),
}

impl Route {
    /// These hosts.
    pub(crate) fn plan(plan: Plan) -> Self {
        Self::Plan(Box::new(plan), None)
    }

    /// The host that is known without a plan, once.
    pub(super) fn take_first(&mut self) -> Option<Arc<Host>> {
        let Self::First(first) = self else { return None };
        let others = Self::Others(first.host_id());
        match std::mem::replace(self, others) {
            Self::First(first) => Some(first),
            _ => None,
        }
    }

    pub(super) fn next_host(&mut self, make_plan: impl FnOnce() -> Plan) -> Option<Arc<Host>> {
        if let Self::Others(first) = self {
            *self = Self::Plan(Box::new(make_plan()), Some(*first));
        }
        match self {
            // Mostly on an I/O thread, with the request's state held. A plan that panics has ended.
            Self::Plan(plan, first) => {
                let next = || plan.find(|host| *first != Some(host.host_id()));
                guarded("load-balancing policy's plan", next).ok().flatten()
            }
            Self::Fixed(host, _) => host.take(),
            Self::First(_) => self.take_first(),
            Self::Others(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::host::tests::{host, number_of};

    #[test]
    fn a_plan_that_panics_has_ended() {
        let hosts = vec![host(1, "dc", "r"), host(2, "dc", "r")];
        let mut route = Route::plan(Plan::from_iterator(hosts.into_iter().enumerate().map(|(n, host)| {
            assert_eq!(n, 0, "no more than one");
            host
        })));
        let mut next = || route.next_host(Plan::empty).map(|host| number_of(&host));
        assert_eq!((next(), next()), (Some(1), None));
    }

    #[test]
    fn the_first_host_is_left_out_of_the_plan_that_is_made_later() {
        let hosts = vec![host(1, "dc", "r"), host(2, "dc", "r")];
        let mut route = Route::First(Arc::clone(&hosts[1]));
        let mut next = || route.next_host(|| Plan::from_hosts(hosts.clone())).map(|host| number_of(&host));
        assert_eq!((next(), next(), next()), (Some(2), Some(1), None));
    }
}
