//! One request's decisions, pure: which host next, again or not, when to give up.
//!
//! [`Execution`] takes [`Input`]s and returns [`Action`]s; it has no clock, no socket and no lock. The runner performs
//! the actions and feeds what comes of them back. All requests pass here: a user's statement, each page of a result,
//! `prepare`, the control connection's queries. So every race of retry, speculation and deadline is decided once.
//!
//! What may be sent again (promise H5): a request whose bytes never left goes to the next host without asking anyone.
//! One that the server surely did not run is put to the retry policy. One that may have run is put to it only if it is
//! idempotent, or if the policy is the user's own, whose decision is obeyed.
//!
//! Where it was sent speculatively, one attempt's bad luck is not the request's: an error that the policy would give to
//! the caller is kept back while another attempt is under way. An error that no policy is asked about (a wrong
//! statement, say) would come from every host, and ends the request at once.

mod action;
mod ending;
mod input;
mod limits;
mod retry;
mod room;
mod settling;

use std::time::Instant;

use smallvec::SmallVec;

use helenus_protocol::Consistency;
use helenus_protocol::response::ServerError;

use crate::error::{Attempt, AttemptError, NotRetried};
use crate::observe::journal::Progress;

pub(crate) use action::{Action, Actions, Outcome, Success};
pub(crate) use input::{Answer, Input, Verdict};
pub(crate) use limits::Limits;
use retry::surely_not_run;
use room::Room;
use settling::Settling;

/// Numbers the attempts of one request, from 0.
pub(crate) type AttemptId = u32;

#[derive(Debug, Clone)]
enum Doing {
    /// Bytes are under way to the host, or an answer from it.
    Waiting,
    /// The retry policy is thinking about this error.
    Asking(Box<AttemptError>),
    /// The host is preparing the statement.
    Preparing,
    /// Waiting until it may be sent again.
    Pausing { until: Instant, same_host: bool },
}

#[derive(Debug, Clone)]
struct Live<H> {
    id: AttemptId,
    host: H,
    started: Instant,
    doing: Doing,
    /// The host has prepared the statement anew for this request; it is not asked to twice.
    prepared: bool,
    /// The number of the connection that has taken it.
    connection: Option<usize>,
    /// It was sent from the queue.
    has_waited: bool,
    /// How many requests were in flight on its connection when that was looked at last.
    in_flight: u16,
}

/// How a request ended whose only attempt was answered.
#[derive(Debug)]
pub(crate) struct Concluded<H> {
    /// Who answered.
    pub(crate) host: H,
    /// When the attempt began.
    pub(crate) began: Instant,
    /// What had failed before.
    pub(crate) attempts: Vec<Attempt<H>>,
}

/// The state of one request.
#[derive(Debug, Clone)]
pub(crate) struct Execution<H> {
    limits: Limits,
    live: SmallVec<[Live<H>; 1]>,
    /// How many answers of the plan are awaited.
    wanted: u32,
    next_id: AttemptId,
    retries: u32,
    /// How often it was sent speculatively.
    speculated: usize,
    /// How many of the waits before that are over, and when the next one is.
    waits: usize,
    speculate_at: Option<Instant>,
    consistency: Option<Consistency>,
    plan_empty: bool,
    attempts: Vec<Attempt<H>>,
    /// An error that the caller is to have, should no other attempt do better.
    kept_back: Option<Box<(H, AttemptError, Option<NotRetried>)>>,
    /// Where a host was busy.
    room: Option<Box<Room<H>>>,
    settling: Option<Box<Settling<H>>>,
    ended: bool,
}

