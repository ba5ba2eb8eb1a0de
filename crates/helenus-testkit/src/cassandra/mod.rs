//! Real Apache Cassandra nodes as values.
//!
//! ```no_run
//! use helenus_testkit::cassandra::{Cassandra, Tls};
//!
//! # fn main() -> Result<(), helenus_testkit::cassandra::Error> {
//! let cluster = Cassandra::builder().nodes(3).password(true).tls(Tls::On).start()?;
//! println!("{:?}", cluster.contact_points());
//! cluster.nodes()[1].kill()?;
//! // … what does the driver do now? …
//! cluster.nodes()[1].start()?;
//! cluster.nodes()[1].wait_until_up()?;
//! # Ok(())
//! # }
//! ```
//!
//! What it takes: Linux, Java 11 or 17, and Maven once per version of the server. No containers, no root. Nothing is installed
//! except into the user's cache (`~/.cache/helenus`, or below `XDG_CACHE_HOME`); each cluster has its own directory,
//! which goes when the cluster does. Everything listens within 127.0.0.0/8.
//!
//! Blocking, on threads and processes of the standard library: a test of any kind may use it.

mod builder;
mod cluster;
mod detached;
mod error;
mod jars;
mod jvm;
mod log;
mod node;
mod set_up;
mod watchdog;
mod yaml;

pub use builder::{Authentication, Builder, Tls};
pub use cluster::Cassandra;
pub use detached::Process;
pub use error::{Error, Result};
pub use jars::{VERSIONS, fetch};
pub use node::Node;
