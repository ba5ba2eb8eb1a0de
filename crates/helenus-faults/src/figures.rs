//! What is measured of a scenario, and what is to be reached: pure arithmetic over what the tally has noted.

use std::time::{Duration, Instant};

use crate::workload::Done;

/// The moments of a scenario.
#[derive(Debug, Clone, Copy)]
pub struct Windows {
    /// From here on the load is steady.
    pub base: Instant,
    /// The fault begins.
    pub fault: Instant,
    /// The engine has had time to notice.
    pub settled: Instant,
    /// The fault ends.
    pub healed: Instant,
    /// The load ends.
    pub end: Instant,
}

/// What came out of it. What could not be measured is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Measured {
    /// Good answers a second before the fault.
    pub base_rate: f64,
    /// Good answers a second from when the engine has had time to notice to the fault's end, as a share of those before; of
    /// operations that the engine may repeat.
    pub share: Option<f64>,
    /// The longest time without any good answer, from the fault's beginning on.
    pub stall: Duration,
    /// Of a hundred answers in the fault, ninety-nine took no longer.
    pub p99: Option<Duration>,
    /// From the fault's end (of a node: when it listens again) to the victim's first good answer.
    pub back: Option<Duration>,
    /// Connections that were made to the victim in the busiest second of its absence.
    pub dials: Option<f64>,
    /// From the shutdown to the end of the last request.
    pub drained: Option<Duration>,
    /// Until another node's control connection stood in for the one that was lost.
    pub takeover: Option<Duration>,
    /// Stream ids that were still held back for late answers, two seconds after the fault.
    pub orphans: Option<u64>,
}

/// What is to be reached (`docs/inside/11-faults.md`); `None`: nothing is said of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// See [`Measured`] for these.
    pub share: Option<f64>,
    /// See [`Measured`].
    pub stall: Option<Duration>,
    /// See [`Measured`].
    pub p99: Option<Duration>,
    /// See [`Measured`].
    pub back: Option<Duration>,
    /// See [`Measured`].
    pub dials: Option<f64>,
    /// See [`Measured`].
    pub drained: Option<Duration>,
    /// See [`Measured`].
    pub takeover: Option<Duration>,
    /// Errors of operations that the engine may repeat, without those that servers have told for lack of replicas in time.
    pub errors: Option<u64>,
    /// See [`Measured`].
    pub orphans: Option<u64>,
}

impl Measured {
    /// Measures what `done` says. `victim`: the node that the fault befell, and since when it can be reached again.
    #[must_use]
    pub fn of(done: &[Done], windows: &Windows, victim: Option<(u8, Instant)>) -> Self {
        let Windows { base, fault, settled, healed, end } = *windows;
        let base_rate = rate(done, base, fault);
        let share = (healed > settled + Duration::from_millis(500) && base_rate > 0.0)
            .then(|| rate(done, settled, healed) / base_rate);
        Self {
            base_rate,
            share,
            stall: stall(done, fault, end),
            p99: p99(done, fault, healed),
            back: victim.and_then(|(node, since)| back(done, node, since)),
            ..Self::default()
        }
    }

