//! Connections and what goes over them, counted in any case: once for each system call, not for each request.

use super::Counter;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct TrafficCounters {
    pub(crate) opened: Counter,
    pub(crate) not_opened: Counter,
    pub(crate) closed: Counter,
    pub(crate) bytes_in: Counter,
    pub(crate) bytes_out: Counter,
}

/// What a cluster's connections have come to so far, that of the control connection among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Traffic {
    /// Connections that were opened, handshake included.
    pub opened: u64,
    /// Attempts to open one that came to nothing.
    pub not_opened: u64,
    /// Connections that have ended.
    pub closed: u64,
    /// Bytes that were read after the handshake, as they came over the network.
    pub bytes_in: u64,
    /// Bytes that were written after the handshake, as they went over the network.
    pub bytes_out: u64,
}

impl TrafficCounters {
    pub(crate) fn read(&self) -> Traffic {
        // Never more that are closed than were opened.
        let closed = self.closed.read();
        Traffic {
            closed,
            opened: self.opened.read().max(closed),
            not_opened: self.not_opened.read(),
            bytes_in: self.bytes_in.read(),
            bytes_out: self.bytes_out.read(),
        }
    }
}
