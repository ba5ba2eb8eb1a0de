//! The process's one set of I/O threads: started at the first connect, left behind by a fork, ended at exit.

use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use helenus::{Executor, IoThreads};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use super::cluster::ClusterCore;
use super::{lanes, logs, result};

/// How often this process was made by a fork of one that had loaded us.
static GENERATION: AtomicU32 = AtomicU32::new(0);
/// The interpreter is about to end: engine threads must not touch Python any more.
static ENDING: AtomicBool = AtomicBool::new(false);
static THREADS: Mutex<Option<(u32, ManuallyDrop<IoThreads>)>> = Mutex::new(None);

/// Whether some connection's cipher is Python's: its I/O thread holds the connection's lock while it waits for the
/// interpreter's, so nobody may ask for the one while holding the other.
static PYTHON_CIPHERS: AtomicBool = AtomicBool::new(false);

/// From now on connections may wait for the interpreter's lock.
pub(super) fn uses_python_ciphers() {
    PYTHON_CIPHERS.store(true, Ordering::SeqCst);
}

/// Does what may take a connection's lock. Where that may wait for the interpreter's lock, it is let go meanwhile.
pub(super) fn beside_ciphers<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> T {
    if PYTHON_CIPHERS.load(Ordering::Relaxed) { py.detach(work) } else { work() }
}

/// Called in the child after a fork: what was inherited belongs to the parent, whose threads do not exist here. It is
/// left as it is, without a word to any server.
#[pyfunction]
pub(crate) fn forked() {
    GENERATION.fetch_add(1, Ordering::SeqCst);
    // The threads that were are the parent's.
    INSIDE.store(0, Ordering::SeqCst);
    lanes::forked();
    logs::forked();
    result::forked();
}

/// How many threads of the engine run Python code, or are about to.
static INSIDE: AtomicUsize = AtomicUsize::new(0);
/// The interpreter's end waits so long for them. One that goes on is left where it is (`program.rs`).
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Runs `call` with the interpreter, on a thread of the engine; `None`, and nothing is run, where the interpreter is ending.
pub(super) fn attach<T>(call: impl FnOnce(Python<'_>) -> T) -> Option<T> {
    // Whoever is counted before the end begins is waited for; whoever comes later sees that it has begun.
    let _counted = Inside::count();
    if is_ending() { None } else { Python::try_attach(call) }
}

/// A thread of the engine that is counted.
struct Inside(Process);

impl Inside {
    fn count() -> Self {
        INSIDE.fetch_add(1, Ordering::SeqCst);
        Self(Process::current())
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        // A callback may fork: in the child nobody was counted.
        if self.0.is_this() {
            INSIDE.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Waits until no thread of the engine runs Python code, or for [`LAST_WORDS`]: a callback may block for ever.
fn wait_until_nobody_is_inside() {
    let since = Instant::now();
    while INSIDE.load(Ordering::SeqCst) > 0 && since.elapsed() < LAST_WORDS {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Called before the interpreter ends, with the clusters that are still connected: they are closed, and what is under way
/// on them ends. From now on no engine thread calls into Python.
#[pyfunction]
pub(crate) fn ending(py: Python<'_>, connected: Vec<PyRef<'_, ClusterCore>>) {
    ENDING.store(true, Ordering::SeqCst);
    for cluster in connected {
        // What was inherited by a fork is left as it is.
        let _is_inherited = cluster.shut_down(py);
    }
    let threads = py.detach(|| THREADS.lock().unwrap_or_else(PoisonError::into_inner).take());
    if let Some((generation, threads)) = threads
        && generation == GENERATION.load(Ordering::SeqCst)
    {
        py.detach(|| ManuallyDrop::into_inner(threads).stop());
    }
    py.detach(wait_until_nobody_is_inside);
}

/// Whether the interpreter is about to end.
pub(crate) fn is_ending() -> bool {
    ENDING.load(Ordering::SeqCst)
}

/// For whoever would wait for the engine, or begin something in it: at the interpreter's end nobody would answer. A program may
/// still run then, in what `atexit` calls after us and in `__del__`.
pub(super) fn check_end() -> PyResult<()> {
    if is_ending() { Err(at_the_end()) } else { Ok(()) }
}

fn at_the_end() -> PyErr {
    PyRuntimeError::new_err(
        "the interpreter is ending: connections to Cassandra were closed, and nothing can be asked any more",
    )
}

/// The I/O threads of this process.
pub(super) fn executor(count: usize) -> PyResult<Executor> {
    check_end()?;
    let generation = GENERATION.load(Ordering::SeqCst);
    let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    if threads.as_ref().is_none_or(|(of, _)| *of != generation) {
        let started = IoThreads::start(count)
            .map_err(|error| PyRuntimeError::new_err(format!("cannot start I/O threads: {error}")))?;
        // What a fork has left behind is forgotten, not dropped: its threads are the parent's.
        *threads = Some((generation, ManuallyDrop::new(started)));
    }
    threads
        .as_ref()
        .map(|(_, threads)| threads.executor().clone())
        .ok_or_else(|| PyRuntimeError::new_err("there are no I/O threads"))
}

/// The process that something was begun in. A fork may come whenever Python code runs: in a handler of signals, in a
/// program's iterator.
#[derive(Clone, Copy)]
pub(super) struct Process(u32);

impl Process {
    pub(super) fn current() -> Self {
        Self(GENERATION.load(Ordering::Relaxed))
    }

    pub(super) fn is_this(self) -> bool {
        self.0 == GENERATION.load(Ordering::Relaxed)
    }

    /// To be asked after Python code has run, before anything of the engine is touched again: in a child of a fork nobody would
    /// answer.
    pub(super) fn check(self) -> PyResult<()> {
        if self.is_this() {
            return Ok(());
        }
        Err(PyRuntimeError::new_err(
            "this cluster was connected by the parent process; after a fork, make a new Cluster in the child",
        ))
    }
}

/// Something that belongs to one process: in a child of a fork it can be neither used nor dropped.
pub(super) struct Owned<T: Send> {
    process: Process,
    value: ManuallyDrop<T>,
}

impl<T: Send> Owned<T> {
    pub(super) fn new(value: T) -> Self {
        Self { process: Process::current(), value: ManuallyDrop::new(value) }
    }

    /// The value, or what to do about it.
    pub(super) fn get(&self) -> PyResult<&T> {
        self.process.check().map(|()| &*self.value)
    }
}

impl<T: Send> Deref for Owned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Send> Drop for Owned<T> {
    fn drop(&mut self) {
        if !self.process.is_this() {
            return;
        }
        // SAFETY: the value is taken here and nowhere else, and `self` is not used afterwards.
        let value = unsafe { ManuallyDrop::take(&mut self.value) };
        let mut value = Some(value);
        // The last handle to a session closes its connections, and that of a request gives it up.
        if PYTHON_CIPHERS.load(Ordering::Relaxed) {
            Python::try_attach(|py| py.detach(|| drop(value.take())));
        }
        drop(value);
    }
}
