//! A caller that is alone on its connection does the connection's I/O itself while it waits for its answer: one write and
//! one read on its own thread, and no other thread is woken. See [`turn`](super::turn).
//!
//! Only for threads that block. What is read is treated as the task treats it: the same machine, the same order, and
//! whoever else's answer comes is told of it, while no lock is held.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::lending::PATIENCE;
use super::pump::Drained;
use super::transport::Socket;
use super::turn::Taken;
use super::{Connection, FLUSH, READ};
use crate::error::ConnectionError;
use crate::sync::Flag;

/// Wakes the caller that waits for the socket, when its request ends without it. It is that of one caller at a time: see
/// [`turn`](super::turn).
#[derive(Debug)]
pub(super) struct Bell {
    waits: Flag,
    heard: UnixStream,
    rung: UnixStream,
}

/// Why a wait for the socket ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Woken {
    /// There are bytes, or an end.
    Readable,
    /// By the bell.
    Rung,
    /// A signal, which the caller's language may want to see, or the time is over.
    Away,
}

impl Bell {
    pub(super) fn new() -> io::Result<Self> {
        let (heard, rung) = UnixStream::pair()?;
        heard.set_nonblocking(true)?;
        rung.set_nonblocking(true)?;
        Ok(Self { waits: Flag::new(), heard, rung })
    }

    /// Wakes whoever waits; does nothing where nobody does.
    pub(super) fn ring(&self) {
        if self.waits.swap(false) {
            // Where there is no room for one more byte, those that are there wake it.
            let _full = (&self.rung).write(&[0]);
        }
    }

    /// From now on it may be rung.
    pub(super) fn expect(&self) {
        self.waits.swap(true);
    }

    /// It may be rung no more; where it was, that is over now.
    pub(super) fn come_back(&self, rung: bool) {
        self.waits.swap(false);
        if rung {
            let _all_of_them = (&self.heard).read(&mut [0; 64]);
        }
    }

    /// Waits for bytes, the bell, or until `patience` is over. Says which it was first of all, and whether the bell was rung.
    pub(super) fn sleep(&self, socket: &Socket, patience: Duration) -> (Woken, bool) {
        let mut fds = [
            PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(self.heard.as_fd(), PollFlags::IN),
        ];
        // Only what is longer than the system can tell is none of its times: for ever, then. It is some milliseconds.
        let patience = Timespec::try_from(patience).ok();
        let outcome = poll(&mut fds, patience.as_ref());
        let (bytes, rung) = (!fds[0].revents().is_empty(), !fds[1].revents().is_empty());
        let woken = match outcome {
            Ok(1..) if bytes => Woken::Readable,
            Ok(1..) => Woken::Rung,
            Ok(0) | Err(_) => Woken::Away,
        };
        (woken, rung)
    }

    /// Sleeps and comes back. [`expect`](Self::expect) comes before it, and between the two a look whether there is anything
    /// to wait for.
    fn wait(&self, socket: &Socket, patience: Duration) -> Woken {
        let (woken, rung) = self.sleep(socket, patience);
        self.come_back(rung);
        woken
    }
}

impl Connection {
    /// Wakes the caller that does the I/O, if one is waiting.
    pub(crate) fn ring(&self) {
        if let Some(bell) = self.bell.get() {
            bell.ring();
        }
    }

    /// Does the connection's I/O until `has_ended`, or `patience` is over, or it is better left to the task; which it is on
    /// return.
    pub(crate) fn perform(self: &Arc<Self>, taken: Taken, patience: Duration, has_ended: impl Fn() -> bool) {
        if let Err(error) = self.perform_until(taken, patience.min(PATIENCE), has_ended) {
            self.close(error);
        }
        self.leave(taken, READ);
    }

    /// The caller leaves its turn. What is still due is the task's to wait for, which is to do `what` then.
    pub(super) fn leave(&self, taken: Taken, what: u8) {
        if self.turn.leave(taken) && self.in_flight() + self.orphans() > 0 {
            self.signal(what);
        }
    }

    fn perform_until(
        self: &Arc<Self>,
        taken: Taken,
        patience: Duration,
        has_ended: impl Fn() -> bool,
    ) -> Result<(), ConnectionError> {
        let Some(bell) = self.bell.get() else { return Ok(()) };
        self.flush_or_ask()?;
        let until = Instant::now() + patience;
        let mut left = patience;
        loop {
            bell.expect();
            if has_ended() || !self.turn.is_still(taken) {
                bell.come_back(false);
                return Ok(());
            }
            match bell.wait(&self.socket, left) {
                Woken::Readable => self.read_once()?,
                Woken::Rung => {}
                Woken::Away => return Ok(()),
            }
            if has_ended() {
                return Ok(());
            }
            left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
        }
    }

    /// Writes what has gathered; what the socket does not take now, or what is more and more, is left to the task.
    fn flush_or_ask(&self) -> Result<(), ConnectionError> {
        match self.flush() {
            Err(ConnectionError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                self.signal(FLUSH);
                Ok(())
            }
            Ok(Drained::No) => {
                self.signal(FLUSH);
                Ok(())
            }
            outcome => outcome.map(drop),
        }
    }

    fn read_once(self: &Arc<Self>) -> Result<(), ConnectionError> {
        // Nothing is there where someone else has read it.
        let _the_next_wait_sees_the_rest = self.read_what_is_there()?;
        // A cipher may have something to answer.
        if self.cipher.is_some() { self.flush_or_ask() } else { Ok(()) }
    }
}

#[cfg(all(test, not(helenus_loom)))]
mod tests;
