//! Company for those that take longer than nearly all others lately did.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::lock::lock;
use crate::metrics::Window;
use crate::policy::{InvalidPolicy, RoutingInfo, SpeculativeExecutionPolicy};

/// How often the percentile is reckoned: the latencies of 100 ms more change it little.
const RECKONING: Duration = Duration::from_millis(100);
/// No delay is known.
const UNKNOWN: u64 = u64::MAX;

/// Another host after a wait that most attempts of the session lately did without: a percentile of their latencies.
///
/// At the 99th percentile one request in a hundred is sent twice, and the budget of the session
/// ([`Config::speculation_budget`](crate::Config::speculation_budget)) sees to it that this stays so if all of the cluster gets
/// slow at once. Attempts that were given up, as the slower of two is, count with the time that they had taken by then. One
/// policy is for the sessions of one cluster: it takes the latencies of all that use it together.
#[derive(Debug)]
pub struct PercentileSpeculativeExecutionPolicy {
    share: f64,
    max_attempts: u32,
    least: Duration,
    most: Duration,
    min_samples: u64,
    period: Duration,
    samples: Mutex<Option<Samples>>,
    /// In microseconds, within the bounds; or [`UNKNOWN`].
    delay: AtomicU64,
}

#[derive(Debug)]
struct Samples {
    window: Window,
    reckoned: Instant,
}

impl PercentileSpeculativeExecutionPolicy {
    /// Asks up to `max_attempts` further hosts, one each time that `percentile` percent of latencies have passed, which is
    /// more than 0 and less than 100. Nothing is asked before ten latencies would lie above the percentile (1,000 in all
    /// at the 99th).
    ///
    /// It goes by the latencies of the last 30 to 60 seconds, and never waits less than a millisecond nor more than a
    /// second: see [`with_bounds`](Self::with_bounds).
    ///
    /// # Errors
    /// `percentile` is not between 0 and 100.
    pub fn new(percentile: f64, max_attempts: u32) -> Result<Self, InvalidPolicy> {
        if !(percentile > 0.0 && percentile < 100.0) {
            return Err(invalid("percentile must be more than 0 and less than 100"));
        }
        let share = percentile / 100.0;
        Ok(Self {
            share,
            max_attempts,
            least: Duration::from_millis(1),
            most: Duration::from_secs(1),
            min_samples: (10.0 / (1.0 - share)).round() as u64,
            period: Duration::from_secs(30),
            samples: Mutex::new(None),
            delay: AtomicU64::new(UNKNOWN),
        })
    }

    /// Never waits less than `least` nor more than `most`, whatever the percentile.
    ///
    /// # Errors
    /// `most` is below `least`.
    pub fn with_bounds(mut self, least: Duration, most: Duration) -> Result<Self, InvalidPolicy> {
        if most < least {
            return Err(invalid("the greatest wait is below the least"));
        }
        (self.least, self.most) = (least, most);
        Ok(self)
    }

    /// Does nothing before it knows so many latencies.
    #[must_use]
    pub const fn with_min_samples(mut self, count: u64) -> Self {
        self.min_samples = count;
        self
    }

    /// Goes by the latencies of the last one or two of these.
    ///
    /// # Errors
    /// `period` is zero.
    pub fn with_period(mut self, period: Duration) -> Result<Self, InvalidPolicy> {
        if period.is_zero() {
            return Err(invalid("a period of no time holds no latencies"));
        }
        self.period = period;
        Ok(self)
    }

    /// The wait that the window stands for.
    fn reckon(&self, window: &Window) -> Option<Duration> {
        let known = window.count() >= self.min_samples.max(1);
        known.then(|| window.quantile(self.share))?.map(|delay| delay.clamp(self.least, self.most))
    }
}

const fn invalid(why: &'static str) -> InvalidPolicy {
    InvalidPolicy { policy: "PercentileSpeculativeExecutionPolicy", why }
}

