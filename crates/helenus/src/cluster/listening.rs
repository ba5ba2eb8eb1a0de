//! Programs that listen to the cluster, and the thread that tells them: one event after another, in the order in which they
//! happened. A listener that takes its time holds up other listeners, and nothing else.
//!
//! Of each host it hears that it joins, then by turns that it is up and that it is down, then that it leaves; and nothing of it
//! before, behind or in between. Whoever finds out comes to tell a moment later, when it may be over already, and two who do so at
//! once come in any order: so nobody is believed who has found what is no longer so.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};

use super::{Host, HostStatus, Snapshot};
use crate::lock::lock;
use crate::policy::guard::guarded;
use crate::policy::{HostStateListener, SchemaListener};
use crate::schema::difference;

/// So many calls may wait. A listener that is so slow that there are more misses those that come next.
const MOST_WAITING: usize = 4096;

/// One call of one listener.
type Call = Box<dyn FnOnce() + Send>;

/// What has happened to a host, as a listener is told.
pub(super) type HostEvent = fn(&dyn HostStateListener, &Arc<Host>);

/// A host has joined the cluster.
pub(super) const JOINED: HostEvent = |listener, host| listener.on_add(host);
/// A host has left the cluster.
pub(super) const LEFT: HostEvent = |listener, host| listener.on_remove(host);

/// What is yet to be told of hosts.
#[derive(Default)]
struct Untold {
    events: VecDeque<(Arc<Host>, HostEvent)>,
    /// Somebody is telling, and will tell of these.
    is_telling: bool,
}

/// What has come of noting.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Noted {
    /// There was nothing.
    Nothing,
    /// Somebody is telling, and will tell of this.
    OthersTell,
    /// Nobody is telling: it is to be done.
    ToTell,
}

/// Those who listen.
#[derive(Default)]
pub(super) struct Listeners {
    hosts: Mutex<Vec<Arc<dyn HostStateListener>>>,
    untold: Mutex<Untold>,
    schema: Mutex<Vec<Arc<dyn SchemaListener>>>,
    /// To the thread, once there is one. It ends when this does.
    lane: Mutex<Option<SyncSender<Call>>>,
}

impl Listeners {
    pub(super) fn add(&self, listener: Arc<dyn HostStateListener>) {
        lock(&self.hosts).push(listener);
    }

    pub(super) fn add_for_schema(&self, listener: Arc<dyn SchemaListener>) {
        lock(&self.schema).push(listener);
    }

    /// Tells of what has changed from one snapshot to the next.
    pub(super) fn tell_of_schema(&self, before: &Snapshot, after: &Arc<Snapshot>) {
        let listeners = lock(&self.schema).clone();
        if listeners.is_empty() {
            return;
        }
        let changes: Arc<[_]> = difference(before.schema(), after.schema()).into();
        for listener in listeners.into_iter().filter(|_| !changes.is_empty()) {
            let (changes, snapshot) = (Arc::clone(&changes), Arc::clone(after));
            let may_block = guarded("schema listener", || listener.may_block()).unwrap_or(true);
            self.call(may_block, move || {
                for change in &*changes {
                    _ = guarded("schema listener", || listener.on_change(change, &snapshot));
                }
            });
        }
    }

    /// Tells that somebody has `found` a host up or down, where that is news. Whether anybody `is_connected` to it, and whether it
    /// `is_member` of the cluster, is looked at when its turn has come. Gives whether it was told.
    pub(super) fn tell_status(
        &self,
        found: HostStatus,
        host: &Arc<Host>,
        is_connected: impl FnOnce() -> bool,
        is_member: impl FnOnce() -> bool,
    ) -> bool {
        let is_up = found == HostStatus::Up;
        let what: HostEvent = if is_up {
            |listener, host| listener.on_up(host)
        } else {
            |listener, host| listener.on_down(host)
        };
        // Who holds a host that has left the cluster is to see the truth, too.
        let is_news = || is_connected() == is_up && host.set_status(found) && is_member();
        self.tell(|| is_news().then(|| (Arc::clone(host), what)))
    }

    /// Tells of what `happens`, which is asked of one thing at a time: what several threads note at once is told in the order
    /// in which they noted it. Gives whether there was anything.
    pub(super) fn tell<E>(&self, happens: impl FnOnce() -> E) -> bool
    where
        E: IntoIterator<Item = (Arc<Host>, HostEvent)>,
    {
        let noted = self.note(happens);
        let is_anything = noted != Noted::Nothing;
        self.tell_noted(noted);
        is_anything
    }

    /// The first half of [`tell`](Self::tell). Whoever is given that the telling is his is to call
    /// [`tell_noted`](Self::tell_noted), before which nobody is told of anything.
    pub(super) fn note<E>(&self, happens: impl FnOnce() -> E) -> Noted
    where
        E: IntoIterator<Item = (Arc<Host>, HostEvent)>,
    {
        let mut untold = lock(&self.untold);
        let before = untold.events.len();
        untold.events.extend(happens());
        if untold.events.len() == before {
            Noted::Nothing
        } else if std::mem::replace(&mut untold.is_telling, true) {
            Noted::OthersTell
        } else {
            Noted::ToTell
        }
    }

    /// The second half: tells of all that is noted by now, if that is the caller's.
    pub(super) fn tell_noted(&self, noted: Noted) {
        if noted != Noted::ToTell {
            return;
        }
        while let Some((host, what)) = self.next_untold() {
            self.tell_all(&host, what);
        }
    }

