//! Where users' callbacks run: threads of their own, as many as are busy, never an I/O thread. A callback may block, or
//! run statements; others go on beside it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;

use super::runtime::{self, is_ending};
use crate::program;

/// More threads than this are not started: whoever blocks as many callbacks waits for them.
const MOST_THREADS: usize = 64;
/// An idle thread ends after this long.
const IDLE: Duration = Duration::from_secs(10);

pub(super) type Job = Box<dyn FnOnce(Python<'_>) + Send>;

struct Waiting {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
}

/// One process's callbacks and the threads that run them.
struct Lane {
    waiting: Mutex<Waiting>,
    work: Condvar,
}

impl Lane {
    const fn new() -> Self {
        let waiting = Waiting { jobs: VecDeque::new(), threads: 0, idle: 0 };
        Self { waiting: Mutex::new(waiting), work: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn thread_ends(&self) {
        self.lock().threads -= 1;
    }
}

static FIRST: Lane = Lane::new();
/// The lane of a process that was made by a fork.
static AFTER_FORK: AtomicPtr<Lane> = AtomicPtr::new(std::ptr::null_mut());

/// The lane of this process.
fn current() -> &'static Lane {
    // SAFETY: it is null or comes of `Box::leak` in `forked`, and nothing takes it back.
    unsafe { AFTER_FORK.load(Ordering::Acquire).as_ref() }.unwrap_or(&FIRST)
}

/// Called in the child after a fork: the threads of the lane, its jobs and whoever holds its lock are the parent's. It is
/// left as it is, and the child has one of its own.
pub(super) fn forked() {
    AFTER_FORK.store(Box::leak(Box::new(Lane::new())), Ordering::Release);
}

/// Runs `job` on a callback thread.
pub(super) fn run(job: impl FnOnce(Python<'_>) + Send + 'static) {
    let lane = current();
    let start = {
        let mut waiting = lane.lock();
        waiting.jobs.push_back(Box::new(job));
        // Of several jobs that come before an idle thread has woken, it can take only one.
        let start = waiting.jobs.len() > waiting.idle && waiting.threads < MOST_THREADS;
        if start {
            waiting.threads += 1;
        }
        start
    };
    if !start {
        lane.work.notify_one();
        return;
    }
    let started = std::thread::Builder::new().name("helenus-callback".into()).spawn(move || work(lane));
    if started.is_err() {
        // The system has no thread to give: whoever is idle, or will be, takes the job.
        lane.thread_ends();
        lane.work.notify_one();
    }
}

/// Runs `call()` on a callback thread. What it raises is reported as Python reports what nobody can catch.
pub(super) fn call(call: Py<PyAny>) {
    run(move |py| {
        if let Err(error) = program::call(call.bind(py), ()) {
            error.write_unraisable(py, Some(call.bind(py)));
        }
    });
}

fn next(lane: &Lane) -> Option<Job> {
    let mut waiting = lane.lock();
    loop {
        if let Some(job) = waiting.jobs.pop_front() {
            return Some(job);
        }
        waiting.idle += 1;
        let (woken, waited) = lane.work.wait_timeout(waiting, IDLE).unwrap_or_else(PoisonError::into_inner);
        waiting = woken;
        waiting.idle -= 1;
        if waited.timed_out() && waiting.jobs.is_empty() {
            waiting.threads -= 1;
            return None;
        }
    }
}

fn work(lane: &'static Lane) {
    while let Some(job) = next(lane) {
        let mut job = Some(job);
        let mut was_forked = false;
        // One attachment for all that has gathered.
        let attached = runtime::attach(|py| {
            while let Some(run) = job.take() {
                if is_ending() {
                    return;
                }
                run(py);
                // A callback may fork: what else waits here is the parent's to run.
                was_forked = !std::ptr::eq(lane, current());
                if was_forked {
                    return;
                }
                job = lane.lock().jobs.pop_front();
            }
        });
        if was_forked {
            return;
        }
        if attached.is_none() || is_ending() {
            lane.thread_ends();
            return;
        }
    }
}
