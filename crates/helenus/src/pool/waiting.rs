//! Where requests wait for room on a connection: performs what [`Queue`] decides. One for all pools of a session.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Instant;

use super::queue::{Call, Called, Queue, Waiting};
use crate::cluster::Host;
use crate::config::QueueLimits;
use crate::error::QueueState;
use crate::executor::Executor;
use crate::lock::lock;
use crate::request::Request;
use crate::request::execution::Input;

/// The queue of a session. Under its lock no other is taken but that of a connection's sender and of a pool's outage, and
/// nobody is told of anything.
#[derive(Debug)]
pub(crate) struct WaitingRoom {
    queue: Mutex<Queue<Arc<Host>, Arc<Request>>>,
    tickets: AtomicU64,
    executor: Executor,
    me: Weak<Self>,
}

impl WaitingRoom {
    pub(crate) fn new(limits: QueueLimits, executor: Executor) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            queue: Mutex::new(Queue::new(limits)),
            tickets: AtomicU64::new(0),
            executor,
            me: me.clone(),
        })
    }

    /// A place in the order of those that wait: it comes after all that were given before.
    pub(crate) fn ticket(&self) -> u64 {
        self.tickets.fetch_add(1, Ordering::Relaxed)
    }

    /// Has a request wait, which is told by [`Input::Room`] or when its time is up; or says how full it is here.
    pub(crate) fn enter(
        &self,
        ticket: u64,
        waiting: Waiting<Arc<Host>, Arc<Request>>,
    ) -> Result<(), QueueState> {
        let entered = {
            let mut queue = lock(&self.queue);
            queue.enter(ticket, waiting).map_err(|request| (request, queue.fullness()))
        };
        match entered {
            Ok(timer) => {
                if let Some(at) = timer {
                    self.come_again(at);
                }
                Ok(())
            }
            Err((_request, state)) => Err(state),
        }
    }

    /// A request does not want to wait any longer.
    pub(crate) fn leave(&self, ticket: u64) {
        let left = lock(&self.queue).leave(ticket);
        drop(left);
    }

    /// Calls whoever is first at `pool`, if its bytes fit.
    pub(super) fn call_first(
        &self,
        pool: usize,
        fits: impl FnOnce(usize) -> bool,
    ) -> Option<Called<Arc<Host>, Arc<Request>>> {
        lock(&self.queue).call_first(pool, fits)
    }

    /// Whoever was called was tried.
    pub(super) fn dismiss(&self, call: Call) {
        lock(&self.queue).dismiss(call);
    }

    /// How full it is.
    pub(crate) fn state(&self) -> QueueState {
        lock(&self.queue).state()
    }

    /// Sees to it that those whose time is up at `due` are told then.
    fn come_again(&self, due: Instant) {
        let me = self.me.clone();
        self.executor.main().spawn(async move {
            tokio::time::sleep_until(due.into()).await;
            let Some(me) = me.upgrade() else { return };
            let (expired, next) = lock(&me.queue).expire(due, Instant::now());
            for request in expired {
                request.handle(Input::TimerFired);
            }
            if let Some(next) = next {
                me.come_again(next);
            }
        });
    }
}
