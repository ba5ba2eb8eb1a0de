//! Locks, atomics, wakers and threads as a request's path uses them: the standard library's, or loom's, which try every order of
//! steps. `crates/helenus-models` compiles this engine a second time with those; nobody else does.

#[cfg(not(helenus_loom))]
mod real {
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicUsize};
    pub(crate) use std::sync::{Mutex, OnceLock};
    pub(crate) use std::thread::{Thread, current, park, park_timeout};

    pub(crate) use atomic_waker::AtomicWaker;

    pub(crate) use crate::lock::{lock, try_lock};

    /// A flag all of whose steps have one order, which everybody sees.
    #[derive(Debug)]
    pub(crate) struct Flag(AtomicBool);

    impl Flag {
        pub(crate) const fn new() -> Self {
            Self(AtomicBool::new(false))
        }

        /// Sets it to `to`; tells what it was.
        pub(crate) fn swap(&self, to: bool) -> bool {
            self.0.swap(to, std::sync::atomic::Ordering::SeqCst)
        }
    }
}

#[cfg(helenus_loom)]
mod real {
    use std::sync::PoisonError;
    use std::sync::atomic::Ordering;
    use std::task::Waker;
    use std::time::Duration;

    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicUsize};
    pub(crate) use loom::sync::{Mutex, MutexGuard};
    pub(crate) use loom::thread::{Thread, current, park};

    pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn try_lock<T: ?Sized>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
        mutex.try_lock().ok()
    }

    /// As the one of the crate `atomic-waker` is used.
    #[derive(Debug)]
    pub(crate) struct AtomicWaker(loom::future::AtomicWaker);

    impl AtomicWaker {
        pub(crate) fn new() -> Self {
            Self(loom::future::AtomicWaker::new())
        }

        pub(crate) fn register(&self, waker: &Waker) {
            self.0.register_by_ref(waker);
        }

        pub(crate) fn wake(&self) {
            self.0.wake();
        }
    }

    /// The standard library's, of which loom knows nothing: with a step before each use, so that another thread may come first.
    #[derive(Debug)]
    pub(crate) struct OnceLock<T> {
        step: AtomicU8,
        value: std::sync::OnceLock<T>,
    }

    impl<T> OnceLock<T> {
        pub(crate) fn new() -> Self {
            Self { step: AtomicU8::new(0), value: std::sync::OnceLock::new() }
        }

        pub(crate) fn get(&self) -> Option<&T> {
            self.step.load(Ordering::SeqCst);
            self.value.get()
        }

        pub(crate) fn set(&self, value: T) -> Result<(), T> {
            self.step.fetch_add(1, Ordering::SeqCst);
            self.value.set(value)
        }
    }

    /// loom takes a sequentially consistent step for a weaker one, and knows no such order but a lock's.
    #[derive(Debug)]
    pub(crate) struct Flag(Mutex<bool>);

    impl Flag {
        pub(crate) fn new() -> Self {
            Self(Mutex::new(false))
        }

        pub(crate) fn swap(&self, to: bool) -> bool {
            std::mem::replace(&mut lock(&self.0), to)
        }
    }

    /// No time passes in a model: who is not woken waits for ever, which loom calls a deadlock.
    pub(crate) fn park_timeout(_patience: Duration) {
        park();
    }
}

pub(crate) use real::*;
