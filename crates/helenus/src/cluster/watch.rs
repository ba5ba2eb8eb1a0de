//! The task that keeps the control connection: it hears of changes and has them read, and moves to another host when its
//! own is lost.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use helenus_protocol::response::{Event, StatusChange};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::control::{establish_again, refresh_schema, refresh_topology, setup_error};
use super::link::Link;
use super::{ClusterInner, Host};
use crate::error::Error;
use crate::later::{jittered, later};
use crate::policy::ReconnectionSchedule;
use crate::schema::{SchemaPart, Stale};

/// Between attempts to take over where the reconnection policy has no more pauses: the cluster is not given up.
const LAST_PAUSE: Duration = Duration::from_secs(60);
/// Until what could not be read is read again, at most; each time that fails in a row doubles it, so often: a server that
/// cannot tell is not asked all the time.
const SECOND_READING: Duration = Duration::from_secs(1);
const DOUBLINGS: u32 = 3;

/// What the control task is told.
#[derive(Debug)]
pub(crate) enum News {
    Event(Event),
    /// The control connection with this number is gone.
    Lost(usize),
    /// Read everything again and tell what came of it.
    Refresh(Waiting),
    /// The cluster is shut down.
    Stop,
}

/// Someone who waits for everything to be read again.
pub(crate) type Waiting = oneshot::Sender<Result<(), Error>>;

/// The task that watches. It ends with the cluster.
pub(crate) async fn watch(
    cluster: Weak<ClusterInner>,
    news: mpsc::UnboundedSender<News>,
    mut inbox: mpsc::UnboundedReceiver<News>,
) {
    let mut pending = Pending::default();
    loop {
        let next = match pending.due() {
            Some(due) => tokio::select! {
                received = inbox.recv() => received,
                () = tokio::time::sleep_until(due.into()) => {
                    let Some(cluster) = cluster.upgrade() else { return };
                    pending.run(&cluster, Instant::now()).await;
                    continue;
                }
            },
            None => inbox.recv().await,
        };
        let Some(cluster) = cluster.upgrade() else { return };
        match next {
            None | Some(News::Stop) => return,
            Some(News::Event(event)) => pending.handle_event(&cluster, &event, Instant::now()),
            Some(News::Refresh(waiting)) => pending.handle_refresh(waiting, Instant::now()),
            Some(News::Lost(serial)) => {
                let lost = cluster.control().filter(|link| link.connection.serial() == serial);
                if let Some(lost) = lost {
                    cluster.set_control(None);
                    let weak = Arc::downgrade(&cluster);
                    drop(cluster);
                    let from = lost.connection.address();
                    if !take_over(&weak, from, &news, &mut inbox, &mut pending).await {
                        return;
                    }
                }
            }
        }
    }
}

/// What events have asked for and was not done yet: gathered, so that a flood of events is one refresh.
#[derive(Default)]
struct Pending {
    topology: bool,
    schema: Stale,
    read_at: Option<Instant>,
    last_read: Option<Instant>,
    /// How often in a row a server could not tell.
    failures: u32,
    /// Hosts that were said to be up.
    up: HashMap<Uuid, Arc<Host>>,
    try_at: Option<Instant>,
    waiting: Vec<Waiting>,
}

impl Pending {
    /// When [`run`](Self::run) is due.
    fn due(&self) -> Option<Instant> {
        [self.read_at, self.try_at].into_iter().flatten().min()
    }

    /// Events may lie: they only make us look sooner. The first one opens its window; later ones do not move it.
    fn handle_event(&mut self, cluster: &ClusterInner, event: &Event, now: Instant) {
        tracing::debug!(?event, "event");
        cluster.counters.events.one();
        let config = &cluster.config;
        match event {
            Event::TopologyChange { .. } => {
                self.topology = true;
                self.read_within(config.topology_refresh_window, now);
            }
            Event::StatusChange { status, address } => {
                match (cluster.snapshot().host_named_in_event(*address), status) {
                    (Some(host), StatusChange::Up) => {
                        self.up.insert(host.host_id(), Arc::clone(host));
                        let window = config.status_refresh_window;
                        self.try_at.get_or_insert_with(|| later(now, jittered(window)));
                    }
                    // Its connections tell whether it is down, and sooner.
                    (Some(_), _) => {}
                    (None, _) => {
                        self.topology = true;
                        self.read_within(config.topology_refresh_window, now);
                    }
                }
            }
            Event::SchemaChange(change) => {
                self.schema.add(SchemaPart::of(change));
                self.read_within(config.schema_refresh_window, now);
            }
        }
    }

    /// Has it read at some moment within the window, but never twice within one: events that go on coming are no reason
    /// to go on asking. Many clients hear the same event at the same time; they should not all ask at the same time.
    fn read_within(&mut self, window: Duration, now: Instant) {
        let earliest = self.last_read.map_or(now, |last| later(last, window));
        self.read_at.get_or_insert_with(|| later(now, jittered(window)).max(earliest));
    }

