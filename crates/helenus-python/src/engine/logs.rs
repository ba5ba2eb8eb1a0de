//! What the engine tells of itself, as records of Python's `logging`. They are made on one thread of the callback lane, in
//! their order: the threads that tell it must not wait for the interpreter, and a handler that blocks must hold up no callback.

use std::collections::VecDeque;
use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use pyo3::prelude::*;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{self, Attributes, Id};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

use super::lanes;
use super::runtime::{Process, is_ending};
use crate::program;

/// So many records may wait; what comes while there are more is not recorded.
const MOST_WAITING: usize = 1_000;

/// What is to be recorded, and whether a thread is at it.
struct Queue {
    records: VecDeque<Record>,
    is_written: bool,
}

struct Record {
    level: usize,
    target: &'static str,
    told: Told,
}

static WRITE: OnceLock<Py<PyAny>> = OnceLock::new();
/// The least level that anybody wants, in Python's numbers: WARNING, until the program says.
static LEAST: AtomicUsize = AtomicUsize::new(30);
static FIRST: Mutex<Queue> = Mutex::new(Queue::new());
/// The queue of a process that was made by a fork.
static AFTER_FORK: AtomicPtr<Mutex<Queue>> = AtomicPtr::new(std::ptr::null_mut());

impl Queue {
    const fn new() -> Self {
        Self { records: VecDeque::new(), is_written: false }
    }

    /// That of this process.
    fn lock() -> MutexGuard<'static, Self> {
        // SAFETY: it is null or comes of `Box::leak` in `forked`, and nothing takes it back.
        let queue = unsafe { AFTER_FORK.load(Ordering::Acquire).as_ref() }.unwrap_or(&FIRST);
        queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Has `write(level, target, text, fields)` called for what the engine tells of itself, with Python's numbers for levels.
#[pyfunction]
pub(crate) fn write_logs_by(write: Py<PyAny>) {
    if WRITE.set(write).is_ok() {
        // There is another one only where somebody else's Rust in this module has set it; then that is told.
        let _ = tracing::subscriber::set_global_default(PythonLogs);
    }
}

/// Has nothing below `level` recorded.
#[pyfunction]
pub(crate) fn least_log_level(level: usize) {
    LEAST.store(level, Ordering::Relaxed);
}

/// Called in the child after a fork: the records that wait are the parent's, and so is who holds their lock.
pub(super) fn forked() {
    AFTER_FORK.store(Box::leak(Box::new(Mutex::new(Queue::new()))), Ordering::Release);
}

/// Makes records until none waits.
fn write(py: Python<'_>) {
    let process = Process::current();
    loop {
        let record = {
            let mut queue = Queue::lock();
            let Some(record) = queue.records.pop_front() else {
                queue.is_written = false;
                return;
            };
            record
        };
        let Some(write) = WRITE.get() else { continue };
        let Record { level, target, told } = record;
        if let Err(error) = program::call(write.bind(py), (level, target, told.text, told.fields)) {
            error.write_unraisable(py, Some(write.bind(py)));
        }
        // A handler may fork; the child's queue has a writer of its own. At the end nothing is recorded any more.
        if !process.is_this() || is_ending() {
            return;
        }
    }
}

struct PythonLogs;

const fn python_level(level: Level) -> usize {
    match level {
        Level::ERROR => 40,
        Level::WARN => 30,
        Level::INFO => 20,
        _ => 10,
    }
}

/// An event of the engine, of those that a person may want to read.
fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.is_event() && metadata.target().starts_with("helenus") && *metadata.level() <= Level::DEBUG
}

impl Subscriber for PythonLogs {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        // The least level may change at any time.
        if is_ours(metadata) { Interest::sometimes() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_ours(metadata) && python_level(*metadata.level()) >= LEAST.load(Ordering::Relaxed)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }

    fn event(&self, event: &Event<'_>) {
        if Queue::lock().records.len() >= MOST_WAITING {
            return;
        }
        // Without the lock: what is told may say something itself.
        let mut told = Told::default();
        event.record(&mut told);
        let (level, target) = (python_level(*event.metadata().level()), event.metadata().target());
        let is_written = {
            let mut queue = Queue::lock();
            queue.records.push_back(Record { level, target, told });
            std::mem::replace(&mut queue.is_written, true)
        };
        if !is_written {
            lanes::run(write);
        }
    }

    // Spans are for programs in Rust.

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// An event's message, and the rest of it as `name=value`.
#[derive(Default)]
struct Told {
    text: String,
    fields: String,
}

impl Visit for Told {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing into a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.text, "{value:?}"),
            name if self.fields.is_empty() => write!(self.fields, "{name}={value:?}"),
            name => write!(self.fields, ", {name}={value:?}"),
        };
    }
}
