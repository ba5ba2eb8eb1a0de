//! What is left to do once the server has done what was asked: all connections use the keyspace, or all nodes agree on the
//! schema. Nothing is sent for it any more by the request itself.
//!
//! A keyspace is used soon in any case. Nodes may take long to agree, longer than the request's time: whoever waits for
//! that is told, as for any other request, that the time is over, and that the change was made.

use std::time::Instant;

use helenus_protocol::envelope::Envelope;

use super::{Actions, Execution};
use crate::error::{RequestFailure, Unanswered};

/// The answer that the caller will have, and who gave it.
#[derive(Debug, Clone)]
pub(super) struct Settling<H> {
    envelope: Envelope,
    host: H,
    /// The number of the connection that it came on.
    connection: Option<usize>,
    started: Instant,
    /// It is the schema that is being settled.
    is_schema: bool,
}

impl<H: Clone + PartialEq> Execution<H> {
    /// The server has done it; what is left is ours.
    pub(super) fn settle(
        &mut self,
        index: usize,
        envelope: Envelope,
        is_schema: bool,
        actions: &mut Actions<H>,
    ) {
        let live = self.live.swap_remove(index);
        self.orphan_all(actions);
        let (host, connection, started) = (live.host, live.connection, live.started);
        self.settling = Some(Box::new(Settling { envelope, host, connection, started, is_schema }));
    }

    /// What was left is done.
    pub(super) fn settled(&mut self, actions: &mut Actions<H>) {
        if let Some(settling) = self.settling.take() {
            self.succeed(settling.envelope, settling.host, actions);
        }
    }

    /// When that takes too long, if ever.
    pub(super) fn settling_timeout(&self, settling: &Settling<H>) -> Option<Instant> {
        self.limits.deadline.filter(|_| settling.is_schema)
    }

    /// The time may be over.
    pub(super) fn settling_timer_fired(&mut self, now: Instant, actions: &mut Actions<H>) {
        let Some(settling) = self.settling.take() else { return };
        if self.settling_timeout(&settling).is_none_or(|deadline| deadline > now) {
            self.settling = Some(settling);
            return;
        }
        let host = settling.host;
        let waiting = vec![Unanswered {
            connection: settling.connection,
            has_changed_schema: true,
            ..Unanswered::new(host, now.duration_since(settling.started))
        }];
        let after = self.limits.timeout.unwrap_or_default();
        let attempts = std::mem::take(&mut self.attempts);
        self.end(Err(Box::new(RequestFailure::TimedOut { after, waiting, attempts })), actions);
    }
}
