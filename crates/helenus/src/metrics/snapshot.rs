//! All counts and gauges at one moment, as a plain value.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::{Attempts, ClusterCounts, Failures, Requests, Traffic};
use crate::cluster::{ClusterInner, Host};
use crate::error::QueueState;
use crate::session::SessionInner;

/// A cluster's counts and gauges at one moment; those of all its sessions, that have ended too. Its `Display` is for people.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Metrics {
    /// The cluster's name, once a node has told it.
    pub cluster: Option<String>,
    /// Requests; `None` where they are not counted.
    pub requests: Option<Requests>,
    /// Attempts that failed, and what retry policies made of them.
    pub failures: Failures,
    /// Connections and bytes.
    pub traffic: Traffic,
    /// Events, refreshes, prepared statements.
    pub counts: ClusterCounts,
    /// Requests that wait in a session since every host of their plan is busy.
    pub queued_requests: usize,
    /// Each host, with the connections of all sessions to it.
    pub hosts: Vec<HostMetrics>,
}

/// A session's counts and gauges at one moment. Its `Display` is for people.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SessionMetrics {
    /// Requests; `None` where they are not counted.
    pub requests: Option<Requests>,
    /// Statements that it has prepared and somebody still holds.
    pub prepared_statements: usize,
    /// Requests that wait since every host of their plan is busy.
    pub queue: QueueState,
    /// Each host that it uses, with its own connections to it.
    pub hosts: Vec<HostMetrics>,
}

/// A host's gauges, and what became of attempts at it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HostMetrics {
    /// The host.
    pub host: Arc<Host>,
    /// Open connections that take requests. That of the control connection is not among them.
    pub connections: usize,
    /// Those among them on which nothing is under way.
    pub idle_connections: usize,
    /// Stream ids in use on them: requests that wait for their answer.
    pub in_flight: usize,
    /// Stream ids that are held back for answers that nobody waits for.
    pub orphans: usize,
    /// Bytes of requests that have not been written yet.
    pub queued_bytes: usize,
    /// Attempts by all sessions of the cluster; `None` where they are not counted.
    pub attempts: Option<Attempts>,
}

impl HostMetrics {
    fn new(host: &Arc<Host>, counted: bool) -> Self {
        let attempts = counted.then(|| host.counters().read());
        Self {
            host: Arc::clone(host),
            connections: 0,
            idle_connections: 0,
            in_flight: 0,
            orphans: 0,
            queued_bytes: 0,
            attempts,
        }
    }
}

impl ClusterInner {
    pub(crate) fn metrics(&self) -> Metrics {
        let counted = self.observer.settings().counts();
        let snapshot = self.snapshot();
        let hosts = snapshot.hosts().iter().map(|host| (host.host_id(), HostMetrics::new(host, counted)));
        let mut hosts: BTreeMap<Uuid, HostMetrics> = hosts.collect();
        let sessions = self.sessions();
        sessions.iter().for_each(|session| session.gauge(&mut hosts));
        Metrics {
            cluster: self.names.load().as_ref().and_then(|names| names.0.clone()),
            requests: self.observer.requests().map(super::RequestCounters::read),
            failures: self.counters.failures.read(),
            traffic: self.config.connection.traffic.read(),
            counts: self.counters.read(),
            queued_requests: sessions.iter().map(|session| session.context.waiting.state().requests).sum(),
            hosts: sorted(hosts),
        }
    }
}

impl SessionInner {
    pub(crate) fn metrics(&self) -> SessionMetrics {
        let counted = self.cluster.observer.settings().counts();
        let view = self.view.load();
        let hosts = view.pools().map(|pool| (pool.host().host_id(), HostMetrics::new(pool.host(), counted)));
        let mut hosts: BTreeMap<Uuid, HostMetrics> = hosts.collect();
        self.gauge(&mut hosts);
        SessionMetrics {
            requests: counted.then(|| self.requests.read()),
            prepared_statements: self.prepared_statements(),
            queue: self.context.waiting.state(),
            hosts: sorted(hosts),
        }
    }

    /// Adds the session's connections to those of each host.
    fn gauge(&self, hosts: &mut BTreeMap<Uuid, HostMetrics>) {
        for pool in self.view.load().pools() {
            let Some(host) = hosts.get_mut(&pool.host().host_id()) else { continue };
            for connection in pool.connections().iter() {
                let in_flight = connection.in_flight();
                host.connections += 1;
                host.idle_connections += usize::from(in_flight == 0);
                host.in_flight += in_flight;
                host.orphans += connection.orphans();
                host.queued_bytes += connection.unsent();
            }
        }
    }
}

fn sorted(hosts: BTreeMap<Uuid, HostMetrics>) -> Vec<HostMetrics> {
    let mut hosts: Vec<_> = hosts.into_values().collect();
    hosts.sort_by_key(|host| host.host.address());
    hosts
}
