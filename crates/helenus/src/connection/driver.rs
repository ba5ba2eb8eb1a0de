//! The task of one connection: it waits for the socket and the clock, and has the [pump](super::pump) do the rest.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::unix::AsyncFd;
use tokio::time::Sleep;

use super::pump::Drained;
use super::transport::Socket;
use super::{CLOSE, Connection, FLUSH};
use crate::error::ConnectionError;
use crate::sync::lock;

/// How many reads in a row one connection gets before others on the thread get a turn.
const READS_IN_A_ROW: usize = 16;
/// How often at most the owner is told of orphans.
const ORPHAN_CHECK: Duration = Duration::from_secs(1);

/// The task of one connection.
pub(super) struct Driver {
    connection: Arc<Connection>,
    fd: AsyncFd<Arc<Socket>>,
    sleep: Pin<Box<Sleep>>,
    armed: Option<Instant>,
    /// What is to be flushed was left for the next turn.
    held: bool,
    /// When the owner was last told of orphans.
    told: Option<Instant>,
}

impl Drop for Driver {
    /// A runtime that ends drops its tasks: no request may be forgotten with them.
    fn drop(&mut self) {
        self.connection.close(ConnectionError::Closed("its I/O task has ended"));
    }
}

impl Driver {
    pub(super) fn new(connection: Arc<Connection>, fd: AsyncFd<Arc<Socket>>) -> Self {
        let sleep = Box::pin(tokio::time::sleep_until(Instant::now().into()));
        Self { connection, fd, sleep, armed: None, held: false, told: None }
    }

    /// Pumps until the connection has ended.
    pub(super) async fn run(mut self) {
        let outcome = std::future::poll_fn(|cx| self.poll(cx)).await;
        if let Err(error) = outcome {
            self.connection.close(error);
        }
        if let Some(cipher) = &self.connection.cipher {
            lock(cipher).close();
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectionError>> {
        let connection = Arc::clone(&self.connection);
        connection.task.register(cx.waker());
        let signals = connection.signals.swap(0, Ordering::AcqRel);
        if signals & CLOSE != 0 {
            return Poll::Ready(Ok(()));
        }
        self.poll_read(cx)?;
        // Those who send at about the same time get one more turn to put theirs beside it: a write to the socket costs far
        // more than that. A lone request does not wait.
        self.held = signals & FLUSH != 0 && !self.held && connection.in_flight() > 1;
        if self.held {
            cx.waker().wake_by_ref();
        } else {
            self.poll_write(cx)?;
        }
        self.poll_timers(cx)?;
        if connection.signals.load(Ordering::Acquire) != 0 {
            // Something was asked for between the swap and now; its wake may have been merged into this run.
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Result<(), ConnectionError> {
        loop {
            match self.connection.flush() {
                Ok(()) => return Ok(()),
                Err(ConnectionError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    match self.fd.poll_write_ready(cx) {
                        Poll::Pending => return Ok(()),
                        Poll::Ready(guard) => guard?.clear_ready(),
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Result<(), ConnectionError> {
        for _ in 0..READS_IN_A_ROW {
            let mut guard = match self.fd.poll_read_ready(cx) {
                Poll::Pending => return Ok(()),
                Poll::Ready(guard) => guard?,
            };
            let mut reading = lock(&self.connection.reading);
            match self.connection.read(&mut reading) {
                Ok(Drained::No) => {}
                Ok(Drained::Yes) => guard.clear_ready(),
                Err(ConnectionError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    guard.clear_ready();
                }
                Err(error) => return Err(error),
            }
        }
        cx.waker().wake_by_ref();
        Ok(())
    }

    /// While there are orphans, tells the owner of them, and says when to do so next. Not at each one: finding the
    /// oldest takes a walk over all ids.
    fn tell_of_orphans(&mut self, now: Instant) -> Option<Instant> {
        if self.connection.orphans() == 0 {
            return None;
        }
        if let Some(due) = self.told.map(|told| told + ORPHAN_CHECK).filter(|due| *due > now) {
            return Some(due);
        }
        if let Some(orphans) = self.connection.owed() {
            self.connection.owner.handle_orphans(&self.connection, orphans);
        }
        self.told = Some(now);
        Some(now + ORPHAN_CHECK)
    }

    fn poll_timers(&mut self, cx: &mut Context<'_>) -> Result<(), ConnectionError> {
        loop {
            let now = Instant::now();
            let next = self.connection.handle_timeout(now)?;
            let next = [next, self.tell_of_orphans(now)].into_iter().flatten().min();
            let Some(next) = next else {
                self.armed = None;
                return Ok(());
            };
            if self.armed != Some(next) {
                self.sleep.as_mut().reset(next.into());
                self.armed = Some(next);
            }
            match self.sleep.as_mut().as_mut().poll(cx) {
                Poll::Pending => return Ok(()),
                Poll::Ready(()) => self.armed = None,
            }
        }
    }
}
