//! A driver for Apache Cassandra on tokio.
//!
//! The crate decides in pure code and acts at the edge. The rooms that decide (where a statement's replicas are,
//! which host is next, retry or not, how many connections a host is owed) are plain values: inputs and the time
//! go in, outputs come out, and nothing in them waits or does I/O.
#![deny(unsafe_code)]

pub mod auth;
mod bulk;
#[cfg(feature = "cloud")]
pub mod cloud;
pub mod cluster;
pub mod config;
mod connection;
mod error;
mod executor;
mod future;
#[cfg(doctest)]
mod guide;
mod hash;
mod lock;
pub mod metrics;
pub mod policy;
mod pool;
pub mod profile;
mod request;
mod result;
pub mod routing;
pub mod scan;
pub mod schema;
mod session;
pub mod statement;
mod sync;
#[cfg(feature = "tls")]
pub mod tls;
mod trace;

pub use bulk::ExecuteMany;
pub use cluster::{Cluster, ClusterBuilder, Host, Snapshot};
pub use config::Config;
pub use connection::open::SocketOption;
pub use connection::transport::{Cipher, CipherError, CipherFactory};
pub use error::{Attempt, AttemptError, ConnectionError, Error, NotRetried, QueueState, RequestFailure};
pub use executor::{Executor, IoThreads};
pub use future::{Pending, ResponseFuture};
pub use helenus_protocol as protocol;
pub use metrics::Metrics;
pub use pool::reserve::Reserved;
pub use profile::{ExecutionProfile, ProfileHandle};
pub use request::completion::Group;
pub use result::{FromRow, ResultSet, Row, RowStream};
pub use session::Session;
pub use statement::{BatchStatement, BoundStatement, PreparedStatement, SimpleStatement, Statement, ToRow};
pub use trace::{QueryTrace, TraceEvent};
