//! Where connections' tasks run: on the runtime that is current, or on I/O threads of our own.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};
use tokio::sync::watch;

/// One or more runtimes; each connection is pinned to one of them.
#[derive(Debug, Clone)]
pub struct Executor {
    handles: Arc<[Handle]>,
    next: Arc<AtomicUsize>,
}

impl Executor {
    /// The runtime that the caller is on.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn current() -> Self {
        Self { handles: [Handle::current()].into(), next: Arc::default() }
    }

    /// The runtime that the next connection is pinned to.
    pub(crate) fn pick(&self) -> &Handle {
        &self.handles[self.next.fetch_add(1, Ordering::Relaxed) % self.handles.len()]
    }

    /// The runtime of everything that is not a connection: timers, the control task.
    pub(crate) fn main(&self) -> &Handle {
        &self.handles[0]
    }

    /// Runs `future` beside, on the runtime that connections are not pinned to first.
    pub fn spawn<F>(&self, future: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.main().spawn(future)
    }

    /// Runs `future` to its end from a thread that is on none of the runtimes.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.main().block_on(future)
    }
}

/// I/O threads of our own, one runtime each, for callers that have none. Dropping it does not stop them; see
/// [`stop`](Self::stop).
#[derive(Debug)]
pub struct IoThreads {
    executor: Executor,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

impl IoThreads {
    /// Starts `count` threads (at least one) named `helenus-io-N`.
    ///
    /// # Errors
    ///
    /// If the operating system gives no thread or no event queue.
    pub fn start(count: usize) -> io::Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let mut handles = Vec::new();
        let mut threads = Vec::new();
        for n in 0..count.max(1) {
            let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(8).build()?;
            handles.push(runtime.handle().clone());
            let mut stopped = stopped.clone();
            threads.push(std::thread::Builder::new().name(format!("helenus-io-{n}")).spawn(move || {
                runtime.block_on(async move {
                    // An error means that the sender is gone, which is a stop too.
                    let _gone = stopped.wait_for(|stop| *stop).await;
                });
                runtime.shutdown_background();
            })?);
        }
        Ok(Self { executor: Executor { handles: handles.into(), next: Arc::default() }, stop, threads })
    }

    /// What connections are pinned to.
    #[must_use]
    pub const fn executor(&self) -> &Executor {
        &self.executor
    }

    /// Stops the threads and waits for their end. Connections that are still open are dropped.
    pub fn stop(self) {
        let _nobody_listens = self.stop.send(true);
        for thread in self.threads {
            // A panic of an I/O thread was reported when it happened.
            let _panicked = thread.join();
        }
    }
}
