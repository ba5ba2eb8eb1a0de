//! What can go wrong, one type per layer; the first word of each message says whose fault it is.
//!
//! * [`connection`]: of a connection. * Here: of an attempt, and of a session. * [`failure`]: of a request.

mod connection;
mod failure;

use std::fmt;
use std::net::SocketAddr;

use helenus_protocol::response::ServerError;
use helenus_protocol::{DecodeError, EncodeError};

use crate::observe::Flight;
use crate::policy::PolicyFailure;

pub use connection::ConnectionError;
pub(crate) use connection::RUNTIME_ENDED;
pub use failure::{Attempt, NotRetried, QueueState, RequestFailure, Unanswered};

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
    /// No contact point, or no host that the load-balancing policy uses, could be connected to; with the reason for each. With none
    /// where there is no host that it uses, or that is to have a connection.
    #[error("cannot connect to any contact point{}", display_contacts(.0))]
    Connect(Vec<(SocketAddr, ConnectionError)>),
    /// No control connection is open at the moment, on which the cluster could be read: the last one was lost, and another is
    /// being looked for.
    #[error("no control connection is open at the moment, and another is being looked for: nothing was read")]
    NoControlConnection,
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
    #[error("the runtime that the session lives on has ended")]
    Dropped,
}

fn display_contacts(errors: &[(SocketAddr, ConnectionError)]) -> String {
    if errors.is_empty() {
        return ": the load-balancing policy uses none of the hosts, or they are to have no connections"
            .into();
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

    /// The same, where it is of bytes that `sender` has sent.
    pub(crate) fn sent_by(self, sender: SocketAddr) -> Self {
        match self {
            Self::Decode(error) => Self::Decode(error.sent_by(sender)),
            other => other,
        }
    }

    /// Whether the request's time ran out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.request_failure().is_some_and(|failure| matches!(failure, RequestFailure::TimedOut { .. }))
    }
}
