//! Where a request was put, and the turn that its caller may have there.

use std::sync::Arc;

use super::{Connection, FLUSH, Taken};

/// Where a request was put.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) connection: Arc<Connection>,
    pub(crate) stream: i16,
    /// Its caller has the turn: what was sent leaves when it [performs](Connection::perform).
    pub(crate) taken: Option<Taken>,
}

impl Seat {
    /// Its caller will not perform: what it has sent, and what is due, is left to the task.
    pub(crate) fn give_up_turn(&mut self) {
        if let Some(taken) = self.taken.take() {
            self.connection.leave(taken, FLUSH);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.give_up_turn();
    }
}
