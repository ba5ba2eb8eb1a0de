//! Why a connection could not be opened, or ended.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use helenus_protocol::ProtocolViolation;
use helenus_protocol::connection::handshake::HandshakeError;
use helenus_protocol::response::ServerError;

/// Why a connection [was closed](ConnectionError::Closed), or was never opened, whose runtime is gone.
pub(crate) const RUNTIME_ENDED: &str = "its runtime has ended";

/// Why a connection could not be opened, or ended.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectionError {
    /// The operating system or the network.
    #[error("{0}")]
    Io(Arc<io::Error>),
    /// The TLS handshake or a TLS record.
    #[error("TLS: {0}")]
    Tls(Arc<str>),
    /// It was not open within the connect timeout.
    #[error("no connection within {0:?}")]
    ConnectTimeout(Duration),
    /// The server closed it.
    #[error("the server closed the connection")]
    ClosedByServer,
    /// We closed it: a pool that shuts down, a session that ends.
    #[error("the connection was closed: {0}")]
    Closed(&'static str),
    /// A heartbeat was not answered.
    #[error("no answer to a heartbeat within {0:?}")]
    HeartbeatLost(Duration),
    /// The server broke the protocol.
    #[error(transparent)]
    Protocol(#[from] ProtocolViolation),
    /// The server could not read what reached it, and said so in these words: bytes of some request on the connection were
    /// damaged on the way.
    #[error("bytes of a request were damaged on the way to the server, which says: {0}")]
    Damaged(Arc<str>),
    /// The handshake failed.
    #[error(transparent)]
    Handshake(Arc<HandshakeError>),
    /// It was opened, but what is asked on it first was not answered well.
    #[error("{0}")]
    Setup(Arc<str>),
    /// The server wants credentials and none were given, or asks by an authenticator that ours does not serve.
    #[error("authentication: {0}")]
    Authentication(Arc<str>),
}

impl From<io::Error> for ConnectionError {
    fn from(error: io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

impl From<HandshakeError> for ConnectionError {
    fn from(error: HandshakeError) -> Self {
        match error {
            HandshakeError::Violation(violation) => Self::Protocol(violation),
            other => Self::Handshake(Arc::new(other)),
        }
    }
}

impl ConnectionError {
    /// Whether the server refused the credentials, or none could be given to it.
    #[must_use]
    pub fn is_authentication(&self) -> bool {
        match self {
            Self::Authentication(_) => true,
            Self::Handshake(error) => match &**error {
                HandshakeError::Server(error) => matches!(error, ServerError::AuthenticationError { .. }),
                HandshakeError::NotAuthenticated | HandshakeError::TooManyChallenges => true,
                _ => false,
            },
            _ => false,
        }
    }
}
