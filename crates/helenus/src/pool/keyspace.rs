//! The keyspace that all connections of a session use: changing it and joining the pool exclude each other, so that no
//! connection takes requests in a keyspace that is not the session's any more.

use std::sync::{Arc, Mutex};

use arc_swap::ArcSwapOption;

use crate::lock::lock;

/// A session's keyspace.
#[derive(Debug, Default)]
pub(crate) struct SessionKeyspace {
    current: ArcSwapOption<String>,
    changing: Mutex<()>,
}

impl SessionKeyspace {
    /// The keyspace as it is now.
    pub(crate) fn load(&self) -> Option<Arc<String>> {
        self.current.load_full()
    }

    /// Changes it. What `find` gives are the connections that have to be told: whoever joins later does so in the new one.
    pub(crate) fn change<T>(&self, keyspace: String, find: impl FnOnce() -> T) -> T {
        let _changing = lock(&self.changing);
        self.current.store(Some(Arc::new(keyspace)));
        find()
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
