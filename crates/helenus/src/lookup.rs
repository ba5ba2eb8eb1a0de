//! Looking up names, which blocks: on threads of their own, of which there are never more than [`AT_ONCE`] in a process, however
//! many names there are and however long a name server says nothing.
//!
//! They are none of the runtime's: it has few threads that may block, which others need, and its end would wait for a name server.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// How many names are looked up at a time.
pub(crate) const AT_ONCE: usize = 16;

static TURNS: Turns = Turns::new(AT_ONCE);

/// The turns of this process. In a child of a fork they are new: who had those of its parent are threads that the child does not
/// have, and none of them would ever be given back. What was inherited is left as it was, locks that somebody held included.
struct Turns {
    count: usize,
    now: ArcSwapOption<(Process, Arc<Semaphore>)>,
}

/// The number of a process.
type Process = u32;

impl Turns {
    const fn new(count: usize) -> Self {
        Self { count, now: ArcSwapOption::const_empty() }
    }

    /// A turn, once there is one.
    async fn next(&self) -> io::Result<OwnedSemaphorePermit> {
        self.of(std::process::id()).acquire_owned().await.map_err(io::Error::other)
    }

    /// Those of the process with this number.
    fn of(&self, process: Process) -> Arc<Semaphore> {
        let known = self.now.load();
        if let Some((_, turns)) = known.as_deref().filter(|(whose, _)| *whose == process) {
            return Arc::clone(turns);
        }
        // Several threads may find that out at once: all get those of the first.
        let fresh = Arc::new((process, Arc::new(Semaphore::new(self.count))));
        self.now.rcu(|known| match known {
            Some(known) if known.0 == process => Arc::clone(known),
            _ => Arc::clone(&fresh),
        });
        let known = self.now.load();
        Arc::clone(known.as_deref().map_or(&fresh.1, |(_, turns)| turns))
    }
}

/// Has `look_up` run on a thread that may block, and waits for what it finds: no longer than `limit` for its turn, and then no
/// longer than `limit` for an answer. One that is not waited for any more has its turn until it ends.
pub(crate) fn look_up<T: Send + 'static>(
    look_up: impl FnOnce() -> io::Result<T> + Send + 'static,
    limit: Duration,
) -> impl Future<Output = io::Result<T>> + Send {
    look_up_in(&TURNS, look_up, limit)
}

async fn look_up_in<T: Send + 'static>(
    turns: &Turns,
    look_up: impl FnOnce() -> io::Result<T> + Send + 'static,
    limit: Duration,
) -> io::Result<T> {
    let timed_out = |why: String| io::Error::new(io::ErrorKind::TimedOut, why);
    let turn = tokio::time::timeout(limit, turns.next()).await.map_err(|_elapsed| {
        timed_out(format!("the resolver is still busy with other names after {limit:?}"))
    })??;
    let (found, has_found) = oneshot::channel();
    let runtime = Handle::current();
    let look_up = move || {
        let _inside = runtime.enter();
        let outcome = look_up();
        // First, so that whoever hears of it finds the turn free.
        drop(turn);
        // Nobody may wait for it any more.
        _ = found.send(outcome);
    };
    std::thread::Builder::new().name("helenus-lookup".to_owned()).spawn(look_up)?;
    match tokio::time::timeout(limit, has_found).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_panicked)) => Err(io::Error::other("the resolver panicked")),
        Err(_elapsed) => Err(timed_out(format!("the resolver has not answered within {limit:?}"))),
    }
}

