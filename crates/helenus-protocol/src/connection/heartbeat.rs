//! When an idle connection is asked whether it still lives, and when it is taken for dead.

use std::time::{Duration, Instant};

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// Nothing.
    Rest,
    /// Send OPTIONS; any answer will do.
    Probe,
    /// The probe was not answered in time: the connection is dead.
    Lost,
}

/// The heartbeat of one connection. Any bytes from the server count as a sign of life.
#[derive(Debug, Clone)]
pub struct Heartbeat {
    interval: Option<Duration>,
    timeout: Duration,
    heard: Instant,
    probed: Option<Instant>,
}

impl Heartbeat {
    /// A probe after `interval` of silence (`None`: never), and death `timeout` after it.
    #[must_use]
    pub const fn new(interval: Option<Duration>, timeout: Duration, now: Instant) -> Self {
        Self { interval, timeout, heard: now, probed: None }
    }

    /// How long an answer to a probe may take.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Bytes came from the server.
    pub const fn handle_bytes(&mut self, now: Instant) {
        self.heard = now;
        self.probed = None;
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.probed {
            Some(probed) => probed.checked_add(self.timeout),
            None => self.interval.and_then(|interval| self.heard.checked_add(interval)),
        }
    }

    /// What is to be done at `now`.
    pub fn handle_timeout(&mut self, now: Instant) -> Beat {
        if self.poll_timeout().is_none_or(|at| now < at) {
            return Beat::Rest;
        }
        if self.probed.is_some() {
            return Beat::Lost;
        }
        self.probed = Some(now);
        Beat::Probe
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// F30 of docs/promises.md.
    #[test]
    fn silence_is_probed_then_lost() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(Some(30 * SECOND), 5 * SECOND, start);
        assert_eq!(heartbeat.handle_timeout(start + 29 * SECOND), Beat::Rest);
        assert_eq!(heartbeat.handle_timeout(start + 30 * SECOND), Beat::Probe);
        assert_eq!(heartbeat.handle_timeout(start + 34 * SECOND), Beat::Rest);
        assert_eq!(heartbeat.handle_timeout(start + 35 * SECOND), Beat::Lost);
    }

    #[test]
    fn any_bytes_are_a_sign_of_life() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(Some(30 * SECOND), 5 * SECOND, start);
        assert_eq!(heartbeat.handle_timeout(start + 30 * SECOND), Beat::Probe);
        heartbeat.handle_bytes(start + 31 * SECOND);
        assert_eq!(heartbeat.handle_timeout(start + 36 * SECOND), Beat::Rest);
        assert_eq!(heartbeat.poll_timeout(), Some(start + 61 * SECOND));
    }

    #[test]
    fn none_beats_where_none_is_wanted() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(None, SECOND, start);
        assert_eq!(heartbeat.poll_timeout(), None);
        assert_eq!(heartbeat.handle_timeout(start + 3600 * SECOND), Beat::Rest);
    }

    #[test]
    fn intervals_beyond_the_clock_never_end() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(Some(Duration::MAX), SECOND, start);
        assert_eq!(heartbeat.handle_timeout(start + 3600 * SECOND), Beat::Rest);
        let mut heartbeat = Heartbeat::new(Some(SECOND), Duration::MAX, start);
        assert_eq!(heartbeat.handle_timeout(start + SECOND), Beat::Probe);
        assert_eq!(
            (heartbeat.handle_timeout(start + 3600 * SECOND), heartbeat.poll_timeout()),
            (Beat::Rest, None)
        );
    }
}
