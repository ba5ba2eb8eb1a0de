//! What others get to see of requests: spans, trackers, counts, the slow-query log, the flight recorder.
//!
//! A request that is observed keeps a `journal`, pure, which says what there is to tell and in which order; `Observed`
//! tells it, one at a time and with no lock held, to whoever is to hear of it. A request that is not observed has none of
//! that: one flag is read when it begins.
//!
//! The engine's own queries (the control connection's, `USE` on each connection) are not observed, nor is what could not be sent.
//!
//! ```no_run
//! use std::time::Duration;
//! use helenus::observe::{FlightRecorder, Observability, SlowQueries};
//!
//! # async fn example() -> Result<(), helenus::Error> {
//! let mut what = Observability::default();
//! what.metrics = true;
//! what.slow_queries = Some(SlowQueries::new(Duration::from_millis(200)));
//! what.flight_recorder = Some(FlightRecorder::new(64));
//! let builder = helenus::Cluster::builder().contact_point("127.0.0.1").observability(what);
//! let session = builder.session().await?;
//! println!("{}", session.cluster().metrics());
//! # Ok(())
//! # }
//! ```
//!
//! Nothing that is told holds a value that was bound, a constant of a statement's text, or a message of the server's,
//! which may repeat either.

mod error_type;
pub(crate) mod flight;
pub(crate) mod journal;
mod observed;
mod observer;
mod settings;
mod shield;
mod slow;
mod span;
mod tracker;

pub use error_type::{error_type, failure_type};
pub use flight::{Flight, FlightRecorder};
pub use journal::AttemptKind;
pub use settings::Observability;
pub use slow::SlowQueries;
pub use tracker::{AttemptOutcome, AttemptRecord, RequestEnd, RequestInfo, RequestOutcome, RequestTracker};

pub(crate) use observed::Observed;
pub(crate) use observer::Observer;
