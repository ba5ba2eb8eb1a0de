//! Counters: each increment that was acknowledged is in it once, each of unknown fate once or not at all.

use super::{Fate, Finding};

/// What was done to one counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Increments {
    /// How many were acknowledged.
    pub acknowledged: i64,
    /// How many may have run.
    pub unknown: i64,
}

impl Increments {
    /// One more has ended so.
    pub fn note(&mut self, fate: Fate) {
        match fate {
            Fate::Acknowledged => self.acknowledged += 1,
            Fate::Unknown => self.unknown += 1,
            Fate::NotRun => {}
        }
    }

    /// What is to be said of counter `id` that holds `value` in the end.
    #[must_use]
    pub fn judge(&self, id: i64, value: i64) -> Option<Finding> {
        let Self { acknowledged, unknown } = *self;
        let bounds = || format!("counter {id} is {value}: {acknowledged} acknowledged, {unknown} unknown");
        if value < acknowledged {
            Some(Finding::Lost(bounds()))
        } else if value > acknowledged + unknown {
            Some(Finding::Wrong(bounds()))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_what_was_acknowledged_and_what_may_have_run() {
        let mut increments = Increments::default();
        for fate in [Fate::Acknowledged, Fate::Acknowledged, Fate::Unknown, Fate::NotRun] {
            increments.note(fate);
        }
        assert_eq!(increments.judge(1, 2), None);
        assert_eq!(increments.judge(1, 3), None);
        assert!(matches!(increments.judge(1, 1), Some(Finding::Lost(_))));
        let Some(Finding::Wrong(why)) = increments.judge(1, 4) else { panic!("it ran twice") };
        assert!(why.contains("counter 1 is 4: 2 acknowledged, 1 unknown"), "{why}");
    }
}
