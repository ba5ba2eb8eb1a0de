//! Looking up names, which blocks: on threads of their own, of which there are never more than [`AT_ONCE`] in a process, however
//! many names there are and however long a name server says nothing.
//!
//! They are none of the runtime's: it has few threads that may block, which others need, and its end would wait for a name server.

use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};

/// How many names are looked up at a time.
pub(crate) const AT_ONCE: usize = 16;

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// Has `look_up` run on a thread that may block, and waits for what it finds: no longer than `limit` for its turn, and then no
/// longer than `limit` for an answer. One that is not waited for any more has its turn until it ends.
pub(crate) fn look_up<T: Send + 'static>(
    look_up: impl FnOnce() -> io::Result<T> + Send + 'static,
    limit: Duration,
) -> impl Future<Output = io::Result<T>> + Send {
    look_up_in(&TURNS, look_up, limit)
}

async fn look_up_in<T: Send + 'static>(
    turns: &'static Semaphore,
    look_up: impl FnOnce() -> io::Result<T> + Send + 'static,
    limit: Duration,
) -> io::Result<T> {
    let timed_out = |why: String| io::Error::new(io::ErrorKind::TimedOut, why);
    let turn = tokio::time::timeout(limit, turns.acquire()).await.map_err(|_elapsed| {
        timed_out(format!("the resolver is still busy with other names after {limit:?}"))
    })?;
    let turn = turn.map_err(io::Error::other)?;
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
    fn turns(count: usize) -> &'static Semaphore {
        Box::leak(Box::new(Semaphore::new(count)))
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
}
