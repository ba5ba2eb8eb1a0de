//! How much a session does beyond what it was asked for: retries and speculative attempts, together bounded by a share of
//! its requests, so that a cluster that has too much to do is not given more.
//!
//! A budget is a bucket of tokens. Each request earns a share of one, each second some more; each extra attempt costs one.
//! What was earned fades with time: it is worth 1/e after [`Budget::WINDOW`]. So in any while the extra attempts are no more
//! than the share of that while's requests, plus the floor for its seconds, plus what was left at its start, which itself
//! is at most the share and the floor of about ten seconds. A host that dies under load takes less than that with it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::InvalidPolicy;
use crate::lock::lock;

/// A share of a session's requests, and a number each second on top of it, so that those who ask little may have some too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    share: f64,
    per_second: f64,
}

impl Budget {
    /// How long what was earned is kept, about: 10 s.
    pub const WINDOW: Duration = Duration::from_secs(10);

    /// Retries, by default: one for ten requests that succeed, and ten a second. When nothing succeeds any more, retries
    /// add ten requests a second and no multiple of the load.
    pub const RETRIES: Self = Self { share: 0.1, per_second: 10.0 };

    /// Speculative attempts, by default: one for ten requests that may be run twice, and ten a second. A wait that is the
    /// 95th percentile needs half of that; where all hosts are slow at once, the load grows by a tenth and does not double.
    pub const SPECULATIONS: Self = Self { share: 0.1, per_second: 10.0 };

    /// Extra attempts of up to this `share` of the requests (0.1: one for ten) and `per_second` on top of it.
    ///
    /// # Errors
    /// One of them is negative or no finite number.
    pub const fn new(share: f64, per_second: f64) -> Result<Self, InvalidPolicy> {
        if !(share >= 0.0 && share.is_finite()) {
            return Err(InvalidPolicy {
                policy: "Budget",
                why: "share must be a finite number, and not negative",
            });
        }
        if !(per_second >= 0.0 && per_second.is_finite()) {
            let why = "per_second must be a finite number, and not negative";
            return Err(InvalidPolicy { policy: "Budget", why });
        }
        Ok(Self { share, per_second })
    }
}

/// What is left of a budget. Pure.
#[derive(Debug)]
struct Balance {
    budget: Budget,
    tokens: f64,
    /// When it was reckoned last, and how many requests had earned something by then.
    at: Instant,
    earned: u64,
}

impl Balance {
    fn new(budget: Budget, now: Instant) -> Self {
        let tokens = budget.per_second * Budget::WINDOW.as_secs_f64();
        Self { budget, tokens, at: now, earned: 0 }
    }

    /// Takes a token for one more attempt, if there is one; `earned` requests have been counted in all.
    fn spend(&mut self, earned: u64, now: Instant) -> bool {
        let seconds = now.saturating_duration_since(self.at).as_secs_f64();
        let new = earned.saturating_sub(self.earned) as f64;
        let window = Budget::WINDOW.as_secs_f64();
        // What came evenly over the while has faded in part.
        let lost = -(-seconds / window).exp_m1();
        let kept = if seconds > 0.0 { lost * window / seconds } else { 1.0 };
        let income = new.mul_add(self.budget.share, seconds * self.budget.per_second);
        self.tokens = self.tokens.mul_add(1.0 - lost, income * kept);
        self.at = self.at.max(now);
        self.earned = earned;
        let enough = self.tokens >= 1.0;
        if enough {
            self.tokens -= 1.0;
        }
        enough
    }
}

/// A session's budget of one kind.
#[derive(Debug)]
pub(crate) struct Purse {
    earned: AtomicU64,
    /// `None`: there is no limit.
    balance: Option<Mutex<Balance>>,
}

impl Purse {
    pub(crate) fn new(budget: Option<Budget>, now: Instant) -> Self {
        let balance = budget.map(|budget| Mutex::new(Balance::new(budget, now)));
        Self { earned: AtomicU64::new(0), balance }
    }

    /// A request earns its share. Two threads at the same time may count as one: that errs on the careful side, and costs
    /// each request no more than a load and a store.
    pub(crate) fn earn(&self) {
        if self.balance.is_some() {
            let earned = self.earned.load(Ordering::Relaxed);
            self.earned.store(earned.wrapping_add(1), Ordering::Relaxed);
        }
    }

