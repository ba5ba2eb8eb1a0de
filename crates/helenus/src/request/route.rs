//! Where a request's hosts come from.

use std::sync::Arc;

use crate::cluster::Host;
use crate::connection::Connection;
use crate::policy::Plan;

/// Where a request's hosts come from.
pub(crate) enum Route {
    /// This one, and only if it does not do the others of a plan, which is not made before.
    First(Arc<Host>),
    /// One after another from a plan, but for the host that was asked without one.
    Plan(Box<Plan>, Option<Arc<Host>>),
    /// One connection, whatever happens: the control connection, a USE on each of a pool. Its host is given out once, as
    /// by a plan of one host: what the connection does not take fails.
    Fixed(Option<Arc<Host>>, Arc<Connection>),
}

impl Route {
    /// These hosts.
    pub(crate) fn plan(plan: Plan) -> Self {
        Self::Plan(Box::new(plan), None)
    }

    pub(super) fn next_host(&mut self, make_plan: impl FnOnce() -> Plan) -> Option<Arc<Host>> {
        if let Self::First(first) = self {
            *self = Self::Plan(Box::new(make_plan()), Some(Arc::clone(first)));
        }
        match self {
            Self::Plan(plan, None) => plan.next(),
            Self::Plan(plan, Some(first)) => plan.find(|host| host != first),
            Self::Fixed(host, _) => host.take(),
            Self::First(_) => None,
        }
    }
}
