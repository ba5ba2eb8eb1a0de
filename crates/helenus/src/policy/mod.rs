//! The decisions that a user may make in our place, one trait each, and the ones we make.
//!
//! A policy is asked and answers at once: it does no I/O, does not wait, and is given what it needs to know (the
//! cluster as an `&Arc<Snapshot>`, the time as an argument). What is done with its answer is the engine's part; so is
//! the gate before a retry policy: a request that may have run and is not idempotent never gets there, unless the policy is one
//! of the user's own that [decides about that](RetryPolicy::decides_idempotence). A policy that panics fails what it was asked
//! for, and nothing else.

mod address_translation;
mod budget;
mod conviction;
pub(crate) mod guard;
pub mod load_balancing;
mod reconnection;
pub mod retry;
mod speculative_execution;
mod timestamp;

use std::error::Error;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus_protocol::response::SchemaChange;

use crate::cluster::{Host, HostFacts, Snapshot};

pub use address_translation::IdentityTranslator;
pub use budget::Budget;
pub(crate) use budget::Purse;
pub use conviction::SimpleConvictionPolicy;
pub use guard::PolicyFailure;
pub use load_balancing::{
    AllowListPolicy, DcAwareRoundRobinPolicy, DefaultLoadBalancingPolicy, HostDistance, HostFilterPolicy,
    Plan, RackAwareRoundRobinPolicy, RoundRobinPolicy, RoutingInfo, TokenAwarePolicy, default_load_balancing,
};
pub use reconnection::{ConstantReconnectionPolicy, ExponentialReconnectionPolicy, ReconnectionSchedule};
pub use retry::{
    DefaultRetryPolicy, DowngradingConsistencyRetryPolicy, ExponentialBackoffRetryPolicy,
    FallthroughRetryPolicy, RetryContext, RetryDecision, RetryFailure, RetryHost, RetryState,
};
pub use speculative_execution::{
    ConstantSpeculativeExecutionPolicy, NoSpeculativeExecutionPolicy, PercentileSpeculativeExecutionPolicy,
};
pub use timestamp::{MonotonicTimestampGenerator, NoTimestampGenerator};

/// Which hosts are used, and in which order one request tries them.
pub trait LoadBalancingPolicy: Debug + Send + Sync {
    /// How near a host is: whether it gets connections at all, and how many.
    ///
    /// The answer may change with the state of hosts; it is asked again whenever one goes up or down, is added or
    /// removed, and kept in between: no request waits for it.
    fn distance(&self, snapshot: &Arc<Snapshot>, host: &Host) -> HostDistance;

