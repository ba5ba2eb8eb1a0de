//! Stream ids that a caller takes out of circulation: for a door whose programs borrow a connection, and must find room
//! on it. Nothing is sent on such an id by us, and an answer that comes to it is nobody's.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Pool;
use crate::connection::Connection;
use crate::error::{AttemptError, ConnectionError};

/// The first and the longest pause between looks at connections that are all full. Whoever waits here is no request: what
/// answers requests should not have to look for it.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(16));

/// A stream id of one connection that is given to no request as long as this is kept. Dropping it gives the id back.
pub struct Reserved {
    connection: Arc<Connection>,
    stream: i16,
}

impl fmt::Debug for Reserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reserved")
            .field("connection", &self.connection)
            .field("stream", &self.stream)
            .finish()
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.connection.give_back(self.stream);
    }
}

impl Reserved {
    /// The stream id: 0 to 32,767.
    #[must_use]
    pub const fn stream(&self) -> i16 {
        self.stream
    }

    /// The number of its connection, which no other connection of this process has.
    #[must_use]
    pub fn connection(&self) -> usize {
        self.connection.serial()
    }

    /// The address at the other end.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.connection.address()
    }

    /// How many stream ids of the connection are in use, this one and other reserved ones among them.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.connection.in_flight()
    }

    /// How many stream ids of the connection may be in use at a time.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.connection.capacity()
    }

    /// Why the connection has ended, if it has. The id means nothing then.
    #[must_use]
    pub fn ended(&self) -> Option<&ConnectionError> {
        self.connection.ended()
    }
}

impl Pool {
    /// Takes a stream id of the least busy connection out of circulation. It waits up to `timeout` where none is open or
    /// all are full.
    pub(crate) async fn reserve(&self, timeout: Duration) -> Result<Reserved, AttemptError> {
        let begun = Instant::now();
        let (mut pause, longest) = PAUSES;
        loop {
            let left = timeout.saturating_sub(begun.elapsed());
            match self.try_reserve() {
                Err(_) if !left.is_zero() && !self.is_shut_down() => {
                    tokio::time::sleep(pause.min(left)).await;
                }
                reserved => return reserved,
            }
            pause = (2 * pause).min(longest);
        }
    }

    fn try_reserve(&self) -> Result<Reserved, AttemptError> {
        let mut open = Vec::clone(&self.connections());
        if open.is_empty() {
            return Err(AttemptError::NoConnection(self.last_error()));
        }
        open.sort_by_key(|connection| connection.in_flight());
        for connection in &open {
            if let Some(stream) = connection.reserve() {
                return Ok(Reserved { connection: Arc::clone(connection), stream });
            }
        }
        Err(self.busy(&open))
    }
}
