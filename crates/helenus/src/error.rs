//! What can go wrong, one type per layer; the first word of each message says whose fault it is.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use helenus_protocol::connection::handshake::HandshakeError;
use helenus_protocol::response::ServerError;
use helenus_protocol::{DecodeError, EncodeError, ProtocolViolation};

use crate::cluster::Host;
use crate::observe::Flight;
use crate::policy::PolicyFailure;

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

/// Why one attempt came to nothing.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AttemptError {
    /// The host has no open connection.
    #[error("no connection to the host is open{}", .0.as_ref().map(|e| format!(": {e}")).unwrap_or_default())]
    NoConnection(Option<ConnectionError>),
    /// Every connection to the host has as many requests in flight as it may have, or as many bytes to write; or others
    /// wait for room there already.
    #[error(
        "all {connections} connections to the host are busy ({in_flight} requests in flight, {unsent} bytes to be \
         written, {waiting} requests wait for room)"
    )]
    Busy {
        /// How many connections there are.
        connections: usize,
        /// How many requests wait on them for an answer.
        in_flight: usize,
        /// How many bytes of requests the operating system has not taken yet.
        unsent: usize,
        /// How many requests wait in the session's queue for room on them.
        waiting: usize,
    },
    /// The connection ended while the request was on it.
    #[error("the connection was lost: {0}")]
    Connection(ConnectionError),
    /// The server answered with an error.
    #[error(transparent)]
    Server(Box<ServerError>),
    /// The server answered with bytes that are no message.
    #[error(transparent)]
    Decode(DecodeError),
    /// What was to be sent does not fit.
    #[error(transparent)]
    Encode(EncodeError),
}

impl AttemptError {
    /// Whether a retry policy has a say in it: all else would fail again, or is the caller's to mend.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Server(error) => matches!(
                **error,
                ServerError::ReadTimeout { .. }
                    | ServerError::WriteTimeout { .. }
                    | ServerError::Unavailable { .. }
                    | ServerError::Overloaded { .. }
                    | ServerError::IsBootstrapping { .. }
                    | ServerError::TruncateError { .. }
                    | ServerError::ServerError { .. }
            ),
            Self::Connection(_) | Self::NoConnection(_) | Self::Busy { .. } => true,
            Self::Decode(_) | Self::Encode(_) => false,
        }
    }
}

/// One attempt that came to nothing.
#[derive(Debug, Clone)]
pub struct Attempt<H = Arc<Host>> {
    /// Where it went.
    pub host: H,
    /// The number of the connection that took it, which no other connection of this process has; `None`: none did.
    pub connection: Option<usize>,
    /// What became of it.
    pub error: AttemptError,
    /// Whether its bytes may have reached the server.
    pub written: bool,
    /// How long it took.
    pub elapsed: Duration,
}

/// How full a session's queue is: the requests for which every host of their plan was busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct QueueState {
    /// How many requests wait.
    pub requests: usize,
    /// How many bytes they are.
    pub bytes: usize,
    /// How many requests may wait.
    pub max_requests: usize,
    /// How many bytes may wait.
    pub max_bytes: usize,
}

/// Why a failed attempt was final although no retry policy had decided so.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum NotRetried {
    /// The policy would have tried again, but the session's retries are bounded: see
    /// [`Config::retry_budget`](crate::Config::retry_budget).
    #[error("not tried again, since the session's retry budget is used up")]
    BudgetSpent,
    /// The retry policy could not decide: it panicked, or said so by
    /// [`RetryContext::fail`](crate::policy::RetryContext::fail).
    #[error("not tried again, since the retry policy failed: {0}")]
    PolicyFailed(PolicyFailure),
}

/// How a request failed, with every attempt in order.
#[derive(Debug, Clone)]
pub enum RequestFailure<H = Arc<Host>> {
    /// No host is left to try.
    Exhausted {
        /// What was tried; empty where there was no host at all.
        attempts: Vec<Attempt<H>>,
        /// How often the retry policy asked for one more.
        retries: u32,
    },
    /// This error is final.
    Attempt {
        /// The error of the last attempt.
        error: AttemptError,
        /// Where it went.
        host: H,
        /// All attempts, the last included.
        attempts: Vec<Attempt<H>>,
        /// Why it was not tried again, where that was not decided by the retry policy.
        not_retried: Option<NotRetried>,
    },
    /// Every host that is left was busy, and there was no room in the session's queue, or none on a connection in time.
    /// Not one byte was sent after the last attempt that says so.
    Busy {
        /// How long it waited in the queue; zero where it had no place there.
        waited: Duration,
        /// How full the queue was that had no place.
        queue: Option<QueueState>,
        /// What was tried: each host's numbers are with its attempt.
        attempts: Vec<Attempt<H>>,
    },
    /// The deadline passed.
    TimedOut {
        /// The time that the request was given.
        after: Duration,
        /// The hosts whose answers were still due, and for how long.
        waiting: Vec<(H, Duration)>,
        /// What had failed before.
        attempts: Vec<Attempt<H>>,
    },
}

