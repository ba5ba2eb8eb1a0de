//! A histogram of what was lately: two periods that take turns. Pure; the time is handed in.

use std::time::{Duration, Instant};

use super::histogram::{Histogram, quantile};

/// A [`Histogram`] of the last while: between one and two periods, so that it neither jumps at the turn of a period nor
/// remembers for ever.
#[derive(Debug, Clone)]
pub struct Window {
    period: Duration,
    current: Histogram,
    /// Of the period before.
    previous: Histogram,
    /// When the current period began.
    began: Instant,
}

impl Window {
    /// Nothing has been recorded. A period of zero remembers nothing that was not recorded at the same instant.
    #[must_use]
    pub fn new(period: Duration, now: Instant) -> Self {
        Self { period, current: Histogram::new(), previous: Histogram::new(), began: now }
    }

    /// Takes one duration in.
    pub fn record(&mut self, now: Instant, duration: Duration) {
        self.rotate(now);
        self.current.record(duration);
    }

    /// Forgets what is too old. Done by [`Window::record`] as well; time that goes backwards forgets nothing.
    pub fn rotate(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.began);
        if elapsed < self.period || elapsed.is_zero() {
            return;
        }
        std::mem::swap(&mut self.current, &mut self.previous);
        self.current.clear();
        if elapsed >= self.period.saturating_mul(2) {
            self.previous.clear();
            self.began = now;
        } else {
            self.began += self.period;
        }
    }

    /// How many durations are remembered, as of the last time that something was recorded or rotated.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.current.count() + self.previous.count()
    }

    /// See [`Histogram::quantile`]: of what is remembered, as of the last time that something was recorded or rotated.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        let max = self.current.max.max(self.previous.max);
        quantile(q, max, |at| self.current.counts[at] + self.previous.counts[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn micros(micros: u64) -> Duration {
        Duration::from_micros(micros)
    }

    #[test]
    fn the_period_before_still_counts_and_the_one_before_that_does_not() {
        let start = Instant::now();
        let mut window = Window::new(SECOND, start);
        window.record(start, micros(10));
        window.record(start + SECOND.mul_f64(0.9), micros(20));
        window.record(start + SECOND.mul_f64(1.5), micros(30));
        assert_eq!(
            (window.count(), window.quantile(0.0), window.quantile(1.0)),
            (3, Some(micros(10)), Some(micros(30)))
        );
        window.rotate(start + SECOND * 2);
        assert_eq!((window.count(), window.quantile(0.0)), (1, Some(micros(30))));
        window.rotate(start + SECOND * 3);
        assert_eq!((window.count(), window.quantile(0.5)), (0, None));
    }

    #[test]
    fn a_long_silence_forgets_everything() {
        let start = Instant::now();
        let mut window = Window::new(SECOND, start);
        window.record(start, micros(10));
        window.record(start + SECOND * 100, micros(20));
        assert_eq!((window.count(), window.quantile(0.5)), (1, Some(micros(20))));
        window.record(start + SECOND.mul_f64(100.9), micros(40));
        assert_eq!(window.count(), 2, "the period began when the silence ended");
    }

    #[test]
    fn time_that_goes_backwards_forgets_nothing() {
        let start = Instant::now() + SECOND;
        let mut window = Window::new(SECOND, start);
        window.record(start, micros(10));
        window.record(start - SECOND, micros(20));
        assert_eq!(window.count(), 2);
    }
}