#[cfg(all(test, not(helenus_loom)))]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex, mpsc};

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    /// Turns of a test's own: others look up names meanwhile.
    fn turns(count: usize) -> &'static Turns {
        Box::leak(Box::new(Turns::new(count)))
    }

    #[tokio::test]
    async fn no_more_than_so_many_at_a_time_and_all_in_the_end() {
        let turns = turns(3);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut all = tokio::task::JoinSet::new();
        for n in 0..50 {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            let find = move || {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(5));
                now.fetch_sub(1, Ordering::SeqCst);
                Ok(n)
            };
            all.spawn(look_up_in(turns, find, LONG));
        }
        let mut found: Vec<_> = all.join_all().await.into_iter().map(|found| found.expect("found")).collect();
        found.sort_unstable();
        assert_eq!(found, (0..50).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), 3, "side by side, and no more");
    }

    /// Those that hang keep their turns: there would be ever more threads otherwise.
    #[tokio::test]
    async fn what_hangs_is_not_waited_for_and_keeps_its_turn() {
        let turns = turns(2);
        let (let_go, is_let_go) = mpsc::channel::<()>();
        let is_let_go = Arc::new(Mutex::new(is_let_go));
        let short = Duration::from_millis(50);
        for _ in 0..2 {
            let is_let_go = Arc::clone(&is_let_go);
            let hang = move || {
                _ = is_let_go.lock().expect("not poisoned").recv();
                Ok(())
            };
            let why = look_up_in(turns, hang, short).await.expect_err("it hangs");
            assert_eq!(why.to_string(), "the resolver has not answered within 50ms");
        }
        let why = look_up_in(turns, || Ok(()), short).await.expect_err("nobody has a turn");
        assert_eq!(why.to_string(), "the resolver is still busy with other names after 50ms");
        drop(let_go);
        look_up_in(turns, || Ok(()), LONG).await.expect("they have ended");
    }

    #[tokio::test]
    async fn one_that_panics_is_an_error_and_gives_its_turn_back() {
        let turns = turns(1);
        for _ in 0..2 {
            let panic = || -> io::Result<()> { panic!("as resolvers do") };
            let why = look_up_in(turns, panic, LONG).await.expect_err("it panics");
            assert_eq!(why.to_string(), "the resolver panicked");
        }
    }

    #[test]
    fn a_process_has_turns_of_its_own_and_all_its_threads_the_same() {
        let turns = turns(2);
        let of_the_parent = turns.of(1);
        let _taken = Arc::clone(&of_the_parent).try_acquire_many_owned(2).expect("all are free");
        let of_the_child: Vec<_> = std::thread::scope(|threads| {
            let all: Vec<_> = (0..8).map(|_| threads.spawn(|| turns.of(2))).collect();
            all.into_iter().map(|one| one.join().expect("it does not panic")).collect()
        });
        assert!(of_the_child.iter().all(|one| Arc::ptr_eq(one, &of_the_child[0])));
        assert_eq!((of_the_child[0].available_permits(), of_the_parent.available_permits()), (2, 0));
    }

    /// F24 of docs/promises.md: all turns are taken by threads that hang, and the process forks: the child has none of these threads.
    #[test]
    fn a_child_of_a_fork_looks_names_up_though_all_of_its_parent_hang() {
        let turns = turns(2);
        let runtime =
            || tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let (let_go, is_let_go) = mpsc::channel::<()>();
        let is_let_go = Arc::new(Mutex::new(is_let_go));
        runtime().block_on(async {
            for _ in 0..2 {
                let is_let_go = Arc::clone(&is_let_go);
                let hang = move || {
                    _ = is_let_go.lock().expect("not poisoned").recv();
                    Ok(())
                };
                look_up_in(turns, hang, Duration::from_millis(20)).await.expect_err("it hangs");
            }
        });
        let look_up_three = || {
            runtime().block_on(async {
                for _ in 0..3 {
                    look_up_in(turns, || Ok(()), Duration::from_secs(5)).await?;
                }
                io::Result::Ok(())
            })
        };
        assert_eq!(in_a_fork(|| look_up_three().is_ok()), 0, "the child's own turns are free");
        assert!(
            runtime().block_on(look_up_in(turns, || Ok(()), Duration::from_millis(20))).is_err(),
            "the parent's are not"
        );
        drop(let_go);
        look_up_three().expect("they have ended");
    }

    /// What a child of a fork ends with: 0 if `succeeds`, and killed after a while.
    #[allow(unsafe_code)]
    fn in_a_fork(succeeds: impl FnOnce() -> bool) -> i32 {
        // SAFETY: the child does what programs do in a child of a fork (Python's among them): it allocates, for which glibc has it
        // prepared, starts threads, and touches no lock that another thread of this process may hold. It never comes back into
        // the tests: it ends here, and a panic ends with it.
        match unsafe { libc::fork() } {
            -1 => panic!("cannot fork: {}", io::Error::last_os_error()),
            0 => {
                let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    // SAFETY: it sets a timer of this process, whose signal kills it.
                    unsafe { libc::alarm(30) };
                    succeeds()
                }));
                // SAFETY: it does not return, and runs nothing of ours.
                unsafe { libc::_exit(if outcome.unwrap_or(false) { 0 } else { 1 }) }
            }
            child => {
                let mut status = -1;
                // SAFETY: `status` is there to be written to, and the child is ours.
                assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
                status
            }
        }
    }
}
