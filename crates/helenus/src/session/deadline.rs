//! The one time that a call of several steps has, each of which may take what the others have left.

use std::time::{Duration, Instant};

use crate::error::{Error, RequestFailure};

/// Whoever is waited for is given a moment more: it says better what has kept it.
const MOMENT: Duration = Duration::from_millis(50);

/// When a call must have come to its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    began: Instant,
    /// The time that it was given then; `None`: it has no end.
    timeout: Option<Duration>,
}

impl Deadline {
    /// A call that began then and has so much time; `None` and `Duration::MAX`: for ever.
    pub(super) fn new(timeout: Option<Duration>, began: Instant) -> Self {
        Self { began, timeout: timeout.filter(|timeout| *timeout < Duration::MAX) }
    }

    /// The time that it was given.
    pub(super) const fn timeout(self) -> Option<Duration> {
        self.timeout
    }

    /// When it is over; `None`: never, as far as the clock can tell.
    pub(super) fn at(self) -> Option<Instant> {
        self.timeout.and_then(|timeout| self.began.checked_add(timeout))
    }

    /// The time that is left at `now`; `None`: for ever.
    pub(super) fn left(self, now: Instant) -> Option<Duration> {
        let passed = now.saturating_duration_since(self.began);
        self.timeout.map(|timeout| timeout.saturating_sub(passed))
    }

    pub(super) fn is_over(self, now: Instant) -> bool {
        self.left(now) == Some(Duration::ZERO)
    }

    /// That it is over.
    pub(super) fn error(self) -> Error {
        let after = self.timeout.unwrap_or_default();
        let failure = RequestFailure::TimedOut { after, waiting: Vec::new(), attempts: Vec::new() };
        Error::Request(Box::new(failure))
    }

    /// What comes of something that another does, who may have more time.
    ///
    /// # Errors
    ///
    /// The time is over.
    pub(super) async fn within<T>(self, outcome: impl Future<Output = T>) -> Result<T, Error> {
        match self.left(Instant::now()) {
            None => Ok(outcome.await),
            Some(left) => tokio::time::timeout(left.saturating_add(MOMENT), outcome)
                .await
                .map_err(|_elapsed| self.error()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left() {
        let began = Instant::now();
        let second = Duration::from_secs(1);
        let deadline = Deadline::new(Some(2 * second), began);
        assert_eq!(deadline.at(), Some(began + 2 * second));
        assert_eq!(deadline.left(began + second), Some(second));
        assert!(!deadline.is_over(began + second) && deadline.is_over(began + 2 * second));
        assert_eq!(deadline.left(began + 9 * second), Some(Duration::ZERO));
        for endless in [None, Some(Duration::MAX)] {
            let deadline = Deadline::new(endless, began);
            assert_eq!((deadline.timeout(), deadline.at(), deadline.left(began)), (None, None, None));
            assert!(!deadline.is_over(began + 9 * second));
        }
        assert!(deadline.error().to_string().contains("within 2s"), "{}", deadline.error());
    }

    #[tokio::test]
    async fn whoever_is_waited_for_has_a_moment_more() {
        let deadline = Deadline::new(Some(Duration::from_millis(1)), Instant::now());
        let never = deadline.within(std::future::pending::<()>());
        assert!(never.await.expect_err("it is over").is_timeout());
        assert_eq!(deadline.within(async { 7 }).await.ok(), Some(7));
    }
}
