//! A strand: calls into Python that are made one at a time, in the order in which they came, on whichever callback thread is
//! idle. One that blocks holds up those of its own strand, and nobody else.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use super::lanes::{self, Job};
use super::runtime::{Process, is_ending};

/// What waits, and whether a thread is at it.
#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    is_running: bool,
}

/// A queue of calls. It belongs to the process that made it: in the child of a fork its thread does not exist, and nothing of it
/// is touched.
#[derive(Clone)]
pub(super) struct Strand {
    waiting: Arc<Mutex<Waiting>>,
    most: usize,
}

impl Strand {
    /// One where at most `most` calls wait.
    pub(super) fn new(most: usize) -> Self {
        Self { waiting: Arc::default(), most }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many calls wait.
    pub(super) fn waiting(&self) -> usize {
        self.lock().jobs.len()
    }

    /// Runs `job` after those that came before it; whether it will be: one that finds the strand full is dropped.
    pub(super) fn run(&self, job: impl FnOnce(Python<'_>) + Send + 'static) -> bool {
        let job: Job = Box::new(job);
        let refused = {
            let mut waiting = self.lock();
            if waiting.jobs.len() >= self.most {
                Some(job)
            } else {
                waiting.jobs.push_back(job);
                if std::mem::replace(&mut waiting.is_running, true) {
                    return true;
                }
                None
            }
        };
        // What it holds of Python is let go without the lock.
        if refused.is_some() {
            return false;
        }
        let strand = self.clone();
        lanes::run(move |py| strand.drain(py));
        true
    }

    /// Makes calls until none waits.
    fn drain(&self, py: Python<'_>) {
        let process = Process::current();
        while let Some(job) = self.next() {
            job(py);
            // It may have forked; and at the end nobody is told of anything any more.
            if !process.is_this() || is_ending() {
                return;
            }
        }
    }

    fn next(&self) -> Option<Job> {
        let mut waiting = self.lock();
        let job = waiting.jobs.pop_front();
        waiting.is_running = job.is_some();
        job
    }
}

/// So much time is between two sayings of what was dropped, at least.
const PAUSE: Duration = Duration::from_secs(60);

/// How many calls were dropped, and when to say so: at the first, and then once in [`PAUSE`] as long as there are more.
#[derive(Default)]
pub(super) struct Losses {
    count: u64,
    said: Option<Instant>,
}

impl Losses {
    /// One more was dropped; how many are to be said now.
    pub(super) fn one_more(&mut self, now: Instant) -> Option<u64> {
        self.count += 1;
        if self.said.is_some_and(|said| now.saturating_duration_since(said) < PAUSE) {
            return None;
        }
        self.said = Some(now);
        Some(std::mem::take(&mut self.count))
    }
}
