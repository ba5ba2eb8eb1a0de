//! Opens a connection: the socket, TLS, and the handshake with a version that both sides speak.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use helenus_protocol::ProtocolVersion;
use helenus_protocol::compression::Compression;
use helenus_protocol::connection::handshake::{self, CompressionChoice, Ready, Step, Wanted};
use helenus_protocol::connection::{Heartbeat, MAX_STREAMS, Outgoing, Receiver, Sender};
use helenus_protocol::response::Response;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::{TcpSocket, UnixStream};
use zeroize::Zeroizing;

use super::driver::Driver;
use super::login::{Login, Round};
use super::pump::{Reading, Writing};
use super::silence::Silence;
use super::transport::{Cipher, CipherFactory, Socket, register};
use super::turn::Turn;
use super::{Connection, Owner, SERIAL};
use crate::auth::AuthProvider;
use crate::cluster::{Host, Snapshot};
use crate::error::ConnectionError;
use crate::metrics::TrafficCounters;
use crate::sync::{AtomicU8, AtomicUsize, AtomicWaker, Mutex, OnceLock};

/// Where a connection goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    /// An address, and the name that a certificate must hold and SNI says (the address itself if `None`).
    Tcp { address: SocketAddr, name: Option<Arc<str>> },
    /// A node behind a proxy, which knows it by the name that SNI says; the node's own address, where it is known.
    #[cfg_attr(not(feature = "cloud"), allow(dead_code))]
    Proxied { proxy: (Arc<str>, u16), name: Arc<str>, address: Option<SocketAddr> },
    /// A Unix-domain socket; the address stands for it in the cluster's snapshot.
    Unix { path: PathBuf, address: SocketAddr },
}

impl Endpoint {
    /// Whom errors name, and what the cluster's snapshot knows the node by.
    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Self::Tcp { address, .. } | Self::Unix { address, .. } => *address,
            Self::Proxied { address: Some(address), .. } => *address,
            Self::Proxied { proxy: (name, port), .. } => {
                SocketAddr::new(name.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), *port)
            }
        }
    }

    /// The host that it leads to, if the snapshot has it.
    pub(crate) fn host_in(&self, snapshot: &Snapshot) -> Option<Arc<Host>> {
        match self {
            Self::Proxied { name, .. } => snapshot.host(name.parse().ok()?).cloned(),
            Self::Tcp { address, .. } | Self::Unix { address, .. } => snapshot.host_at(*address).cloned(),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Tcp { name: Some(name), .. } | Self::Proxied { name, .. } => name.to_string(),
            other => other.address().ip().to_string(),
        }
    }
}

/// An option to set on each socket before it connects: level, name, value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketOption {
    /// The level, such as `SOL_SOCKET`.
    pub level: i32,
    /// The option's number.
    pub name: i32,
    /// The value's bytes, as the operating system wants them.
    pub value: Vec<u8>,
}

/// What all connections of a cluster have in common.
#[derive(Debug, Clone)]
pub struct ConnectionConfig {
    /// Which compression to ask for. Off by default: it costs more than it saves on a fast network.
    pub compression: CompressionChoice,
    /// `CQL_VERSION` of STARTUP; by default what the server names.
    pub cql_version: Option<String>,
    /// Sent with STARTUP: what the application calls itself.
    pub startup_options: Vec<(String, String)>,
    /// Who answers the server's wish for credentials.
    pub auth: Option<Arc<dyn AuthProvider>>,
    /// Refuses a server that asks for no credentials: it may not be the one that was meant. Off by default, since
    /// clusters have authentication switched on and off while they run.
    pub require_authentication: bool,
    /// What encrypts; `None`: nothing does.
    pub tls: Option<Arc<dyn CipherFactory>>,
    /// How long connecting may take, TLS and the handshake included: 5 s.
    pub connect_timeout: Duration,
    /// After how much silence an idle connection is asked for a sign of life: 30 s. `None`: never. Less than 10 ms is refused
    /// with [`Error::Configuration`](crate::Error::Configuration).
    pub heartbeat_interval: Option<Duration>,
    /// How long that sign may take before the connection is taken for dead: 30 s, and no less than 10 ms.
    pub heartbeat_timeout: Duration,
    /// After how much silence of a host that owes answers others are asked before it, until it is heard of again: 2 s.
    /// `None`: never. Nothing is closed for that. Less than 10 ms is refused.
    pub set_aside_after: Option<Duration>,
    /// How many requests may be in flight on one connection: 32,768, as many as there are stream ids.
    pub max_in_flight: usize,
    /// How many bytes of requests may wait to be written on one connection: 8 MiB, which a fast network takes in some ten
    /// milliseconds. What is more waits in the session's queue. A request that is larger by itself is taken where none
    /// other waits.
    pub max_unsent_bytes: usize,
    /// The longest answer that is taken, in bytes: 256 MiB, as the protocol says.
    pub max_body: usize,
    /// `TCP_NODELAY`: on, since requests are small and wait for their answers.
    pub tcp_nodelay: bool,
    /// Options to set on each socket before it connects.
    pub socket_options: Vec<SocketOption>,
    /// What all of them come to.
    pub(crate) traffic: Arc<TrafficCounters>,
}

