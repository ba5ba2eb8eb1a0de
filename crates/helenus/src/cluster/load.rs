//! How busy and how quick a host is, as seen from here: what is gone by where two replicas would do.
//!
//! Requests in flight are counted exactly, over all connections of all sessions. The latency is a moving average that
//! each answer adds to with one store and no lock: where two threads do so at once, one answer may not count.
//!
//! It fades when nothing is heard: a host that was slow and is not asked any more looks better by and by, until somebody
//! asks it again and finds out. The time is handed in.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Answers from longer ago than this, in microseconds, weigh less than half.
const MEMORY: f32 = 100_000.0;
/// What an answer weighs at least, however many there are: then the last 64 or so make the average.
const LEAST_WEIGHT: f32 = 1.0 / 64.0;
/// After so many microseconds in silence the average counts half, after twice that a quarter.
const HALF_LIFE: f32 = 500_000.0;
/// What takes longer is no slower than this, in microseconds: hosts that say nothing for long are set aside, and those that
/// come back are to be asked again within seconds.
const SLOWEST: f32 = 1_000_000.0;
/// What an answer counts for by which a host says that it cannot cope. Such answers are quick, and must not make the host
/// look quick.
const PENALTY: Duration = Duration::from_millis(100);

/// Moments are told in microseconds since this one.
static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

/// What is known of a host at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Load {
    /// Requests that it has not answered yet.
    pub(crate) in_flight: usize,
    /// How long it takes to answer, in microseconds; `None` before its first answer.
    pub(crate) latency: Option<f32>,
}

/// The load of one host, written by its connections and requests, read by those who choose.
#[derive(Debug, Default)]
pub(crate) struct HostLoad {
    in_flight: AtomicUsize,
    /// The average in microseconds as the bits of an f32, and below them the microsecond of the last answer, which
    /// wraps every 71 minutes: then a very old average counts for a recent one, once. Zero: no answer yet.
    latency: AtomicU64,
}

impl HostLoad {
    /// What a connection has in flight has changed.
    pub(crate) fn in_flight_changed(&self, before: usize, now: usize) {
        self.in_flight.fetch_add(now.wrapping_sub(before), Ordering::Relaxed);
    }

    /// The host has answered after `latency`.
    pub(crate) fn answered(&self, latency: Duration, now: Instant) {
        let tick = tick(now);
        let average = match unpacked(self.latency.load(Ordering::Relaxed)) {
            Some((average, last)) => folded(average, tick.wrapping_sub(last), micros(latency)),
            None => micros(latency),
        };
        self.latency.store(packed(average, tick), Ordering::Relaxed);
    }

    /// Nobody waits any more for an answer that has been due for `waited`: the host takes at least as long. That is news
    /// only where it was thought to be quicker.
    pub(crate) fn given_up(&self, waited: Duration, now: Instant) {
        // By what it counts for now: an average that has faded must not keep the news away, or the host would look the
        // quicker the longer it refuses.
        let known = self.at(now).latency;
        if known.is_none_or(|average| average < micros(waited)) {
            self.answered(waited, now);
        }
    }

    /// The host has said that it cannot cope.
    pub(crate) fn refused(&self, now: Instant) {
        self.given_up(PENALTY, now);
    }

    /// What is known of it.
    pub(crate) fn at(&self, now: Instant) -> Load {
        let latency = unpacked(self.latency.load(Ordering::Relaxed))
            .map(|(average, last)| faded(average, tick(now).wrapping_sub(last)));
        Load { in_flight: self.in_flight.load(Ordering::Relaxed), latency }
    }
}

/// The average with one more answer, `since` microseconds after the last.
fn folded(average: f32, since: u32, latency: f32) -> f32 {
    let average = faded(average, since);
    let since = since as f32;
    let weight = (since / (since + MEMORY)).max(LEAST_WEIGHT);
    average + (latency - average) * weight
}

/// What an average counts for, `since` microseconds after the last answer.
fn faded(average: f32, since: u32) -> f32 {
    // A reader that took its time a moment before the last answer came is early, not 71 minutes late.
    if since > u32::MAX / 2 {
        return average;
    }
    let halvings = since as f32 / HALF_LIFE;
    // Mostly it was heard of a moment ago.
    if halvings < 0.01 { average } else { (average * (-halvings).exp2()).max(1.0) }
}

/// In microseconds, and never zero, which would stand for nothing known.
fn micros(duration: Duration) -> f32 {
    if duration.as_secs() > 0 { SLOWEST } else { (duration.subsec_nanos() as f32 / 1e3).max(1.0) }
}

