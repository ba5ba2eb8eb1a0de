//! Who waits for a request's outcome, and how they are told: a task, a blocked thread, a callback, or a group.
//!
//! The outcome itself stays in the request until it is taken; being told only means that it is there. Nobody is told
//! while a lock is held.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Waker};

use super::Request;
use crate::connection::Connection;
use crate::sync::{Mutex, Thread, current, lock};

/// Who is told that a request has ended.
pub(crate) enum Waiter {
    /// The task that awaits it. There is but one: it is whoever asked last.
    Task(Waker),
    /// A thread that is blocked.
    Thread(Thread),
    /// A thread that does the I/O of this connection until then.
    Performer(Arc<Connection>),
    /// Code of the engine, run at once where the request ended; it must not block.
    Callback(Box<dyn FnOnce(&Arc<Request>) + Send>),
    /// One of many requests that are waited for together.
    Group(Arc<Group>, usize),
}

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Task(_) => "Task",
            Self::Thread(_) => "Thread",
            Self::Performer(_) => "Performer",
            Self::Callback(_) => "Callback",
            Self::Group(..) => "Group",
        })
    }
}

impl Waiter {
    pub(super) fn tell(self, request: &Arc<Request>) {
        match self {
            Self::Task(waker) => waker.wake(),
            Self::Thread(thread) => thread.unpark(),
            Self::Performer(connection) => connection.ring(),
            Self::Callback(callback) => {
                // Others wait behind it, and the thread has other requests to tell of.
                if std::panic::catch_unwind(AssertUnwindSafe(|| callback(request))).is_err() {
                    tracing::error!("a callback for the end of a request panicked: it is not called again");
                }
            }
            Self::Group(group, index) => group.ended(index),
        }
    }
}

impl Waiter {
    /// For a request that could not even begin: only a group counts it.
    pub(crate) fn tell_directly(self) {
        if let Self::Group(group, index) = self {
            group.ended(index);
        }
    }
}

/// All that wait for one request; mostly one.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    first: Option<Waiter>,
    others: Vec<Waiter>,
}

impl Waiters {
    /// One more, after those that are there.
    pub(super) fn add(&mut self, waiter: Waiter) {
        match &mut self.first {
            first @ None => *first = Some(waiter),
            Some(_) => self.others.push(waiter),
        }
    }

    /// The current thread, unless it is there already.
    pub(super) fn add_thread(&mut self) {
        let me = current();
        let is_me = |waiter: &Waiter| matches!(waiter, Waiter::Thread(thread) if thread.id() == me.id());
        if !self.first.iter().chain(&self.others).any(is_me) {
            self.add(Waiter::Thread(me));
        }
    }

    /// The task of `cx`, in place of the one that asked before.
    pub(super) fn set_task(&mut self, cx: &Context<'_>) {
        let task = self.first.iter_mut().chain(&mut self.others).find_map(|waiter| match waiter {
            Waiter::Task(waker) => Some(waker),
            _ => None,
        });
        match task {
            Some(waker) => waker.clone_from(cx.waker()),
            None => self.add(Waiter::Task(cx.waker().clone())),
        }
    }

    /// Tells them all, in the order in which they came.
    pub(super) fn tell(self, request: &Arc<Request>) {
        if let Some(first) = self.first {
            first.tell(request);
        }
        for waiter in self.others {
            waiter.tell(request);
        }
    }
}

#[derive(Debug, Default)]
struct Ended {
    indexes: Vec<usize>,
    /// The thread that waits, and for how many more it does.
    sleeper: Option<(Thread, usize)>,
}

/// Many requests that one thread waits for: it is woken once for a batch of them, not once for each.
#[derive(Debug, Default)]
pub struct Group {
    ended: Mutex<Ended>,
}

impl Group {
    fn ended(&self, index: usize) {
        let sleeper = {
            let mut ended = lock(&self.ended);
            ended.indexes.push(index);
            match &ended.sleeper {
                Some((_, wanted)) if ended.indexes.len() >= *wanted => ended.sleeper.take(),
                _ => None,
            }
        };
        if let Some((thread, _)) = sleeper {
            thread.unpark();
        }
    }

    /// Moves the indexes of the requests that have ended to `into`. If there are fewer than `wanted`, the current thread
    /// will be unparked once there are that many; the caller parks, and asks again.
    pub fn take(&self, wanted: usize, into: &mut Vec<usize>) -> bool {
        let mut ended = lock(&self.ended);
        if ended.indexes.len() >= wanted {
            ended.sleeper = None;
            into.append(&mut ended.indexes);
            return true;
        }
        ended.sleeper = Some((current(), wanted));
        false
    }
}