impl Default for ConnectionConfig {
    fn default() -> Self {
        Self {
            compression: CompressionChoice::Off,
            cql_version: None,
            startup_options: Vec::new(),
            auth: None,
            require_authentication: false,
            tls: None,
            connect_timeout: Duration::from_secs(5),
            heartbeat_interval: Some(Duration::from_secs(30)),
            heartbeat_timeout: Duration::from_secs(30),
            set_aside_after: Some(Duration::from_secs(2)),
            max_in_flight: MAX_STREAMS,
            max_unsent_bytes: 8 * 1024 * 1024,
            max_body: helenus_protocol::envelope::MAX_BODY_LENGTH,
            tcp_nodelay: true,
            socket_options: Vec::new(),
            traffic: Arc::default(),
        }
    }
}

/// Opens a connection in `version` on the current runtime, whose I/O task runs there, and gives it to `owner`.
pub(crate) async fn open(
    endpoint: &Endpoint,
    version: ProtocolVersion,
    config: &ConnectionConfig,
    owner: Arc<dyn Owner>,
) -> Result<Arc<Connection>, ConnectionError> {
    let timeout = config.connect_timeout;
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
    let lends = config.tls.as_ref().is_none_or(|tls| !tls.may_block());
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
        ended: OnceLock::new(),
        owner,
        traffic: Arc::clone(&config.traffic),
    })
}

const fn segment_compression(ready: &Ready) -> Option<Compression> {
    if ready.version.has_segments() { ready.compression } else { None }
}

/// A socket on which one thing happens after another, as long as the handshake lasts.
struct Wire {
    fd: AsyncFd<Arc<Socket>>,
    cipher: Option<Box<dyn Cipher>>,
    receiver: Receiver,
    /// Whether the server has said anything yet.
    heard: bool,
}

impl Wire {
    async fn connect(
        endpoint: &Endpoint,
        version: ProtocolVersion,
        config: &ConnectionConfig,
    ) -> Result<Self, ConnectionError> {
        let socket = match endpoint {
            Endpoint::Tcp { address, .. } => Socket::Tcp(connect_tcp(*address, config).await?),
            Endpoint::Proxied { proxy: (name, port), .. } => {
                Socket::Tcp(connect_to_any(name, *port, config).await?)
            }
            Endpoint::Unix { path, .. } => Socket::Unix(UnixStream::connect(path).await?.into_std()?),
        };
        let cipher = match &config.tls {
            None => None,
            Some(tls) => {
                Some(tls.cipher(&endpoint.name()).map_err(|error| ConnectionError::Tls(error.0.into()))?)
            }
        };
        let fd = register(Arc::new(socket), Interest::READABLE | Interest::WRITABLE)?;
        let mut wire = Self { fd, cipher, receiver: Receiver::new(version, config.max_body), heard: false };
        wire.secure().await?;
        Ok(wire)
    }

    async fn handshake(
        &mut self,
        address: SocketAddr,
        version: ProtocolVersion,
        config: &ConnectionConfig,
    ) -> Result<Ready, ConnectionError> {
        let wanted = Wanted {
            version,
            compression: config.compression.clone(),
            cql_version: config.cql_version.clone(),
            options: config.startup_options.clone(),
            require_authentication: config.require_authentication,
        };
        let options = handshake::begin(wanted)?;
        self.write(&options.bytes).await?;
        let startup = options.then.handle(self.response(version).await?)?;
        self.receiver.set_compression(startup.then.compression());
        self.write(&startup.bytes).await?;
        let first = self.response(version).await?;
        let mut step = startup.then.handle(first)?;
        self.receiver.settle();
        let mut login = Login::new(config.auth.clone(), address);
        loop {
            match step {
                Step::Ready(ready) => return Ok(ready),
                Step::Authenticated { ready, token } => {
                    let class = ready.authenticator.clone().unwrap_or_default();
                    login.perform(&class, Round::Last(token)).await?;
                    return Ok(ready);
                }
                Step::Challenged { authenticator: class, challenge, then } => {
                    let round = challenge.map_or(Round::First, Round::Next);
                    let answer = then.respond(login.perform(&class, round).await?)?;
                    let bytes = Zeroizing::new(answer.bytes);
                    self.write(&bytes).await?;
                    step = answer.then.handle(self.response(version).await?)?;
                }
            }
        }
    }

