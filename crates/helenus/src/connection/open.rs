//! Opens a connection: the socket, TLS, and the handshake with a version that both sides speak.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use helenus_protocol::ProtocolVersion;
use helenus_protocol::compression::Compression;
use helenus_protocol::connection::handshake::Ready;
use helenus_protocol::connection::{Heartbeat, Outgoing, Receiver, Sender};

use super::config::ConnectionConfig;
use super::driver::Driver;
use super::endpoint::Endpoint;
use super::pump::{Reading, Writing};
use super::silence::Silence;
use super::transport::{Cipher, Socket};
use super::turn::Turn;
use super::wire::Wire;
use super::{Connection, Owner, SERIAL};
use crate::error::ConnectionError;
use crate::sync::{AtomicU8, AtomicUsize, AtomicWaker, Mutex, OnceLock};

/// Opens a connection in `version` on the current runtime, whose I/O task runs there, and gives it to `owner`.
pub(crate) async fn open(
    endpoint: &Endpoint,
    version: ProtocolVersion,
    config: &ConnectionConfig,
    owner: Arc<dyn Owner>,
) -> Result<Arc<Connection>, ConnectionError> {
    let timeout = config.connect_limit();
    let opened = tokio::time::timeout(timeout, async {
        let mut wire = Wire::connect(endpoint, version, config).await?;
        let ready = wire.handshake(endpoint.address(), version, config).await?;
        Ok::<_, ConnectionError>((wire, ready))
    })
    .await
    .unwrap_or(Err(ConnectionError::ConnectTimeout(timeout)));
    match &opened {
        Ok(_) => config.traffic.opened.one(),
        Err(_) => config.traffic.not_opened.one(),
    }
    let (wire, ready) = opened?;

    let socket = Arc::clone(wire.fd.get_ref());
    let connection = assemble(endpoint.address(), ready, socket, wire.cipher, wire.receiver, config, owner);
    tracing::debug!(serial = connection.serial, address = %connection.address, version = %connection.ready.version, "connected");
    let lends = connection.callers_write;
    tokio::spawn(Driver::new(Arc::clone(&connection), wire.fd, lends).run());
    Ok(connection)
}

/// A connection whose handshake is done.
pub(super) fn assemble(
    address: SocketAddr,
    ready: Ready,
    socket: Arc<Socket>,
    cipher: Option<Box<dyn Cipher>>,
    receiver: Receiver,
    config: &ConnectionConfig,
    owner: Arc<dyn Owner>,
) -> Arc<Connection> {
    let now = Instant::now();
    let heartbeat = Heartbeat::new(config.heartbeat_interval, config.heartbeat_timeout, now);
    let silence = Silence::new(config.set_aside_after, now);
    Arc::new(Connection {
        serial: SERIAL.fetch_add(1, Ordering::Relaxed),
        address,
        socket,
        cipher: cipher.map(Mutex::new),
        callers_write: config.tls.as_ref().is_none_or(|tls| !tls.may_block()),
        sender: Mutex::new(Sender::new(ready.version, config.max_in_flight)),
        writing: Mutex::new(Writing::new(Outgoing::new(ready.version, segment_compression(&ready)))),
        reading: Mutex::new(Reading::new(receiver, heartbeat, silence)),
        ready,
        task: AtomicWaker::new(),
        signals: AtomicU8::new(0),
        turn: Turn::new(),
        last_waiter: AtomicUsize::new(0),
        bell: OnceLock::new(),
        in_flight: AtomicUsize::new(0),
        load: owner.load().unwrap_or_default(),
        orphans: AtomicUsize::new(0),
        unsent: AtomicUsize::new(0),
        unwritten: OnceLock::new(),
        ended: OnceLock::new(),
        owner,
        traffic: Arc::clone(&config.traffic),
    })
}

const fn segment_compression(ready: &Ready) -> Option<Compression> {
    if ready.version.has_segments() { ready.compression } else { None }
}
