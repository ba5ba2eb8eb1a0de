//! Waiting for room: what becomes of a request for which every host that is left was busy.
//!
//! It waits in the session's queue for the first of those hosts that has room, within its own time. A host that had room
//! but has none any more when the request gets there keeps it waiting; that is no attempt to be told of.

use std::time::{Duration, Instant};

use smallvec::SmallVec;

use super::{Action, Actions, Execution};
use crate::error::{QueueState, RequestFailure};

/// The hosts that were busy, and the wait for one of them.
#[derive(Debug, Clone)]
pub(super) struct Room<H> {
    /// Each with whether it has prepared the statement anew for this request.
    busy: SmallVec<[(H, bool); 3]>,
    since: Option<Instant>,
    waited: Duration,
}

impl<H> Room<H> {
    fn stop(&mut self, now: Instant) {
        if let Some(since) = self.since.take() {
            self.waited += now.saturating_duration_since(since);
        }
    }
}

impl<H: Clone + PartialEq> Execution<H> {
    /// Whether it is in the queue, and on its way to no host.
    pub(crate) fn waits_for_room(&self) -> bool {
        self.room.as_ref().is_some_and(|room| room.since.is_some()) && !self.ended
    }

    pub(super) fn note_busy(&mut self, host: H, prepared: bool) {
        let none = || Box::new(Room { busy: SmallVec::new(), since: None, waited: Duration::ZERO });
        let room = self.room.get_or_insert_with(none);
        if !room.busy.iter().any(|(busy, _)| *busy == host) {
            room.busy.push((host, prepared));
        }
    }

    /// No host is left to be tried at once: waits for those that were busy, or ends. An error that was kept back is told
    /// rather than waited for another.
    pub(super) fn wait_or_fail(&mut self, now: Instant, actions: &mut Actions<H>) {
        match &mut self.room {
            Some(room) if !room.busy.is_empty() && self.kept_back.is_none() => {
                room.since = Some(now);
                actions.push(Action::WaitForRoom(room.busy.iter().map(|(host, _)| host.clone()).collect()));
            }
            _ => self.fail_exhausted(actions),
        }
    }

    pub(super) fn has_room(&mut self, host: H, now: Instant, actions: &mut Actions<H>) {
        let Some(room) = self.room.as_mut().filter(|room| room.since.is_some()) else { return };
        room.stop(now);
        let prepared = room.busy.iter().any(|(busy, prepared)| *busy == host && *prepared);
        room.busy.retain(|(busy, _)| *busy != host);
        let id = self.begin_attempt(host.clone(), prepared, now);
        if let Some(live) = self.live.last_mut() {
            live.has_waited = true;
        }
        actions.push(Action::Attempt { id, host, consistency: self.consistency, has_waited: true });
    }

    /// It cannot wait: the queue is `full`, or there is none.
    pub(super) fn no_room(&mut self, full: Option<QueueState>, now: Instant, actions: &mut Actions<H>) {
        let Some(room) = self.room.as_mut().filter(|room| room.since.is_some()) else { return };
        room.stop(now);
        match full {
            Some(_) => self.fail_busy(full, now, actions),
            None => self.fail_exhausted(actions),
        }
    }

    /// Ends with nothing but that all are busy.
    pub(super) fn fail_busy(&mut self, queue: Option<QueueState>, now: Instant, actions: &mut Actions<H>) {
        let waited = self.room.as_mut().map_or(Duration::ZERO, |room| {
            room.stop(now);
            room.waited
        });
        let attempts = std::mem::take(&mut self.attempts);
        self.end(Err(Box::new(RequestFailure::Busy { waited, queue, attempts })), actions);
    }
}