impl SpeculativeExecutionPolicy for PercentileSpeculativeExecutionPolicy {
    fn delay(&self, begun: u32, _: &RoutingInfo<'_>) -> Option<Duration> {
        let delay = self.delay.load(Ordering::Relaxed);
        (begun < self.max_attempts && delay != UNKNOWN).then(|| Duration::from_micros(delay))
    }

    fn wants_latencies(&self) -> bool {
        true
    }

    fn record(&self, latency: Duration, now: Instant) {
        let mut samples = lock(&self.samples);
        let Samples { window, reckoned } =
            samples.get_or_insert_with(|| Samples { window: Window::new(self.period, now), reckoned: now });
        window.record(now, latency);
        if now.saturating_duration_since(*reckoned) >= RECKONING {
            *reckoned = now;
            let delay = self.reckon(window).and_then(|delay| u64::try_from(delay.as_micros()).ok());
            self.delay.store(delay.unwrap_or(UNKNOWN), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    fn policy(percentile: f64) -> PercentileSpeculativeExecutionPolicy {
        PercentileSpeculativeExecutionPolicy::new(percentile, 2).expect("a percentile")
    }

    /// The waits after `count` latencies of 1, 2, … milliseconds, one each millisecond.
    fn waits(policy: &PercentileSpeculativeExecutionPolicy, count: u64) -> Vec<Duration> {
        let start = Instant::now();
        (1..=count).for_each(|n| policy.record(ms(n), start + ms(n)));
        let query = RoutingInfo::default();
        (0..5).map_while(|begun| policy.delay(begun, &query)).collect()
    }

    /// Whether it is this, but for the error of the histogram.
    fn is_about(delay: Duration, expected: Duration) -> bool {
        delay.abs_diff(expected) <= expected / 50
    }

    #[test]
    fn the_percentile_of_what_is_known() {
        // Reckoned last at 101, 201, …, 901 milliseconds.
        for (percentile, expected) in [(50.0, 451), (90.0, 811), (99.0, 892)] {
            let waits = waits(&policy(percentile).with_min_samples(100), 950);
            assert_eq!(waits.len(), 2, "at {percentile}");
            assert!(waits.iter().all(|wait| is_about(*wait, ms(expected))), "at {percentile}: {waits:?}");
        }
    }

    #[test]
    fn nothing_before_enough_is_known() {
        assert!(waits(&policy(99.0), 950).is_empty(), "1,000 are needed at the 99th");
        assert_eq!(waits(&policy(99.0), 1150).len(), 2);
        assert!(waits(&policy(50.0), 10).is_empty(), "20 are needed in the middle");
        assert_eq!(waits(&policy(50.0), 150).len(), 2);
        assert!(waits(&policy(50.0).with_min_samples(0), 0).is_empty());
    }

    #[test]
    fn the_bounds_hold() {
        let bound = |least, most| policy(50.0).with_bounds(ms(least), ms(most)).expect("bounds");
        assert_eq!(waits(&bound(1, 20), 500)[0], ms(20));
        assert_eq!(waits(&bound(900, 2000), 500)[0], ms(900));
    }

    #[test]
    fn what_is_long_ago_is_forgotten() {
        let policy = policy(50.0).with_period(Duration::from_secs(1)).expect("a period");
        let start = Instant::now();
        (0..200).for_each(|n| policy.record(ms(500), start + ms(n)));
        assert!(is_about(policy.delay(0, &RoutingInfo::default()).expect("it is known"), ms(500)));
        (5000..5200).for_each(|n| policy.record(ms(5), start + ms(n)));
        assert!(is_about(policy.delay(0, &RoutingInfo::default()).expect("it is known"), ms(5)));
    }

    #[test]
    fn parameters_that_cannot_be_are_refused() {
        for percentile in [0.0, 100.0, -1.0, 101.0, f64::NAN, f64::INFINITY] {
            assert!(PercentileSpeculativeExecutionPolicy::new(percentile, 1).is_err(), "{percentile}");
        }
        assert!(policy(99.0).with_bounds(ms(2), ms(1)).is_err());
        assert!(policy(99.0).with_period(Duration::ZERO).is_err());
    }
}
