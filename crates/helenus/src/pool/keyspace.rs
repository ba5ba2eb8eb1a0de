//! The keyspace that all connections of a session use: changing it and joining the pool exclude each other, so that no
//! connection takes requests in a keyspace that is not the session's any more.

use std::sync::{Arc, Mutex};

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

use crate::lock::lock;

/// A session's keyspace.
#[derive(Debug)]
pub(crate) struct SessionKeyspace {
    current: ArcSwapOption<String>,
    changing: Mutex<()>,
    changes: watch::Sender<Changes>,
}

/// How often it was changed, and after how many of these all connections were told.
#[derive(Debug, Clone, Copy, Default)]
struct Changes {
    begun: u64,
    told: u64,
}

/// A keyspace that all connections used.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) keyspace: Option<Arc<String>>,
    changes: u64,
}

/// A change of the keyspace, until all connections are told.
#[derive(Debug)]
pub(crate) struct Change<'k>(&'k SessionKeyspace);

impl Drop for Change<'_> {
    fn drop(&mut self) {
        self.0.changes.send_modify(|changes| changes.told += 1);
    }
}

impl Default for SessionKeyspace {
    fn default() -> Self {
        let (changes, _) = watch::channel(Changes::default());
        Self { current: ArcSwapOption::empty(), changing: Mutex::default(), changes }
    }
}

impl SessionKeyspace {
    /// The keyspace as it is now.
    pub(crate) fn load(&self) -> Option<Arc<String>> {
        self.current.load_full()
    }

    /// Changes it. What `find` gives are the connections that have to be told, and when they are, [`told`](Self::told) is to be
    /// dropped: whoever joins later does so in the new one.
    pub(crate) fn change<T>(&self, keyspace: String, find: impl FnOnce() -> T) -> T {
        let _changing = lock(&self.changing);
        self.current.store(Some(Arc::new(keyspace)));
        self.changes.send_modify(|changes| changes.begun += 1);
        find()
    }

    /// What ends one change when it is dropped.
    pub(crate) const fn told(&self) -> Change<'_> {
        Change(self)
    }

    /// The keyspace, as soon as no connection is left that uses another.
    pub(crate) async fn settled(&self) -> Settled {
        let mut changes = self.changes.subscribe();
        loop {
            if let Some(settled) = self.as_settled(*changes.borrow_and_update()) {
                return settled;
            }
            // Its sender lives as long as we do.
            _ = changes.changed().await;
        }
    }

    fn as_settled(&self, seen: Changes) -> Option<Settled> {
        let _changing = lock(&self.changing);
        let is_settled = seen.begun == seen.told && self.changes.borrow().begun == seen.begun;
        is_settled.then(|| Settled { keyspace: self.current.load_full(), changes: seen.begun })
    }

    /// Whether it was changed since then.
    pub(crate) fn has_changed(&self, since: &Settled) -> bool {
        self.changes.borrow().begun != since.changes
    }

    /// Has a connection that uses `used` join, unless the session does not use that any more.
    pub(crate) fn join(&self, used: Option<&Arc<String>>, join: impl FnOnce()) -> bool {
        let _changing = lock(&self.changing);
        let is_current = self.current.load().as_ref() == used;
        if is_current {
            join();
        }
        is_current
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn who_uses_another_keyspace_does_not_join() {
        let session = SessionKeyspace::default();
        assert!(session.join(None, || {}));
        session.change("a".into(), || {});
        assert!(!session.join(None, || panic!("it uses none")));
        let used = session.load();
        assert!(session.join(used.as_ref(), || {}));
        session.change("b".into(), || {});
        assert!(!session.join(used.as_ref(), || panic!("it uses the former one")));
    }

    #[tokio::test]
    async fn it_is_settled_when_all_changes_are_told() {
        let session = SessionKeyspace::default();
        let none = session.settled().await;
        assert!(none.keyspace.is_none() && !session.has_changed(&none));
        session.change("a".into(), || {});
        session.change("b".into(), || {});
        assert!(session.has_changed(&none));
        let mut waiting = std::pin::pin!(session.settled());
        for _ in 0..2 {
            let early = tokio::time::timeout(Duration::from_millis(5), &mut waiting).await;
            assert!(early.is_err(), "a connection may use another");
            drop(session.told());
        }
        let settled = waiting.await;
        assert_eq!(settled.keyspace.as_deref().map(String::as_str), Some("b"));
        assert!(!session.has_changed(&settled));
        session.change("b".into(), || {});
        assert!(session.has_changed(&settled), "who knows what was in between");
    }

    /// Between its last look and its joining the keyspace must not change: it would be in nobody's list of connections to be
    /// told.
    #[test]
    fn nobody_joins_while_it_changes() {
        let session = SessionKeyspace::default();
        let joined = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let joining = session.change("b".into(), || {
                let joining = scope.spawn(|| session.join(None, || joined.store(true, Ordering::SeqCst)));
                std::thread::sleep(Duration::from_millis(50));
                assert!(!joining.is_finished(), "it waits until all are found");
                joining
            });
            assert!(!joining.join().expect("no panic"));
        });
        assert!(!joined.load(Ordering::SeqCst));
    }
}
