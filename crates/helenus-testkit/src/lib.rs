//! Cassandra nodes as values, for tests: started by a line of code, ended when dropped.
//!
//! * [`cassandra`]: real nodes, on a Java of this machine, from the jars that Maven fetches. They prove.
//! * [`mock`]: nodes that speak the protocol and store nothing. They misbehave on command, or answer very fast.
//! * [`certificates`]: good ones and bad ones, for nodes and clients of either kind.
//! * [`tls_front`]: a TLS server in front of plain nodes, good or bad.
//! * [`cloud`]: a proxy that knows nodes by SNI, and the secure connect bundle for it.
//! * [`proxy`]: what stands in front of a node and does to connections what networks and broken servers do.
//! * [`raw`]: a blocking connection that keeps every byte.
//!
//! Nothing here is needed to use the driver, and nothing here depends on it: only on the protocol.

pub mod cassandra;
pub mod certificates;
pub mod cloud;
pub mod mock;
pub mod proxy;
pub mod raw;
pub mod tls_front;