    /// The hosts for one request, the first choice first. The plan is drawn from as the request needs it, often
    /// only once.
    fn plan(&self, snapshot: &Arc<Snapshot>, query: &RoutingInfo<'_>) -> Plan;

    /// Whether [`distance`](Self::distance) is but a look at the host, so that keeping the answer would cost more than
    /// asking again.
    fn distance_is_cheap(&self) -> bool {
        false
    }

    /// Whether [`distance`](Self::distance) may block, on an interpreter's lock for one, so that it must not be asked on an
    /// I/O thread.
    fn may_block(&self) -> bool {
        false
    }

    /// The first host of a plan, where that can be told for less than the making of one. Nearly all requests need no
    /// other host; for one that does, [`plan`](Self::plan) is asked then, and this host left out of it.
    ///
    /// `None`, which is what this gives unless it is overridden: [`plan`](Self::plan) is asked from the beginning.
    fn first(&self, snapshot: &Arc<Snapshot>, query: &RoutingInfo<'_>) -> Option<Arc<Host>> {
        let _ = (snapshot, query);
        None
    }
}

/// Whether a request that failed is tried again, and where.
pub trait RetryPolicy: Debug + Send + Sync {
    /// Decides about one failure of one attempt.
    fn decide(&self, context: &RetryContext<'_>) -> RetryDecision;

    /// Whether it is asked also about requests that may have run and are not known to be idempotent
    /// ([`RetryContext::idempotent`]), and is obeyed: a policy of the user's own is, unless it says no here. A write that it has
    /// tried again may be done twice. The built-in ones leave that gate shut.
    fn decides_idempotence(&self) -> bool {
        true
    }

    /// Whether it may block, on an interpreter's lock for one, so that it must not be asked on an I/O thread.
    fn may_block(&self) -> bool {
        false
    }
}

/// When a host that is down is tried again.
pub trait ReconnectionPolicy: Debug + Send + Sync {
    /// The pauses before each attempt of one outage, but for the first, which is made at once. Where they end, nobody tries any
    /// more until the host is said to be up (by an event, section 4.2.6 of the specification). However short they are, a session
    /// begins no more than two attempts a second beyond the number of connections that it is to have.
    fn schedule(&self) -> ReconnectionSchedule;
}

/// Whether a request that is slow is sent to another host as well.
pub trait SpeculativeExecutionPolicy: Debug + Send + Sync {
    /// How long after the last attempt was begun another one is, with `begun` speculative ones so far. None if no
    /// more is.
    fn delay(&self, begun: u32, query: &RoutingInfo<'_>) -> Option<Duration>;

    /// Whether it wants to hear how long attempts take. It is asked once by each session and profile.
    fn wants_latencies(&self) -> bool {
        false
    }

    /// An attempt of any request, whether it may be run twice or not, was answered after `latency`; or nobody waits any
    /// more, `latency` after it began. On an I/O thread, for each request, at the time `now`.
    fn record(&self, latency: Duration, now: Instant) {
        let _ = (latency, now);
    }
}

/// Whether a failed connection means that its host is down.
///
/// It is told of each connection that could not be opened or has ended, but for those that we closed ourselves. A host
/// that it convicts is down once no connection to it is left; one that it does not stays up for those who plan, while
/// its connections are made again.
pub trait ConvictionPolicy: Debug + Send + Sync {
    /// Judges a host by one failure.
    fn convict(&self, host: &Host, failure: &(dyn Error + 'static)) -> bool;

    /// The host works again: forget what was held against it.
    fn reset(&self, host: &Host) {
        let _ = host;
    }

    /// Whether it may block, on an interpreter's lock for one, so that it must not be asked on an I/O thread.
    fn may_block(&self) -> bool {
        false
    }
}

/// Where a node is reached from here, given the address that it is known by in the cluster.
pub trait AddressTranslator: Debug + Send + Sync {
    /// The address to connect to.
    fn translate(&self, address: SocketAddr) -> SocketAddr;

    /// The address to connect to for a host of which all is known that the system tables say; by default that of its
    /// `rpc_address`. It is asked each time that they are read.
    fn translate_host(&self, host: &HostFacts) -> SocketAddr {
        self.translate(host.rpc_address)
    }

    /// Whether it may block, on a name server or an interpreter's lock, so that it must not be asked on an I/O thread.
    fn may_block(&self) -> bool {
        false
    }
}

/// The timestamps of writes.
pub trait TimestampGenerator: Debug + Send + Sync {
    /// The timestamp of one request in microseconds since 1970, where `now` is the wall clock's. None leaves it to
    /// the server.
    fn timestamp(&self, now: i64) -> Option<i64>;
}

/// Told when hosts come and go: one event after another, on a thread that the cluster has for its listeners. One that blocks holds
/// up the others, and nothing else; while 4,096 calls wait, no more are made, and a warning is logged.
///
/// Of each host come [`on_add`](Self::on_add), then [`on_up`](Self::on_up) and [`on_down`](Self::on_down) by turns, then
/// [`on_remove`](Self::on_remove); of one that was there when the listener was added, only what changes from then on. What is told
/// last is how it is.
pub trait HostStateListener: Debug + Send + Sync {
    /// A host has joined the cluster.
    fn on_add(&self, host: &Arc<Host>) {
        let _ = host;
    }

    /// A host has left the cluster.
    fn on_remove(&self, host: &Arc<Host>) {
        let _ = host;
    }

    /// A host answers (again): some session has a connection to it.
    fn on_up(&self, host: &Arc<Host>) {
        let _ = host;
    }

    /// A host does not answer (any more): no session has a connection to it, and the [`ConvictionPolicy`] takes it to be down.
    fn on_down(&self, host: &Arc<Host>) {
        let _ = host;
    }

    /// Whether it may block. One that says that it never does is called at once, on the I/O thread where it happened.
    fn may_block(&self) -> bool {
        true
    }
}

/// Told when the schema has changed, whoever has changed it: on the thread of [`HostStateListener`], in the order in which the
/// changes were read. What was changed and changed back in between is no change. Where schema metadata is not read, nothing is
/// known of changes.
pub trait SchemaListener: Debug + Send + Sync {
    /// A keyspace, a table or view, a type, a function or an aggregate is new, different or gone; `snapshot` is the first that
    /// shows it so. Of a keyspace that is gone, what was in it is gone too, and not told of.
    fn on_change(&self, change: &SchemaChange, snapshot: &Arc<Snapshot>);

    /// Whether it may block. One that says that it never does is called at once, on the I/O thread where it was read.
    fn may_block(&self) -> bool {
        true
    }
}

/// A parameter with which a policy cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{policy}: {why}")]
pub struct InvalidPolicy {
    /// The policy's name.
    pub policy: &'static str,
    /// Which parameter, and what is wrong with it.
    pub why: &'static str,
}
