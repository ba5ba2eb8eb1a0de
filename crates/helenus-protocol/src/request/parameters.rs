//! The `<query_parameters>` of QUERY and EXECUTE (section 4.1.4), and the flags that BATCH shares with them.

use bytes::Bytes;

use super::SerializedValues;
use crate::consistency::{Consistency, SerialConsistency};
use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};
use crate::version::ProtocolVersion;

/// The bits of `<flags>`: a `[byte]` up to v4, an `[int]` in v5.
pub(super) mod flag {
    pub(in crate::request) const VALUES: u32 = 0x01;
    pub(in crate::request) const SKIP_METADATA: u32 = 0x02;
    pub(in crate::request) const PAGE_SIZE: u32 = 0x04;
    pub(in crate::request) const PAGING_STATE: u32 = 0x08;
    pub(in crate::request) const SERIAL_CONSISTENCY: u32 = 0x10;
    pub(in crate::request) const TIMESTAMP: u32 = 0x20;
    pub(in crate::request) const NAMES: u32 = 0x40;
    pub(in crate::request) const KEYSPACE: u32 = 0x80;
    pub(in crate::request) const NOW_IN_SECONDS: u32 = 0x100;
}

/// How a statement is to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryParameters {
    /// How many replicas must answer.
    pub consistency: Consistency,
    /// The values of the statement's bind markers.
    pub values: SerializedValues,
    /// The answer need not describe its columns: the client knows them.
    pub skip_metadata: bool,
    /// How many rows a page may have.
    pub page_size: Option<i32>,
    /// Where to go on, from the answer with the page before.
    pub paging_state: Option<Bytes>,
    /// The consistency of a lightweight transaction's condition; the server's default is SERIAL.
    pub serial_consistency: Option<SerialConsistency>,
    /// The write timestamp, in microseconds since 1970-01-01T00:00Z, where the statement has none of its own.
    pub timestamp: Option<i64>,
    /// The keyspace that names without one are in, instead of the connection's (v5).
    pub keyspace: Option<String>,
    /// What the server is to take for the time, in seconds since 1970-01-01T00:00Z (v5; for tests of TTLs).
    pub now_in_seconds: Option<i32>,
}

impl QueryParameters {
    /// Parameters with this consistency and nothing else.
    #[must_use]
    pub const fn new(consistency: Consistency) -> Self {
        Self {
            consistency,
            values: SerializedValues::new(),
            skip_metadata: false,
            page_size: None,
            paging_state: None,
            serial_consistency: None,
            timestamp: None,
            keyspace: None,
            now_in_seconds: None,
        }
    }

    /// The same, borrowed.
    #[must_use]
    pub fn borrowed(&self) -> BorrowedParameters<'_> {
        BorrowedParameters {
            consistency: self.consistency,
            values: &self.values,
            skip_metadata: self.skip_metadata,
            page_size: self.page_size,
            paging_state: self.paging_state.as_deref(),
            serial_consistency: self.serial_consistency,
            timestamp: self.timestamp,
            keyspace: self.keyspace.as_deref(),
            now_in_seconds: self.now_in_seconds,
        }
    }

    /// Appends them. What the version has no place for is an error, not silently dropped.
    pub fn encode(&self, version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        self.borrowed().encode(version, out)
    }

    /// Reads them.
    pub fn decode(version: ProtocolVersion, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let consistency = reader.consistency()?;
        let known = flag::VALUES
            | flag::SKIP_METADATA
            | flag::PAGE_SIZE
            | flag::PAGING_STATE
            | flag::NAMES
            | Trailer::known_flags(version);
        let flags = decode_flags(known, version, reader)?;
        let set = |flag| flags & flag != 0;
        let values = if set(flag::VALUES) {
            SerializedValues::decode(set(flag::NAMES), version, reader)?
        } else {
            SerializedValues::new()
        };
        let page_size = if set(flag::PAGE_SIZE) { Some(reader.int()?) } else { None };
        let paging_state =
            if set(flag::PAGING_STATE) { reader.bytes()?.map(Bytes::copy_from_slice) } else { None };
        let trailer = Trailer::decode(flags, reader)?;
        Ok(Self {
            consistency,
            values,
            skip_metadata: set(flag::SKIP_METADATA),
            page_size,
            paging_state,
            serial_consistency: trailer.serial_consistency,
            timestamp: trailer.timestamp,
            keyspace: trailer.keyspace.map(str::to_owned),
            now_in_seconds: trailer.now_in_seconds,
        })
    }
}

/// [`QueryParameters`] in the pieces in which their owner keeps them; the fields are the same.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "see QueryParameters")]
pub struct BorrowedParameters<'a> {
    pub consistency: Consistency,
    pub values: &'a SerializedValues,
    pub skip_metadata: bool,
    pub page_size: Option<i32>,
    pub paging_state: Option<&'a [u8]>,
    pub serial_consistency: Option<SerialConsistency>,
    pub timestamp: Option<i64>,
    pub keyspace: Option<&'a str>,
    pub now_in_seconds: Option<i32>,
}

