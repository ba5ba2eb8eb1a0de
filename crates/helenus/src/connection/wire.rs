//! The socket as long as the handshake lasts: TLS first, then the protocol's messages, one after another.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use helenus_protocol::ProtocolVersion;
use helenus_protocol::connection::Receiver;
use helenus_protocol::connection::handshake::{self, Ready, Step, Wanted};
use helenus_protocol::response::Response;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use zeroize::Zeroizing;

use super::config::ConnectionConfig;
use super::dial::{connect_tcp, connect_to_any, connect_unix};
use super::endpoint::Endpoint;
use super::login::{Login, Round};
use super::transport::{Cipher, Socket, register};
use crate::error::ConnectionError;

/// A socket on which one thing happens after another, as long as the handshake lasts.
pub(super) struct Wire {
    pub(super) fd: AsyncFd<Arc<Socket>>,
    pub(super) cipher: Option<Box<dyn Cipher>>,
    pub(super) receiver: Receiver,
    /// Whether the server has said anything yet.
    heard: bool,
}

impl Wire {
    /// Dials, and runs the TLS handshake where there is to be TLS.
    pub(super) async fn connect(
        endpoint: &Endpoint,
        version: ProtocolVersion,
        config: &ConnectionConfig,
    ) -> Result<Self, ConnectionError> {
        let socket = match endpoint {
            Endpoint::Tcp { address, .. } => Socket::Tcp(connect_tcp(*address, config).await?),
            Endpoint::Proxied { proxy: (name, port), .. } => {
                Socket::Tcp(connect_to_any(name, *port, config).await?)
            }
            Endpoint::Unix { path, .. } => Socket::Unix(connect_unix(path).await?),
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

    /// The protocol's handshake, to its end.
    pub(super) async fn handshake(
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
                Step::Ready(ready) => {
                    if config.auth.is_some() {
                        tracing::warn!(%address, "an authentication challenge was not sent, though there are credentials");
                    }
                    return Ok(ready);
                }
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
