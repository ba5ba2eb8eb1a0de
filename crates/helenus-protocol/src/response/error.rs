//! ERROR (section 4.2.1): one variant per code of the specification (section 9 of v3 and v4, section 8 of v5), with
//! the fields that it has there.
//!
//! That a server says no is not an error of this crate; those are in [`crate::error`].

mod codec;

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use bytes::Bytes;

use crate::consistency::Consistency;

/// What the server could not do, and why. `message` is the server's own text, for people to read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "`message` is documented above, once for all variants")]
pub enum ServerError {
    /// 0x0000: something unexpected; a bug of the server.
    ServerError { message: String },
    /// 0x000A: we broke the protocol, or speak a version that the server does not.
    ProtocolError { message: String },
    /// 0x0100: wrong credentials.
    AuthenticationError { message: String },
    /// 0x1000: too few replicas are alive; nothing was done.
    Unavailable {
        message: String,
        /// Of the request.
        consistency: Consistency,
        /// How many replicas it takes.
        required: i32,
        /// How many were alive.
        alive: i32,
    },
    /// 0x1001: the coordinator has too much to do.
    Overloaded { message: String },
    /// 0x1002: the coordinator is still bootstrapping; nothing was done.
    IsBootstrapping { message: String },
    /// 0x1003: a TRUNCATE failed.
    TruncateError { message: String },
    /// 0x1100: too few replicas acknowledged the write in time; it may have happened all the same.
    WriteTimeout {
        message: String,
        /// Of the request.
        consistency: Consistency,
        /// How many replicas acknowledged.
        received: i32,
        /// How many it takes.
        required: i32,
        /// What was being written.
        write_type: WriteType,
        /// How often a lightweight transaction lost against others (v5; `None` where the server does not say).
        contentions: Option<u16>,
    },
    /// 0x1200: too few replicas answered the read in time.
    ReadTimeout {
        message: String,
        /// Of the request.
        consistency: Consistency,
        /// How many replicas answered.
        received: i32,
        /// How many it takes.
        required: i32,
        /// Whether the replica that was asked for the data (not for a digest only) answered.
        data_present: bool,
    },
    /// 0x1300: replicas failed at the read (v4 and later).
    ReadFailure {
        message: String,
        /// Of the request.
        consistency: Consistency,
        /// How many replicas answered.
        received: i32,
        /// How many it takes.
        required: i32,
        /// How many failed.
        failures: i32,
        /// Which failed, and why (v5; empty before).
        reasons: Vec<(IpAddr, FailureReason)>,
        /// Whether the replica that was asked for the data answered.
        data_present: bool,
    },
    /// 0x1400: a user-defined function failed (v4 and later).
    FunctionFailure {
        message: String,
        /// Its keyspace.
        keyspace: String,
        /// Its name.
        function: String,
        /// The CQL types of its arguments.
        argument_types: Vec<String>,
    },
    /// 0x1500: replicas failed at the write (v4 and later); it may have happened on others.
    WriteFailure {
        message: String,
        /// Of the request.
        consistency: Consistency,
        /// How many replicas acknowledged.
        received: i32,
        /// How many it takes.
        required: i32,
        /// How many failed.
        failures: i32,
        /// Which failed, and why (v5; empty before).
        reasons: Vec<(IpAddr, FailureReason)>,
        /// What was being written.
        write_type: WriteType,
    },
    /// 0x1600: the write could not be kept for change data capture (v5).
    CdcWriteFailure { message: String },
    /// 0x1700: nobody knows what became of a lightweight transaction; it may be finished by a later one (v5).
    CasWriteUnknown {
        message: String,
        /// Of the request.
        consistency: Consistency,
        /// How many replicas acknowledged.
        received: i32,
        /// How many it takes.
        required: i32,
    },
    /// 0x2000: the statement is no CQL.
    SyntaxError { message: String },
    /// 0x2100: the user may not do this.
    Unauthorized { message: String },
    /// 0x2200: the statement is CQL but means nothing.
    Invalid { message: String },
    /// 0x2300: the server's configuration, or the schema's, forbids it.
    ConfigError { message: String },
    /// 0x2400: what was to be created is there already.
    AlreadyExists {
        message: String,
        /// The keyspace.
        keyspace: String,
        /// The table; empty if it was the keyspace itself.
        table: String,
    },
    /// 0x2500: the server does not know (any more) what EXECUTE names; prepare it again.
    Unprepared {
        message: String,
        /// What it does not know.
        id: Bytes,
    },
    /// A code that is not in the specification.
    Unknown {
        /// The code.
        code: i32,
        message: String,
    },
}

/// Why a replica failed, by the numbers of Cassandra's `RequestFailureReason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FailureReason(pub u16);

impl FailureReason {
    /// What the number means, where we know it.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "UNKNOWN",
            1 => "READ_TOO_MANY_TOMBSTONES",
            2 => "TIMEOUT",
            3 => "INCOMPATIBLE_SCHEMA",
            4 => "READ_SIZE",
            5 => "NODE_DOWN",
            6 => "INDEX_NOT_AVAILABLE",
            7 => "READ_TOO_MANY_INDEXES",
            _ => return None,
        })
    }
}

