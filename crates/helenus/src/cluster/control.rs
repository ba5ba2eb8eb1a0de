//! The control connection: one connection on which the cluster is watched. Here is how it is made and what is read on it;
//! [`watch`](super::watch) keeps it.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus_protocol::ProtocolVersion;
use helenus_protocol::connection::handshake::HandshakeError;
use helenus_protocol::request::EventType;
use helenus_protocol::response::{Event, SchemaChange};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::link::Link;
use super::watch::News;
use super::{ClusterInner, Host, HostFacts, contact, topology};
use crate::connection::config::ConnectionConfig;
use crate::connection::endpoint::Endpoint;
use crate::connection::open::open;
use crate::connection::{Connection, Owner};
use crate::error::{ConnectionError, Error};
use crate::later::later;
use crate::schema::read::Depth;
use crate::schema::{self, SchemaPart};

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

/// The same where one was `lost`: with the hosts that are known, and only if none of them takes one with the contact points,
/// whose names may mean others by now. Names are not looked up before: that may take long just when the network is ill.
pub(crate) async fn establish_again(
    cluster: &Arc<ClusterInner>,
    lost: SocketAddr,
    news: &mpsc::UnboundedSender<News>,
) -> Result<(), Vec<(SocketAddr, ConnectionError)>> {
    let known = cluster.endpoints_by_preference(lost);
    let Err(mut errors) = establish(cluster, known.iter().cloned(), news).await else { return Ok(()) };
    let points = match contact::resolve(&cluster.config).await {
        Ok(points) => points,
        Err(error) => {
            tracing::warn!(%error, "the contact points cannot be resolved again");
            return Err(errors);
        }
    };
    let others = points.into_iter().filter(|point| !known.contains(point));
    establish(cluster, others, news).await.map_err(|more| {
        errors.extend(more);
        errors
    })
}

async fn establish_at(
    cluster: &Arc<ClusterInner>,
    endpoint: &Endpoint,
    news: &mpsc::UnboundedSender<News>,
) -> Result<(), ConnectionError> {
    let connection = open_negotiating(cluster, endpoint, news).await?;
    let host = endpoint
        .host_in(&cluster.snapshot())
        .unwrap_or_else(|| Arc::new(Host::new(HostFacts::new(Uuid::nil(), endpoint.address()))));
    let link = Link { host, connection: Arc::clone(&connection) };
    let prepared = async {
        let timeout = cluster.config.control_timeout;
        let events = [EventType::TopologyChange, EventType::StatusChange, EventType::SchemaChange];
        link.register(&events, timeout).await?;
        cluster.set_version(connection.ready().version);
        let own = refresh_topology(cluster, &link).await?;
        refresh_schema(cluster, &link, &[SchemaPart::Everything]).await?;
        Ok(own)
    };
    match prepared.await {
        Ok(own) => {
            let host = own.and_then(|own| cluster.snapshot().host(own).cloned()).unwrap_or(link.host);
            cluster.set_control(Some(Link { host, connection }));
            Ok(())
        }
        Err(error) => {
            let error = setup_error(&error);
            connection.close(error.clone());
            Err(error)
        }
    }
}

/// Why a control connection that was opened is of no use.
pub(super) fn setup_error(error: &Error) -> ConnectionError {
    ConnectionError::Setup(error.to_string().into())
}

/// Reads who is in the cluster. Gives the id of the host that was asked, where it told.
pub(crate) async fn refresh_topology(
    cluster: &Arc<ClusterInner>,
    link: &Link,
) -> Result<Option<Uuid>, Error> {
    let config = &cluster.config;
    let translator = &config.address_translation;
    let found =
        topology::read(link, config.port, translator, config.proxy.is_some(), config.control_timeout).await?;
    let own = found.own;
    cluster.apply_topology(found).await;
    cluster.counters.topology_refreshes.one();
    Ok(own)
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
        cluster.counters.schema_refreshes.one();
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
    let until = later(Instant::now(), patience);
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

/// What the session does after its statement has changed the schema: agreement, then what changed is read.
///
/// It is the node that made the change which is asked whether the others have followed. Any other, that of the control
/// connection too, may not have heard of the change yet, and sees nothing but agreement on what was before.
/// Once it is `given_up` nobody is asked any more, and what changed is read all the same.
pub(crate) async fn settle(
    cluster: &Arc<ClusterInner>,
    change: &SchemaChange,
    coordinator: Option<Link>,
    given_up: impl Future<Output = ()>,
) -> bool {
    let Some(link) = cluster.control() else { return false };
    let asked = coordinator.as_ref().unwrap_or(&link);
    let agreed = tokio::select! {
        agreed = await_agreement(cluster, asked, cluster.config.max_schema_agreement_wait) => agreed,
        () = given_up => false,
    };
    if let Err(error) = refresh_schema(cluster, &link, &[SchemaPart::of(change)]).await {
        tracing::warn!(%error, ?change, "cannot read the schema after it was changed");
    }
    agreed
}