impl<H: PartialEq> RequestFailure<H> {
    /// The hosts that had a part in it, each once.
    #[must_use]
    pub fn hosts(&self) -> Vec<&H> {
        let (waiting, attempts): (&[_], &[_]) = match self {
            Self::Exhausted { attempts, .. }
            | Self::Attempt { attempts, .. }
            | Self::Busy { attempts, .. } => (&[], attempts),
            Self::TimedOut { waiting, attempts, .. } => (waiting, attempts),
        };
        let all = attempts.iter().map(|attempt| &attempt.host).chain(waiting.iter().map(|(host, _)| host));
        let mut hosts: Vec<&H> = Vec::new();
        for host in all {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }
}

impl<H> RequestFailure<H> {
    /// The server's own error, where it was one that ended the request.
    #[must_use]
    pub fn server_error(&self) -> Option<&ServerError> {
        match self {
            Self::Attempt { error: AttemptError::Server(error), .. } => Some(error),
            _ => None,
        }
    }
}

fn write_attempts(f: &mut fmt::Formatter<'_>, attempts: &[Attempt]) -> fmt::Result {
    for (n, attempt) in attempts.iter().enumerate() {
        let separator = if n == 0 { ": " } else { "; " };
        write!(f, "{separator}{}", attempt.host.address())?;
        if let Some(connection) = attempt.connection {
            let sent = if attempt.written { "" } else { ", not sent" };
            write!(f, " (connection {connection}{sent})")?;
        }
        write!(f, " after {:?}: {}", attempt.elapsed, attempt.error)?;
    }
    Ok(())
}

impl fmt::Display for RequestFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exhausted { attempts, .. } if attempts.is_empty() => {
                f.write_str("no host is known to be up")
            }
            Self::Exhausted { attempts, .. } => {
                f.write_str("no host could run the request")?;
                write_attempts(f, attempts)
            }
            Self::Attempt { error, host, not_retried, .. } => {
                write!(f, "{}: {error}", host.address())?;
                not_retried.as_ref().map_or(Ok(()), |why| write!(f, "; {why}"))
            }
            Self::Busy { waited, queue, attempts } => {
                match queue {
                    Some(QueueState { requests, bytes, max_requests, max_bytes }) => write!(
                        f,
                        "every host is busy and the session's queue is full ({requests} of {max_requests} requests, \
                         {bytes} of {max_bytes} bytes)"
                    )?,
                    None => write!(f, "every host is busy, and none had room within {waited:?}")?,
                }
                write_attempts(f, attempts)
            }
            Self::TimedOut { after, waiting, attempts } => {
                write!(f, "no answer within {after:?}")?;
                for (host, waited) in waiting {
                    write!(f, "; {} has been silent for {waited:?}", host.address())?;
                }
                write_attempts(f, attempts)
            }
        }
    }
}

/// What a [`Session`](crate::Session) says when it cannot do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request failed.
    #[error("{0}")]
    Request(Box<RequestFailure>),
    /// The caller's values do not fit the statement; nothing was sent.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The answer's bytes are wrong; the connection is not harmed.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// No contact point, or no host that the load-balancing policy uses, could be connected to; with the reason for each.
    #[error("cannot connect to any contact point{}", display_contacts(.0))]
    Connect(Vec<(SocketAddr, ConnectionError)>),
    /// The caller's settings cannot be true.
    #[error("wrong setting: {0}")]
    Configuration(String),
    /// A policy of the caller's own failed before anything was sent: the one for load balancing, say, has panicked.
    #[error("nothing was sent: {0}")]
    Policy(PolicyFailure),
    /// The request failed, and this is what the flight recorder had kept of the hosts that had a part in it; where
    /// [`FlightRecorder::attach_to_errors`](crate::observe::FlightRecorder::attach_to_errors) says so.
    #[error("{0}")]
    Recorded(Box<Recorded>),
    /// The session or the cluster was shut down.
    #[error("the session is shut down")]
    ShutDown,
    /// The runtime that the session lives on has ended.
    #[error("the request was dropped by the engine")]
    Dropped,
}

fn display_contacts(errors: &[(SocketAddr, ConnectionError)]) -> String {
    if errors.is_empty() {
        return ": the load-balancing policy uses none of the hosts".into();
    }
    errors.iter().map(|(address, error)| format!("; {address}: {error}")).collect()
}

/// A failure and what had been recorded before it; its `Display` is the failure's, and a line for each attempt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Recorded {
    /// How the request failed.
    pub failure: RequestFailure,
    /// Each host that had a part in it, with the last attempts at it, the oldest first.
    pub flights: Vec<(SocketAddr, Vec<Flight>)>,
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.failure)?;
        for (host, flights) in &self.flights {
            write!(f, "\nthe last {} attempts at {host}:", flights.len())?;
            flights.iter().try_for_each(|flight| write!(f, "\n  {flight}"))?;
        }
        Ok(())
    }
}

impl From<Box<RequestFailure>> for Error {
    fn from(failure: Box<RequestFailure>) -> Self {
        Self::Request(failure)
    }
}

impl Error {
    /// The server's own error, where it was one that ended the request.
    #[must_use]
    pub fn server_error(&self) -> Option<&ServerError> {
        self.request_failure()?.server_error()
    }

    /// How the request failed, where one was begun.
    #[must_use]
    pub fn request_failure(&self) -> Option<&RequestFailure> {
        match self {
            Self::Request(failure) => Some(failure),
            Self::Recorded(recorded) => Some(&recorded.failure),
            _ => None,
        }
    }

    /// Whether every host was busy, and the request was given up before any of it was sent: it has surely not run. One that
    /// had been sent, was to be repeated and found no room then is none of these.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.request_failure().is_some_and(|failure| match failure {
            RequestFailure::Busy { attempts, .. } => attempts.iter().all(|attempt| !attempt.written),
            _ => false,
        })
    }

    /// Whether the request's time ran out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.request_failure().is_some_and(|failure| matches!(failure, RequestFailure::TimedOut { .. }))
    }
}