/// What kind of write failed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WriteType {
    /// A single statement.
    Simple,
    /// A logged batch, once its log was written: the server will finish it.
    Batch,
    /// An unlogged batch.
    UnloggedBatch,
    /// Counters.
    Counter,
    /// The log of a logged batch: the batch itself was not begun.
    BatchLog,
    /// A lightweight transaction.
    Cas,
    /// A table with materialized views.
    View,
    /// A table with change data capture.
    Cdc,
    /// One that is not in the specification.
    Unknown(String),
}

impl WriteType {
    const KNOWN: [Self; 8] = [
        Self::Simple,
        Self::Batch,
        Self::UnloggedBatch,
        Self::Counter,
        Self::BatchLog,
        Self::Cas,
        Self::View,
        Self::Cdc,
    ];

    /// The type of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        let known = Self::KNOWN.into_iter().find(|known| known.name() == name);
        known.unwrap_or_else(|| Self::Unknown(name.to_owned()))
    }

    /// Its name on the wire.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Simple => "SIMPLE",
            Self::Batch => "BATCH",
            Self::UnloggedBatch => "UNLOGGED_BATCH",
            Self::Counter => "COUNTER",
            Self::BatchLog => "BATCH_LOG",
            Self::Cas => "CAS",
            Self::View => "VIEW",
            Self::Cdc => "CDC",
            Self::Unknown(name) => name,
        }
    }
}

impl fmt::Display for WriteType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl ServerError {
    /// The code on the wire.
    #[must_use]
    pub const fn code(&self) -> i32 {
        match self {
            Self::ServerError { .. } => 0x0000,
            Self::ProtocolError { .. } => 0x000A,
            Self::AuthenticationError { .. } => 0x0100,
            Self::Unavailable { .. } => 0x1000,
            Self::Overloaded { .. } => 0x1001,
            Self::IsBootstrapping { .. } => 0x1002,
            Self::TruncateError { .. } => 0x1003,
            Self::WriteTimeout { .. } => 0x1100,
            Self::ReadTimeout { .. } => 0x1200,
            Self::ReadFailure { .. } => 0x1300,
            Self::FunctionFailure { .. } => 0x1400,
            Self::WriteFailure { .. } => 0x1500,
            Self::CdcWriteFailure { .. } => 0x1600,
            Self::CasWriteUnknown { .. } => 0x1700,
            Self::SyntaxError { .. } => 0x2000,
            Self::Unauthorized { .. } => 0x2100,
            Self::Invalid { .. } => 0x2200,
            Self::ConfigError { .. } => 0x2300,
            Self::AlreadyExists { .. } => 0x2400,
            Self::Unprepared { .. } => 0x2500,
            Self::Unknown { code, .. } => *code,
        }
    }

    /// What the code is called.
    #[must_use]
    pub fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::ServerError { .. } => "server error",
            Self::ProtocolError { .. } => "protocol error",
            Self::AuthenticationError { .. } => "authentication error",
            Self::Unavailable { .. } => "unavailable",
            Self::Overloaded { .. } => "overloaded",
            Self::IsBootstrapping { .. } => "is bootstrapping",
            Self::TruncateError { .. } => "truncate error",
            Self::WriteTimeout { .. } => "write timeout",
            Self::ReadTimeout { .. } => "read timeout",
            Self::ReadFailure { .. } => "read failure",
            Self::FunctionFailure { .. } => "function failure",
            Self::WriteFailure { .. } => "write failure",
            Self::CdcWriteFailure { .. } => "CDC write failure",
            Self::CasWriteUnknown { .. } => "CAS write unknown",
            Self::SyntaxError { .. } => "syntax error",
            Self::Unauthorized { .. } => "unauthorized",
            Self::Invalid { .. } => "invalid",
            Self::ConfigError { .. } => "config error",
            Self::AlreadyExists { .. } => "already exists",
            Self::Unprepared { .. } => "unprepared",
            Self::Unknown { code, .. } => return Cow::Owned(format!("unknown error {code:#06x}")),
        })
    }

    /// The server's own text.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::ServerError { message }
            | Self::ProtocolError { message }
            | Self::AuthenticationError { message }
            | Self::Unavailable { message, .. }
            | Self::Overloaded { message }
            | Self::IsBootstrapping { message }
            | Self::TruncateError { message }
            | Self::WriteTimeout { message, .. }
            | Self::ReadTimeout { message, .. }
            | Self::ReadFailure { message, .. }
            | Self::FunctionFailure { message, .. }
            | Self::WriteFailure { message, .. }
            | Self::CdcWriteFailure { message }
            | Self::CasWriteUnknown { message, .. }
            | Self::SyntaxError { message }
            | Self::Unauthorized { message }
            | Self::Invalid { message }
            | Self::ConfigError { message }
            | Self::AlreadyExists { message, .. }
            | Self::Unprepared { message, .. }
            | Self::Unknown { message, .. } => message,
        }
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answered {}: {}", self.name(), self.message())?;
        // The server's own words do not say which.
        if let Self::FunctionFailure { keyspace, function, argument_types, .. } = self {
            write!(f, " (in {keyspace}.{function}({}))", argument_types.join(", "))?;
        }
        Ok(())
    }
}

impl std::error::Error for ServerError {}
