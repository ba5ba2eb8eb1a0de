//! The task of one connection: it waits for the socket and the clock, and has the [pump](super::pump) do the rest.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::Sleep;

use super::caller::Bell;
use super::lending::{Asked, Lending, Order};
use super::pump::Drained;
use super::transport::{Socket, register};
use super::{CLOSE, Connection, FLUSH, LONE, READ};
use crate::error::{ConnectionError, RUNTIME_ENDED};
use crate::sync::lock;

/// How many reads in a row one connection gets before others on the thread get a turn.
const READS_IN_A_ROW: usize = 16;
/// How often at most the owner is told of orphans.
const ORPHAN_CHECK: Duration = Duration::from_secs(1);

/// The task of one connection.
pub(super) struct Driver {
    connection: Arc<Connection>,
    /// The socket, watched for writing, and for reading unless the turn is lent. There always, but for a failure.
    fd: Option<AsyncFd<Arc<Socket>>>,
    lending: Lending,
    /// Callers may do the I/O.
    lends: bool,
    /// Reading is to be tried though nothing says that there is anything.
    looks: bool,
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
        self.connection.close(ConnectionError::Closed(RUNTIME_ENDED));
    }
}

impl Driver {
    /// `fd` is watched for reading and writing; `lends`: its turn may be lent to callers.
    pub(super) fn new(connection: Arc<Connection>, fd: AsyncFd<Arc<Socket>>, lends: bool) -> Self {
        Self {
            connection,
            fd: Some(fd),
            lending: Lending::default(),
            lends,
            looks: false,
            sleep: Box::pin(tokio::time::sleep_until(Instant::now().into())),
            armed: None,
            held: false,
            told: None,
        }
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
        let order = self.lending.handle_asked(asked(signals, connection.in_flight()));
        self.obey(order)?;
        self.poll_read(cx)?;
        // Those who send at about the same time get one more turn to put theirs beside it: a write to the socket costs far
        // more than that. A lone request does not wait.
        self.held = signals & FLUSH != 0 && !self.held && connection.in_flight() > 1;
        if self.held {
            cx.waker().wake_by_ref();
        } else {
            self.poll_write(cx)?;
        }
        self.lend_if_quiet()?;
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
                Ok(Drained::Yes) => return Ok(()),
                Ok(Drained::No) => {
                    cx.waker().wake_by_ref();
                    return Ok(());
                }
                Err(ConnectionError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    match self.fd.as_ref().map(|fd| fd.poll_write_ready(cx)) {
                        None | Some(Poll::Pending) => return Ok(()),
                        Some(Poll::Ready(guard)) => guard?.clear_ready(),
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Result<(), ConnectionError> {
        if self.lending.is_lent() {
            return Ok(());
        }
        if std::mem::take(&mut self.looks) {
            let _readiness_tells_of_the_rest = self.connection.read_what_is_there()?;
        }
        let Some(fd) = &self.fd else { return Ok(()) };
        for _ in 0..READS_IN_A_ROW {
            let mut guard = match fd.poll_read_ready(cx) {
                Poll::Pending => return Ok(()),
                Poll::Ready(guard) => guard?,
            };
            if self.connection.read_what_is_there()? == Drained::Yes {
                guard.clear_ready();
            }
        }
        cx.waker().wake_by_ref();
        Ok(())
    }

    fn obey(&mut self, order: Order) -> Result<(), ConnectionError> {
        if order == Order::TakeBack {
            self.connection.turn.take_back();
            self.watch(Interest::READABLE | Interest::WRITABLE)?;
            self.looks = true;
        }
        Ok(())
    }

    /// Lends the turn, if it is worth it and nothing is due. What is sent meanwhile has signalled, and is seen next.
    fn lend_if_quiet(&mut self) -> Result<(), ConnectionError> {
        let connection = Arc::clone(&self.connection);
        let is_quiet = !self.held && connection.in_flight() + connection.orphans() == 0;
        if !(self.lends && is_quiet && self.lending.wants_to_lend()) {
            return Ok(());
        }
        if connection.bell.get().is_none() {
            let Ok(bell) = Bell::new() else {
                // No more descriptors: then as if nobody ever were alone.
                self.lends = false;
                return Ok(());
            };
            let _only_we_set_it = connection.bell.set(bell);
        }
        self.watch(Interest::WRITABLE)?;
        self.lending.handle_lent(connection.turn.times_taken(), Instant::now());
        connection.turn.lend();
        Ok(())
    }

    /// Has the runtime watch the socket for this and nothing else.
    fn watch(&mut self, interest: Interest) -> Result<(), ConnectionError> {
        let Some(fd) = self.fd.take() else { return Ok(()) };
        self.fd = Some(register(fd.into_inner(), interest)?);
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
            let order = self.lending.handle_timeout(self.connection.turn.times_taken(), now);
            self.obey(order)?;
            if self.looks {
                cx.waker().wake_by_ref();
            }
            let next = self.connection.handle_timeout(now)?;
            let next = [next, self.tell_of_orphans(now), self.lending.poll_timeout()];
            let next = next.into_iter().flatten().min();
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

/// What signals say of callers.
const fn asked(signals: u8, in_flight: usize) -> Asked {
    if signals & (FLUSH | READ) == 0 {
        Asked::Nothing
    } else if signals & LONE != 0 && in_flight <= 1 {
        Asked::Lone
    } else {
        Asked::Company
    }
}
