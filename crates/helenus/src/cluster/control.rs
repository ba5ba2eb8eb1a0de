//! The control connection: one connection on which the cluster is watched. It finds out who is there, hears of changes,
//! and moves to another host by itself when its own is lost.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use helenus_protocol::ProtocolVersion;
use helenus_protocol::connection::handshake::HandshakeError;
use helenus_protocol::request::EventType;
use helenus_protocol::response::{Event, SchemaChange, StatusChange};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::link::Link;
use super::{ClusterInner, Host, HostFacts, topology};
use crate::connection::open::{ConnectionConfig, Endpoint, open};
use crate::connection::{Connection, Owner};
use crate::error::{ConnectionError, Error};
use crate::schema::read::Depth;
use crate::schema::{self, SchemaPart, Stale};

/// Between attempts to take over where the reconnection policy has no more pauses: the cluster is not given up.
const LAST_PAUSE: Duration = Duration::from_secs(60);

/// What the control task is told.
#[derive(Debug)]
pub(crate) enum News {
    Event(Event),
    /// The control connection with this number is gone.
    Lost(usize),
    /// Read everything again and tell when it was done.
    Refresh(tokio::sync::oneshot::Sender<()>),
    /// The cluster is shut down.
    Stop,
}

struct ControlOwner(mpsc::UnboundedSender<News>);

impl Owner for ControlOwner {
    fn handle_event(&self, _connection: &Arc<Connection>, event: Event) {
        // The task is gone when the cluster is.
        let _stopped = self.0.send(News::Event(event));
    }

    fn handle_closed(&self, connection: &Arc<Connection>, _error: &ConnectionError) {
        let _stopped = self.0.send(News::Lost(connection.serial()));
    }
}

/// Opens a connection, stepping down to an older version where the server does not speak the newest and none was asked
/// for by name.
pub(crate) async fn open_negotiating(
    cluster: &ClusterInner,
    endpoint: &Endpoint,
    news: &mpsc::UnboundedSender<News>,
) -> Result<Arc<Connection>, ConnectionError> {
    // How much a program may ask of a connection is no matter of ours: the schema is many questions at once.
    let config = ConnectionConfig {
        max_in_flight: ConnectionConfig::default().max_in_flight,
        ..cluster.config.connection.clone()
    };
    let pinned = cluster.config.protocol_version.or_else(|| cluster.version());
    let mut version = pinned.unwrap_or(ProtocolVersion::LATEST);
    loop {
        let owner: Arc<dyn Owner> = Arc::new(ControlOwner(news.clone()));
        match open(endpoint, version, &config, owner).await {
            Err(ConnectionError::Handshake(error)) if pinned.is_none() => {
                let older = version.older();
                match (&*error, older) {
                    (
                        HandshakeError::VersionRefused { .. } | HandshakeError::Compression { .. },
                        Some(older),
                    ) => {
                        tracing::info!(%version, %older, "the server does not take the version; trying an older one");
                        version = older;
                    }
                    _ => return Err(ConnectionError::Handshake(error)),
                }
            }
            other => return other,
        }
    }
}

/// Makes a control connection to the first endpoint that takes one, and reads the cluster from it.
pub(crate) async fn establish(
    cluster: &Arc<ClusterInner>,
    endpoints: impl IntoIterator<Item = Endpoint>,
    news: &mpsc::UnboundedSender<News>,
) -> Result<(), Vec<(SocketAddr, ConnectionError)>> {
    let mut errors = Vec::new();
    for endpoint in endpoints {
        match establish_at(cluster, &endpoint, news).await {
            Ok(()) => return Ok(()),
            Err(error) => {
                tracing::warn!(address = %endpoint.address(), %error, "no control connection");
                errors.push((endpoint.address(), error));
            }
        }
    }
    Err(errors)
}