    /// What was missed, in words; nothing where all was reached.
    #[must_use]
    pub fn missed(&self, limits: &Limits, errors: u64) -> Vec<String> {
        let at_most = |name: &str, value: Option<Duration>, limit: Option<Duration>, absent: bool| {
            let limit = limit?;
            match value {
                Some(value) if value <= limit => None,
                Some(value) => Some(format!("{name} {} > {}", seconds(value), seconds(limit))),
                None => absent.then(|| format!("{name}: never (limit {})", seconds(limit))),
            }
        };
        let share = limits.share.zip(self.share).filter(|(limit, share)| share < limit);
        let dials = limits.dials.zip(self.dials).filter(|(limit, dials)| dials > limit);
        let orphans = limits.orphans.zip(self.orphans).filter(|(limit, orphans)| orphans > limit);
        [
            limits.errors.filter(|limit| errors > *limit).map(|limit| format!("errors {errors} > {limit}")),
            share.map(|(limit, share)| format!("ok/s {:.0} % < {:.0} %", share * 100.0, limit * 100.0)),
            at_most("stall", Some(self.stall), limits.stall, false),
            at_most("p99", self.p99, limits.p99, false),
            at_most("back", self.back, limits.back, true),
            at_most("shutdown", self.drained, limits.drained, true),
            at_most("takeover", self.takeover, limits.takeover, true),
            dials.map(|(limit, dials)| format!("connections {dials:.1}/s > {limit:.1}/s")),
            orphans.map(|(limit, orphans)| format!("orphans {orphans} > {limit}")),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Limits {
    /// What is to be reached, in words.
    #[must_use]
    pub fn told(&self) -> String {
        let at_most =
            |name: &str, limit: Option<Duration>| limit.map(|limit| format!("{name} <= {}", seconds(limit)));
        [
            self.errors.map(|limit| format!("errors <= {limit}")),
            self.share.map(|limit| format!("ok/s >= {:.0} %", limit * 100.0)),
            at_most("stall", self.stall),
            at_most("p99", self.p99),
            at_most("back", self.back),
            at_most("shutdown", self.drained),
            at_most("takeover", self.takeover),
            self.dials.map(|limit| format!("connections <= {limit:.0}/s")),
            self.orphans.map(|limit| format!("orphans <= {limit}")),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
    }
}

/// A duration as people read it.
#[must_use]
pub fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 0.1 { format!("{:.0} ms", seconds * 1000.0) } else { format!("{seconds:.2} s") }
}

fn good(done: &[Done], from: Instant, to: Instant) -> impl Iterator<Item = &Done> {
    done.iter().filter(move |done| done.ok && done.at >= from && done.at < to)
}

fn rate(done: &[Done], from: Instant, to: Instant) -> f64 {
    let seconds = to.saturating_duration_since(from).as_secs_f64();
    let count = good(done, from, to).filter(|done| done.kind.is_idempotent()).count();
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}

fn stall(done: &[Done], from: Instant, to: Instant) -> Duration {
    let mut at: Vec<_> = good(done, from, to).map(|done| done.at).collect();
    at.extend([from, to]);
    at.sort_unstable();
    at.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
}

/// Of those that may be repeated: conditions and counters take as long as the server takes for them.
fn p99(done: &[Done], from: Instant, to: Instant) -> Option<Duration> {
    let mut took: Vec<_> =
        good(done, from, to).filter(|done| done.kind.is_idempotent()).map(|done| done.took).collect();
    took.sort_unstable();
    took.get((took.len() * 99) / 100).or(took.last()).copied()
}

fn back(done: &[Done], node: u8, since: Instant) -> Option<Duration> {
    // What was asked before does not show that it is used again.
    let answers =
        done.iter().filter(|done| done.ok && done.node == Some(node) && done.at - done.took >= since);
    answers.map(|done| done.at - since).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Kind;

    const MS: Duration = Duration::from_millis(1);

    /// A good answer each 10 ms for 4 s; none from 1,500 to 2,000; node 1 answers none from 1,000 to 2,500. All take 5 ms.
    fn done(start: Instant) -> Vec<Done> {
        let at = |n: u32| start + n * 10 * MS;
        let node = |n: u32| Some(if (100..250).contains(&n) { 0 } else { (n % 2) as u8 });
        let ok = |n: u32| !(150..200).contains(&n);
        (0..400)
            .map(|n| Done { at: at(n), took: 5 * MS, kind: Kind::Read, ok: ok(n), node: node(n) })
            .collect()
    }

    #[test]
    fn measured() {
        let start = Instant::now();
        let windows = Windows {
            base: start,
            fault: start + 1000 * MS,
            settled: start + 2000 * MS,
            healed: start + 3000 * MS,
            end: start + 4000 * MS,
        };
        let measured = Measured::of(&done(start), &windows, Some((1, start + 2400 * MS)));
        assert!((measured.base_rate - 100.0).abs() < 1e-6, "{measured:?}");
        assert!((measured.share.unwrap() - 1.0).abs() < 0.02, "{measured:?}");
        assert_eq!(measured.stall, 510 * MS);
        assert_eq!(measured.p99, Some(5 * MS));
        assert_eq!(measured.back, Some(110 * MS));
    }

    #[test]
    fn what_is_missed_is_said() {
        let measured =
            Measured { share: Some(0.9), stall: 600 * MS, dials: Some(5.0), ..Measured::default() };
        let limits = Limits {
            share: Some(0.95),
            stall: Some(500 * MS),
            dials: Some(3.0),
            back: Some(Duration::from_secs(5)),
            p99: Some(MS),
            errors: Some(4),
            ..Limits::default()
        };
        let missed = measured.missed(&limits, 5);
        let expected = [
            "errors 5 > 4",
            "ok/s 90 % < 95 %",
            "stall 0.60 s > 0.50 s",
            "back: never (limit 5.00 s)",
            "connections 5.0/s > 3.0/s",
        ];
        assert_eq!(missed, expected);
        let told =
            "errors <= 4, ok/s >= 95 %, stall <= 0.50 s, p99 <= 1 ms, back <= 5.00 s, connections <= 3/s";
        assert_eq!(limits.told(), told);
        let fine = Measured { back: Some(MS), ..Measured::default() };
        assert!(fine.missed(&limits, 4).is_empty());
        assert!(measured.missed(&Limits::default(), 99).is_empty());
    }
}