    async fn response(&mut self, version: ProtocolVersion) -> Result<Response, ConnectionError> {
        loop {
            if let Some(envelope) = self.receiver.poll_envelope()? {
                let header = envelope.header;
                let response = Response::decode(version, header.flags, header.opcode, &envelope.body)
                    .map_err(helenus_protocol::ProtocolViolation::Decode)?;
                return Ok(response);
            }
            self.read().await?;
        }
    }

    /// Runs the TLS handshake to its end: nothing of ours is sent before the peer is known.
    async fn secure(&mut self) -> Result<(), ConnectionError> {
        while self.cipher.as_ref().is_some_and(|cipher| cipher.is_handshaking()) {
            self.write(&[]).await?;
            if self.cipher.as_ref().is_some_and(|cipher| cipher.is_handshaking()) {
                self.read().await?;
            }
        }
        self.write(&[]).await
    }

    async fn read(&mut self) -> Result<(), ConnectionError> {
        let mut buffer = vec![0; 16 * 1024];
        let count = loop {
            let mut guard = self.fd.readable().await?;
            match self.fd.get_ref().read(&mut buffer) {
                Ok(0) => return Err(self.ended()),
                Ok(count) => break count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => guard.clear_ready(),
                Err(error) => return Err(self.broken(error)),
            }
        };
        let is_first = !std::mem::replace(&mut self.heard, true);
        let Some(cipher) = &mut self.cipher else {
            // An alert of TLS: no version of ours begins with this byte.
            if is_first && buffer[..count].starts_with(&[0x15, 0x03]) {
                return Err(ConnectionError::Tls("the server speaks TLS, and none was configured".into()));
            }
            self.receiver.handle_bytes(&buffer[..count]);
            return Ok(());
        };
        let mut plaintext = Vec::new();
        let opened = cipher.open(&buffer[..count], &mut plaintext);
        self.receiver.handle_bytes(&plaintext);
        match opened {
            Ok(false) => Ok(()),
            Ok(true) => Err(ConnectionError::ClosedByServer),
            Err(error) => {
                // The alert that says why is worth a try; the error is what counts.
                let _alert_sent = self.write(&[]).await;
                Err(ConnectionError::Tls(error.0.into()))
            }
        }
    }

    /// The socket takes and gives nothing any more. What the server said before may tell why: an alert of TLS for one, which
    /// lies unread where it closed while we were writing.
    fn broken(&mut self, error: io::Error) -> ConnectionError {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
        if !matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset) {
            return error.into();
        }
        if let Some(cipher) = &mut self.cipher {
            let (mut buffer, mut plaintext) = (vec![0; 16 * 1024], Vec::new());
            while let Ok(count @ 1..) = self.fd.get_ref().read(&mut buffer) {
                if let Err(error) = cipher.open(&buffer[..count], &mut plaintext) {
                    return ConnectionError::Tls(error.0.into());
                }
            }
        } else if self.heard {
            return error.into();
        }
        self.ended()
    }

    /// What it means that the server has closed the socket now.
    fn ended(&mut self) -> ConnectionError {
        match &mut self.cipher {
            Some(cipher) => ConnectionError::Tls(cipher.handle_end().0.into()),
            None if self.heard => ConnectionError::ClosedByServer,
            None => ConnectionError::Setup(
                "the server closed the connection without a word: it may want TLS".into(),
            ),
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), ConnectionError> {
        let ciphertext;
        let mut rest = bytes;
        if let Some(cipher) = &mut self.cipher {
            let mut out = Vec::new();
            let sealed = if bytes.is_empty() { Ok(()) } else { cipher.seal(bytes) };
            sealed
                .and_then(|()| cipher.take_output(&mut out))
                .map_err(|e| ConnectionError::Tls(e.0.into()))?;
            ciphertext = out;
            rest = &ciphertext;
        }
        while !rest.is_empty() {
            let mut guard = self.fd.writable().await?;
            match self.fd.get_ref().write(rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => guard.clear_ready(),
                Err(error) => return Err(self.broken(error)),
            }
        }
        Ok(())
    }
}

