//! Whether a host without a connection is expected to have one in a moment, pure.
//!
//! Before the first attempt of all has come to something nothing is known of the host: it is expected for as long as that takes,
//! which the connect timeout bounds.
//!
//! A connection that was just lost says little: a proxy has restarted, a router has forgotten it. What says more is the first
//! attempt to open another, which begins at once, or when its turn comes. Until that has come to something, and for no longer than
//! [`MOMENT`] after its beginning, a request is better kept than failed; once it has failed, the host is down, and whoever asks is
//! told so without delay (F15).

use std::time::{Duration, Instant};

/// How long the first attempt may take: some round trips, TLS and a login. A host that says nothing at all is not waited for
/// longer.
pub(crate) const MOMENT: Duration = Duration::from_millis(500);

/// What is known of the time without a connection.
#[derive(Debug)]
pub(crate) struct Outage {
    expected: Expected,
}

#[derive(Debug, Clone, Copy)]
enum Expected {
    /// Once the first attempt has come to something.
    First,
    /// By then.
    Until(Instant),
    /// There is one, or none could be opened, or is to be.
    No,
}

impl Outage {
    /// The first attempt is yet to come.
    pub(crate) const fn first() -> Self {
        Self { expected: Expected::First }
    }

    /// The last connection was lost; the attempt that counts begins then. Gives when it has had its time.
    pub(crate) fn begin(&mut self, attempt: Instant) -> Instant {
        let until = attempt + MOMENT;
        self.expected = Expected::Until(until);
        until
    }

    /// There is one again; or none could be opened, or is to be.
    pub(crate) const fn end(&mut self) {
        self.expected = Expected::No;
    }

    /// Whether one is expected in a moment.
    pub(crate) fn is_momentary(&self, now: Instant) -> bool {
        match self.expected {
            Expected::First => true,
            Expected::Until(until) => now < until,
            Expected::No => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_expected_back_until_it_is_known_to_be_down() {
        let now = Instant::now();
        let mut outage = Outage::first();
        assert!(outage.is_momentary(now + 1000 * MOMENT), "however long the first attempt takes");
        outage.end();
        assert!(!outage.is_momentary(now));
        outage.begin(now);
        assert!(outage.is_momentary(now) && outage.is_momentary(now + MOMENT - Duration::from_nanos(1)));
        assert!(!outage.is_momentary(now + MOMENT), "it has had its time");
        let second = Duration::from_secs(1);
        assert_eq!(outage.begin(now + second), now + second + MOMENT);
        assert!(outage.is_momentary(now) && outage.is_momentary(now + second), "its turn is yet to come");
        assert!(!outage.is_momentary(now + second + MOMENT));
        outage.begin(now);
        outage.end();
        assert!(!outage.is_momentary(now));
    }
}
