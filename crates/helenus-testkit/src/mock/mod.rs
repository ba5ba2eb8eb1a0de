//! Nodes that are no Cassandra: they speak the protocol, store nothing, and answer as they are told.
//!
//! * [`MockCluster`]: scripted nodes, for tests. Any driver connects to them. A rule matches requests (by opcode, text,
//!   count, connection, node …) and says how the node reacts: rows, errors, silence, delays, damage, a closed
//!   connection. What came in can be asked for afterwards. [`serve`] is the same for other languages.
//! * [`answering`]: a node for benchmarks. It answers everything with canned bytes, as fast as one core can.
//!
//! ```
//! use std::time::Duration;
//! use helenus_testkit::mock::{MockCluster, Rows, query, reset, rows};
//!
//! # fn main() -> std::io::Result<()> {
//! let cluster = MockCluster::new(3)
//!     .on(query("SELECT v FROM t"), rows(Rows::new([("v", "int")]).row([7])).delay(Duration::from_millis(20)))
//!     .on(query("SELECT v FROM t").nth(3), reset())
//!     .start()?;
//! let contact_points = cluster.addresses();
//! // … connect a driver, run statements …
//! assert_eq!(cluster.received(&query("SELECT v FROM t")).len(), 0);
//! cluster.node(1).stop();
//! # Ok(())
//! # }
//! ```
//!
//! Nothing in a mock is left to chance: where a rule says *sometimes* or *any bit*, a seed decides.
//!
//! What both kinds of node share: [`cql`] reads statements, [`topology`] and [`schema`] say what the cluster pretends
//! to be, [`system`] makes the system tables of it, [`table`] and [`cell`] hold rows.

pub mod answering;
mod body;
pub mod cell;
mod cluster;
mod connection;
pub mod cql;
mod gate;
mod inbound;
mod matcher;
mod node;
mod outbound;
mod page;
mod plan;
mod prepared;
mod reaction;
mod received;
mod rows;
mod rules;
pub mod schema;
pub mod serve;
mod session;
mod statement;
pub mod system;
pub mod table;
pub mod topology;
mod world;

pub use cluster::{MockNode, RunningCluster};
pub use matcher::{Matcher, any, execute, opcode, prepare, query, statement};
pub use plan::MockCluster;
pub use reaction::{
    Reaction, body, close, error, message, raw, reset, rows, silence, unprepared, usual, void,
};
pub use received::Received;
pub use rows::{IntoCell, IntoRow, Rows};
pub use rules::RuleId;
pub use world::{Authentication, Binding, World};
