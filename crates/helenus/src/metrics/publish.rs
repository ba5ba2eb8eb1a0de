//! The same to the recorder of the `metrics` crate, by the names of OpenTelemetry's conventions where there are any.
//!
//! Durations go there as they come; counts and gauges each time that somebody publishes them.

use std::sync::{Arc, Weak};
use std::time::Duration;

use ::metrics::{Label, counter, gauge, histogram};

use super::{Attempts, HostMetrics, Metrics, Requests};
use crate::cluster::ClusterInner;
use crate::observe::{RequestEnd, RequestInfo, RequestOutcome};

/// Gives the duration of a request that has ended to the recorder.
pub(crate) fn record(info: &RequestInfo<'_>, end: &RequestEnd) {
    let mut labels = vec![
        Label::from_static_parts("db.system.name", "cassandra"),
        Label::from_static_parts("db.operation.name", info.operation()),
    ];
    if let Some(keyspace) = info.keyspace() {
        labels.push(Label::new("db.namespace", keyspace.to_string()));
    }
    if let Some(host) = &end.host {
        labels.push(Label::new("server.address", host.address().ip().to_string()));
        labels.push(Label::new("server.port", host.address().port().to_string()));
    }
    match end.outcome {
        RequestOutcome::Succeeded => {}
        RequestOutcome::Failed(error) => labels.push(Label::from_static_parts("error.type", error)),
        RequestOutcome::Cancelled => labels.push(Label::from_static_parts("error.type", "cancelled")),
    }
    if let Some(code) = end.status_code {
        labels.push(Label::new("db.response.status_code", code.to_string()));
    }
    histogram!("db.client.operation.duration", labels).record(end.elapsed.as_secs_f64());
}

impl Metrics {
    /// Gives all counts and gauges to the recorder of the `metrics` crate, with the cluster's name as the label
    /// `cassandra.cluster`. It is done by itself where [`publish_every`](crate::observe::Observability::publish_every) says so.
    pub fn publish(&self) {
        let Self { requests, failures, traffic, counts, hosts, .. } = self;
        let of = Labels(self.cluster.as_deref().unwrap_or_default());
        if let Some(requests) = requests {
            of.count("helenus.requests.started", &[], requests.started);
            of.count("helenus.requests.timed_out", &[], requests.timed_out);
            of.gauge("helenus.requests.in_flight", &[], requests.in_flight as f64);
            let Requests { succeeded, failed, cancelled, .. } = requests;
            for (outcome, count) in [("succeeded", succeeded), ("failed", failed), ("cancelled", cancelled)] {
                of.count("helenus.requests.ended", &[("outcome", outcome)], *count);
            }
        }
        for (error, count) in [
            ("connection_lost", failures.connection_errors),
            ("read_timeout", failures.read_timeouts),
            ("write_timeout", failures.write_timeouts),
            ("unavailable", failures.unavailables),
            ("other", failures.other_errors),
        ] {
            of.count("helenus.attempts.failed", &[("error.type", error)], count);
        }
        for (name, count) in [
            ("helenus.retries", failures.retries),
            ("helenus.retries.refused", failures.retries_refused),
            ("helenus.ignored", failures.ignores),
            ("helenus.speculations", failures.speculations),
            ("helenus.speculations.refused", failures.speculations_refused),
            ("helenus.connections.opened", traffic.opened),
            ("helenus.connections.not_opened", traffic.not_opened),
            ("helenus.connections.closed", traffic.closed),
            ("helenus.bytes.in", traffic.bytes_in),
            ("helenus.bytes.out", traffic.bytes_out),
            ("helenus.events", counts.events),
            ("helenus.refreshes.topology", counts.topology_refreshes),
            ("helenus.refreshes.schema", counts.schema_refreshes),
            ("helenus.prepared", counts.prepared),
            ("helenus.prepared.known", counts.prepared_known),
            ("helenus.prepared.again", counts.prepared_again),
        ] {
            of.count(name, &[], count);
        }
        of.gauge("helenus.requests.queued", &[], self.queued_requests as f64);
        hosts.iter().for_each(|host| of.host(host));
    }
}

/// The labels of everything that is published: the cluster's name.
struct Labels<'a>(&'a str);

impl Labels<'_> {
    fn with(&self, more: &[(&'static str, &str)]) -> Vec<Label> {
        let own = Label::new("cassandra.cluster", self.0.to_owned());
        let more = more.iter().map(|(key, value)| Label::new(*key, (*value).to_owned()));
        std::iter::once(own).chain(more).collect()
    }

    fn count(&self, name: &'static str, labels: &[(&'static str, &str)], count: u64) {
        counter!(name, self.with(labels)).absolute(count);
    }

    fn gauge(&self, name: &'static str, labels: &[(&'static str, &str)], value: f64) {
        gauge!(name, self.with(labels)).set(value);
    }

    fn host(&self, host: &HostMetrics) {
        let name = host.host.address().to_string();
        // The pool is that of a host; a connection carries many requests, and is idle where it carries none.
        let used = host.connections - host.idle_connections.min(host.connections);
        for (state, count) in [("idle", host.idle_connections), ("used", used)] {
            let labels = [("db.client.connection.pool.name", &*name), ("db.client.connection.state", state)];
            self.gauge("db.client.connection.count", &labels, count as f64);
        }
        for (gauge, value) in [
            ("helenus.host.in_flight", host.in_flight),
            ("helenus.host.orphans", host.orphans),
            ("helenus.host.queued_bytes", host.queued_bytes),
            ("helenus.host.up", host.host.is_up().into()),
        ] {
            self.gauge(gauge, &[("host", &name)], value as f64);
        }
        let Some(Attempts { answered, failed, unanswered, .. }) = &host.attempts else { return };
        for (outcome, count) in [("answered", answered), ("failed", failed), ("unanswered", unanswered)] {
            self.count("helenus.host.attempts", &[("host", &name), ("outcome", outcome)], *count);
        }
    }
}

/// Publishes now and then, as long as somebody holds the cluster.
pub(crate) fn start(cluster: &Arc<ClusterInner>, every: Duration) {
    let weak: Weak<ClusterInner> = Arc::downgrade(cluster);
    cluster.executor.main().spawn(async move {
        loop {
            // A pause of nothing would keep a thread busy for ever.
            tokio::time::sleep(every.max(Duration::from_millis(10))).await;
            match weak.upgrade().filter(|cluster| !cluster.is_shut_down()) {
                Some(cluster) => cluster.metrics().publish(),
                None => return,
            }
        }
    });
}