impl BorrowedParameters<'_> {
    const fn trailer(&self) -> Trailer<'_> {
        Trailer {
            serial_consistency: self.serial_consistency,
            timestamp: self.timestamp,
            keyspace: self.keyspace,
            now_in_seconds: self.now_in_seconds,
        }
    }

    pub(super) fn flags(&self) -> u32 {
        let bit = |set: bool, flag: u32| if set { flag } else { 0 };
        bit(!self.values.is_empty(), flag::VALUES)
            | bit(self.skip_metadata, flag::SKIP_METADATA)
            | bit(self.page_size.is_some(), flag::PAGE_SIZE)
            | bit(self.paging_state.is_some(), flag::PAGING_STATE)
            | bit(self.values.are_named(), flag::NAMES)
            | self.trailer().flags()
    }

    /// Appends them. What the version has no place for is an error, not silently dropped.
    pub fn encode(&self, version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        self.encode_before_values(version, out)?;
        out.raw(self.values.as_bytes());
        self.encode_after_values(version, out)
    }

    /// Appends what stands before the bytes of the values, their count included. For a caller who sends the values
    /// from where they are: this, [`SerializedValues::as_bytes`] and what
    /// [`encode_after_values`](Self::encode_after_values) appends are the whole.
    pub fn encode_before_values(
        &self,
        version: ProtocolVersion,
        out: &mut Writer<'_>,
    ) -> Result<(), EncodeError> {
        out.consistency(self.consistency);
        encode_flags(self.flags(), version, out);
        if self.values.is_empty() { Ok(()) } else { self.values.encode_count(version, out) }
    }

    /// Appends what stands behind the values.
    pub fn encode_after_values(
        &self,
        version: ProtocolVersion,
        out: &mut Writer<'_>,
    ) -> Result<(), EncodeError> {
        if let Some(page_size) = self.page_size {
            out.int(page_size);
        }
        if let Some(paging_state) = self.paging_state {
            out.bytes(Some(paging_state))?;
        }
        self.trailer().encode(version, out)
    }
}

pub(super) fn encode_flags(flags: u32, version: ProtocolVersion, out: &mut Writer<'_>) {
    if version.has_int_query_flags() {
        out.int(flags.cast_signed());
    } else {
        // The flags above the byte belong to fields that these versions refuse a moment later.
        out.byte((flags & 0xFF) as u8);
    }
}

pub(super) fn decode_flags(
    known: u32,
    version: ProtocolVersion,
    reader: &mut Reader<'_>,
) -> Result<u32, DecodeError> {
    let at = reader.offset();
    let flags =
        if version.has_int_query_flags() { reader.int()?.cast_unsigned() } else { reader.byte()?.into() };
    if flags & !known != 0 {
        return Err(DecodeError::new("query flags", at, format!("{:#x} is unknown here", flags & !known)));
    }
    Ok(flags)
}

/// The fields that end the parameters of QUERY and EXECUTE as well as the body of BATCH.
#[derive(Debug, Default)]
pub(super) struct Trailer<'a> {
    pub(super) serial_consistency: Option<SerialConsistency>,
    pub(super) timestamp: Option<i64>,
    pub(super) keyspace: Option<&'a str>,
    pub(super) now_in_seconds: Option<i32>,
}

impl<'a> Trailer<'a> {
    pub(super) fn flags(&self) -> u32 {
        let bit = |set: bool, flag: u32| if set { flag } else { 0 };
        bit(self.serial_consistency.is_some(), flag::SERIAL_CONSISTENCY)
            | bit(self.timestamp.is_some(), flag::TIMESTAMP)
            | bit(self.keyspace.is_some(), flag::KEYSPACE)
            | bit(self.now_in_seconds.is_some(), flag::NOW_IN_SECONDS)
    }

    pub(super) fn known_flags(version: ProtocolVersion) -> u32 {
        let mut known = flag::SERIAL_CONSISTENCY | flag::TIMESTAMP;
        if version.has_request_keyspace() {
            known |= flag::KEYSPACE;
        }
        if version.has_now_in_seconds() {
            known |= flag::NOW_IN_SECONDS;
        }
        known
    }

    pub(super) fn encode(&self, version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        if let Some(level) = self.serial_consistency {
            out.consistency(level.into());
        }
        if let Some(timestamp) = self.timestamp {
            out.long(timestamp);
        }
        if let Some(keyspace) = self.keyspace {
            if !version.has_request_keyspace() {
                return Err(not_in(version, "a keyspace per request", "v5"));
            }
            out.string(keyspace)?;
        }
        if let Some(seconds) = self.now_in_seconds {
            if !version.has_now_in_seconds() {
                return Err(not_in(version, "now_in_seconds", "v5"));
            }
            out.int(seconds);
        }
        Ok(())
    }

    pub(super) fn decode(flags: u32, reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let set = |flag| flags & flag != 0;
        let mut trailer = Self::default();
        if set(flag::SERIAL_CONSISTENCY) {
            let at = reader.offset();
            let level = SerialConsistency::try_from(reader.consistency()?).map_err(|level| {
                DecodeError::new("serial consistency", at, format!("{level} is not a serial level"))
            })?;
            trailer.serial_consistency = Some(level);
        }
        if set(flag::TIMESTAMP) {
            trailer.timestamp = Some(reader.long()?);
        }
        if set(flag::KEYSPACE) {
            trailer.keyspace = Some(reader.string()?);
        }
        if set(flag::NOW_IN_SECONDS) {
            trailer.now_in_seconds = Some(reader.int()?);
        }
        Ok(trailer)
    }
}

/// `version` cannot say `what`, which came with `since`.
#[cold]
pub(super) fn not_in(version: ProtocolVersion, what: &'static str, since: &'static str) -> EncodeError {
    EncodeError::new(what, format!("protocol {version} has no place for it; {since} has"))
}
