//! Reconnection: the pauses between attempts to reach a host that is down. No clock here, only durations.

use std::fmt;
use std::time::Duration;

use super::guard::guarded;
use super::{InvalidPolicy, ReconnectionPolicy};

/// The pauses of one outage, each before one attempt.
pub struct ReconnectionSchedule(Box<dyn Iterator<Item = Duration> + Send>);

impl ReconnectionSchedule {
    /// A schedule of these pauses. It may be endless.
    pub fn new(pauses: impl Iterator<Item = Duration> + Send + 'static) -> Self {
        Self(Box::new(pauses))
    }
}

impl ReconnectionSchedule {
    /// That of `policy` for one outage; the default one where it panics.
    pub(crate) fn of(policy: &dyn ReconnectionPolicy) -> Self {
        let made = guarded("reconnection policy", || policy.schedule());
        made.unwrap_or_else(|_logged| ExponentialReconnectionPolicy::default().schedule())
    }
}

impl Iterator for ReconnectionSchedule {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        guarded("reconnection policy", || self.0.next()).unwrap_or_else(|_logged| {
            // The rest of the outage goes by the default.
            *self = ExponentialReconnectionPolicy::default().schedule();
            self.0.next()
        })
    }
}

impl fmt::Debug for ReconnectionSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReconnectionSchedule(..)")
    }
}

fn limited(
    pauses: impl Iterator<Item = Duration> + Send + 'static,
    max_attempts: Option<usize>,
) -> ReconnectionSchedule {
    match max_attempts {
        Some(max_attempts) => ReconnectionSchedule::new(pauses.take(max_attempts)),
        None => ReconnectionSchedule::new(pauses),
    }
}

/// The same pause each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConstantReconnectionPolicy {
    delay: Duration,
    max_attempts: Option<usize>,
}

impl ConstantReconnectionPolicy {
    /// Tries every `delay`, at most `max_attempts` times an outage (None: for ever).
    #[must_use]
    pub const fn new(delay: Duration, max_attempts: Option<usize>) -> Self {
        Self { delay, max_attempts }
    }
}

impl ReconnectionPolicy for ConstantReconnectionPolicy {
    fn schedule(&self) -> ReconnectionSchedule {
        limited(std::iter::repeat(self.delay), self.max_attempts)
    }
}

/// Pauses that double up to a limit, each shortened by a random part of up to half of it, so that the clients of a
/// node that returns do not all come at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExponentialReconnectionPolicy {
    base_delay: Duration,
    max_delay: Duration,
    max_attempts: Option<usize>,
}

impl ExponentialReconnectionPolicy {
    /// Pauses of `base_delay`, twice that, and so on up to `max_delay`, at most `max_attempts` of them an outage (None: for
    /// ever).
    ///
    /// # Errors
    /// `max_delay` is below `base_delay`.
    pub fn new(
        base_delay: Duration,
        max_delay: Duration,
        max_attempts: Option<usize>,
    ) -> Result<Self, InvalidPolicy> {
        if max_delay < base_delay {
            let why = "max_delay is below base_delay";
            return Err(InvalidPolicy { policy: "ExponentialReconnectionPolicy", why });
        }
        Ok(Self { base_delay, max_delay, max_attempts })
    }

    /// The pause before attempt number `attempt` (from 0), where `luck` is from 0 to 1.
    fn pause(&self, attempt: u32, luck: f64) -> Duration {
        let factor = 1_u32.checked_shl(attempt).unwrap_or(u32::MAX);
        let whole = self.base_delay.saturating_mul(factor).min(self.max_delay);
        whole.mul_f64(1.0 - luck / 2.0)
    }
}

impl Default for ExponentialReconnectionPolicy {
    /// From 1 s to 600 s, for ever: what the reference driver does.
    fn default() -> Self {
        let (base_delay, max_delay) = (Duration::from_secs(1), Duration::from_secs(600));
        Self { base_delay, max_delay, max_attempts: None }
    }
}

impl ReconnectionPolicy for ExponentialReconnectionPolicy {
    fn schedule(&self) -> ReconnectionSchedule {
        let policy = self.clone();
        let pauses = (0..=u32::MAX).chain(std::iter::repeat(u32::MAX));
        limited(pauses.map(move |attempt| policy.pause(attempt, fastrand::f64())), self.max_attempts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_constant_pause() {
        let policy = ConstantReconnectionPolicy::new(seconds(2), Some(3));
        assert_eq!(policy.schedule().collect::<Vec<_>>(), [seconds(2); 3]);
        let endless = ConstantReconnectionPolicy::new(seconds(1), None);
        assert_eq!(endless.schedule().nth(100_000), Some(seconds(1)));
    }

    #[test]
    fn pauses_double_up_to_the_limit() {
        let policy = ExponentialReconnectionPolicy::new(seconds(1), seconds(60), None).unwrap();
        for (attempt, whole) in [(0, 1), (1, 2), (5, 32), (6, 60), (31, 60), (32, 60), (u32::MAX, 60)] {
            assert_eq!(policy.pause(attempt, 0.0), seconds(whole), "attempt {attempt}");
            assert_eq!(policy.pause(attempt, 1.0), seconds(whole) / 2, "attempt {attempt}");
        }
        let none = ExponentialReconnectionPolicy::new(seconds(0), seconds(0), None).unwrap();
        assert_eq!(none.pause(9, 0.5), seconds(0));
        let huge = ExponentialReconnectionPolicy::new(Duration::MAX, Duration::MAX, None).unwrap();
        assert_eq!(huge.pause(40, 1.0).as_secs(), Duration::MAX.as_secs() / 2 + 1);
    }

    #[test]
    fn the_schedule_is_spread_and_bounded() {
        let policy = ExponentialReconnectionPolicy::new(seconds(1), seconds(60), Some(64)).unwrap();
        let pauses: Vec<_> = policy.schedule().collect();
        assert_eq!(pauses.len(), 64);
        for (attempt, pause) in (0..).zip(&pauses) {
            let whole = policy.pause(attempt, 0.0);
            assert!(*pause <= whole && *pause >= whole / 2, "{pause:?} of {whole:?}");
        }
        let distinct: std::collections::BTreeSet<_> = pauses.iter().collect();
        assert!(distinct.len() > 60, "{pauses:?}");
    }

    #[test]
    fn a_limit_below_the_base_is_refused() {
        let error = ExponentialReconnectionPolicy::new(seconds(2), seconds(1), None).unwrap_err();
        assert_eq!(error.to_string(), "ExponentialReconnectionPolicy: max_delay is below base_delay");
    }

    #[derive(Debug)]
    struct Panics;

    impl ReconnectionPolicy for Panics {
        fn schedule(&self) -> ReconnectionSchedule {
            panic!("the policy of this test")
        }
    }

    #[test]
    fn where_a_policy_panics_the_default_goes_on() {
        let second = Duration::from_millis(500)..=Duration::from_secs(1);
        assert!(second.contains(&ReconnectionSchedule::of(&Panics).next().expect("it goes on for ever")));
        let hour = Duration::from_secs(3600);
        let mut pauses = ReconnectionSchedule::new((0..).map(move |n| {
            assert_eq!(n, 0, "the second pause of this test");
            hour
        }));
        assert_eq!(pauses.next(), Some(hour));
        assert!(second.contains(&pauses.next().expect("it goes on for ever")));
        assert!(pauses.next().expect("it goes on for ever") > Duration::from_millis(999));
    }
}