async fn connect_tcp(
    address: SocketAddr,
    config: &ConnectionConfig,
) -> Result<std::net::TcpStream, ConnectionError> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    for option in &config.socket_options {
        set_option(&socket, option)?;
    }
    socket.set_keepalive(true)?;
    let stream = socket.connect(address).await?;
    stream.set_nodelay(config.tcp_nodelay)?;
    Ok(stream.into_std()?)
}

/// Connects to any of the addresses that `name` has now: proxies come and go behind a name.
async fn connect_to_any(
    name: &str,
    port: u16,
    config: &ConnectionConfig,
) -> Result<std::net::TcpStream, ConnectionError> {
    let mut addresses: Vec<SocketAddr> = tokio::net::lookup_host((name, port)).await?.collect();
    fastrand::shuffle(&mut addresses);
    let mut last = io::Error::new(io::ErrorKind::NotFound, format!("{name} has no address")).into();
    for address in addresses {
        match connect_tcp(address, config).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Sets the options that this driver knows by number; another is an error, not a silence.
fn set_option(socket: &TcpSocket, option: &SocketOption) -> Result<(), ConnectionError> {
    let socket = socket2::SockRef::from(socket);
    let number = match option.value.as_slice() {
        [a, b, c, d] => i32::from_ne_bytes([*a, *b, *c, *d]),
        _ => return Err(unknown_option(option)),
    };
    let size = usize::try_from(number).unwrap_or(0);
    match (option.level, option.name) {
        (libc_names::SOL_SOCKET, libc_names::SO_KEEPALIVE) => socket.set_keepalive(number != 0)?,
        (libc_names::SOL_SOCKET, libc_names::SO_RCVBUF) => socket.set_recv_buffer_size(size)?,
        (libc_names::SOL_SOCKET, libc_names::SO_SNDBUF) => socket.set_send_buffer_size(size)?,
        (libc_names::SOL_SOCKET, libc_names::SO_REUSEADDR) => socket.set_reuse_address(number != 0)?,
        (libc_names::IPPROTO_TCP, libc_names::TCP_NODELAY) => socket.set_tcp_nodelay(number != 0)?,
        (libc_names::IPPROTO_TCP, libc_names::TCP_KEEPIDLE) => {
            let idle = Duration::from_secs(u64::try_from(number).unwrap_or(0));
            socket.set_tcp_keepalive(&socket2::TcpKeepalive::new().with_time(idle))?;
        }
        (libc_names::IPPROTO_TCP, libc_names::TCP_KEEPINTVL) => {
            let interval = Duration::from_secs(u64::try_from(number).unwrap_or(0));
            socket.set_tcp_keepalive(&socket2::TcpKeepalive::new().with_interval(interval))?;
        }
        (libc_names::IPPROTO_TCP, libc_names::TCP_KEEPCNT) => {
            let retries = u32::try_from(number).unwrap_or(0);
            socket.set_tcp_keepalive(&socket2::TcpKeepalive::new().with_retries(retries))?;
        }
        _ => return Err(unknown_option(option)),
    }
    Ok(())
}

fn unknown_option(option: &SocketOption) -> ConnectionError {
    let message = format!("socket option {} of level {} is not supported", option.name, option.level);
    io::Error::new(io::ErrorKind::Unsupported, message).into()
}

/// The numbers of Linux; `sockopts` come as numbers from the Python door.
mod libc_names {
    pub(super) const SOL_SOCKET: i32 = 1;
    pub(super) const SO_REUSEADDR: i32 = 2;
    pub(super) const SO_SNDBUF: i32 = 7;
    pub(super) const SO_RCVBUF: i32 = 8;
    pub(super) const SO_KEEPALIVE: i32 = 9;
    pub(super) const IPPROTO_TCP: i32 = 6;
    pub(super) const TCP_NODELAY: i32 = 1;
    pub(super) const TCP_KEEPIDLE: i32 = 4;
    pub(super) const TCP_KEEPINTVL: i32 = 5;
    pub(super) const TCP_KEEPCNT: i32 = 6;
}
