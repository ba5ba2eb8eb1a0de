//! The CQL native protocol, versions 3, 4 and 5, as pure code: no sockets, no tasks, no clock.
//!
//! What comes in is bytes and the time; what goes out is bytes and events. Nothing in this crate blocks, spawns
//! or asks the operating system for anything, so every rule of the protocol can be tested without a server.
//!
//! # What to read, in this order
//!
//! 1. [`version`]: the three versions and what each can do.
//! 2. [`notation`]: `[int]`, `[string]`, `[value]` … of the specification's section 3.
//! 3. [`envelope`]: the nine-byte header of every message; [`segment`]: the outer layer that v5 puts around them;
//!    [`compression`].
//! 4. [`request`] and [`response`]: one file per message.
//! 5. [`types`]: the CQL types and their three spellings; [`value`]: their bytes.
//! 6. [`connection`]: the machine that one socket runs.
//!
//! The word *frame* means two different things in the wild and is not used here: the inner message is an
//! *envelope*, the outer unit of v5 a *segment*, as in the specification of v5.
#![forbid(unsafe_code)]

pub mod compression;
pub mod connection;
pub mod consistency;
pub mod envelope;
pub mod error;
pub mod notation;
pub mod opcode;
pub mod request;
pub mod response;
pub mod segment;
pub mod types;
pub mod value;
pub mod version;

/// The libraries whose types are in the API, in the versions that are.
pub use {bytes, num_bigint, uuid};

pub use compression::Compression;
pub use consistency::{Consistency, SerialConsistency};
pub use envelope::{Envelope, Flags};
pub use error::{DecodeError, EncodeError, ProtocolViolation};
pub use opcode::{RequestOpcode, ResponseOpcode};
pub use types::{CqlType, UserType};
pub use version::ProtocolVersion;
