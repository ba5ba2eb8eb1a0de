//! A histogram that many threads record into at once, without a lock: three relaxed atomic additions each.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::histogram::{BUCKETS, Histogram, bucket, in_micros, quantile};

/// A [`Histogram`] that is shared. Nothing is allocated on record, and nobody waits.
///
/// What is read while others record holds each duration either wholly or in part (its bucket, but not yet the sum).
pub struct Recorder {
    counts: Box<[AtomicU64; BUCKETS]>,
    sum: AtomicU64,
    max: AtomicU64,
}

impl Recorder {
    /// Nothing has been recorded.
    #[must_use]
    pub fn new() -> Self {
        let counts = Box::new([const { AtomicU64::new(0) }; BUCKETS]);
        Self { counts, sum: AtomicU64::new(0), max: AtomicU64::new(0) }
    }

    /// Takes one duration in.
    pub fn record(&self, duration: Duration) {
        let micros = in_micros(duration);
        self.counts[bucket(micros)].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(micros, Ordering::Relaxed);
        // Most durations are not the longest: a load is shared by all processors, a store is not.
        if micros > self.max.load(Ordering::Relaxed) {
            self.max.fetch_max(micros, Ordering::Relaxed);
        }
    }

    /// See [`Histogram::quantile`]; without a copy of the counts.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        quantile(q, self.max.load(Ordering::Relaxed), |at| self.counts[at].load(Ordering::Relaxed))
    }

    /// What was recorded until now.
    #[must_use]
    pub fn read(&self) -> Histogram {
        let mut histogram = Histogram::new();
        for (count, counted) in histogram.counts.iter_mut().zip(self.counts.iter()) {
            *count = counted.load(Ordering::Relaxed);
        }
        histogram.sum = self.sum.load(Ordering::Relaxed);
        histogram.max = self.max.load(Ordering::Relaxed);
        histogram
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Recorder({})", self.read())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_threads_record_together_is_what_one_would_have() {
        let shared = Recorder::new();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let shared = &shared;
                scope.spawn(move || {
                    (0..1000).for_each(|at| shared.record(Duration::from_micros(at * 4 + thread)));
                });
            }
        });
        let mut alone = Histogram::new();
        (0..4000).for_each(|at| alone.record(Duration::from_micros(at)));
        assert_eq!(shared.read(), alone);
        assert_eq!(shared.quantile(0.9), alone.quantile(0.9));
    }
}
