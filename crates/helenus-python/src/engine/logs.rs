//! What the engine tells of itself, as records of Python's `logging`. They are made on a strand, in their
//! order: the threads that tell it must not wait for the interpreter, and a handler that blocks must hold up no callback.

use std::fmt::{Debug, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use pyo3::prelude::*;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{self, Attributes, Id};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

use super::strand::Strand;
use crate::program;

/// So many records may wait; what comes while there are more is not recorded but counted, which is recorded.
const MOST_WAITING: usize = 1_000;

static WRITE: OnceLock<Py<PyAny>> = OnceLock::new();
/// The least level that anybody wants, in Python's numbers: WARNING, until the program says.
static LEAST: AtomicUsize = AtomicUsize::new(30);
/// How many were not recorded since that was said.
static LOST: AtomicUsize = AtomicUsize::new(0);
/// Where records wait: null before somebody makes them, and another one in each process that was made by a fork.
static STRAND: AtomicPtr<Strand> = AtomicPtr::new(std::ptr::null_mut());

/// Lets records wait here from now on. The one before it is kept: a thread may be at it.
fn begin() {
    LOST.store(0, Ordering::Relaxed);
    STRAND.store(Box::leak(Box::new(Strand::new(MOST_WAITING))), Ordering::Release);
}

/// The strand of this process.
fn strand() -> Option<&'static Strand> {
    // SAFETY: it is null or comes of `Box::leak` in `begin`, and nothing takes it back.
    unsafe { STRAND.load(Ordering::Acquire).as_ref() }
}

/// Has `write(level, target, text, fields)` called for what the engine tells of itself, with Python's numbers for levels.
#[pyfunction]
pub(crate) fn write_logs_by(write: Py<PyAny>) {
    if WRITE.set(write).is_ok() {
        begin();
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
    begin();
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
        let Some(strand) = strand() else { return };
        // Looked at before the text is made: more of these may come than anybody can read.
        let waiting = strand.waiting();
        if waiting >= MOST_WAITING {
            LOST.fetch_add(1, Ordering::Relaxed);
            return;
        }
        // Not for each record that finds room between two that do not.
        let lost = if waiting < MOST_WAITING / 2 { LOST.swap(0, Ordering::Relaxed) } else { 0 };
        if lost > 0 {
            let text = format!(
                "{lost} records were not made: a handler of records took its time, and {MOST_WAITING} others waited for it"
            );
            make(strand, Level::WARN, "helenus::cluster", Told { text, fields: String::new() });
        }
        let mut told = Told::default();
        event.record(&mut told);
        make(strand, *event.metadata().level(), event.metadata().target(), told);
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

/// Has one record made, after those that wait.
fn make(strand: &Strand, level: Level, target: &'static str, told: Told) {
    strand.run(move |py| {
        let Some(write) = WRITE.get().map(|write| write.bind(py)) else { return };
        if let Err(error) = program::call(write, (python_level(level), target, told.text, told.fields)) {
            error.write_unraisable(py, Some(write));
        }
    });
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
