//! A driver for [Apache Cassandra](https://cassandra.apache.org) on tokio: CQL's native protocol in versions 3, 4 and 5.
//!
//! ```no_run
//! use helenus::Cluster;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let session = Cluster::builder().contact_point("127.0.0.1").session().await?;
//!
//! let insert = session.prepare("INSERT INTO shop.users (id, name) VALUES (?, ?)").await?;
//! session.execute(insert.bind((7, "Ann"))?).await?;
//!
//! let result = session.execute_with("SELECT id, name FROM shop.users WHERE id = ?", (7,)).await?;
//! for row in result.rows_as::<(i32, &str)>() {
//!     let (id, name) = row?;
//!     println!("{id} {name}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What to look at first
//!
//! | | |
//! |---|---|
//! | [`Cluster`], [`ClusterBuilder`], [`Config`] | the nodes, how they are found, and every setting |
//! | [`Session`] | runs statements; cheap to clone, one for a program |
//! | [`SimpleStatement`], [`PreparedStatement`], [`BatchStatement`] | what is run, each with [options](statement::StatementOptions) of its own |
//! | [`ResponseFuture`] | a request under way: awaited, waited for by a thread, or cancelled by being dropped |
//! | [`ResultSet`], [`RowStream`], [`TypedRowStream`] | one page, or all of them; rows stay bytes until they are read |
//! | [`FromRow`], [`ToRow`], [`protocol::value`] | tuples and structs as rows and bind values; which Rust type is which CQL type |
//! | [`policy`], [`profile`] | who is asked, again, and twice; settings by name |
//! | [`Error`] | whose fault it was, with every attempt |
//! | [`tls`], [`auth`] | encryption and logging in |
//! | [`mod@metrics`], [`observe`] | counts, durations, spans, trackers, a flight recorder |
//!
//! The [guide] has a chapter for each of these: [connecting](guide::connecting), [statements](guide::statements),
//! [paging](guide::paging), [types](guide::types), [policies](guide::policies), [TLS](guide::tls), [errors](guide::errors),
//! [metrics](guide::metrics), [testing](guide::testing). And there is a program for each task in `examples`.
//!
//! # What can be relied on
//!
//! * An answer reaches the request that it answers, or nobody. A request ends exactly once: with its answer, or with an
//!   error that has every attempt in it.
//! * One deadline stands over a request and everything done for it. What may have run is sent a second time only if that
//!   is harmless, which is read from the statement's text.
//! * Dropping a future cancels its request. Nothing is leaked: no task, timer or stream id.
//! * Nothing that a peer sends panics, or has more memory taken than it sent. Secrets are in no error, log or `Debug`.
//!
//! # Features
//!
//! | feature | |
//! |---|---|
//! | `macros` (default) | `#[derive(FromRow, ToRow, FromUdt, ToUdt)]` |
//! | `tls` (default) | TLS by rustls |
//! | `system-authorities` | the certificate authorities that the operating system trusts |
//! | `cloud` | secure connect bundles |
//! | `metrics` | counts, gauges and durations to the recorder of the `metrics` crate |
//! | `time`, `chrono`, `bigdecimal`, `num-bigint-04` | types of these libraries as CQL values |
//! | `serde_json` | JSON in text columns, rows as JSON |
//!
//! # Inside
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
#[doc(hidden)]
pub mod derive;
mod error;
mod executor;
mod future;
#[cfg(any(doc, doctest))]
pub mod guide;
mod hash;
mod later;
mod lock;
mod lookup;
pub mod metrics;
pub mod observe;
mod owed;
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
