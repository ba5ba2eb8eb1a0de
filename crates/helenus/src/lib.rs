//! A driver for Apache Cassandra on tokio.
//!
//! The crate decides in pure code and acts at the edge. The rooms that decide (where a statement's replicas are,
//! which host is next, retry or not, how many connections a host is owed) are plain values: inputs and the time
//! go in, outputs come out, and nothing in them waits or does I/O.
//!
//! # Values
//!
//! Rows are read as tuples or as structs ([`FromRow`]), structs and tuples are bound ([`ToRow`]), and structs are values of
//! user-defined types; [`protocol::value`] has the table of all types. `docs/guide/types.md` tells it in one go.
//!
//! # Features
//!
//! | feature | |
//! |---|---|
//! | `macros` (default) | `#[derive(FromRow, ToRow, FromUdt, ToUdt)]` |
//! | `tls` (default) | TLS by rustls |
//! | `system-authorities` | the certificate authorities that the operating system trusts |
//! | `cloud` | secure connect bundles |
//! | `time`, `chrono`, `bigdecimal`, `num-bigint-04` | types of these libraries as CQL values |
//! | `serde_json` | JSON in text columns, rows as JSON |
#![deny(unsafe_code)]

pub mod auth;
mod bulk;
#[cfg(feature = "cloud")]
pub mod cloud;
pub mod cluster;
pub mod config;
mod connection;
#[doc(hidden)]
pub mod derive;
mod error;
mod executor;
mod future;
#[cfg(doctest)]
mod guide;
mod hash;
mod lock;
pub mod metrics;
pub mod observe;
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
pub use connection::config::SocketOption;
pub use connection::transport::{Cipher, CipherError, CipherFactory};
pub use error::{
    Attempt, AttemptError, ConnectionError, Error, NotRetried, QueueState, Recorded, RequestFailure,
    Unanswered,
};
pub use executor::{Executor, IoThreads};
pub use future::{Pending, ResponseFuture};
#[cfg(feature = "macros")]
pub use helenus_macros::{FromRow, FromUdt, ToRow, ToUdt};
pub use helenus_protocol as protocol;
#[cfg(feature = "serde_json")]
pub use helenus_protocol::value::Json;
pub use metrics::{Metrics, SessionMetrics};
pub use pool::reserve::Reserved;
pub use profile::{ExecutionProfile, ProfileHandle};
pub use request::completion::Group;
pub use result::{FromRow, Lwt, Places, ResultSet, Row, RowLayout, RowStream, RowsAs, TypedRowStream};
pub use session::Session;
pub use statement::{BatchStatement, BoundStatement, PreparedStatement, SimpleStatement, Statement, ToRow};
pub use trace::{QueryTrace, TraceEvent};