impl<H: Clone + PartialEq> Execution<H> {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            live: SmallVec::new(),
            wanted: 0,
            next_id: 0,
            retries: 0,
            speculated: 0,
            waits: 0,
            speculate_at: None,
            consistency: None,
            plan_empty: false,
            attempts: Vec::new(),
            kept_back: None,
            room: None,
            settling: None,
            ended: false,
        }
    }

    /// Whether it is done or was cancelled.
    pub(crate) const fn has_ended(&self) -> bool {
        self.ended
    }

    /// How far it has come, for whoever observes it.
    pub(crate) const fn progress(&self) -> Progress {
        Progress { retries: self.retries, speculated: self.speculated, plan_empty: self.plan_empty }
    }

    /// When [`Input::TimerFired`] is due.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        if self.ended {
            return None;
        }
        if let Some(settling) = &self.settling {
            return self.settling_timeout(settling);
        }
        let mut next = self.limits.deadline;
        let mut hear = |at: Instant| next = Some(next.map_or(at, |next| next.min(at)));
        if let Some(at) = self.speculate_at {
            hear(at);
        }
        for live in &self.live {
            if let Doing::Pausing { until, .. } = live.doing {
                hear(until);
            }
        }
        next
    }

    /// The first attempt, with a host that is known before anything else is: what [`Input::Start`] and
    /// [`Input::NextHost`] come to, without their way around. It is to be sent at once.
    pub(crate) fn begin(&mut self, host: H, now: Instant) -> AttemptId {
        let id = self.begin_attempt(host, false, now);
        self.plan_speculation(now);
        id
    }

    /// A connection has taken the attempt.
    pub(crate) fn seated(&mut self, id: AttemptId, connection: usize) {
        if let Some(live) = self.live.iter_mut().find(|live| live.id == id) {
            live.connection = Some(connection);
        }
    }

    /// So many requests are in flight on the connection of an attempt.
    pub(crate) fn note_in_flight(&mut self, id: AttemptId, in_flight: usize) {
        if let Some(live) = self.live.iter_mut().find(|live| live.id == id) {
            live.in_flight = u16::try_from(in_flight).unwrap_or(u16::MAX);
        }
    }

    /// The host of an attempt that is under way.
    pub(crate) fn host(&self, id: AttemptId) -> Option<&H> {
        self.live.iter().find(|live| live.id == id).map(|live| &live.host)
    }

    /// When an attempt began that is under way.
    pub(crate) fn began(&self, id: AttemptId) -> Option<Instant> {
        self.live.iter().find(|live| live.id == id).map(|live| live.started)
    }

    /// An answer that needs no more work came to the only attempt there is, as it mostly does: the request has ended.
    /// `None`, with nothing changed, in every other case: those are for [`Input::Responded`].
    pub(crate) fn conclude(&mut self, id: AttemptId) -> Option<Concluded<H>> {
        match self.live.as_slice() {
            [live] if live.id == id && matches!(live.doing, Doing::Waiting) && !self.ended => {}
            _ => return None,
        }
        let live = self.live.pop()?;
        self.ended = true;
        let attempts = std::mem::take(&mut self.attempts);
        Some(Concluded { host: live.host, began: live.started, attempts })
    }

    /// Takes what has happened, at `now`, and says what is to be done, in this order.
    pub(crate) fn handle(&mut self, input: Input<H>, now: Instant) -> Actions<H> {
        let mut actions = Actions::new();
        if self.ended {
            return actions;
        }
        match input {
            Input::KeyspaceSet | Input::SchemaSettled => self.settled(&mut actions),
            Input::TimerFired if self.settling.is_some() => self.settling_timer_fired(now, &mut actions),
            Input::Cancelled => {
                if self.waits_for_room() {
                    actions.push(Action::LeaveQueue);
                }
                self.ended = true;
                self.orphan_all(&mut actions);
            }
            // What the server has done it has done.
            Input::Abandoned if self.settling.is_some() => self.settled(&mut actions),
            Input::Abandoned => self.abandon(now, &mut actions),
            // Nothing is begun any more.
            _ if self.settling.is_some() => {}
            Input::Start => self.want_host(&mut actions),
            Input::NextHost(host) => self.next_host(host, now, &mut actions),
            Input::Responded(id, answer) => self.responded(id, answer, now, &mut actions),
            Input::Failed(id, error, written) => self.failed(id, error, written, now, &mut actions),
            Input::Retry(id, decision) => self.decided(id, decision, now, &mut actions),
            Input::Speculation(granted) => self.speculate(granted, now, &mut actions),
            Input::Prepared(id, outcome) => self.prepared(id, outcome, now, &mut actions),
            Input::Room(host) => self.has_room(host, now, &mut actions),
            Input::NoRoom(full) => self.no_room(full, now, &mut actions),
            Input::TimerFired => self.timer_fired(now, &mut actions),
        }
        actions
    }

    fn want_host(&mut self, actions: &mut Actions<H>) {
        self.wanted += 1;
        actions.push(Action::WantHost);
    }

    fn next_host(&mut self, host: Option<H>, now: Instant, actions: &mut Actions<H>) {
        self.wanted = self.wanted.saturating_sub(1);
        let Some(host) = host else {
            self.plan_empty = true;
            self.speculate_at = None;
            if self.live.is_empty() && self.wanted == 0 {
                self.wait_or_fail(now, actions);
            }
            return;
        };
        self.attempt(host, false, now, actions);
        self.plan_speculation(now);
    }

    fn plan_speculation(&mut self, now: Instant) {
        if self.limits.idempotent
            && self.speculate_at.is_none()
            && self.kept_back.is_none()
            && let Some(delay) = self.limits.speculation.get(self.waits)
        {
            self.speculate_at = now.checked_add(*delay);
        }
    }

    /// One more attempt beside those under way, if it may be; if not, perhaps after the next wait.
    fn speculate(&mut self, granted: bool, now: Instant, actions: &mut Actions<H>) {
        if !granted {
            self.plan_speculation(now);
        } else if !self.live.is_empty() && !self.plan_empty {
            self.speculated += 1;
            self.want_host(actions);
        }
    }

    fn attempt(&mut self, host: H, prepared: bool, now: Instant, actions: &mut Actions<H>) {
        let id = self.begin_attempt(host.clone(), prepared, now);
        actions.push(Action::Attempt { id, host, consistency: self.consistency, has_waited: false });
    }

    fn begin_attempt(&mut self, host: H, prepared: bool, now: Instant) -> AttemptId {
        let id = self.next_id;
        self.next_id += 1;
        self.live.push(Live {
            id,
            host,
            started: now,
            doing: Doing::Waiting,
            prepared,
            connection: None,
            has_waited: false,
            in_flight: 0,
        });
        id
    }

    /// The attempt of this number, if what has come is what it waits for.
    fn find(&self, id: AttemptId, doing: fn(&Doing) -> bool) -> Option<usize> {
        self.live.iter().position(|live| live.id == id && doing(&live.doing))
    }

    fn responded(&mut self, id: AttemptId, answer: Answer, now: Instant, actions: &mut Actions<H>) {
        let Some(index) = self.find(id, |doing| matches!(doing, Doing::Waiting)) else { return };
        match answer {
            Answer::Plain(envelope) => {
                let live = self.live.swap_remove(index);
                self.succeed(envelope, live.host, actions);
            }
            Answer::KeyspaceSet(envelope, keyspace) => {
                self.settle(index, envelope, false, actions);
                actions.push(Action::SetKeyspace(keyspace));
            }
            Answer::SchemaChanged(envelope, change) => {
                let host = self.live[index].host.clone();
                self.settle(index, envelope, true, actions);
                actions.push(Action::AwaitSchema(*change, host));
            }
            Answer::Error(error)
                if matches!(*error, ServerError::Unprepared { .. }) && !self.live[index].prepared =>
            {
                let live = &mut self.live[index];
                live.prepared = true;
                live.doing = Doing::Preparing;
                actions.push(Action::Prepare { id, host: live.host.clone(), since: live.started });
            }
            Answer::Error(error) => {
                let ran = !surely_not_run(&error, self.limits.written_apart);
                self.undone(index, AttemptError::Server(error), ran, now, actions);
            }
        }
    }

    fn failed(
        &mut self,
        id: AttemptId,
        error: AttemptError,
        written: bool,
        now: Instant,
        actions: &mut Actions<H>,
    ) {
        let Some(index) = self.find(id, |doing| matches!(doing, Doing::Waiting)) else { return };
        self.note_room(index, &error, written);
        if written {
            return self.undone(index, error, true, now, actions);
        }
        let live = self.live.swap_remove(index);
        if let AttemptError::Encode(_) = error {
            // No host would have it otherwise.
            return self.fail(live, error, None, now, actions);
        }
        // Somebody was quicker. Nothing has happened that anybody is to be told of.
        let is_bounced = live.has_waited && matches!(error, AttemptError::Busy { .. });
        if is_bounced && self.live.is_empty() && self.wanted == 0 {
            return self.wait_or_fail(now, actions);
        }
        self.record(live, error, false, now);
        self.want_host(actions);
    }

    fn prepared(
        &mut self,
        id: AttemptId,
        outcome: Result<(), AttemptError>,
        now: Instant,
        actions: &mut Actions<H>,
    ) {
        let Some(index) = self.find(id, |doing| matches!(doing, Doing::Preparing)) else { return };
        match outcome {
            Ok(()) => {
                let live = &mut self.live[index];
                live.doing = Doing::Waiting;
                let (host, consistency) = (live.host.clone(), self.consistency);
                actions.push(Action::Attempt { id, host, consistency, has_waited: live.has_waited });
            }
            Err(error @ AttemptError::Server(_)) => {
                let live = self.live.swap_remove(index);
                if error.is_retryable() {
                    self.give_up(live, error, None, now, actions);
                } else {
                    self.fail(live, error, None, now, actions);
                }
            }
            // The statement itself was never run there: the next host may have it unasked.
            Err(error) => {
                let live = self.live.swap_remove(index);
                self.record(live, error, true, now);
                self.want_host(actions);
            }
        }
    }

    fn timer_fired(&mut self, now: Instant, actions: &mut Actions<H>) {
        if self.limits.deadline.is_some_and(|deadline| deadline <= now) {
            return self.time_out(now, actions);
        }
        if self.speculate_at.is_some_and(|at| at <= now) {
            self.waits += 1;
            self.speculate_at = None;
            if !self.plan_empty {
                actions.push(Action::AskSpeculation);
            }
        }
        while let Some(index) = self
            .live
            .iter()
            .position(|live| matches!(live.doing, Doing::Pausing { until, .. } if until <= now))
        {
            let live = self.live.swap_remove(index);
            if matches!(live.doing, Doing::Pausing { same_host: true, .. }) {
                self.attempt(live.host, live.prepared, now, actions);
            } else {
                self.want_host(actions);
            }
        }
    }
}

#[cfg(test)]
mod tests;
