//! How long things took, in 736 buckets: log-linear, of fixed size, mergeable, nothing allocated on record.
//!
//! Durations are counted in whole microseconds. Below 64 µs each microsecond has a bucket of its own; above, each power
//! of two is cut into 32 buckets of the same width. A quantile is the middle of its bucket, so it is off by at most
//! 1/64 (1.6 %) of the true one, which was rounded down to a microsecond. What took longer than
//! [`LONGEST`] is counted in the last bucket; the greatest duration is kept exactly besides.
//!
//! Pure: no clock is read here. [`Window`](super::Window) forgets by time, [`Recorder`](super::Recorder) is shared between threads.

use std::time::Duration;

/// How many bits below the leading one choose the bucket.
const PRECISION: u32 = 5;
/// Buckets in each power of two.
const STEPS: usize = 1 << PRECISION;
/// Durations of this many bits of microseconds, and more, share the last bucket: 2^27 µs are 134 seconds.
const BITS: u32 = 27;
/// How many buckets there are.
pub(super) const BUCKETS: usize = STEPS * (BITS - PRECISION + 1) as usize;

/// The longest duration that has a bucket of its own: a microsecond less than 134.22 seconds.
pub const LONGEST: Duration = Duration::from_micros((1 << BITS) - 1);

/// Durations, counted by their length.
///
/// 5.8 KiB, in one allocation that is made when it is made.
#[derive(Clone, PartialEq, Eq)]
pub struct Histogram {
    pub(super) counts: Box<[u64; BUCKETS]>,
    /// Of everything that was recorded, in microseconds.
    pub(super) sum: u64,
    /// In microseconds.
    pub(super) max: u64,
}

impl Histogram {
    /// Nothing has been recorded.
    #[must_use]
    pub fn new() -> Self {
        Self { counts: Box::new([0; BUCKETS]), sum: 0, max: 0 }
    }

    /// Takes one duration in. Allocates nothing, and takes the same few instructions whatever the duration.
    pub fn record(&mut self, duration: Duration) {
        let micros = in_micros(duration);
        self.counts[bucket(micros)] += 1;
        self.sum = self.sum.saturating_add(micros);
        self.max = self.max.max(micros);
    }

    /// How many durations were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Whether nothing was recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.iter().all(|count| *count == 0)
    }

    /// All durations together, each rounded down to a microsecond.
    #[must_use]
    pub const fn sum(&self) -> Duration {
        Duration::from_micros(self.sum)
    }

    /// The longest duration that was recorded, rounded down to a microsecond; zero where none was.
    #[must_use]
    pub const fn max(&self) -> Duration {
        Duration::from_micros(self.max)
    }

    /// The arithmetic mean; zero where nothing was recorded.
    #[must_use]
    pub fn mean(&self) -> Duration {
        Duration::from_micros(self.sum.checked_div(self.count()).unwrap_or(0))
    }

    /// The duration that the share `q` of all durations did not exceed: `quantile(0.99)` is the 99th percentile.
    ///
    /// None where nothing was recorded or `q` is not a number. Shares below 0 and above 1 are taken as 0 and 1.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        quantile(q, self.max, |at| self.counts[at])
    }

    /// Takes in what another histogram has counted.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts.iter()) {
            *mine = mine.saturating_add(*theirs);
        }
        self.sum = self.sum.saturating_add(other.sum);
        self.max = self.max.max(other.max);
    }

    /// Halves each count, rounding down, so that what comes next weighs twice as much as what was: called once a period, a
    /// histogram whose past fades by half each period. The greatest duration becomes that of the last bucket still counted.
    pub fn decay(&mut self) {
        for count in self.counts.iter_mut() {
            *count /= 2;
        }
        self.sum /= 2;
        let last = self.counts.iter().rposition(|count| *count > 0);
        self.max = last.map_or(0, |at| self.max.min(bounds(at).1));
    }

    /// Forgets everything, and keeps the memory.
    pub fn clear(&mut self) {
        self.counts.fill(0);
        (self.sum, self.max) = (0, 0);
    }

    /// Each bucket in which something was counted: the longest duration that belongs to it, and how many there were. In
    /// the order of durations. For whoever draws or exports the distribution; the last bucket has no bound, and its stated
    /// one is [`LONGEST`].
    pub fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> {
        let counted = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        counted.map(|(at, count)| (Duration::from_micros(bounds(at).1), *count))
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Histogram {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Histogram({self})")
    }
}

impl std::fmt::Display for Histogram {
    /// In one line: how many, and how long they took.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [Some(p50), Some(p95), Some(p99)] = [0.5, 0.95, 0.99].map(|q| self.quantile(q)) else {
            return write!(out, "none");
        };
        let (count, mean, max) = (self.count(), self.mean(), self.max());
        write!(out, "{count} mean {mean:?} p50 {p50:?} p95 {p95:?} p99 {p99:?} max {max:?}")
    }
}

/// The bucket in which the duration of the given rank was counted, told as a duration. `max` is the longest of all.
pub(super) fn quantile(q: f64, max: u64, count: impl Fn(usize) -> u64) -> Option<Duration> {
    let total: u64 = (0..BUCKETS).map(&count).fold(0, u64::saturating_add);
    if total == 0 || q.is_nan() {
        return None;
    }
    let rank = ((q.clamp(0.0, 1.0) * total as f64).ceil() as u64).clamp(1, total);
    let mut seen = 0_u64;
    for at in 0..BUCKETS {
        seen = seen.saturating_add(count(at));
        if seen >= rank {
            let (low, high) = bounds(at);
            let middle = if at == BUCKETS - 1 { max.max(low) } else { low.midpoint(high) };
            // The longest of all is known exactly.
            return Some(Duration::from_micros(middle.min(max.max(low))));
        }
    }
    None
}

/// Whole microseconds, as many as fit.
pub(super) fn in_micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// The bucket of so many microseconds.
pub(super) const fn bucket(micros: u64) -> usize {
    let exponent = u64::BITS - (micros | (STEPS as u64 - 1)).leading_zeros() - PRECISION;
    // With a leading one, `micros >> exponent` is in 32..64; without, the bucket is the number of microseconds.
    let at = match exponent {
        0 => micros as usize,
        _ => (micros >> (exponent - 1)) as usize - STEPS + exponent as usize * STEPS,
    };
    if at < BUCKETS { at } else { BUCKETS - 1 }
}

/// The fewest and the most microseconds that belong to a bucket.
pub(super) const fn bounds(bucket: usize) -> (u64, u64) {
    if bucket < 2 * STEPS {
        return (bucket as u64, bucket as u64);
    }
    let shift = bucket / STEPS - 1;
    let low = ((bucket % STEPS + STEPS) as u64) << shift;
    (low, low + (1 << shift) - 1)
}

#[cfg(test)]
mod tests;
