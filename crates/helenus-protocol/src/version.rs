//! The protocol versions and what each can do.
//!
//! This is the only place of the product that compares versions: everything else asks for a capability by name.

use std::fmt;

/// A version of the CQL native protocol that helenus speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ProtocolVersion {
    /// Version 3 (Cassandra 2.1 and later).
    V3 = 3,
    /// Version 4 (Cassandra 2.2 and later): warnings, custom payloads, unset values.
    V4 = 4,
    /// Version 5 (Cassandra 4.0 and later): segments with checksums, result metadata ids, per-request keyspaces.
    V5 = 5,
}

impl ProtocolVersion {
    /// All versions, newest first: the order in which a connection tries them.
    pub const ALL: [Self; 3] = [Self::V5, Self::V4, Self::V3];
    /// The oldest version.
    pub const OLDEST: Self = Self::V3;
    /// The newest version.
    pub const LATEST: Self = Self::V5;

    /// The version with this number, if we speak it.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            3 => Some(Self::V3),
            4 => Some(Self::V4),
            5 => Some(Self::V5),
            _ => None,
        }
    }

    /// Its number, as in the header's first byte (without the direction bit).
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The next older version, for stepping down in the handshake.
    #[must_use]
    pub const fn older(self) -> Option<Self> {
        match self {
            Self::V5 => Some(Self::V4),
            Self::V4 => Some(Self::V3),
            Self::V3 => None,
        }
    }

    /// Envelopes travel inside checksummed segments once the handshake has chosen the version (v5 spec, 2).
    #[must_use]
    pub const fn has_segments(self) -> bool {
        self.number() >= 5
    }

    /// Query flags are an `[int]` instead of a `[byte]` (v5 spec, 4.1.4).
    #[must_use]
    pub const fn has_int_query_flags(self) -> bool {
        self.number() >= 5
    }

    /// QUERY, EXECUTE, BATCH and PREPARE can name a keyspace (v5 spec, 4.1.4).
    #[must_use]
    pub const fn has_request_keyspace(self) -> bool {
        self.number() >= 5
    }

    /// QUERY, EXECUTE and BATCH can carry `now_in_seconds` (v5 spec, 4.1.4).
    #[must_use]
    pub const fn has_now_in_seconds(self) -> bool {
        self.number() >= 5
    }

    /// PREPARED carries a result metadata id, EXECUTE sends it back (v5 spec, 4.1.6 and 4.2.5.4).
    #[must_use]
    pub const fn has_result_metadata_id(self) -> bool {
        self.number() >= 5
    }

    /// READ_FAILURE and WRITE_FAILURE carry a map of reasons instead of a count (v5 spec, 8).
    #[must_use]
    pub const fn has_failure_reason_map(self) -> bool {
        self.number() >= 5
    }

    /// WRITE_TIMEOUT carries the number of contentions when its write type is CAS (v5 spec, 8).
    #[must_use]
    pub const fn has_cas_contentions(self) -> bool {
        self.number() >= 5
    }

    /// A value can be *not set* (v4 spec, 3 and 10).
    #[must_use]
    pub const fn has_unset(self) -> bool {
        self.number() >= 4
    }

    /// Responses can carry warnings and custom payloads, requests custom payloads (v4 spec, 2.2).
    #[must_use]
    pub const fn has_custom_payload(self) -> bool {
        self.number() >= 4
    }

    /// PREPARED's metadata names the bind markers that make the partition key (v4 spec, 4.2.5.4).
    #[must_use]
    pub const fn has_partition_key_indexes(self) -> bool {
        self.number() >= 4
    }

    /// SCHEMA_CHANGE can be about functions and aggregates (v4 spec, 4.2.6).
    #[must_use]
    pub const fn has_function_events(self) -> bool {
        self.number() >= 4
    }

    /// The types date, time, smallint and tinyint exist (v4 spec, 10).
    #[must_use]
    pub const fn has_date_and_small_types(self) -> bool {
        self.number() >= 4
    }

    /// The type `duration` exists (v5 spec, 10).
    #[must_use]
    pub const fn has_duration(self) -> bool {
        self.number() >= 5
    }

    /// Snappy may be negotiated (v5 allows LZ4 only).
    #[must_use]
    pub const fn has_snappy(self) -> bool {
        self.number() <= 4
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.number())
    }
}