    fn next_untold(&self) -> Option<(Arc<Host>, HostEvent)> {
        let mut untold = lock(&self.untold);
        let next = untold.events.pop_front();
        untold.is_telling = next.is_some();
        next
    }

    fn tell_all(&self, host: &Arc<Host>, what: HostEvent) {
        let listeners = lock(&self.hosts).clone();
        for listener in listeners {
            let host = Arc::clone(host);
            // What listeners fail with is logged; the others hear of it all the same.
            let may_block = guarded("host listener", || listener.may_block()).unwrap_or(true);
            self.call(may_block, move || _ = guarded("host listener", || what(&*listener, &host)));
        }
    }

    fn call(&self, may_block: bool, call: impl FnOnce() + Send + 'static) {
        if !may_block {
            return call();
        }
        let sent = {
            let mut lane = lock(&self.lane);
            if lane.is_none() {
                *lane = start();
            }
            lane.as_ref().map(|lane| lane.try_send(Box::new(call)))
        };
        // What was not sent is dropped here, with no lock held: it may be the last to hold what is the program's.
        match sent {
            Some(Ok(())) => {}
            Some(Err(TrySendError::Full(_))) => {
                tracing::warn!(MOST_WAITING, "listeners are too slow: one is not told of what has happened");
            }
            Some(Err(TrySendError::Disconnected(_))) | None => {
                tracing::error!("there is no thread for listeners: one is not told of what has happened");
            }
        }
    }
}

/// A thread that makes calls for as long as somebody may have one made.
fn start() -> Option<SyncSender<Call>> {
    let (lane, calls): (_, Receiver<Call>) = sync_channel(MOST_WAITING);
    let started = std::thread::Builder::new()
        .name("helenus-listeners".into())
        .spawn(move || calls.into_iter().for_each(|call| call()));
    started.inspect_err(|error| tracing::error!(%error, "no thread for listeners")).ok().map(|_| lane)
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use std::sync::{Barrier, Weak, mpsc};
    use std::time::Duration;

    use super::*;
    use crate::cluster::host::tests::host;

    /// What was told of one host, by the status that it was told to have.
    #[derive(Debug, Default)]
    struct Told(Mutex<Vec<HostStatus>>);

    impl HostStateListener for Told {
        fn on_up(&self, _: &Arc<Host>) {
            lock(&self.0).push(HostStatus::Up);
        }

        fn on_down(&self, _: &Arc<Host>) {
            lock(&self.0).push(HostStatus::Down);
        }

        fn may_block(&self) -> bool {
            false
        }
    }

    fn note(listeners: &Listeners, host: &Arc<Host>, status: HostStatus) {
        let is_connected = || {
            std::thread::yield_now();
            status == HostStatus::Up
        };
        listeners.tell_status(status, host, is_connected, || true);
    }

    #[test]
    fn what_several_threads_note_is_told_in_the_order_in_which_it_happened() {
        let (listeners, told, host) = (Listeners::default(), Arc::new(Told::default()), host(1, "dc1", "r1"));
        listeners.add(Arc::clone(&told) as _);
        std::thread::scope(|threads| {
            for status in [HostStatus::Up, HostStatus::Down, HostStatus::Up, HostStatus::Down] {
                let (listeners, host) = (&listeners, &host);
                threads.spawn(move || (0..2_000).for_each(|_| note(listeners, host, status)));
            }
        });
        let told = lock(&told.0);
        assert!(told.windows(2).all(|pair| pair[0] != pair[1]), "{} events", told.len());
        assert_eq!(told.last(), Some(&host.status()), "the last that was told is true");
    }

    #[test]
    fn a_listener_that_notes_something_itself_is_told_of_it_next() {
        #[derive(Debug)]
        struct Closing(Mutex<Vec<HostStatus>>, Weak<Listeners>);
        impl HostStateListener for Closing {
            fn on_up(&self, host: &Arc<Host>) {
                note(&self.1.upgrade().expect("it is there"), host, HostStatus::Down);
                lock(&self.0).push(HostStatus::Up);
            }

            fn on_down(&self, _: &Arc<Host>) {
                lock(&self.0).push(HostStatus::Down);
            }

            fn may_block(&self) -> bool {
                false
            }
        }
        let listeners = Arc::new(Listeners::default());
        let closing = Arc::new(Closing(Mutex::default(), Arc::downgrade(&listeners)));
        listeners.add(Arc::clone(&closing) as _);
        note(&listeners, &host(1, "dc1", "r1"), HostStatus::Up);
        assert_eq!(*lock(&closing.0), [HostStatus::Up, HostStatus::Down]);
    }

    #[test]
    fn calls_wait_their_turn_up_to_a_limit_and_nobody_waits_for_them() {
        let listeners = Listeners::default();
        let (begun, gate) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let (told, hear) = mpsc::channel();
        let (theirs, open) = (Arc::clone(&begun), Arc::clone(&gate));
        listeners.call(true, move || {
            theirs.wait();
            open.wait();
        });
        begun.wait();
        for n in 0..MOST_WAITING + 10 {
            let told = told.clone();
            listeners.call(true, move || _ = told.send(n));
        }
        let at_once = told.clone();
        listeners.call(false, move || _ = at_once.send(usize::MAX));
        assert_eq!(hear.try_recv(), Ok(usize::MAX));
        gate.wait();
        for n in 0..MOST_WAITING {
            assert_eq!(hear.recv_timeout(Duration::from_secs(20)), Ok(n));
        }
        drop((listeners, told));
        assert!(hear.recv_timeout(Duration::from_secs(20)).is_err(), "the others were too many");
    }
}
