//! When a server that owes answers has been silent for too long: pure. This is not the heartbeat, which finds out
//! whether an idle connection lives and ends one that does not: slowness ends nothing, it only makes others come first.

use std::time::{Duration, Instant};

/// The longest pause between two probes of one silence.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hush {
    /// Nothing.
    Rest,
    /// It has been silent: say so, and send OPTIONS. Any bytes will end the silence.
    Probe,
}

/// The silence of one connection.
#[derive(Debug)]
pub(crate) struct Silence {
    /// How long it may last; `None`: for ever.
    patience: Option<Duration>,
    heard: Instant,
    /// Since when answers have been owed without a break, as far as was looked.
    owed_since: Option<Instant>,
    /// When to look next. It is moved only when it has come, not with each sign of life: timers cost something.
    look_at: Option<Instant>,
    /// The last pause between probes, while it is silent.
    silent: Option<Duration>,
}

impl Silence {
    pub(crate) const fn new(patience: Option<Duration>, now: Instant) -> Self {
        Self { patience, heard: now, owed_since: None, look_at: None, silent: None }
    }

    /// Bytes came from the server. Tells whether they end a silence.
    pub(crate) fn handle_bytes(&mut self, now: Instant) -> bool {
        self.heard = now;
        self.silent.take().is_some()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    pub(crate) const fn poll_timeout(&self) -> Option<Instant> {
        self.look_at
    }

    /// What is to be done at `now`, where `owes` says whether the server owes any answer. To be called whenever that may
    /// have changed.
    pub(crate) fn handle_timeout(&mut self, owes: bool, now: Instant) -> Hush {
        let Some(patience) = self.patience else { return Hush::Rest };
        if !owes {
            (self.owed_since, self.look_at) = (None, None);
            return Hush::Rest;
        }
        let begun = (*self.owed_since.get_or_insert(now)).max(self.heard);
        if self.look_at.is_some_and(|at| at > now) {
            return Hush::Rest;
        }
        let due = begun.checked_add(patience);
        if due.is_none_or(|due| due > now) {
            self.look_at = due;
            return Hush::Rest;
        }
        let pause = self.silent.map_or(patience, |last| (last * 2).min(LONGEST_PAUSE.max(patience)));
        self.silent = Some(pause);
        self.look_at = now.checked_add(pause);
        Hush::Probe
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn silence() -> (Silence, Instant) {
        let start = Instant::now();
        (Silence::new(Some(2 * SECOND), start), start)
    }

    #[test]
    fn silence_counts_from_when_an_answer_is_owed() {
        let (mut silence, start) = silence();
        assert_eq!(silence.handle_timeout(false, start + 60 * SECOND), Hush::Rest);
        assert_eq!(silence.poll_timeout(), None);
        let asked = start + 60 * SECOND;
        assert_eq!(silence.handle_timeout(true, asked), Hush::Rest);
        assert_eq!(silence.poll_timeout(), Some(asked + 2 * SECOND));
        assert_eq!(silence.handle_timeout(true, asked + 2 * SECOND), Hush::Probe);
        assert!(silence.handle_bytes(asked + 3 * SECOND), "they end it");
        assert!(!silence.handle_bytes(asked + 3 * SECOND), "once");
    }

    #[test]
    fn any_bytes_begin_it_anew_without_moving_the_timer() {
        let (mut silence, start) = silence();
        silence.handle_timeout(true, start);
        assert!(!silence.handle_bytes(start + SECOND));
        assert_eq!(silence.poll_timeout(), Some(start + 2 * SECOND));
        assert_eq!(silence.handle_timeout(true, start + 2 * SECOND), Hush::Rest);
        assert_eq!(silence.poll_timeout(), Some(start + 3 * SECOND));
        assert_eq!(silence.handle_timeout(true, start + 3 * SECOND), Hush::Probe);
    }

    #[test]
    fn nothing_owed_nothing_begun() {
        let (mut silence, start) = silence();
        silence.handle_timeout(true, start);
        assert_eq!(silence.handle_timeout(false, start + SECOND), Hush::Rest);
        assert_eq!(silence.handle_timeout(true, start + 9 * SECOND), Hush::Rest);
        assert_eq!(silence.poll_timeout(), Some(start + 11 * SECOND));
    }

    #[test]
    fn probes_become_rarer_while_it_lasts() {
        let (mut silence, start) = silence();
        silence.handle_timeout(true, start);
        let mut probes = Vec::new();
        for second in 1..200 {
            if silence.handle_timeout(true, start + second * SECOND) == Hush::Probe {
                probes.push(second);
            }
        }
        assert_eq!(probes, [2, 4, 8, 16, 32, 64, 124, 184]);
        assert!(silence.handle_bytes(start + 200 * SECOND));
        assert_eq!(
            silence.handle_timeout(true, start + 244 * SECOND),
            Hush::Probe,
            "as soon as the first time"
        );
    }

    #[test]
    fn endless_patience() {
        let start = Instant::now();
        for patience in [None, Some(Duration::MAX)] {
            let mut silence = Silence::new(patience, start);
            assert_eq!(silence.handle_timeout(true, start), Hush::Rest);
            assert_eq!(silence.handle_timeout(true, start + 9999 * SECOND), Hush::Rest);
        }
    }
}
