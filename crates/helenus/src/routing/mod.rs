//! Where a row lives: tokens, partitioners, replication strategies, the ring and the replicas of each of its ranges.
//!
//! All of it is arithmetic over what the system tables said. It neither reads those tables nor chooses among
//! replicas: the first is the control connection's part, the second a load-balancing policy's.

mod partitioner;
mod placement;
mod replicas;
mod replication;
mod ring;
mod token;

pub use partitioner::Partitioner;
pub(crate) use replicas::Located;
pub use replicas::TokenMap;
pub use replication::{Replication, ReplicationFactor};
pub use ring::TokenRing;
pub use token::{InvalidToken, Token};