async fn establish_at(
    cluster: &Arc<ClusterInner>,
    endpoint: &Endpoint,
    news: &mpsc::UnboundedSender<News>,
) -> Result<(), ConnectionError> {
    let connection = open_negotiating(cluster, endpoint, news).await?;
    let host = cluster
        .snapshot()
        .host_at(endpoint.address())
        .cloned()
        .unwrap_or_else(|| Arc::new(Host::new(HostFacts::new(Uuid::nil(), endpoint.address()))));
    let link = Link { host, connection: Arc::clone(&connection) };
    let prepared = async {
        let timeout = cluster.config.control_timeout;
        let events = [EventType::TopologyChange, EventType::StatusChange, EventType::SchemaChange];
        link.register(&events, timeout).await?;
        cluster.set_version(connection.ready().version);
        refresh_topology(cluster, &link).await?;
        refresh_schema(cluster, &link, &[SchemaPart::Everything]).await
    };
    if let Err(error) = prepared.await {
        let error = match error {
            Error::Request(failure) => ConnectionError::Setup(failure.to_string().into()),
            other => ConnectionError::Setup(other.to_string().into()),
        };
        connection.close(error.clone());
        return Err(error);
    }
    let host = cluster.snapshot().host_at(endpoint.address()).cloned().unwrap_or(link.host);
    cluster.set_control(Some(Link { host, connection }));
    Ok(())
}

pub(crate) async fn refresh_topology(cluster: &Arc<ClusterInner>, link: &Link) -> Result<(), Error> {
    let config = &cluster.config;
    let translator = &*config.address_translation;
    let found = topology::read(link, config.port, translator, config.control_timeout).await?;
    cluster.apply_topology(found).await;
    Ok(())
}

/// Reads parts of the schema again, one after another: what one request changed is not read as it was before by another.
pub(crate) async fn refresh_schema(
    cluster: &ClusterInner,
    link: &Link,
    parts: &[SchemaPart],
) -> Result<(), Error> {
    let config = &cluster.config;
    let depth = match (config.schema_metadata, config.token_metadata) {
        (true, _) => Depth::All,
        (false, true) => Depth::Keyspaces,
        (false, false) => return Ok(()),
    };
    let _reading = cluster.reading_schema.lock().await;
    for part in parts {
        let before = Arc::clone(cluster.snapshot().schema());
        cluster
            .apply_schema(schema::read::read(link, config.control_timeout, &before, part, depth).await?)
            .await;
    }
    Ok(())
}

/// Between two looks at the nodes' schema versions.
const AGREEMENT_PAUSE: Duration = Duration::from_millis(200);

/// Waits until all nodes that are up have one schema version, at most `patience`. Without patience nobody is asked, and
/// nothing is known against their agreeing.
pub(crate) async fn await_agreement(cluster: &ClusterInner, link: &Link, patience: Duration) -> bool {
    if patience.is_zero() {
        return true;
    }
    let until = Instant::now() + patience;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || link.connection.ended().is_some() {
            return false;
        }
        match schema_versions(cluster, link, left).await {
            Ok(versions) if versions.len() <= 1 => return true,
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "cannot read the nodes' schema versions"),
        }
        let left = until.saturating_duration_since(Instant::now());
        tokio::time::sleep(AGREEMENT_PAUSE.min(left)).await;
    }
}

/// The versions of the nodes that are up, within `patience`: a node that does not answer must not take longer.
async fn schema_versions(
    cluster: &ClusterInner,
    link: &Link,
    patience: Duration,
) -> Result<HashSet<Uuid>, Error> {
    let timeout = cluster.config.control_timeout.min(patience);
    let (local, peers) = tokio::try_join!(
        link.query("SELECT schema_version FROM system.local WHERE key='local'", timeout),
        link.query("SELECT host_id, schema_version FROM system.peers", timeout),
    )?;
    let snapshot = cluster.snapshot();
    let mut versions: HashSet<Uuid> = local.rows().filter_map(|row| row.get("schema_version")).collect();
    for row in peers.rows() {
        let up = row.get::<Uuid>("host_id").and_then(|id| snapshot.host(id)).is_some_and(|host| host.is_up());
        if up {
            versions.extend(row.get::<Uuid>("schema_version"));
        }
    }
    Ok(versions)
}

