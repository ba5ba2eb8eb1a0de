//! How requests come onto a host's connections: at once, or out of the queue when there is room.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::queue::{Called, Place};
use super::{Open, Pool};
use crate::cluster::Host;
use crate::connection::{Connection, Dispatch, NotSent, Seat};
use crate::error::AttemptError;
use crate::lock::lock;
use crate::owed::Owed;
use crate::request::Token;
use crate::request::execution::Input;

/// How many of those that wait are sent in one go, which takes some tenths of a millisecond.
pub(super) const IN_ONE_GO: usize = 64;

/// An admission that goes on as a task. A runtime that ends drops its tasks: those that wait are told all the same.
pub(super) struct Rest {
    pool: Option<Arc<Pool>>,
}

impl Rest {
    pub(super) const fn new(pool: Arc<Pool>) -> Self {
        Self { pool: Some(pool) }
    }

    pub(super) async fn run(mut self) {
        while self.pool.as_ref().is_some_and(|pool| !pool.admit_some(IN_ONE_GO)) {
            tokio::task::yield_now().await;
        }
        self.pool = None;
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            while !pool.admit_some(usize::MAX) {}
        }
    }
}

impl Pool {
    /// Puts a request on the least busy connection. Where others wait for room here it does not push in front of them, but
    /// for one that `has_waited`.
    pub(crate) fn send(
        &self,
        open: &Open,
        body: Dispatch<'_>,
        mut token: Token,
        has_waited: bool,
    ) -> Result<Seat, AttemptError> {
        let mut tried = 0;
        let mut first = match open.len() {
            0 => {
                token.discard();
                return Err(AttemptError::NoConnection(self.last_error()));
            }
            _ if !has_waited && self.awaited.load(Ordering::Relaxed) > 0 => {
                token.discard();
                return Err(self.busy(open));
            }
            1 => 0,
            _ => (0..open.len()).min_by_key(|at| open[*at].in_flight()).unwrap_or(0),
        };
        loop {
            let connection = &open[first];
            let refused = match connection.offer(body, token, self.context.connection.max_unsent_bytes) {
                Ok(seat) => return Ok(seat),
                Err(refused) => refused,
            };
            tried += 1;
            if tried == open.len() || matches!(refused, NotSent::TooLong(..)) {
                return Err(match refused {
                    NotSent::Full(token) => {
                        token.discard();
                        self.busy(open)
                    }
                    other => other.into_error(),
                });
            }
            token = refused.into_token();
            first = (first + 1) % open.len();
        }
    }

    /// What a request is told that finds no room on any of the `open` connections.
    pub(super) fn busy(&self, open: &[Arc<Connection>]) -> AttemptError {
        AttemptError::Busy {
            connections: open.len(),
            in_flight: open.iter().map(|connection| connection.in_flight()).sum(),
            unsent: open.iter().map(|connection| connection.unsent()).sum(),
            waiting: self.awaited.load(Ordering::Relaxed),
        }
    }

    /// Where a request waits that found no room here.
    pub(crate) fn place(&self) -> Place<Arc<Host>> {
        Place { pool: self.serial, host: Arc::clone(&self.host), length: Arc::clone(&self.awaited) }
    }

    /// Has those that wait here sent as long as there is room, or told that there is no connection any more. One thread at a
    /// time does so: whoever comes meanwhile, also from within, only has it look once more. After a while it leaves the rest
    /// to a task: the caller's thread may hold what others wait for, such as an interpreter's lock.
    pub(crate) fn admit(&self) {
        if self.admitting.fetch_add(1, Ordering::AcqRel) > 0 || self.admit_some(IN_ONE_GO) {
            return;
        }
        if let Some(pool) = self.me.upgrade() {
            self.context.executor.main().spawn(Rest::new(pool).run());
        } else {
            // It is being dropped, and nobody waits for it.
            self.admitting.store(0, Ordering::Release);
        }
    }

    /// The same for no more than `most`, on the thread whose turn it is. Tells whether that were all; else its turn goes on.
    fn admit_some(&self, most: usize) -> bool {
        let mut admitted = 0;
        loop {
            let seen = self.admitting.load(Ordering::Acquire);
            while admitted < most
                && let Some(Called { request, host, call }) =
                    self.context.waiting.call_first(self.serial, |bytes| self.has_room(bytes))
            {
                request.handle(Input::Room(host));
                self.context.waiting.dismiss(call);
                admitted += 1;
            }
            if admitted == most {
                return false;
            }
            if self.admitting.compare_exchange(seen, 0, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                return true;
            }
        }
    }

    /// Whether a request of so many bytes is better tried here now than left to wait.
    fn has_room(&self, bytes: usize) -> bool {
        let (open, limit) = (self.open.load(), self.context.connection.max_unsent_bytes);
        let mut alive = open.iter().filter(|connection| connection.ended().is_none()).peekable();
        match alive.peek() {
            Some(_) => alive.any(|connection| connection.has_room(bytes, limit)),
            None => !self.is_expected(),
        }
    }

    /// Whether a connection is open, or is expected to be in a moment.
    pub(crate) fn is_expected(&self) -> bool {
        !self.open.load().is_empty() || lock(&self.outage).is_momentary(Instant::now())
    }

    /// This connection will be gone in a moment. If it is the last that was of use, whoever finds none may wait for the next.
    pub(super) fn note_loss(&self, serial: usize) {
        let open = self.open.load();
        let is_there = open.iter().any(|connection| connection.serial() == serial);
        let mut others = open.iter().filter(|connection| connection.serial() != serial);
        if is_there && !others.any(|other| other.ended().is_none()) {
            self.hope();
        }
    }

    /// There is no connection, or will be none in a moment: has those who find none wait for the next, if one is being opened or
    /// soon will be.
    pub(super) fn hope(&self) {
        let Some(attempt) = lock(&self.plan).hopeful_at(Instant::now()) else { return };
        let until = lock(&self.outage).begin(attempt);
        let (me, abandoned) = (self.me.clone(), self.me.clone());
        // A runtime that has ended opens no other either.
        let abandoned = Owed::new(move || {
            if let Some(pool) = abandoned.upgrade() {
                pool.give_up();
            }
        });
        self.context.executor.main().spawn(async move {
            tokio::time::sleep_until(until.into()).await;
            abandoned.paid();
            if let Some(pool) = me.upgrade() {
                pool.handle_room();
            }
        });
    }

    /// Nobody waits for a connection any more that is not there.
    pub(super) fn give_up(&self) {
        lock(&self.outage).end();
        self.handle_room();
    }

    /// Something has changed that those who wait here may have waited for.
    pub(super) fn handle_room(&self) {
        if self.awaited.load(Ordering::SeqCst) > 0 {
            self.admit();
        }
    }
}