    /// Whether one more attempt may be made; it is taken to be made then.
    pub(crate) fn spend(&self, now: Instant) -> bool {
        let Some(balance) = &self.balance else { return true };
        lock(balance).spend(self.earned.load(Ordering::Relaxed), now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(share: f64, per_second: f64) -> Budget {
        Budget::new(share, per_second).expect("two good numbers")
    }

    /// How many of `wanted` attempts at one moment are granted.
    fn granted(balance: &mut Balance, wanted: usize, earned: u64, now: Instant) -> usize {
        (0..wanted).filter(|_| balance.spend(earned, now)).count()
    }

    #[test]
    fn it_begins_with_a_window_of_the_floor() {
        let now = Instant::now();
        for (per_second, expected) in [(10.0, 100), (0.0, 0), (0.05, 0), (2.5, 25)] {
            let mut balance = Balance::new(budget(0.1, per_second), now);
            assert_eq!(granted(&mut balance, 1000, 0, now), expected, "{per_second}");
        }
    }

    #[test]
    fn requests_earn_and_seconds_do() {
        let now = Instant::now();
        let mut balance = Balance::new(budget(0.1, 0.0), now);
        assert_eq!(granted(&mut balance, 1000, 99, now), 9);
        assert_eq!(granted(&mut balance, 1000, 101, now), 1);
        let mut balance = Balance::new(budget(0.0, 10.0), now);
        granted(&mut balance, 1000, 0, now);
        assert_eq!(granted(&mut balance, 1000, 0, now + Duration::from_millis(301)), 2);
        assert!((99..=100).contains(&granted(&mut balance, 1000, 0, now + Duration::from_secs(3600))));
    }

    #[test]
    fn what_was_earned_is_about_ten_seconds_worth() {
        let start = Instant::now();
        let mut balance = Balance::new(budget(0.1, 0.0), start);
        // An hour of 1,000 requests a second, looked at once.
        let now = start + Duration::from_secs(3600);
        assert!((999..=1000).contains(&granted(&mut balance, 5000, 3_600_000, now)));
        // The same, looked at each second.
        let mut balance = Balance::new(budget(0.1, 0.0), start);
        for second in 1..=60 {
            let spent = balance.spend(1000 * second, start + Duration::from_secs(second));
            assert!(spent);
        }
        let now = start + Duration::from_secs(60);
        assert!((980..1000).contains(&granted(&mut balance, 5000, 60_000, now)));
    }

    #[test]
    fn a_brown_out_is_not_multiplied() {
        let start = Instant::now();
        let mut balance = Balance::new(Budget::RETRIES, start);
        let (mut now, mut earned, mut retries) = (start, 0, 0);
        // A minute in which all is well, then a minute in which each of 1,000 requests a second fails.
        for second in 0..120 {
            for _ in 0..1000 {
                now += Duration::from_millis(1);
                if second < 60 {
                    earned += 1;
                } else {
                    retries += usize::from(balance.spend(earned, now));
                }
            }
        }
        // A tenth of ten seconds' requests and a hundred, then ten a second.
        assert!((600..=1000 + 100 + 600).contains(&retries), "{retries}");
    }

    /// F9: of three nodes one gets slow, and replicas are chosen whatever their speed. Each third of 340 requests a second wants
    /// company for ten seconds, after some good ones.
    #[test]
    fn a_third_that_is_slow_is_more_than_the_default_spares() {
        let granted = |budget| {
            let start = Instant::now();
            let mut balance = Balance::new(budget, start);
            let at = |n: u64| start + Duration::from_secs(n) / 340;
            let slow = |n: &u64| n.is_multiple_of(3);
            (2210..5610).filter(slow).filter(|n| balance.spend(*n, at(*n))).count()
        };
        let spared = granted(Budget::SPECULATIONS);
        assert!((640..690).contains(&spared), "of 1,133: {spared}");
        assert_eq!(granted(budget(0.5, 10.0)), 1133);
    }

    #[test]
    fn a_clock_or_a_count_that_goes_back_is_no_income() {
        let now = Instant::now() + Duration::from_secs(60);
        let mut balance = Balance::new(budget(0.1, 1.0), now);
        assert_eq!(granted(&mut balance, 100, 100, now), 20);
        assert_eq!(granted(&mut balance, 100, 50, now - Duration::from_secs(30)), 0);
        assert_eq!(granted(&mut balance, 100, 60, now), 1);
    }

    #[test]
    fn numbers_that_are_none_are_refused() {
        for (share, per_second) in [
            (-0.1, 1.0),
            (f64::NAN, 1.0),
            (f64::INFINITY, 1.0),
            (0.1, -1.0),
            (0.1, f64::NAN),
            (0.1, f64::INFINITY),
        ] {
            assert!(Budget::new(share, per_second).is_err(), "{share} {per_second}");
        }
    }

    #[test]
    fn without_a_budget_there_is_no_limit() {
        let now = Instant::now();
        let purse = Purse::new(None, now);
        assert!((0..10_000).all(|_| purse.spend(now)));
        let purse = Purse::new(Some(budget(1.0, 0.0)), now);
        assert!(!purse.spend(now));
        purse.earn();
        assert!(purse.spend(now) && !purse.spend(now));
    }
}
