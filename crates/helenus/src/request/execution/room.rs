//! Waiting for room: what becomes of a request for which every host that is left was busy, or had lost its connection.
//!
//! It waits in the session's queue for the first of those hosts that has room, within its own time. A host that had room
//! but has none any more when the request gets there keeps it waiting; that is no attempt to be told of. Whether a host without a
//! connection is worth waiting for is its pool's to say: where none is, the request ends at once.

use std::time::{Duration, Instant};

use smallvec::SmallVec;

use super::{Action, Actions, Execution};
use crate::error::{AttemptError, QueueState, RequestFailure};

/// A host that is waited for.
#[derive(Debug, Clone)]
struct Place<H> {
    host: H,
    /// It has prepared the statement anew for this request.
    prepared: bool,
    /// It was busy; else it had no connection.
    is_busy: bool,
}

/// The hosts that were busy or without a connection, and the wait for one of them.
#[derive(Debug, Clone)]
pub(super) struct Room<H> {
    places: SmallVec<[Place<H>; 3]>,
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

    /// An attempt has failed: if it was for want of room or of a connection, its host may be waited for. But a request that has cost
    /// two connections may be what breaks them, and waits for no other.
    pub(super) fn note_room(&mut self, index: usize, error: &AttemptError, written: bool) {
        let is_busy = match error {
            AttemptError::Busy { .. } => true,
            AttemptError::Connection(_) if written && self.has_cost_a_connection() => {
                if let Some(room) = &mut self.room {
                    room.places.retain(|place| place.is_busy);
                }
                return;
            }
            AttemptError::NoConnection(_) | AttemptError::Connection(_) => false,
            _ => return,
        };
        let live = &self.live[index];
        let place = Place { host: live.host.clone(), prepared: live.prepared, is_busy };
        let none = || Box::new(Room { places: SmallVec::new(), since: None, waited: Duration::ZERO });
        let room = self.room.get_or_insert_with(none);
        room.places.retain(|known| known.host != place.host);
        room.places.push(place);
    }

    fn has_cost_a_connection(&self) -> bool {
        let is_cost = |error: &AttemptError| matches!(error, AttemptError::Connection(_));
        self.attempts.iter().any(|attempt| attempt.written && is_cost(&attempt.error))
    }

    /// No host is left to be tried at once: waits for those that may have room, or ends. An error that was kept back is told
    /// rather than waited for another.
    pub(super) fn wait_or_fail(&mut self, now: Instant, actions: &mut Actions<H>) {
        match &mut self.room {
            Some(room) if !room.places.is_empty() && self.kept_back.is_none() => {
                room.since = Some(now);
                let hosts = room.places.iter().map(|place| place.host.clone());
                actions.push(Action::WaitForRoom(hosts.collect()));
            }
            _ => self.fail_exhausted(actions),
        }
    }

    pub(super) fn has_room(&mut self, host: H, now: Instant, actions: &mut Actions<H>) {
        let Some(room) = self.room.as_mut().filter(|room| room.since.is_some()) else { return };
        room.stop(now);
        let prepared = room.places.iter().any(|place| place.host == host && place.prepared);
        room.places.retain(|place| place.host != host);
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

    /// Ends with nothing but that all are busy; or that none has a connection.
    pub(super) fn fail_busy(&mut self, queue: Option<QueueState>, now: Instant, actions: &mut Actions<H>) {
        if self.room.as_ref().is_some_and(|room| !room.places.iter().any(|place| place.is_busy)) {
            return self.fail_exhausted(actions);
        }
        let waited = self.room.as_mut().map_or(Duration::ZERO, |room| {
            room.stop(now);
            room.waited
        });
        let attempts = std::mem::take(&mut self.attempts);
        self.end(Err(Box::new(RequestFailure::Busy { waited, queue, attempts })), actions);
    }
}
