//! Where users' callbacks run: threads of their own, as many as are busy, never an I/O thread. A callback may block, or
//! run statements; others go on beside it.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;

use super::runtime::is_ending;

/// More threads than this are not started: whoever blocks as many callbacks waits for them.
const MOST_THREADS: usize = 64;
/// An idle thread ends after this long.
const IDLE: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce(Python<'_>) + Send>;

struct Lane {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
}

static LANE: Mutex<Lane> = Mutex::new(Lane { jobs: VecDeque::new(), threads: 0, idle: 0 });
static WORK: Condvar = Condvar::new();

/// Runs `job` on a callback thread.
pub(super) fn run(job: impl FnOnce(Python<'_>) + Send + 'static) {
    let start = {
        let mut lane = LANE.lock().unwrap_or_else(PoisonError::into_inner);
        lane.jobs.push_back(Box::new(job));
        let start = lane.idle == 0 && lane.threads < MOST_THREADS;
        if start {
            lane.threads += 1;
        }
        start
    };
    if !start {
        WORK.notify_one();
        return;
    }
    let started = std::thread::Builder::new().name("helenus-callback".into()).spawn(work);
    if started.is_err() {
        LANE.lock().unwrap_or_else(PoisonError::into_inner).threads -= 1;
    }
}

/// Runs `call()` on a callback thread. What it raises is reported as Python reports what nobody can catch.
pub(super) fn call(call: Py<PyAny>) {
    run(move |py| {
        if let Err(error) = call.bind(py).call0() {
            error.write_unraisable(py, Some(call.bind(py)));
        }
    });
}

fn next() -> Option<Job> {
    let mut lane = LANE.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if let Some(job) = lane.jobs.pop_front() {
            return Some(job);
        }
        lane.idle += 1;
        let (woken, waited) = WORK.wait_timeout(lane, IDLE).unwrap_or_else(PoisonError::into_inner);
        lane = woken;
        lane.idle -= 1;
        if waited.timed_out() && lane.jobs.is_empty() {
            lane.threads -= 1;
            return None;
        }
    }
}

fn work() {
    while let Some(job) = next() {
        let mut job = Some(job);
        // One attachment for all that has gathered.
        let attached = Python::try_attach(|py| {
            while let Some(run) = job.take() {
                if is_ending() {
                    return;
                }
                run(py);
                job = LANE.lock().unwrap_or_else(PoisonError::into_inner).jobs.pop_front();
            }
        });
        if attached.is_none() || is_ending() {
            LANE.lock().unwrap_or_else(PoisonError::into_inner).threads -= 1;
            return;
        }
    }
}