/// The task that watches. It ends with the cluster.
pub(crate) async fn watch(
    cluster: Weak<ClusterInner>,
    news: mpsc::UnboundedSender<News>,
    mut inbox: mpsc::UnboundedReceiver<News>,
) {
    let mut pending = Pending::default();
    loop {
        let next = match pending.due {
            Some(due) => tokio::select! {
                received = inbox.recv() => received,
                () = tokio::time::sleep_until(due.into()) => {
                    let Some(cluster) = cluster.upgrade() else { return };
                    pending.run(&cluster).await;
                    continue;
                }
            },
            None => inbox.recv().await,
        };
        let Some(cluster) = cluster.upgrade() else { return };
        match next {
            None | Some(News::Stop) => return,
            Some(News::Event(event)) => pending.handle_event(&cluster, &event),
            Some(News::Refresh(done)) => {
                pending.topology = true;
                pending.schema.add(SchemaPart::Everything);
                pending.waiting.push(done);
                pending.due = Some(Instant::now());
            }
            Some(News::Lost(serial)) => {
                if cluster.control().is_some_and(|link| link.connection.serial() == serial) {
                    cluster.set_control(None);
                    let weak = Arc::downgrade(&cluster);
                    drop(cluster);
                    take_over(weak, &news).await;
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
    due: Option<Instant>,
    waiting: Vec<tokio::sync::oneshot::Sender<()>>,
}

impl Pending {
    fn handle_event(&mut self, cluster: &Arc<ClusterInner>, event: &Event) {
        tracing::debug!(?event, "event");
        let window = match event {
            Event::TopologyChange { .. } => {
                self.topology = true;
                cluster.config.topology_refresh_window
            }
            Event::StatusChange { status, address } => {
                // Events may lie: they only make us look sooner.
                match cluster.snapshot().host_named_in_event(*address) {
                    Some(host) if *status == StatusChange::Up => cluster.host_may_be_up(host),
                    Some(_) => {}
                    None => self.topology = true,
                }
                cluster.config.topology_refresh_window
            }
            Event::SchemaChange(change) => {
                self.schema.add(SchemaPart::of(change));
                cluster.config.schema_refresh_window
            }
        };
        if self.topology || !self.schema.is_empty() {
            // The first event opens the window; later ones do not move it.
            self.due.get_or_insert_with(|| Instant::now() + jittered(window));
        }
    }

    async fn run(&mut self, cluster: &Arc<ClusterInner>) {
        self.due = None;
        let Some(link) = cluster.control() else { return };
        if std::mem::take(&mut self.topology)
            && let Err(error) = refresh_topology(cluster, &link).await
        {
            tracing::warn!(%error, "cannot read the cluster's nodes");
        }
        if let Err(error) = refresh_schema(cluster, &link, &self.schema.take()).await {
            tracing::warn!(%error, "cannot read the schema");
        }
        for done in self.waiting.drain(..) {
            // Whoever waited may be gone.
            let _gone = done.send(());
        }
    }
}

/// Many clients hear the same event at the same time; they should not all ask at the same time.
fn jittered(window: Duration) -> Duration {
    window.mul_f64(fastrand::f64())
}

/// Makes a control connection to any host there is, trying again for as long as someone holds the cluster.
async fn take_over(cluster: Weak<ClusterInner>, news: &mpsc::UnboundedSender<News>) {
    let mut pauses = None;
    loop {
        let pause = {
            let Some(cluster) = cluster.upgrade() else { return };
            let endpoints = cluster.endpoints_by_preference().await;
            if cluster.is_shut_down() || establish(&cluster, endpoints, news).await.is_ok() {
                return;
            }
            let pauses = pauses.get_or_insert_with(|| cluster.config.reconnection.schedule());
            pauses.next().unwrap_or(LAST_PAUSE)
        };
        tokio::time::sleep(pause).await;
    }
}

/// What the session does after its statement has changed the schema: agreement, then what changed is read.
pub(crate) async fn settle(cluster: &Arc<ClusterInner>, change: &SchemaChange) -> bool {
    let Some(link) = cluster.control() else { return false };
    let agreed = await_agreement(cluster, &link, cluster.config.max_schema_agreement_wait).await;
    if let Err(error) = refresh_schema(cluster, &link, &[SchemaPart::of(change)]).await {
        tracing::warn!(%error, ?change, "cannot read the schema after it was changed");
    }
    agreed
}
