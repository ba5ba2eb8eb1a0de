//! Metrics as text, for people: a line for each thing.

use std::fmt;

use super::{HostMetrics, Metrics, Requests, SessionMetrics};

impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { failures, traffic, counts, .. } = self;
        write_requests(f, self.requests.as_ref())?;
        writeln!(
            f,
            "failed attempts: {} connection errors, {} read timeouts, {} write timeouts, {} unavailable, {} others; \
             {} tried again, {} not for want of budget, {} ignored; {} speculative, {} not for want of budget",
            failures.connection_errors,
            failures.read_timeouts,
            failures.write_timeouts,
            failures.unavailables,
            failures.other_errors,
            failures.retries,
            failures.retries_refused,
            failures.ignores,
            failures.speculations,
            failures.speculations_refused,
        )?;
        writeln!(
            f,
            "connections: {} opened, {} not opened, {} closed; {} bytes in, {} bytes out; {} requests wait for room",
            traffic.opened,
            traffic.not_opened,
            traffic.closed,
            traffic.bytes_in,
            traffic.bytes_out,
            self.queued_requests,
        )?;
        writeln!(
            f,
            "prepared: {} asked for, {} known, {} again; {} events; {} refreshes of nodes, {} of the schema",
            counts.prepared,
            counts.prepared_known,
            counts.prepared_again,
            counts.events,
            counts.topology_refreshes,
            counts.schema_refreshes,
        )?;
        write_hosts(f, &self.hosts)
    }
}

impl fmt::Display for SessionMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_requests(f, self.requests.as_ref())?;
        let (waiting, bytes) = (self.queue.requests, self.queue.bytes);
        writeln!(
            f,
            "prepared statements: {}; {waiting} requests ({bytes} bytes) wait for room",
            self.prepared_statements
        )?;
        write_hosts(f, &self.hosts)
    }
}

fn write_requests(f: &mut fmt::Formatter<'_>, requests: Option<&Requests>) -> fmt::Result {
    let Some(requests) = requests else { return writeln!(f, "requests: not counted") };
    writeln!(
        f,
        "requests: {} started, {} succeeded, {} failed ({} timed out), {} cancelled, {} in flight; {} retries, {} \
         speculative",
        requests.started,
        requests.succeeded,
        requests.failed,
        requests.timed_out,
        requests.cancelled,
        requests.in_flight,
        requests.retries,
        requests.speculative,
    )?;
    writeln!(f, "latency: {}", requests.latency)
}

fn write_hosts(f: &mut fmt::Formatter<'_>, hosts: &[HostMetrics]) -> fmt::Result {
    for host in hosts {
        let HostMetrics { host: node, connections, in_flight, orphans, queued_bytes, attempts, .. } = host;
        write!(
            f,
            "host {node} {:?}: {connections} connections, {in_flight} in flight, {orphans} orphans, {queued_bytes} bytes \
             queued",
            node.status()
        )?;
        match attempts {
            Some(attempts) => writeln!(
                f,
                "; attempts: {} answered, {} failed, {} unanswered, {} in flight; latency: {}",
                attempts.answered, attempts.failed, attempts.unanswered, attempts.in_flight, attempts.latency
            )?,
            None => writeln!(f)?,
        }
    }
    Ok(())
}
