//! Where a request's hosts come from.

use std::sync::Arc;

use uuid::Uuid;

use crate::cluster::Host;
use crate::connection::Connection;
use crate::policy::Plan;

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
            Self::Plan(plan, None) => plan.next(),
            Self::Plan(plan, Some(first)) => plan.find(|host| host.host_id() != *first),
            Self::Fixed(host, _) => host.take(),
            Self::First(_) => self.take_first(),
            Self::Others(_) => None,
        }
    }
}
