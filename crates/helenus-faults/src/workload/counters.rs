//! Counters are incremented.

use std::sync::Arc;

use super::operation::{fate, foreign, is_void};
use super::{COUNTERS, Kind, Workload, lock};

impl Workload {
    pub(super) async fn increment(self: Arc<Self>) {
        let at = self.chance(COUNTERS);
        let id = self.first + at as i64;
        let Ok(statement) = self.statements.increment.bind((id,)) else { return };
        let outcome = self.watch(Kind::Count, statement).await;
        if let Some(Ok(result)) = &outcome
            && !is_void(result)
        {
            self.tally.found(&foreign(Kind::Count, id, result));
        }
        lock(&self.counters)[at].note(fate(outcome.as_ref()));
    }
}