    fn handle_refresh(&mut self, waiting: Waiting, now: Instant) {
        self.topology = true;
        self.schema.add(SchemaPart::Everything);
        self.waiting.push(waiting);
        self.read_at = Some(now);
    }

    async fn run(&mut self, cluster: &Arc<ClusterInner>, now: Instant) {
        if self.try_at.is_some_and(|at| at <= now) {
            self.try_at = None;
            for (_, host) in self.up.drain() {
                cluster.host_may_be_up(&host);
            }
        }
        if self.read_at.is_some_and(|at| at <= now) {
            (self.read_at, self.last_read) = (None, Some(now));
            let outcome = self.read(cluster).await;
            self.tell(&outcome);
        }
    }

    /// Tells those who wait for a refresh what has come of it.
    fn tell(&mut self, outcome: &Result<(), Error>) {
        for waiting in self.waiting.drain(..) {
            // Whoever waited may be gone.
            let _gone = waiting.send(outcome.clone());
        }
    }

    async fn read(&mut self, cluster: &Arc<ClusterInner>) -> Result<(), Error> {
        let Some(link) = cluster.control() else {
            // It was lost, and another one will have read everything.
            return Err(Error::NoControlConnection);
        };
        let outcome = self.read_from(cluster, &link).await;
        self.handle_read(&outcome, Instant::now());
        outcome
    }

    /// What is not read is still to be read; that of one kind which a server refuses is no reason not to ask for the other.
    async fn read_from(&mut self, cluster: &Arc<ClusterInner>, link: &Link) -> Result<(), Error> {
        let mut outcome = Ok(());
        if self.topology {
            match refresh_topology(cluster, link).await {
                Ok(_) => self.topology = false,
                Err(error) => {
                    tracing::warn!(%error, "cannot read the cluster's nodes");
                    if error.server_error().is_none() {
                        // What it does not tell another will: all is read again by whoever takes over.
                        link.connection.close(setup_error(&error));
                        return Err(error);
                    }
                    outcome = Err(error);
                }
            }
        }
        let mut parts = self.schema.take().into_iter();
        for part in parts.by_ref() {
            if let Err(error) = refresh_schema(cluster, link, std::slice::from_ref(&part)).await {
                tracing::warn!(%error, ?part, "cannot read the schema");
                self.schema.add(part);
                outcome = outcome.and(Err(error));
                break;
            }
        }
        parts.for_each(|part| self.schema.add(part));
        outcome
    }

    /// What could not be read is read again soon, whether anything else happens or not.
    fn handle_read(&mut self, outcome: &Result<(), Error>, now: Instant) {
        if outcome.is_ok() {
            self.failures = 0;
            return;
        }
        let pause = SECOND_READING * (1 << self.failures.min(DOUBLINGS));
        self.failures = self.failures.saturating_add(1);
        self.read_at.get_or_insert(now + pause / 2 + jittered(pause / 2));
    }

    /// Everything was read on a new control connection.
    fn handle_taken_over(&mut self) {
        (self.topology, self.read_at, self.failures) = (false, None, 0);
        let _read_too = self.schema.take();
        self.tell(&Ok(()));
    }
}

/// Makes a control connection to any host there is, trying again for as long as someone holds the cluster. Whoever wants
/// everything read meanwhile has it tried at once, and is told if it fails. False if the cluster has ended.
async fn take_over(
    cluster: &Weak<ClusterInner>,
    lost: SocketAddr,
    news: &mpsc::UnboundedSender<News>,
    inbox: &mut mpsc::UnboundedReceiver<News>,
    pending: &mut Pending,
) -> bool {
    let mut pauses = None;
    loop {
        let pause = {
            let Some(cluster) = cluster.upgrade() else { return false };
            if cluster.is_shut_down() {
                return false;
            }
            match establish_again(&cluster, lost, news).await {
                Ok(()) => {
                    pending.handle_taken_over();
                    return true;
                }
                Err(errors) => pending.tell(&Err(Error::Connect(errors))),
            }
            let pauses =
                pauses.get_or_insert_with(|| ReconnectionSchedule::of(&*cluster.config.reconnection));
            pauses.next().unwrap_or(LAST_PAUSE)
        };
        let until = tokio::time::sleep(pause);
        tokio::pin!(until);
        loop {
            tokio::select! {
                () = &mut until => break,
                received = inbox.recv() => match received {
                    None | Some(News::Stop) => return false,
                    Some(News::Refresh(waiting)) => {
                        pending.waiting.push(waiting);
                        break;
                    }
                    // Everything will be read anyhow, and there is no connection to lose.
                    Some(News::Event(_) | News::Lost(_)) => {}
                },
            }
        }
    }
}
