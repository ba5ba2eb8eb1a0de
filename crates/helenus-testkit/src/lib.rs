//! Cassandra nodes as values, for tests: started by a line of code, ended when dropped.
//!
//! * [`cassandra`]: real nodes, on a Java of this machine, from the jars that Maven fetches. They prove.
//!
//! Nothing here is needed to use the driver, and nothing here depends on it: only on the protocol.

pub mod cassandra;
