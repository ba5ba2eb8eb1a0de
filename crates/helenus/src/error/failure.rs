//! How a request failed: what became of each attempt, in order, and why there were no more.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use helenus_protocol::response::ServerError;

use super::AttemptError;
use crate::cluster::Host;
use crate::policy::PolicyFailure;

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

/// A host whose answer was still due when the time was over.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Unanswered<H = Arc<Host>> {
    /// Who was silent.
    pub host: H,
    /// The number of the connection that the request was on; `None` where the host was preparing the statement.
    pub connection: Option<usize>,
    /// How many requests waited on that connection for an answer, this one included. Where they are many, the host may be slow
    /// and not silent.
    pub in_flight: Option<usize>,
    /// For how long it was waited for.
    pub elapsed: Duration,
    /// It has answered, and was not silent: the statement has run, and changed the schema. What was waited for in vain is that
    /// all nodes agree on that, and that it is read.
    pub has_changed_schema: bool,
}

impl<H> Unanswered<H> {
    /// A host that was waited for, of whose connection nothing is known.
    pub(crate) const fn new(host: H, elapsed: Duration) -> Self {
        Self { host, connection: None, in_flight: None, elapsed, has_changed_schema: false }
    }
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
        /// The hosts whose answers were still due.
        waiting: Vec<Unanswered<H>>,
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
        let all =
            attempts.iter().map(|attempt| &attempt.host).chain(waiting.iter().map(|silent| &silent.host));
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
    /// The host that was asked last; `None` where none was.
    #[must_use]
    pub fn last_host(&self) -> Option<&H> {
        let (waiting, attempts): (&[_], &[_]) = match self {
            Self::Exhausted { attempts, .. } | Self::Busy { attempts, .. } => (&[], attempts),
            Self::Attempt { host, .. } => return Some(host),
            Self::TimedOut { waiting, attempts, .. } => (waiting, attempts),
        };
        let failed = attempts.last().map(|attempt| &attempt.host);
        waiting.last().map(|silent| &silent.host).or(failed)
    }

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
        } else if !attempt.written {
            f.write_str(" (not sent)")?;
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
                let is_done = waiting.iter().any(|waiting| waiting.has_changed_schema);
                let what = if is_done { "not finished" } else { "no answer" };
                write!(f, "{what} within {after:?}")?;
                for Unanswered { host, connection, in_flight, elapsed, has_changed_schema } in waiting {
                    write!(f, "; {}", host.address())?;
                    if *has_changed_schema {
                        f.write_str(
                            " has changed the schema, and the nodes have not been seen to agree on it yet",
                        )?;
                        continue;
                    }
                    if let (Some(connection), Some(in_flight)) = (connection, in_flight) {
                        write!(f, " (connection {connection}, {in_flight} requests in flight)")?;
                    }
                    write!(f, " has been silent for {elapsed:?}")?;
                }
                if !attempts.is_empty() {
                    write!(f, "; {} attempts had failed before", attempts.len())?;
                }
                write_attempts(f, attempts)
            }
        }
    }
}
