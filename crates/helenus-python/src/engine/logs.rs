//! What the engine tells of itself, as records of Python's `logging`. They are made on the callback lane: the threads that
//! tell it must not wait for the interpreter.

use std::fmt::{Debug, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::prelude::*;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

use super::lanes;

/// So many records may wait; what comes while there are more is not recorded.
const MOST_WAITING: usize = 1_000;

static WRITE: OnceLock<Py<PyAny>> = OnceLock::new();
/// The least level that anybody wants, in Python's numbers: WARNING, until the program says.
static LEAST: AtomicUsize = AtomicUsize::new(30);
static WAITING: AtomicUsize = AtomicUsize::new(0);

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

/// Called in the child after a fork: the records that wait are the parent's.
pub(super) fn forked() {
    WAITING.store(0, Ordering::Relaxed);
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
        if WAITING.fetch_add(1, Ordering::Relaxed) >= MOST_WAITING {
            WAITING.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let mut told = Told::default();
        event.record(&mut told);
        let (level, target) = (python_level(*event.metadata().level()), event.metadata().target());
        lanes::run(move |py| {
            WAITING.fetch_sub(1, Ordering::Relaxed);
            let Some(write) = WRITE.get() else { return };
            if let Err(error) = write.bind(py).call1((level, target, told.text, told.fields)) {
                error.write_unraisable(py, Some(write.bind(py)));
            }
        });
    }

    // Spans are for programs in Rust.

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

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