fn tick(now: Instant) -> u32 {
    let since = now.saturating_duration_since(*EPOCH);
    since.as_secs().wrapping_mul(1_000_000).wrapping_add(u64::from(since.subsec_micros())) as u32
}

fn packed(average: f32, tick: u32) -> u64 {
    u64::from(average.to_bits()) << 32 | u64::from(tick)
}

fn unpacked(bits: u64) -> Option<(f32, u32)> {
    (bits >> 32 != 0).then(|| (f32::from_bits((bits >> 32) as u32), bits as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    /// A moment that lies after the epoch whichever test comes first.
    fn start() -> Instant {
        *EPOCH + Duration::from_secs(1)
    }

    fn latency(load: &HostLoad, at: Instant) -> f32 {
        load.at(at).latency.expect("it has answered")
    }

    #[test]
    fn who_was_slow_and_then_only_refuses_does_not_look_quick() {
        for news in [HostLoad::refused, |load: &HostLoad, now| load.given_up(ms(500), now)] {
            let load = HostLoad::default();
            load.answered(ms(900), start());
            for moment in 1..=200 {
                news(&load, start() + ms(50) * moment);
            }
            let looks = latency(&load, start() + ms(10_000));
            assert!(looks >= micros(PENALTY) * 0.8, "{looks}");
        }
    }

    #[test]
    fn nothing_is_known_before_the_first_answer() {
        let load = HostLoad::default();
        assert_eq!(load.at(start()), Load { in_flight: 0, latency: None });
        load.answered(Duration::ZERO, start());
        assert_eq!(load.at(start()).latency, Some(1.0));
    }

    #[test]
    fn requests_in_flight_are_those_of_all_connections() {
        let load = HostLoad::default();
        for (before, now, all) in [(0, 3, 3), (0, 2, 5), (3, 1, 3), (2, 0, 1), (1, 0, 0)] {
            load.in_flight_changed(before, now);
            assert_eq!(load.at(start()).in_flight, all);
        }
    }

    #[test]
    fn recent_answers_weigh_most() {
        for (since, expected) in
            [(0, 1015.6), (1000, 1015.6), (100_000, 1435.3), (500_000, 1750.0), (u32::MAX / 2, 1999.9)]
        {
            let average = folded(1000.0, since, 2000.0);
            assert!((average - expected).abs() < 0.2, "{since}: {average}");
        }
        let load = HostLoad::default();
        let mut now = start();
        for sample in [ms(1); 50].into_iter().chain([ms(20); 50]) {
            now += ms(10);
            load.answered(sample, now);
        }
        assert!((17_000.0..20_001.0).contains(&latency(&load, now)), "{:?}", load.at(now));
    }

    #[test]
    fn a_silent_host_is_forgiven_by_and_by() {
        let load = HostLoad::default();
        load.answered(ms(20), start());
        for (after, expected) in
            [(0, 20_000.0), (4, 20_000.0), (500, 10_000.0), (1500, 2500.0), (3000, 312.5)]
        {
            let counted = latency(&load, start() + ms(after));
            assert!((counted - expected).abs() < 1.0, "after {after} ms: {counted}");
        }
        assert_eq!(latency(&load, start() - ms(1)), 20_000.0, "read a moment before");
        assert_eq!(latency(&load, start() + ms(600_000)), 1.0, "all that are silent for long are alike");
    }

    #[test]
    fn what_was_given_up_counts_only_if_it_is_worse() {
        let load = HostLoad::default();
        load.answered(ms(20), start());
        load.given_up(ms(5), start() + ms(1));
        assert_eq!(latency(&load, start()), 20_000.0);
        load.given_up(ms(500), start() + ms(300));
        assert!(latency(&load, start() + ms(300)) > 300_000.0);
        load.given_up(Duration::MAX, start() + ms(9000));
        assert!(
            (950_000.0..=1_000_000.0).contains(&latency(&load, start() + ms(9000))),
            "a second is the most"
        );
        let unknown = HostLoad::default();
        unknown.given_up(ms(5), start());
        assert_eq!(latency(&unknown, start()), 5000.0);
    }

    #[test]
    fn a_quick_refusal_does_not_look_quick() {
        let load = HostLoad::default();
        load.answered(ms(1), start());
        for n in 1..=40 {
            load.refused(start() + ms(10 * n));
        }
        assert!(latency(&load, start() + ms(400)) > 80_000.0);
    }
}
